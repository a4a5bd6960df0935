/** The sources as data: which files there are, what they import and export, what their comments say. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type ESTree, parseSync } from "rolldown/utils"

/** The project's folder. */
export const projectRoot = resolve(import.meta.dirname, "..", "..")

/**
 * The files below a folder of the project that end in one of `endings`, as sorted paths relative to the project. A
 * folder that does not exist has none.
 */
export const filesBelow = (folder: string, endings: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (path: string) => {
    for (const entry of readdirSync(join(projectRoot, path), { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === ".git") continue
      const inner = path === "" ? entry.name : `${path}/${entry.name}`
      if (entry.isDirectory()) visit(inner)
      else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(inner)
    }
  }
  if (existsSync(join(projectRoot, folder))) visit(folder)
  return found.sort()
}

/** A file that another one names: by a static, dynamic or type import, or by an export from it. */
export interface ImportOf {
  readonly specifier: string
  readonly line: number
  /** Whether it is still there at run time. */
  readonly isValue: boolean
}

/** A comment, without its delimiters. */
export interface CommentOf {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly line: number
  readonly isDoc: boolean
}

/** A parsed file. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly body: ESTree.Program["body"]
  readonly comments: ReadonlyArray<CommentOf>
  readonly imports: ReadonlyArray<ImportOf>
  readonly lineOf: (offset: number) => number
}

/** Any node of a syntax tree. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** Calls `visit` for a node and everything below it, outermost first, with the node's parent. */
export const walk = (node: unknown, visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void): void => {
  const go = (value: unknown, parent: SyntaxNode | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) go(item, parent)
    } else if (isNode(value)) {
      visit(value, parent)
      for (const key of Object.keys(value)) go(value[key], value)
    }
  }
  go(node, undefined)
}

const importsOf = (body: ESTree.Program["body"], lineOf: (offset: number) => number): ReadonlyArray<ImportOf> => {
  const imports: Array<ImportOf> = []
  const add = (source: unknown, isValue: boolean) => {
    if (isNode(source) && typeof source.value === "string") {
      imports.push({ specifier: source.value, line: lineOf(source.start), isValue })
    } else if (isNode(source)) {
      imports.push({ specifier: "(computed)", line: lineOf(source.start), isValue })
    }
  }
  const someValue = (node: SyntaxNode, kind: "importKind" | "exportKind") => {
    if (node[kind] === "type") return false
    const specifiers = node.specifiers
    if (!Array.isArray(specifiers) || specifiers.length === 0) return true
    return specifiers.some((specifier: SyntaxNode) => specifier[kind] !== "type")
  }
  walk(body, (node) => {
    if (node.type === "ImportDeclaration") add(node.source, someValue(node, "importKind"))
    else if (node.type === "ExportNamedDeclaration") add(node.source, someValue(node, "exportKind"))
    else if (node.type === "ExportAllDeclaration") add(node.source, node.exportKind !== "type")
    else if (node.type === "ImportExpression") add(node.source, true)
    else if (node.type === "TSImportType") add(node.source, false)
    else if (node.type === "TSExternalModuleReference") add(node.expression, true)
    else if (node.type === "TSModuleDeclaration" && isNode(node.id) && node.id.type === "Literal") {
      add(node.id, false)
    }
  })
  return imports
}

/** Parses TypeScript. `path` is what messages call it. */
export const parseSource = (path: string, text: string): SourceFile => {
  const { comments, errors, program } = parseSync(path, text, { lang: "ts" })
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`)
  const ends: Array<number> = []
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ends.push(at)
  const lineOf = (offset: number): number => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
  return {
    path,
    text,
    lines: ends.length + (text.endsWith("\n") || text === "" ? 0 : 1),
    body: program.body,
    comments: comments.map(({ end, start, type, value }) => ({
      text: value,
      start,
      end,
      line: lineOf(start),
      isDoc: type === "Block" && value.startsWith("*")
    })),
    imports: importsOf(program.body, lineOf),
    lineOf
  }
}

/** Reads and parses a file of the project. */
export const readSource = (path: string): SourceFile => parseSource(path, readFileSync(join(projectRoot, path), "utf8"))
