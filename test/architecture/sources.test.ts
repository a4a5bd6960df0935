/** House rules that hold for every file: its length, what it may not contain, and that what it exports is documented. */
import { describe, expect, it } from "vitest"
import { filesBelow, parseSource, readSource, type SourceFile, type SyntaxNode, walk } from "../support/sourceFiles.ts"

const sources = filesBelow("src", [".ts"]).map(readSource)
const others = ["test", "scripts", "examples", "bench"].flatMap((folder) => filesBelow(folder, [".ts"])).map(readSource)

const lengthProblems = (source: SourceFile, limit: number): ReadonlyArray<string> =>
  source.lines > limit ? [`${source.path} has ${source.lines} lines; the limit is ${limit}`] : []

const markers = /@ts-(?:ignore|nocheck|expect-error)|\b(?:TODO|FIXME|XXX)\b/g

/** Escapes from the type checker, and work that was put off. */
const escapeProblems = (source: SourceFile): ReadonlyArray<string> => {
  const problems: Array<string> = []
  for (const comment of source.comments) {
    for (const [marker] of comment.text.matchAll(markers)) problems.push(`${source.path}:${comment.line} has ${marker}`)
  }
  walk(source.body, (node) => {
    if (node.type !== "TSAsExpression" && node.type !== "TSTypeAssertion") return
    const annotation = node.typeAnnotation as SyntaxNode
    if (annotation.type === "TSAnyKeyword") problems.push(`${source.path}:${source.lineOf(node.start)} has "as any"`)
  })
  return problems
}

/** The names that a declaration declares. */
const declaredNames = (declaration: SyntaxNode): ReadonlyArray<string> => {
  const nameOf = (node: unknown): ReadonlyArray<string> => {
    const name = (node as { readonly name?: unknown } | null)?.name
    return typeof name === "string" ? [name] : []
  }
  if (declaration.type !== "VariableDeclaration") return nameOf(declaration.id)
  return (declaration.declarations as ReadonlyArray<SyntaxNode>).flatMap(({ id }) => nameOf(id))
}

const summaryOf = (doc: string): string =>
  doc
    .replaceAll(/^\s*\* ?/gm, "")
    .replace(/(^|\s)@[a-z][\s\S]*$/i, "")
    .trim()

/**
 * What is exported without a docstring or a release tag. Every declaration has a tag of its own; where a schema and its
 * type share a name, one summary serves both; what is `@internal` may leave it to its file's opening comment.
 */
const docProblems = (source: SourceFile): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const summaries = new Map<string, { readonly line: number; documented: boolean }>()
  for (const statement of source.body) {
    if (statement.type !== "ExportNamedDeclaration" || statement.source !== null) continue
    const line = source.lineOf(statement.start)
    if (statement.declaration === null) {
      problems.push(`${source.path}:${line} exports apart from the declaration`)
      continue
    }
    const above = source.comments.findLast(({ end }) => end <= statement.start)
    const isAttached = above?.isDoc === true && source.text.slice(above.end, statement.start).trim() === ""
    const doc = isAttached ? above.text : ""
    const tags: ReadonlyArray<string> = doc.match(/@(?:public|beta|alpha|internal)\b/g) ?? []
    const isInternal = tags.includes("@internal")
    for (const name of declaredNames(statement.declaration as unknown as SyntaxNode)) {
      if (tags.length !== 1) problems.push(`${source.path}:${line} ${name} has ${tags.length} release tags`)
      const known = summaries.get(name) ?? { line, documented: false }
      summaries.set(name, { line: known.line, documented: known.documented || isInternal || summaryOf(doc) !== "" })
    }
  }
  for (const [name, { documented, line }] of summaries) {
    if (!documented) problems.push(`${source.path}:${line} ${name} has no docstring`)
  }
  return problems
}

describe("sources", () => {
  it("are at most 500 lines long, tests 600", () => {
    const problems = [
      ...sources.flatMap((source) => lengthProblems(source, 500)),
      ...others.flatMap((source) => lengthProblems(source, 600))
    ]
    expect(problems).toEqual([])
  })

  it("neither escape the type checker nor put work off", () => {
    expect(sources.flatMap(escapeProblems)).toEqual([])
  })

  it("document what they export, with a release tag", () => {
    expect(sources.flatMap(docProblems)).toEqual([])
  })
})

describe("the rules themselves", () => {
  it.each(["const a = b as any", "const a = b as unknown as any", "// @ts-ignore\nconst a = 1", `// ${"TODO"}: later`])(
    "refuse %s",
    (text) => {
      expect(escapeProblems(parseSource("a.ts", text))).toHaveLength(1)
    }
  )

  it("do not mistake text for an escape", () => {
    expect(escapeProblems(parseSource("a.ts", `const a = "as any, @ts-ignore"`))).toEqual([])
  })

  it.each([
    ["no comment", "export const a = 1", 2],
    ["no tag", "/** Does. */\nexport const a = 1", 1],
    ["a public tag alone", "/** @public */\nexport const a = 1", 1],
    ["an internal tag alone", "/** @internal */\nexport const a = 1", 0],
    ["two tags", "/** Does. @public @internal */\nexport const a = 1", 1],
    ["a comment of something else", "/** Does. @public */\nconst b = 1\nexport const a = b", 2],
    ["an export apart from its declaration", "/** Does. @public */\nconst a = 1\nexport { a }", 1],
    ["nothing wrong", "/** Does. @public */\nexport const a = 1", 0],
    ["a schema and its type", "/** Is. @public */\nexport const A = 1\n/** @public */\nexport type A = typeof A", 0]
  ])("count what is missing: %s", (_, text, missing) => {
    expect(docProblems(parseSource("a.ts", text))).toHaveLength(missing)
  })
})
