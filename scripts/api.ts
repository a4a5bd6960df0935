/**
 * Compares the API report of every entry (`docs/api`) with what the sources declare now, and fails when one differs;
 * with `--update` it writes them instead.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { CompilerState, Extractor, ExtractorConfig, type ExtractorMessage } from "@microsoft/api-extractor"
import { readEntries } from "./entries.ts"
import { projectRoot } from "./run.ts"
import { buildDeclarations, stage } from "./staging.ts"

const update = process.argv.includes("--update")
const reports = join(projectRoot, "docs", "api")
const problems: Array<string> = []
/** Links to names that the entry does not export. Another entry may: what an adapter implements is the host's to import. */
const links: Array<{ readonly name: string; readonly problem: string }> = []
const exported = new Set<string>()

using project = stage("api")
await buildDeclarations(project.folder)

const all = readEntries(projectRoot)
const entries = all.filter(({ module, specifier }) => {
  const isThere = existsSync(join(project.folder, "dist", `${module}.d.ts`))
  if (!isThere) problems.push(`${specifier}: src/${module}.ts does not exist`)
  return isThere
})
const prepared = entries.map(({ module, report }) => {
  const path = join(projectRoot, "api-extractor.json")
  const config = ExtractorConfig.loadFile(path)
  const configObject = {
    ...config,
    projectFolder: project.folder,
    mainEntryPointFilePath: `<projectFolder>/dist/${module}.d.ts`,
    apiReport: { ...config.apiReport, enabled: true, reportFileName: report, reportFolder: reports }
  }
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: path,
    packageJsonFullPath: join(project.folder, "package.json")
  })
})

mkdirSync(reports, { recursive: true })
const [first] = prepared
if (first === undefined) throw new Error("package.json exports no entry")
// One program for all entries: each would otherwise load Effect's declarations anew.
const compilerState = CompilerState.create(first, {
  additionalEntryPoints: prepared.map((config) => config.mainEntryPointFilePath)
})

for (const [index, config] of prepared.entries()) {
  const { report, specifier } = entries[index] ?? { report: "", specifier: "" }
  const messageCallback = (message: ExtractorMessage) => {
    if (message.category === "console") {
      message.handled = true
      return
    }
    if (message.logLevel !== "error" && message.logLevel !== "warning") return
    message.handled = true
    // The constant that a class made by Effect extends: declared by tsc, not by us, so it can carry no tag.
    if (message.messageId === "ae-missing-release-tag" && /^"\w+_base" /.test(message.text)) return
    // A schema and its type share a name, and a link to that name means both.
    if (message.messageId === "ae-unresolved-link" && message.text.includes(" is ambiguous because ")) return
    const path = message.sourceFilePath?.replace(`${project.folder}/dist/`, "src/").replace(/\.d\.ts$/, ".ts")
    const problem = `${specifier}: ${message.messageId}: ${message.text}${path === undefined ? "" : ` (${path})`}`
    const name = / does not have an export "(\w+)"$/.exec(message.text)?.[1]
    if (message.messageId === "ae-unresolved-link" && name !== undefined) links.push({ name, problem })
    else problems.push(problem)
  }
  const result = Extractor.invoke(config, { localBuild: update, compilerState, messageCallback })
  const text = readFileSync(config.reportTempFilePath, "utf8")
  for (const [, name = ""] of text.matchAll(/^export (?:declare )?(?:abstract )?\w+ (\w+)/gm)) exported.add(name)
  if (!result.apiReportChanged) continue
  if (update) console.log(`docs/api/${report}.api.md updated`)
  else problems.push(`${specifier}: docs/api/${report}.api.md is out of date; run npm run api and review the change`)
}

problems.push(...links.filter(({ name }) => !exported.has(name)).map(({ problem }) => problem))

const expected = new Set(all.map(({ report }) => `${report}.api.md`))
for (const name of readdirSync(reports)) {
  if (expected.has(name)) continue
  if (update) rmSync(join(reports, name))
  else problems.push(`docs/api/${name} belongs to no entry`)
}

for (const problem of problems) console.error(problem)
console.log(`${entries.length} API reports, ${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
