/**
 * `npm run bench`: captures and drift checks of a real collection beside git, in one run.
 *
 * Ours runs in this process, on a SQLite file with durable commits; git runs as processes, on the same files. Opening a
 * store is not counted, nor is `git init`. A cold run has a new store (repository) and no stat cache (index). The files
 * themselves are in the system's cache for both, and both take turns. Beside git's whole time stands what is left of it
 * when the time of as many `git --version` is taken off. Nothing is removed before the end of a run: see `bench/store.ts`.
 *
 * Usage: `node bench/bench.ts [--rounds N] [--dir DIR] [--only NAME] [--ours] [--json]`; `--ours` leaves git out, for a
 * profile: `node --cpu-prof bench/bench.ts --ours`.
 */
import { execFileSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { availableParallelism, cpus, tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { parseArgs } from "node:util"
import * as Filesystem from "../src/adapters/filesystem/index.ts"
import * as Sqlite from "../src/adapters/sqlite/index.ts"
import { open, type Tidemark } from "../src/promise/index.ts"
import { makeRandom } from "../test/support/random.ts"

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    dir: { type: "string" },
    only: { type: "string" },
    ours: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
})
const rounds = Math.max(5, Number(options.rounds) || 7)
const work = mkdtempSync(join(tmpdir(), "tidemark-bench-"))
let made = 0
const fresh = (name: string): string => {
  const path = join(work, `${name}-${made++}`)
  mkdirSync(path)
  return path
}

/** A collection like a real one, for where there is none: skills of several sizes, a seventh of them with references. */
const generate = (root: string): void => {
  const random = makeRandom(1)
  const words = () => Array.from({ length: 10 }, () => random.below(46_656).toString(36)).join(" ")
  const text = (lines: number) => Array.from({ length: lines }, () => `${words()}\n`).join("")
  for (let i = 0; i < 1150; i++) {
    const path = join(root, "plugins", `p${i % 90}`, "skills", `s${i % 400}`, i < 400 ? "SKILL.md" : `part${i}.md`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text(20 + random.below(300)))
  }
}

/** The collection to measure with, in a folder that may be written. */
const collection = (): { readonly root: string; readonly name: string } => {
  const root = fresh("collection")
  const archive = join(
    process.env.TIDEMARK_SHARED ?? join(import.meta.dirname, "../../shared"),
    "real/agents/v2.tar.gz"
  )
  if (options.dir !== undefined) {
    execFileSync("cp", ["-a", `${resolve(options.dir)}/.`, root])
    return { root, name: options.dir }
  }
  if (existsSync(archive)) {
    execFileSync("tar", ["-xzf", archive, "-C", root])
    return { root, name: "real/agents v2" }
  }
  generate(root)
  return { root, name: "a generated collection" }
}

const measure = async (run: () => unknown): Promise<number> => {
  const started = performance.now()
  await run()
  return performance.now() - started
}

const openEngine = (folder: string): Promise<Tidemark> =>
  open({
    storage: Sqlite.layer({ file: join(folder, "store.db") }),
    workingTree: Filesystem.layerWorkingTree({ cacheDirectory: join(folder, "cache") }),
    actor: "bench"
  })

/** git as nobody has configured it, with nothing running behind our back. */
const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "bench",
  GIT_AUTHOR_EMAIL: "bench@example.org",
  GIT_COMMITTER_NAME: "bench",
  GIT_COMMITTER_EMAIL: "bench@example.org"
}
const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "gc.auto=0", "-c", "maintenance.auto=false", ...args], {
    env: environment,
    encoding: "utf8"
  })

const repository = (folder: string, root: string) => {
  const at = [`--git-dir=${join(folder, "git")}`, `--work-tree=${root}`]
  git(...at, "init", "--quiet")
  return {
    commit: () => {
      git(...at, "add", "-A")
      git(...at, "commit", "--quiet", "-m", "bench")
    },
    status: () => {
      if (git(...at, "status", "--porcelain") !== "") throw new Error("git: the tree is not clean")
    }
  }
}

interface Row {
  readonly name: string
  readonly asGit: string
  readonly processes: number
  readonly ours: Array<number>
  readonly theirs: Array<number>
}

const row = (name: string, asGit: string, processes: number): Row => ({ name, asGit, processes, ours: [], theirs: [] })
const cold = row("capture, cold", "add -A && commit", 2)
const again = row("capture, one file changed", "add -A && commit", 2)
const clean = row("drift check, clean project", "status", 1)
const rows = [cold, again, clean].filter(({ name }) => options.only === undefined || name.includes(options.only))
const start: Array<number> = []

const changing = (root: string, files: ReadonlyArray<string>) => {
  let line = 0
  return () => appendFileSync(join(root, files[(line * 37) % files.length] ?? ""), `line ${line++}\n`)
}

/** Captures, cold and after a change, ours and git's by turns. */
const captures = async (root: string, change: () => void): Promise<void> => {
  for (let round = -1; round < rounds; round++) {
    const [store, repo] = [fresh("store"), fresh("repo")]
    await using tidemark = await openEngine(store)
    const { commit } = repository(repo, root)
    const capture = () => tidemark.snapshots.capture({ collection: "bench", root })
    const turns = async (into: Row) => {
      const ours = async () => into.ours.push(await measure(capture))
      const theirs = async () => options.ours || into.theirs.push(await measure(commit))
      for (const turn of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await turn()
      // The first round only warms up.
      if (round < 0) into.ours.length = into.theirs.length = 0
    }
    await turns(cold)
    change()
    await turns(again)
    if (!options.ours) start.push(await measure(() => git("--version")))
    await tidemark.close()
  }
}

/** A project that is as it was deployed, and a work tree that is as it was committed. */
const checks = async (root: string): Promise<void> => {
  const [store, repo, project] = [fresh("store"), fresh("repo"), fresh("project")]
  await using tidemark = await openEngine(store)
  const place = { project: "bench", root: project }
  await tidemark.snapshots.capture({ collection: "bench", root })
  await tidemark.deployments.apply(await tidemark.deployments.plan({ ...place, collection: "bench" }), place)
  const { commit, status } = repository(repo, project)
  writeFileSync(join(repo, "git", "info", "exclude"), ".tidemark/\n")
  commit()
  const check = async () => {
    const { counts, paths } = await tidemark.drift.check(place)
    if (counts.clean !== paths.length) throw new Error("the project is not clean")
  }
  for (let round = -2; round < rounds; round++) {
    const ours = await measure(check)
    const theirs = options.ours ? 0 : await measure(status)
    if (round < 0) continue
    clean.ours.push(ours)
    if (!options.ours) clean.theirs.push(theirs)
  }
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

const milliseconds = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`
const spread = (values: ReadonlyArray<number>): string =>
  values.length === 0
    ? "–"
    : `${milliseconds(median(values))} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`

const print = (table: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  for (const cells of table) {
    const line = cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    console.log(line.join("   ").trimEnd())
  }
}

try {
  const { name, root } = collection()
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
  // Read once: from here on the files are in the system's cache.
  const size = files.reduce((sum, file) => sum + readFileSync(join(root, file)).length, 0)
  const markdown = files.filter((file) => file.endsWith(".md") && statSync(join(root, file)).size < 100_000)
  const wanted = (...some: ReadonlyArray<Row>) => some.some((one) => rows.includes(one))
  if (wanted(cold, again)) await captures(root, changing(root, markdown))
  if (wanted(clean)) await checks(root)

  const results = rows.map(({ asGit, name, ours, processes, theirs }) => {
    const [mine, whole] = [median(ours), median(theirs)]
    const inner = Math.max(0, whole - processes * median(start))
    return { name, asGit, processes, ours: mine, git: whole, gitWithoutStart: inner, runs: { ours, git: theirs } }
  })
  if (options.json)
    console.log(JSON.stringify({ node: process.version, git: git("--version").trim(), results }, undefined, 2))
  else {
    console.log(
      `Node ${process.version}, ${git("--version").trim()}, ${availableParallelism()} × ${cpus()[0]?.model ?? "?"}`
    )
    console.log(`${name}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB, in the system's cache`)
    console.log(`medians of ${rounds} runs (fastest–slowest); one \`git --version\`: ${milliseconds(median(start))}\n`)
    print([
      ["", "git", "tidemark", "git", "without start", "ratio", "ratio without"],
      ...rows.map(({ asGit, name, ours, theirs }, i) => {
        const { git: whole = 0, gitWithoutStart: inner = 0, ours: mine = 0 } = results[i] ?? {}
        const ratio = (other: number) => (other === 0 ? "–" : `${(mine / other).toFixed(2)}×`)
        return [name, asGit, spread(ours), spread(theirs), milliseconds(inner), ratio(whole), ratio(inner)]
      })
    ])
    console.log(
      "\nratio: our time by git's; below 1 we are faster. Our commits are synced to disk, git's by its defaults."
    )
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
