/** Who may import whom. The table is the one of docs/architecture.md. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { describe, expect, it } from "vitest"
import { filesBelow, parseSource, projectRoot, readSource, type SourceFile, walk } from "../support/sourceFiles.ts"

interface Room {
  /** The room's folder or file below `src`; `*` stands for one name. The last row that fits a file is its room. */
  readonly room: string
  /** The folders and files below `src` that it may import, besides itself. */
  readonly imports: ReadonlyArray<string>
  /** The packages that it may import; `node:` stands for everything that Node brings. */
  readonly packages: ReadonlyArray<string>
}

/** What an adapter needs of core: the port, and the rules that every working tree reads the same way. */
const port = ["core/WorkingTree.ts", "core/ignoreRules.ts"]

const rooms: ReadonlyArray<Room> = [
  { room: "index.ts", imports: ["model", "algo", "storage", "core", "drivers"], packages: [] },
  {
    room: "merge.ts",
    imports: ["model", "algo", "drivers", "core/merge/MergeDriver.ts", "core/merge/MergeRules.ts"],
    packages: []
  },
  { room: "model", imports: [], packages: ["effect"] },
  { room: "algo", imports: ["model"], packages: [] },
  { room: "storage", imports: ["model"], packages: ["effect"] },
  { room: "core", imports: ["model", "algo", "storage"], packages: ["effect", "ignore"] },
  { room: "drivers", imports: ["model", "algo", "core/merge/MergeDriver.ts"], packages: ["effect"] },
  { room: "adapters/*", imports: ["model", "storage", ...port], packages: ["effect", "node:"] },
  { room: "adapters/sqlite", imports: ["model", "storage", ...port, "adapters/sql"], packages: ["effect", "node:"] },
  {
    room: "adapters/postgres",
    imports: ["model", "storage", ...port, "adapters/sql"],
    packages: ["effect", "@effect/sql-pg"]
  },
  { room: "http", imports: ["model", "core"], packages: ["effect"] },
  { room: "promise", imports: ["model", "core"], packages: ["effect"] },
  { room: "interop/*", imports: ["model", "algo", "core"], packages: ["effect"] },
  {
    room: "testkit",
    imports: ["model", "algo", "storage", "core", "drivers", "http", "promise", "interop", "adapters/memory"],
    packages: ["effect"]
  }
]

const isWithin = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

const fits = (path: string, room: string): boolean =>
  room.endsWith("/*") ? isWithin(path, room.slice(0, -2)) && path.split("/").length > 2 : isWithin(path, room)

const roomOf = (path: string): Room | undefined => rooms.findLast(({ room }) => fits(path, room))

/** The folder (or file) that a room stands for, with `*` filled in from a file that is in it. */
const placeOf = (path: string, { room }: Room): string =>
  room.endsWith("/*") ? path.split("/").slice(0, 2).join("/") : room

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:")
    ? "node:"
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")

/** What is wrong with a file's imports, each with its line and the rule that it breaks. `path` is relative to `src`. */
const importProblems = (path: string, source: SourceFile): ReadonlyArray<string> => {
  const room = roomOf(path)
  if (room === undefined) return [`src/${path} is in no room; the rooms are the table in ${import.meta.filename}`]
  const place = placeOf(path, room)
  return source.imports.flatMap(({ line, specifier }) => {
    const problem = (rule: string) => [`src/${path}:${line} imports ${JSON.stringify(specifier)}: ${rule}`]
    if (specifier === "(computed)") return problem("an import names its module in plain text")
    if (specifier.startsWith(".")) {
      if (!specifier.endsWith(".ts")) return problem("relative imports end in .ts")
      const target = posix.join(posix.dirname(path), specifier)
      if (target.startsWith("..")) return problem("src imports nothing outside src")
      const allowed = [place, ...room.imports]
      if (allowed.some((other) => isWithin(target, other))) return []
      return problem(`${place} may import ${room.imports.length === 0 ? "no other room" : room.imports.join(", ")}`)
    }
    const name = packageOf(specifier)
    if (name === "node:" && !room.packages.includes(name)) return problem("only adapters may import node: modules")
    if (!room.packages.includes(name)) {
      return problem(`${place} may import ${room.packages.length === 0 ? "no package" : room.packages.join(", ")}`)
    }
    if (/^effect(\/[a-z-]+)?$/.test(specifier)) return problem("import effect by module, such as effect/Effect")
    return []
  })
}

/** What is wrong with how a file exports. Index files and single-file entries hold nothing but named re-exports. */
const exportProblems = (path: string, source: SourceFile): ReadonlyArray<string> => {
  const isIndex = path.endsWith("index.ts") || path === "merge.ts"
  return source.body.flatMap((statement) => {
    const where = `src/${path}:${source.lineOf(statement.start)}`
    if (statement.type === "ExportAllDeclaration") return [`${where} exports everything: name what is exported`]
    if (statement.type === "ExportDefaultDeclaration") return [`${where} has a default export: name it`]
    if (!isIndex || (statement.type === "ExportNamedDeclaration" && statement.source !== null)) return []
    return [`${where} is in an index file and no named re-export`]
  })
}

const globalsOfNode = new Set(["Buffer", "process", "global", "__dirname", "__filename", "setImmediate"])
const globalsOfTheWorld = new Set(["performance", "crypto", "console", "setTimeout", "setInterval"])

/**
 * Where a file uses a global that its room must not, by name: nothing has reason to call a thing of its own by one of
 * these. Time and chance come from Effect's `Clock` and from injected sources, so that a test can fix them.
 */
const globalProblems = (path: string, source: SourceFile): ReadonlyArray<string> => {
  const mayUseNode = isWithin(path, "adapters")
  const mayUseTheWorld = mayUseNode || ["http", "promise", "interop", "testkit"].some((room) => isWithin(path, room))
  const problems: Array<string> = []
  walk(source.body, (node, parent) => {
    const found = (what: string) => problems.push(`src/${path}:${source.lineOf(node.start)} uses ${what}`)
    if (node.type === "Identifier" && typeof node.name === "string") {
      const isKey =
        parent !== undefined && (parent.property === node || parent.key === node) && parent.computed !== true
      if (isKey) return
      if (!mayUseNode && globalsOfNode.has(node.name)) found(node.name)
      if (!mayUseTheWorld && globalsOfTheWorld.has(node.name)) found(node.name)
    }
    if (mayUseTheWorld) return
    const text = source.text.slice(node.start, node.end)
    if (node.type === "MemberExpression" && (text === "Date.now" || text === "Math.random")) found(text)
    if (node.type === "NewExpression" && /^new Date(\(\s*\))?$/.test(text)) found(text)
  })
  return problems
}

const sources = filesBelow("src", [".ts"]).map(readSource)
const below = (source: SourceFile) => source.path.slice("src/".length)

describe("rooms", () => {
  it("each file imports only what its room may", () => {
    expect(sources.flatMap((source) => importProblems(below(source), source))).toEqual([])
  })

  it("every relative import names a file", () => {
    const missing = sources.flatMap((source) =>
      source.imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .filter(({ specifier }) => !existsSync(join(projectRoot, dirname(source.path), specifier)))
        .map(({ line, specifier }) => `${source.path}:${line} imports ${specifier}, which does not exist`)
    )
    expect(missing).toEqual([])
  })

  it("index files hold named re-exports only", () => {
    expect(sources.flatMap((source) => exportProblems(below(source), source))).toEqual([])
  })

  it("what is imported at run time is a dependency, and every dependency is imported", () => {
    const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
      readonly dependencies: Record<string, string>
      readonly peerDependencies: Record<string, string>
    }
    const imported = sources.flatMap(({ imports }) => imports.map(({ specifier }) => specifier))
    const packages = new Set(imported.filter((specifier) => !/^(\.|node:)/.test(specifier)).map(packageOf))
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    expect([...packages].sort()).toEqual(declared.sort())
  })

  it("only adapters use what Node makes global, and pure rooms neither clock nor chance", () => {
    expect(sources.flatMap((source) => globalProblems(below(source), source))).toEqual([])
  })

  it("no files import each other in a circle at run time", () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        source.imports
          .filter(({ isValue, specifier }) => isValue && specifier.startsWith("."))
          .map(({ specifier }) => posix.join(posix.dirname(source.path), specifier))
      ])
    )
    const done = new Set<string>()
    const circles: Array<string> = []
    const visit = (path: string, trail: ReadonlyArray<string>): void => {
      const seen = trail.indexOf(path)
      if (seen >= 0) circles.push([...trail.slice(seen), path].join(" → "))
      if (seen >= 0 || done.has(path)) return
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
    for (const path of graph.keys()) visit(path, [])
    expect(circles).toEqual([])
  })
})

describe("the rules themselves", () => {
  const problems = (path: string, text: string) => importProblems(path, parseSource(path, text))

  it.each([
    ["model/A.ts", `import "../algo/a.ts"`],
    ["algo/a.ts", `import * as Effect from "effect/Effect"`],
    ["algo/a.ts", `import type * as Effect from "effect/Effect"`],
    ["algo/text/a.ts", `export { x } from "../../core/X.ts"`],
    ["algo/text/a.ts", `export * from "../../core/X.ts"`],
    ["algo/a.ts", `type A = import("../core/X.ts").X`],
    ["storage/A.ts", `const a = await import("../core/X.ts")`],
    ["storage/A.ts", `const a = await import(name)`],
    ["core/A.ts", `import { readFile } from "node:fs"`],
    ["core/A.ts", `import { Effect } from "effect"`],
    ["core/A.ts", `import * as Sql from "effect/sql"`],
    ["core/A.ts", `import { x } from "../algo/x"`],
    ["core/A.ts", `import { x } from "../../test/x.ts"`],
    ["core/A.ts", `import { it } from "vitest"`],
    ["drivers/a.ts", `import { x } from "../core/Sync.ts"`],
    ["adapters/filesystem/a.ts", `import { x } from "../memory/index.ts"`],
    ["adapters/filesystem/a.ts", `import { x } from "../../core/Sync.ts"`],
    ["adapters/filesystem/a.ts", `import { x } from "../../algo/x.ts"`],
    ["adapters/sql/a.ts", `import { x } from "../sqlite/index.ts"`],
    ["adapters/sql/a.ts", `import * as PgClient from "@effect/sql-pg/PgClient"`],
    ["promise/a.ts", `import { x } from "../storage/index.ts"`],
    ["testkit/a.ts", `import { x } from "../adapters/sqlite/index.ts"`],
    ["somewhere/a.ts", ""]
  ])("refuses in %s: %s", (path, text) => {
    expect(problems(path, text)).toHaveLength(1)
  })

  it.each([
    ["model/A.ts", `import { x } from "./B.ts"`],
    ["core/graph/A.ts", `import type { X } from "../../storage/X.ts"`],
    ["adapters/memory/a.ts", `import type { X } from "../../core/WorkingTree.ts"`],
    ["adapters/filesystem/a.ts", `import { open } from "node:fs/promises"`],
    ["adapters/sqlite/a.ts", `import { x } from "../sql/x.ts"`],
    ["adapters/postgres/a.ts", `import * as PgClient from "@effect/sql-pg/PgClient"`],
    ["testkit/a.ts", `import * as Memory from "../adapters/memory/index.ts"`]
  ])("allows in %s: %s", (path, text) => {
    expect(problems(path, text)).toEqual([])
  })

  it.each([`export * from "./a.ts"`, `export * as A from "./a.ts"`, "export const a = 1", `import "./a.ts"`])(
    "refuses in an index file: %s",
    (text) => {
      expect(exportProblems("storage/index.ts", parseSource("index.ts", text))).toHaveLength(1)
    }
  )
})
