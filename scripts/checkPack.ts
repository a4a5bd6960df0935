/**
 * Checks what is published: builds and packs the project, installs the tarball in an empty folder beside effect, imports
 * every entry, type-checks a consumer, and asks publint and attw. Each `--node VERSION` adds a Node.js to import with.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { arch, platform, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type PackageEntry, readEntries } from "./entries.ts"
import { projectRoot, run, runOrThrow, tool } from "./run.ts"
import { buildDeclarations, buildEntries, stage } from "./staging.ts"

/** A strict host's TypeScript project. It checks the package's declarations too, and has Node's types, as hosts on Node do. */
const consumerConfig = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2024", "ESNext.Disposable", "ESNext.Iterator", "DOM"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    typeRoots: [join(projectRoot, "node_modules", "@types")],
    noEmit: true
  },
  include: ["consumer.ts"]
}

const nameOf = (entry: PackageEntry) => entry.report.replaceAll(/\W/g, "_")

/** Names every entry, so that a declaration file that is missing or refers to something missing is an error. */
const consumer = (entries: ReadonlyArray<PackageEntry>): string =>
  [
    ...entries.map((entry) => `import * as ${nameOf(entry)} from "${entry.specifier}"`),
    `export const entries: ReadonlyArray<object> = [${entries.map(nameOf).join(", ")}]`,
    "// @ts-expect-error: what package.json does not export has no declarations",
    `import "tidemark/model/Ids"`,
    ""
  ].join("\n")

/** Imports every entry, and tries what must not resolve. */
const importer = (entries: ReadonlyArray<PackageEntry>): string => `
const failures = []
for (const specifier of ${JSON.stringify(entries.map(({ specifier }) => specifier))}) {
  try {
    if (Object.keys(await import(specifier)).length === 0) failures.push(specifier + " exports nothing")
  } catch (error) {
    failures.push(specifier + ": " + (error.stack ?? error))
  }
}
for (const specifier of ["tidemark/dist/index.js", "tidemark/model/Ids", "tidemark/core/WorkingTree.ts", "tidemark/src/index.ts"]) {
  try {
    await import(specifier)
    failures.push(specifier + " must not resolve")
  } catch (error) {
    if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") failures.push(specifier + ": " + error)
  }
}
for (const failure of failures) console.log(failure)
process.exit(failures.length === 0 ? 0 : 1)
`

/** What a check found wrong; empty: nothing. */
export interface PackReport {
  readonly [check: string]: string
}

const npm = (args: ReadonlyArray<string>, cwd: string) =>
  // npm hands its own settings to what it runs; a consumer's npm has none of ours.
  runOrThrow("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], {
    cwd,
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(?:package|lifecycle|config_local)/.test(name))
    )
  })

const installNode = async (version: string, folder: string): Promise<string> => {
  const name = `node-${platform()}-${arch()}`
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }))
  await npm(["install", `${name}@${version}`], folder)
  return join(folder, "node_modules", name, "bin", "node")
}

/** Runs every check. The keys say what was checked. */
export const checkPack = async (nodeVersions: ReadonlyArray<string>): Promise<PackReport> => {
  using project = stage("pack")
  await buildEntries(project.folder)
  await buildDeclarations(project.folder)
  const entries = readEntries(project.folder)
  const [packed] = JSON.parse(await npm(["pack", "--json"], project.folder)) as ReadonlyArray<{
    readonly filename: string
    readonly files: ReadonlyArray<{ readonly path: string }>
  }>
  if (packed === undefined) throw new Error("npm pack made nothing")
  const tarball = join(project.folder, packed.filename)
  const report: Record<string, string> = {}

  const paths = packed.files.map(({ path }) => path)
  const strangers = paths.filter(
    (path) => !/^(?:dist\/|(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$)/.test(path)
  )
  const wanted = [
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    ...entries.flatMap(({ module }) => [`dist/${module}.js`, `dist/${module}.d.ts`])
  ]
  const missing = wanted.filter((path) => !paths.includes(path))
  report["the tarball's files"] = [
    ...strangers.map((path) => `${path} is in the tarball`),
    ...missing.map((path) => `${path} is not in the tarball`)
  ].join("\n")

  const host = mkdtempSync(join(tmpdir(), "tidemark-consumer-"))
  try {
    const { devDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(projectRoot, "package.json"), "utf8")
    ) as {
      readonly devDependencies: Record<string, string>
      readonly peerDependencies: Record<string, string>
    }
    // What an entry needs that not every host has: here, all entries are imported.
    const peers = Object.keys(peerDependencies).map((name) => `${name}@${devDependencies[name]}`)
    writeFileSync(join(host, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
    await npm(["install", tarball, ...peers], host)
    writeFileSync(join(host, "importer.js"), importer(entries))
    const nodes = [process.execPath]
    for (const version of nodeVersions) nodes.push(await installNode(version, join(host, `node-${version}`)))
    for (const node of nodes) {
      const version = (await runOrThrow(node, ["--version"], { cwd: host })).trim()
      const { code, output } = await run(node, ["importer.js"], { cwd: host })
      report[`imports on Node ${version}`] = code === 0 ? "" : output || `ended with ${code}`
    }

    writeFileSync(join(host, "consumer.ts"), consumer(entries))
    writeFileSync(join(host, "tsconfig.json"), JSON.stringify(consumerConfig))
    const types = await run(tool("tsc"), ["-p", ".", "--pretty", "false"], { cwd: host })
    // Other packages' declarations are theirs to mend.
    const ours = types.output
      .split("\n")
      .filter((line) => /^(?:consumer\.ts|node_modules\/tidemark\/)|^error/.test(line))
    report["a consumer's types"] = ours.join("\n")
  } finally {
    rmSync(host, { recursive: true, force: true })
  }

  const lint = await run(tool("publint"), ["run", tarball, "--strict"], { cwd: project.folder })
  report.publint = lint.code === 0 ? "" : lint.output
  const attw = ["--profile", "esm-only", "--no-definitely-typed", "--no-emoji", "--no-color", "--format", "ascii"]
  const resolution = await run(tool("attw"), [tarball, ...attw], { cwd: project.folder })
  report.attw = resolution.code === 0 ? "" : resolution.output
  return report
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { node: { type: "string", multiple: true, default: [] } } })
  const report = await checkPack(values.node)
  for (const [check, problem] of Object.entries(report))
    console.log(`${problem === "" ? "ok" : "FAILED"} ${check}${problem === "" ? "" : `\n${problem}`}`)
  if (Object.values(report).some((problem) => problem !== "")) process.exitCode = 1
}
