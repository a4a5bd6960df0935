/** The package's exports, the sources behind them and their API reports are one list. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { readEntries } from "../../scripts/entries.ts"
import tsup from "../../tsup.config.ts"
import { projectRoot } from "../support/sourceFiles.ts"

const entries = readEntries(projectRoot)
const reports = join(projectRoot, "docs", "api")
const readReport = (name: string): string => {
  const path = join(reports, `${name}.api.md`)
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}

describe("entries", () => {
  it("each export has its source", () => {
    const missing = entries.filter(({ module }) => !existsSync(join(projectRoot, "src", `${module}.ts`)))
    expect(missing.map(({ module, specifier }) => `${specifier} needs src/${module}.ts`)).toEqual([])
  })

  it("the build makes each export and nothing else", () => {
    const built = (tsup as { readonly entry: Record<string, string> }).entry
    expect(built).toEqual(Object.fromEntries(entries.map(({ module }) => [module, `src/${module}.ts`])))
  })

  it("each export has its API report, and each report its export", () => {
    const found = existsSync(reports) ? readdirSync(reports).sort() : []
    expect(found).toEqual(entries.map(({ report }) => `${report}.api.md`).sort())
  })

  it("the documentation names each export", () => {
    const readme = readFileSync(join(projectRoot, "README.md"), "utf8")
    const unnamed = entries.filter(({ specifier }) => !readme.includes(`\`${specifier}\``))
    expect(unnamed.map(({ specifier }) => `README.md does not mention \`${specifier}\``)).toEqual([])
  })
})

describe("API reports", () => {
  /** The names that an entry exports: those that its report declares with `export`. */
  const exported = new Set(
    entries.flatMap(({ report }) =>
      [...readReport(report).matchAll(/^export (?:declare )?(?:abstract )?\w+ (\w+)/gm)].map(([, name]) => name)
    )
  )

  it("an entry names only what it, or another entry, exports", () => {
    const forgotten = entries.flatMap(({ report }) =>
      [...readReport(report).matchAll(/\(ae-forgotten-export\) The symbol "(\w+)"/g)]
        .map(([, name = ""]) => name)
        // What tsc calls the class that a schema or service class extends.
        .filter((name) => !name.endsWith("_base") && !exported.has(name))
        .map((name) => `docs/api/${report}.api.md: ${name} is used but exported nowhere`)
    )
    expect([...new Set(forgotten)]).toEqual([])
  })
})
