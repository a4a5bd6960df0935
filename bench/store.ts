/**
 * `npm run bench:store`: capture, drift check and restore of whole collections beside git and isomorphic-git, in one run.
 *
 * Ours runs in this process, on a SQLite file (and on files) with durable commits; git runs as processes, on the same
 * files, with its defaults. Opening a store is not counted, nor is `git init`. A cold capture has a new store (repository)
 * and no stat cache (index); files are in the system's cache for all. Beside git's whole time stands what is left of it
 * when the time of as many `git --version` is taken off. A restore fills an empty folder. Neither syncs the new files; ours
 * can be interrupted anywhere, and makes again what a loss of power took. isomorphic-git is slow: it gets fewer rounds, and
 * says how many. Nothing is removed before the end of a run: for minutes after many files were removed, ext4 is many times
 * slower to make new ones, whoever makes them (it passes over inodes that were freed a short time ago, one by one).
 *
 * Usage: `node bench/store.ts [--rounds N] [--quick] [--only speed,age,memory] [--collection NAME] [--operation NAME]
 * [--ours] [--json]`. `--quick`: a tenth of the generated files, no isomorphic-git; `--ours` leaves the others out, for a
 * profile: `node --cpu-prof bench/store.ts --ours`.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { aging } from "./store/aging.ts"
import { change, filesOf, generate, realAgents, sizeOf, warm } from "./store/collections.ts"
import { type Contender, filesystem, floor, git, isomorphic, runGit, type Session, sqlite } from "./store/contenders.ts"
import { measure, median, milliseconds, print, ratio, spread } from "./store/numbers.ts"

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "speed,age,memory" },
    collection: { type: "string" },
    operation: { type: "string" },
    ours: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
})
const rounds = Math.max(1, Number(options.rounds) || 5)
const parts = options.only.split(",")
const work = mkdtempSync(join(tmpdir(), "tidemark-bench-"))
let made = 0
const fresh = (name: string): string => {
  const path = join(work, `${name}-${made++}`)
  mkdirSync(path)
  return path
}

const operations = ["capture, cold", "capture, 1 % changed", "check, clean", "restore"] as const
type Operation = (typeof operations)[number]
/** What is to be reached on SQLite, by git's time; isomorphic-git's is to be eight times ours. */
const targets: { readonly [K in Operation]: number } = {
  "capture, cold": 0.6,
  "capture, 1 % changed": 0.5,
  "check, clean": 1.0,
  restore: 0.8
}
const kinds = {
  "capture, cold": "capture",
  "capture, 1 % changed": "capture",
  "check, clean": "check",
  restore: "restore"
} as const
const wants = (operation: Operation): boolean =>
  options.operation === undefined || operation.includes(options.operation)

type Times = { readonly [K in Operation]: Array<number> }
const times = (): Times => ({ "capture, cold": [], "capture, 1 % changed": [], "check, clean": [], restore: [] })

interface Measured {
  readonly collection: string
  readonly files: number
  readonly bytes: number
  readonly times: ReadonlyMap<Contender, Times>
  readonly sizes: ReadonlyMap<string, { readonly bytes: number; readonly allocated: number }>
}
const start: Array<number> = []

/** All operations of a collection, the contenders by turns. */
const speed = async (collection: string, root: string, slowRounds: number): Promise<Measured> => {
  const files = filesOf(root)
  const bytes = warm(root, files)
  const contenders = options.ours
    ? [sqlite, filesystem]
    : [sqlite, git, filesystem, floor, ...(slowRounds > 0 ? [isomorphic] : [])]
  const all = new Map(contenders.map((contender) => [contender, times()]))
  const sizes = new Map<string, { readonly bytes: number; readonly allocated: number }>()
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first has the coldest processor: they take turns.
    const turn = contenders.map((_, i) => contenders[(i + round) % contenders.length] as Contender)
    const here = turn.filter((contender) => contender !== isomorphic || round < slowRounds)
    const sessions = new Map<Contender, { readonly folder: string; readonly session: Session }>()
    for (const contender of here) {
      const folder = fresh("store")
      sessions.set(contender, { folder, session: await contender.open(folder, root) })
    }
    const each = async (operation: Operation, run: (session: Session) => unknown) => {
      for (const contender of here) {
        if (contender === floor && operation === "restore") continue
        const { session } = sessions.get(contender) as { readonly session: Session }
        // A collection of garbage belongs to whoever made it.
        globalThis.gc?.()
        const took = await measure(() => run(session))
        all.get(contender)?.[operation].push(took)
      }
    }
    await each("capture, cold", (session) => session.capture())
    if (round === 0) for (const [{ name }, { folder }] of sessions) sizes.set(name, sizeOf(folder))
    // A store that is open has a log beside it; what it takes is what is left when it is closed.
    for (const contender of round === 0 ? [sqlite, filesystem] : []) {
      const folder = fresh("closed")
      const session = await contender.open(folder, root)
      await session.capture()
      await session.close()
      sizes.set(contender.name, sizeOf(folder))
    }
    change(root, files, Math.max(1, Math.round(files.length / 100)), round)
    if (wants("capture, 1 % changed") || wants("check, clean")) {
      await each("capture, 1 % changed", (session) => session.capture())
    }
    if (wants("check, clean")) {
      for (const { session } of sessions.values()) await session.settle()
      await each("check, clean", (session) => session.check())
    }
    if (wants("restore")) {
      const folders = new Map<Session, string>()
      for (const { session } of sessions.values()) {
        const into = fresh("restored")
        folders.set(session, into)
        await session.empty(into)
      }
      await each("restore", (session) => session.restore(folders.get(session) ?? ""))
    }
    if (round === 0 && !options.ours) {
      runGit(`--git-dir=${join(sessions.get(git)?.folder ?? "", "git")}`, "gc", "--quiet")
      sizes.set("git, after `git gc`", sizeOf(sessions.get(git)?.folder ?? ""))
    }
    for (const { session } of sessions.values()) await session.close()
    if (!options.ours) start.push(await measure(() => runGit("--version")))
    rmSync(join(root, ".tidemark"), { recursive: true, force: true })
  }
  return { collection, files: files.length, bytes, times: all, sizes }
}

const tell = ({ bytes, collection, files, sizes, times: all }: Measured): void => {
  console.log(`\n${collection}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB`)
  const ofGit = all.get(git)
  const rows = operations.filter(wants).flatMap((operation) =>
    [...all]
      .filter(([, measured]) => measured[operation].length > 0)
      .map(([contender, measured]) => {
        const took = median(measured[operation])
        const whole = median(ofGit?.[operation] ?? [])
        const inner = Math.max(0, whole - git.processes[kinds[operation]] * median(start))
        const own = Math.max(0, took - contender.processes[kinds[operation]] * median(start))
        return [
          operation,
          contender.name,
          `${measured[operation].length}`,
          spread(measured[operation]),
          contender === git ? `${milliseconds(own)} without start` : ratio(took, whole),
          contender === git ? "" : ratio(took, inner),
          contender === sqlite ? `≤ ${targets[operation]}×` : "",
          contender === isomorphic
            ? `${ratio(took, median(all.get(sqlite)?.[operation] ?? []))} of SQLite's (≥ 8×)`
            : ""
        ]
      })
  )
  print([["", "", "rounds", "median (range)", "by git", "without start", "target", ""], ...rows])
  const ofGitSize = sizes.get(git.name)
  print([
    ["size after the cold capture", "bytes", "by .git", "on the disk", "by .git"],
    ...[...sizes]
      .filter(([name]) => name !== floor.name)
      .map(([name, size]) => [
        name,
        `${(size.bytes / 1e6).toFixed(2)} MB`,
        ratio(size.bytes, ofGitSize?.bytes ?? 0),
        `${(size.allocated / 1e6).toFixed(2)} MB`,
        ratio(size.allocated, ofGitSize?.allocated ?? 0)
      ])
  ])
}

const tellAges = async (root: string, ages: ReadonlyArray<number>): Promise<unknown> => {
  const files = filesOf(root).filter((path) => path.endsWith(".md"))
  const aged = await aging(root, fresh("aged"), files, ages)
  console.log(`\na capture of one changed file (${files[0]}) as the store ages, SQLite`)
  print([
    ["earlier captures", ...Object.keys(aged[0]?.counts ?? {}), "time"],
    ...aged.map(({ counts, earlier, milliseconds: took }) => [
      `${earlier}`,
      ...Object.values(counts).map(String),
      milliseconds(took)
    ])
  ])
  return aged
}

/** What a host may give Node that wants to stay within 300 MiB. */
const boundedHeap = ["--max-old-space-size=200", "--max-semi-space-size=8"]

/**
 * Each in a process of its own: what it takes at most, with Node itself. Node collects its garbage late where it has much
 * memory, so each is done twice: as hosts start it, and, on a copy of the store, within a bounded heap; there, what is left
 * after each collection tells what was in use.
 */
const tellMemory = (count: number): unknown => {
  const built = join(import.meta.dirname, "..", "dist", "promise", "index.js")
  if (!existsSync(built)) throw new Error("the package as it is built is measured: `npm run build` first")
  const root = fresh("many")
  generate(root, count, 1_000)
  const folder = fresh("store")
  const script = join(import.meta.dirname, "store", "memory.js")
  const run = (flags: ReadonlyArray<string>, what: string, store: string) => {
    const output = execFileSync(process.execPath, [...flags, script, what, store, root, fresh("filled")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 28
    })
    const used = [...output.matchAll(/Mark-Compact.*? -> ([\d.]+) \(/g)].map(([, megabytes]) => Number(megabytes))
    const last = output.split("\n").findLast((line) => line.startsWith("{")) ?? ""
    const told = JSON.parse(last) as { readonly mebibytes: number; readonly seconds: number; readonly cpu: number }
    return { ...told, used: Math.max(0, ...used) }
  }
  const both = (what: string, name: string) => {
    const copy = fresh("copy")
    cpSync(folder, copy, { recursive: true })
    const bounded = run([...boundedHeap, "--trace-gc"], what, copy)
    return { what: name, bounded, ...run([], what, folder) }
  }
  const results = [
    both("nothing", "an opened store"),
    both("capture", "capture, cold"),
    both("capture", "capture, nothing changed"),
    both("adopt", "deploy, by adoption"),
    both("check", "check, clean"),
    both("restore", "restore"),
    both("deploy", "deploy, into an empty project")
  ]
  console.log(`\npeak resident memory at ${count} files, SQLite (to reach: ≤ 300 MiB)`)
  print([
    ["", "MiB", "CPU s", `MiB with ${boundedHeap[0]}`, "CPU s", "of it JavaScript in use"],
    ...results.map(({ bounded, cpu, mebibytes, what }) => [
      what,
      mebibytes.toFixed(0),
      cpu.toFixed(1),
      bounded.mebibytes.toFixed(0),
      bounded.cpu.toFixed(1),
      bounded.used.toFixed(0)
    ])
  ])
  return results
}

try {
  const report: Record<string, unknown> = { node: process.version, git: runGit("--version").trim() }
  console.log(`Node ${process.version}, ${report.git}, ${availableParallelism()} × ${cpus()[0]?.model ?? "?"}`)
  const isWanted = (name: string) => options.collection === undefined || name.includes(options.collection)
  const real = fresh("collection")
  const isThere = realAgents(real)
  if (!isThere) console.log("no real collection at hand: set TIDEMARK_SHARED")
  const measured: Array<Measured> = []
  const tellNow = (one: Measured) => {
    measured.push(one)
    tell(one)
  }
  const slow = options.quick ? 0 : 1
  if (parts.includes("speed")) {
    if (isThere && isWanted("real/agents v2")) tellNow(await speed("real/agents v2", real, slow * Math.min(3, rounds)))
    if (isWanted("generated")) {
      const root = fresh("collection")
      generate(root, options.quick ? 2_000 : 20_000, 5_000)
      tellNow(await speed("generated", root, slow))
      if (!parts.includes("age")) rmSync(root, { recursive: true })
    }
    if (!options.ours) console.log(`\none \`git --version\`: ${milliseconds(median(start))}`)
    report.speed = measured.map(({ times: all, sizes, ...rest }) => ({
      ...rest,
      times: Object.fromEntries([...all].map(([{ name }, taken]) => [name, taken])),
      sizes: Object.fromEntries(sizes)
    }))
  }
  if (parts.includes("age")) {
    if (!isThere) generate(real, 1_150, 5_000)
    report.age = await tellAges(real, options.quick ? [10, 100] : [10, 100, 1_000])
  }
  if (parts.includes("memory")) report.memory = tellMemory(options.quick ? 11_000 : 110_000)
  if (options.json) console.log(JSON.stringify(report, undefined, 2))
} finally {
  rmSync(work, { recursive: true, force: true })
}
