/** The examples of the documentation as programs: found, prepared, type-checked and run. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { type PackageEntry, readEntries } from "../../scripts/entries.ts"
import { run, tool } from "../../scripts/run.ts"
import {
  filesBelow,
  parseSource,
  projectRoot,
  readSource,
  type SourceFile,
  type SyntaxNode,
  walk
} from "./sourceFiles.ts"

/** One ```` ```ts ```` block. */
export interface Example {
  /** Where it stands: file and the line of its first line. */
  readonly path: string
  readonly line: number
  readonly code: string
  /** Whether it is run, or, being marked `no-run`, only type-checked. */
  readonly isRun: boolean
  /** The source whose docstring it is in; what that exports needs no import. */
  readonly owner: SourceFile | undefined
}

const fence = /^( *)```(?:ts|typescript)\b([^\n]*)\n([\s\S]*?)^ *```/gm

const examplesIn = (path: string, text: string, firstLine: number, owner?: SourceFile): ReadonlyArray<Example> =>
  [...text.matchAll(fence)].map(({ 1: indent = "", 2: info = "", 3: code = "", index }) => ({
    path,
    line: firstLine + text.slice(0, index).split("\n").length,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    isRun: !info.split(/\s+/).includes("no-run"),
    owner
  }))

/** The examples of a Markdown file. */
export const examplesOfMarkdown = (path: string, text: string): ReadonlyArray<Example> => examplesIn(path, text, 1)

/** The examples in a source's docstrings. */
export const examplesOfSource = (source: SourceFile): ReadonlyArray<Example> =>
  source.comments
    .filter(({ isDoc }) => isDoc)
    .flatMap(({ line, text }) => examplesIn(source.path, text.replaceAll(/^[ \t]*\* ?/gm, ""), line, source))

/** Every example of the project. */
export const allExamples = (): ReadonlyArray<Example> => [
  ...["README.md", ...filesBelow("docs", [".md"])]
    .filter((path) => !path.startsWith("docs/api/"))
    .flatMap((path) => examplesOfMarkdown(path, readFileSync(join(projectRoot, path), "utf8"))),
  ...filesBelow("src", [".ts"]).map(readSource).flatMap(examplesOfSource)
]

/** The names that a source exports, and whether each is a type only. */
const exportsOf = (source: SourceFile): ReadonlyMap<string, boolean> => {
  const names = new Map<string, boolean>()
  for (const statement of source.body) {
    if (statement.type !== "ExportNamedDeclaration" || statement.declaration === null) continue
    const declaration = statement.declaration as unknown as SyntaxNode
    const isType = declaration.type === "TSInterfaceDeclaration" || declaration.type === "TSTypeAliasDeclaration"
    const declared =
      declaration.type === "VariableDeclaration"
        ? (declaration.declarations as ReadonlyArray<SyntaxNode>)
        : [declaration]
    for (const { id } of declared) {
      const name = (id as { readonly name?: string } | null)?.name
      if (name !== undefined) names.set(name, isType && names.get(name) !== false)
    }
  }
  return names
}

const isBinding = (node: SyntaxNode, parent: SyntaxNode | undefined): boolean =>
  parent !== undefined &&
  (parent.local === node ||
    (parent.id === node && parent.type !== "TSTypeReference") ||
    parent.type === "FormalParameter")

/**
 * Turns an example into a program that stands in a folder of its own below `temp`: imports of the package become
 * imports of its sources, and each `// => value` becomes an assertion about the statement before it. Lines stay lines.
 */
export const prepareExample = (
  example: Example,
  entries: ReadonlyArray<PackageEntry>
): { readonly code: string; readonly problems: ReadonlyArray<string> } => {
  const source = parseSource(example.path, example.code)
  const problems: Array<string> = []
  const edits: Array<{ readonly start: number; readonly end: number; readonly text: string }> = []
  const used = new Set<string>()
  const bound = new Set<string>()
  const statements: Array<SyntaxNode> = []
  walk(source.body, (node, parent) => {
    if (node.type === "ImportDeclaration") {
      const specifier = node.source as SyntaxNode & { readonly value: string }
      if (!/^tidemark(\/|$)/.test(specifier.value)) return
      const entry = entries.find((candidate) => candidate.specifier === specifier.value)
      if (entry === undefined) problems.push(`${specifier.value} is not exported`)
      else edits.push({ ...specifier, text: JSON.stringify(`../../src/${entry.module}.ts`) })
    } else if (node.type === "ExpressionStatement" || node.type === "VariableDeclaration") statements.push(node)
    else if (node.type === "Identifier") (isBinding(node, parent) ? bound : used).add(String(node.name))
  })
  let asserts = false
  for (const comment of source.comments) {
    const expected = /^\s*=>\s*(.+)$/.exec(comment.text)?.[1]?.trim()
    if (expected === undefined) continue
    const statement = statements.findLast(
      ({ end }) => end <= comment.start && /^[ \t;]*$/.test(example.code.slice(end, comment.start))
    )
    const subject = statement === undefined ? undefined : subjectOf(statement, example.code)
    if (statement === undefined || subject === undefined) {
      problems.push(`line ${comment.line}: => ${expected} stands behind nothing that has a value`)
      continue
    }
    asserts = true
    edits.push(
      statement.type === "ExpressionStatement"
        ? { start: statement.start, end: comment.end, text: `;checkExample(${subject}, ${expected})` }
        : { start: statement.end, end: comment.end, text: `;checkExample(${subject}, ${expected})` }
    )
  }
  let code = example.code
  for (const { end, start, text } of edits.sort((a, b) => b.start - a.start)) {
    code = code.slice(0, start) + text + code.slice(end)
  }
  let prelude = asserts ? `import { checkExample } from "./checkExample.ts";` : ""
  if (example.owner !== undefined) {
    const known = exportsOf(example.owner)
    const names = [...used].filter((name) => known.has(name) && !bound.has(name))
    const list = names.map((name) => (known.get(name) === true ? `type ${name}` : name)).join(", ")
    if (names.length > 0) prelude += `import { ${list} } from "../../${example.owner.path}";`
  }
  return { code: `${prelude}${code}\nexport {}\n`, problems }
}

/** The expression whose value an assertion is about: of `console.log(x)` and of `const x = …`, it is `x`. */
const subjectOf = (statement: SyntaxNode, code: string): string | undefined => {
  if (statement.type === "ExpressionStatement") {
    const expression = statement.expression as SyntaxNode
    const text = code.slice(expression.start, expression.end)
    return /^console\.log\(([\s\S]*)\)$/.exec(text)?.[1] ?? text
  }
  const [declaration, ...more] = statement.declarations as ReadonlyArray<SyntaxNode>
  const id = declaration?.id as SyntaxNode | undefined
  return more.length === 0 && id?.type === "Identifier" ? String(id.name) : undefined
}

const checker = `import { deepStrictEqual } from "node:assert"
export const checkExample = (actual: unknown, expected: unknown): void => deepStrictEqual(actual, expected)
`

const runner = `import { writeFileSync } from "node:fs"
const [results, ...files] = process.argv.slice(2)
const failures: Record<string, string> = {}
for (const file of files) {
  try {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("did not end in 20 seconds")), 20_000).unref())
    await Promise.race([import(file), late])
  } catch (error) {
    failures[file] = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  writeFileSync(results ?? "", JSON.stringify({ done: file, failures }))
}
process.exit(0)
`

/** Type-checks and runs examples; returns what is wrong with each, in their order. */
export const checkExamples = async (
  examples: ReadonlyArray<Example>
): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  mkdirSync(join(projectRoot, "temp"), { recursive: true })
  const folder = mkdtempSync(join(projectRoot, "temp", "examples-"))
  try {
    const entries = readEntries(projectRoot)
    const problems = examples.map((): Array<string> => [])
    const files = examples.map((_, index) => join(folder, `example${index}.ts`))
    for (const [index, example] of examples.entries()) {
      const prepared = prepareExample(example, entries)
      problems[index]?.push(...prepared.problems)
      writeFileSync(files[index] ?? "", prepared.code)
    }
    writeFileSync(join(folder, "checkExample.ts"), checker)
    writeFileSync(join(folder, "run.ts"), runner)
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../tsconfig.json",
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
        include: ["*.ts"]
      })
    )
    const work = join(folder, "work")
    mkdirSync(work)
    const results = join(folder, "results.json")
    const runnable = files.filter((_, index) => examples[index]?.isRun === true)
    writeFileSync(results, JSON.stringify({ done: "", failures: {} }))
    const [types, ran] = await Promise.all([
      run(tool("tsc"), ["-p", folder, "--noEmit", "--pretty", "false"], { cwd: projectRoot }),
      run(process.execPath, [join(folder, "run.ts"), results, ...runnable], { cwd: work })
    ])
    const inExamples = new RegExp(`${relative(projectRoot, folder)}/example(\\d+)\\.ts\\((\\d+),\\d+\\): (.*)`, "g")
    for (const [, index, line, message] of types.output.matchAll(inExamples)) {
      problems[Number(index)]?.push(`line ${line}: ${message}`)
    }
    const { done, failures } = JSON.parse(readFileSync(results, "utf8")) as {
      readonly done: string
      readonly failures: Record<string, string>
    }
    for (const [file, failure] of Object.entries(failures)) problems[files.indexOf(file)]?.push(failure)
    if (done !== (runnable.at(-1) ?? "")) {
      const culprit = runnable[runnable.indexOf(done) + 1] ?? ""
      problems[files.indexOf(culprit)]?.push(`ended the process (${ran.code}):\n${ran.output}`)
    }
    return problems
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
