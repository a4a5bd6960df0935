/**
 * `npm run bench:graph`: the version graph at scale, beside git as a process (with a commit-graph), isomorphic-git, and SQL
 * written by hand on the same file. One run, ratios; each graph in each kind of store is a process of its own.
 *
 * Ours is measured at an engine that remembers nothing (`first`), at one that is asked all of them in a row (`next`), and with
 * an index that the host asked for (`index`). SQLite and Postgres keep one by themselves, which an engine loads once walks have cost as much. `near` are two versions made one soon after the other, on whatever branches. git's time is a spawn with its output read. Postgres is measured where a server is installed.
 * Usage: `node bench/graph.ts [--quick] [--only real|synthetic] [--place sqlite|memory|postgres]`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import { gunzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Filesystem from "../src/adapters/filesystem/index.ts"
import * as Memory from "../src/adapters/memory/index.ts"
import * as Postgres from "../src/adapters/postgres/index.ts"
import { makeTermKey } from "../src/adapters/sql/termKeys.ts"
import * as Sqlite from "../src/adapters/sqlite/index.ts"
import { VersionGraph, type VersionGraphService } from "../src/core/graph/VersionGraph.ts"
import { layer } from "../src/core/layer.ts"
import { Objects } from "../src/core/objects/Objects.ts"
import type { ArtifactId, TreeId, VersionId } from "../src/model/Ids.ts"
import type { CatalogStorage } from "../src/storage/CatalogStorage.ts"
import type { ObjectStorage } from "../src/storage/ObjectStorage.ts"
import { noServer, postgresServer } from "../test/support/postgres.ts"
import { makeRandom } from "../test/support/random.ts"
import { fixedGitPeer, type GitPeer } from "./graph/gitPeer.ts"
import { type BenchGraph, realGraph, syntheticGraph } from "./graph/graphs.ts"
import { ms, quantile, row, seconds, time, timed } from "./graph/report.ts"

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    place: { type: "string" },
    work: { type: "string" }
  }
})
const { quick } = options
const work = options.work ?? mkdtempSync(join(tmpdir(), "tidemark-bench-"))
const artifact = "skill:graph" as ArtifactId
const random = makeRandom(20261122)

type Storage = Layer.Layer<ObjectStorage | CatalogStorage, unknown>
type Pair = readonly [number, number]

/** An engine over a store: its graph, and a way to have another that remembers nothing. */
const withEngine = <A>(
  storage: Storage,
  index: string | undefined,
  use: (graph: VersionGraphService) => Promise<A>
) => {
  const indexed = index === undefined ? Layer.empty : Filesystem.layerVersionIndex({ file: index })
  const services = layer.pipe(Layer.provide(Layer.mergeAll(storage, Memory.layerWorkingTree(), indexed)))
  const program = Effect.gen(function* () {
    const graph = yield* VersionGraph
    return yield* Effect.promise(() => use(graph))
  })
  return Effect.runPromise(program.pipe(Effect.provide(services, { local: true }), Effect.orDie))
}
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const importAll = (storage: Storage, graph: BenchGraph) => {
  const program = Effect.gen(function* () {
    const engine = yield* VersionGraph
    const objects = yield* Objects
    const bytes = new TextEncoder().encode("tidemark tree 1\n")
    const tree = objects.identify(bytes) as string as TreeId
    yield* objects.put([{ id: tree, bytes }])
    const versions = graph.parents.map((parents, i) => ({
      artifact,
      parents,
      tree,
      message: `${i}`,
      time: graph.times[i],
      author: i % 97 === 0 ? "rare" : "often"
    }))
    const start = process.cpuUsage()
    const [wall, { ids }] = yield* Effect.promise(() => timed(() => run(engine.appendMany({ versions }))))
    const cpu = process.cpuUsage(start)
    console.log(
      row("import, one operation", `${seconds(wall)}, ${seconds((cpu.user + cpu.system) / 1000)} of CPU`) +
        `   ${Math.round((1000 * versions.length) / wall).toLocaleString("en")} versions a second`
    )
    const single: Array<number> = []
    let tip = ids.at(-1) as VersionId
    for (let i = 0; i < (quick ? 30 : 200); i++) {
      const draft = { artifact, parents: [tip], tree, origin: "local" as const, message: `single ${i}` }
      const [took, appended] = yield* Effect.promise(() => timed(() => run(engine.append(draft))))
      single.push(took)
      tip = appended.version.id
    }
    console.log(row("append, single", `${ms(quantile(single, 0.5))} p50 ${ms(quantile(single, 0.95))} p95`))
    return ids
  })
  const services = layer.pipe(Layer.provide(Layer.mergeAll(storage, Memory.layerWorkingTree())))
  return Effect.runPromise(program.pipe(Effect.provide(services, { local: true }), Effect.orDie))
}

/** Pairs of versions that stand near to each other, anywhere, and as far apart as there are. */
const pairsOf = (graph: BenchGraph): ReadonlyArray<readonly [string, ReadonlyArray<Pair>]> => {
  const size = graph.parents.length
  const some = (count: number, pair: () => Pair) => Array.from({ length: count }, pair)
  const count = quick ? 10 : 40
  return [
    [
      "near",
      some(count, () => {
        const a = random.between(100, size - 1)
        return [a, Math.max(0, a - random.between(1, 50))]
      })
    ],
    ["far", some(count, () => [random.below(size), random.below(size)])],
    ["worst", some(quick ? 10 : 24, () => [size - 1 - random.below(10), random.below(10)])]
  ]
}

type Ask = (graph: VersionGraphService, a: VersionId, b: VersionId) => Promise<unknown>

const questions: ReadonlyArray<readonly [string, Ask]> = [
  ["merge base", (graph, a, b) => run(graph.mergeBases(a, b))],
  ["is ancestor", (graph, a, b) => run(graph.isAncestor(b, a))],
  ["ahead/behind", (graph, a, b) => run(graph.aheadBehind(a, b))]
]

const gitArguments: Readonly<Record<string, (a: string, b: string) => ReadonlyArray<string>>> = {
  "merge base": (a, b) => ["merge-base", "--all", a, b],
  "is ancestor": (a, b) => ["merge-base", "--is-ancestor", b, a],
  "ahead/behind": (a, b) => ["rev-list", "--count", "--left-right", `${a}...${b}`]
}

const both = (values: ReadonlyArray<number>) =>
  `${ms(quantile(values, 0.5)).padStart(9)} ${ms(quantile(values, 0.95)).padStart(9)}`

const askPairs = async (
  graph: BenchGraph,
  open: () => Storage,
  ids: ReadonlyArray<VersionId>,
  index: string | undefined,
  git: GitPeer | undefined
) => {
  console.log(
    `\n  ${"".padEnd(24)}${"first p50".padStart(10)}${"p95".padStart(10)}${"next p50".padStart(10)}${"p95".padStart(10)}${"index p50".padStart(11)}${"p95".padStart(10)}${"git p50".padStart(10)}${"p95".padStart(10)}   next:git p50, p95   index:git p50`
  )
  for (const [where, pairs] of pairsOf(graph)) {
    for (const [name, ask] of questions) {
      const id = (n: number) => ids[n] as VersionId
      const first: Array<number> = []
      for (const [a, b] of pairs.slice(0, quick || ids.length > 500_000 ? 3 : 8)) {
        await withEngine(open(), undefined, async (engine) => {
          // The connection is warm, the engine remembers nothing.
          await run(engine.get(id(a)))
          first.push((await timed(() => ask(engine, id(a), id(b))))[0])
        })
      }
      const next: Array<number> = []
      await withEngine(open(), undefined, async (engine) => {
        for (const [a, b] of pairs) next.push((await timed(() => ask(engine, id(a), id(b))))[0])
      })
      const indexed: Array<number> = []
      if (index !== undefined) {
        await withEngine(open(), index, async (engine) => {
          await ask(engine, id(0), id(1))
          for (const [a, b] of pairs) indexed.push((await timed(() => ask(engine, id(a), id(b))))[0])
        })
      }
      const spawned =
        git === undefined ? [] : pairs.map(([a, b]) => git.time(gitArguments[name]?.(git.sha(a), git.sha(b)) ?? []))
      const ratio = (of: ReadonlyArray<number>, q: number) =>
        of.length === 0 || spawned.length === 0 ? "" : `${(quantile(of, q) / quantile(spawned, q)).toFixed(3)}×`
      console.log(
        `  ${`${name}, ${where}`.padEnd(24)} ${both(first)} ${both(next)}  ${indexed.length > 0 ? both(indexed) : "".padEnd(19)} ${spawned.length > 0 ? both(spawned) : ""}   ${ratio(next, 0.5)} ${ratio(next, 0.95)}   ${ratio(indexed, 0.5)}`
      )
    }
  }
}

const askHistory = async (graph: BenchGraph, open: () => Storage, file: string | undefined) => {
  const size = graph.parents.length
  const until = graph.times[Math.floor(size / 3)] as number
  await withEngine(open(), undefined, async (engine) => {
    const page = (request: object) => run(engine.history({ artifact, limit: 100, ...request }))
    const measure = async (request: object, repeats = 20) => {
      const all: Array<number> = []
      for (let i = 0; i < repeats; i++) all.push((await timed(() => page(request)))[0])
      return quantile(all, 0.5)
    }
    let cursor: string | null = null
    const deep = Math.min(1000, Math.floor(size / 100) - 2)
    for (let left = deep * 100; left > 0; ) {
      const step = Math.min(10_000, left)
      const got: { readonly cursor: string | null } = await page({ limit: step, cursor })
      cursor = got.cursor
      left -= step
    }
    console.log()
    console.log(row("history, first page of 100", ms(await measure({}))))
    console.log(row(`history, page ${deep + 1}`, ms(await measure({ cursor }))))
    console.log(row("history by author", ms(await measure({ author: "rare" }))))
    console.log(row("history until a date", ms(await measure({ until }))))
    console.log(row("history since a date, oldest first", ms(await measure({ since: until, direction: "oldest" }))))
    console.log(row("history by text, a budget of reads", ms(await measure({ text: "no such text" }, 3))))
    if (file === undefined) return
    const db = new DatabaseSync(file, { readOnly: true })
    const statement = db.prepare(
      `SELECT r.id, r.at, r.body FROM tidemark_terms t CROSS JOIN tidemark_records r
       WHERE t.space = (SELECT space FROM tidemark_spaces WHERE store = 'default' AND kind = 'version')
         AND t.term = ? AND r.record = t.record AND t.at < ?
       ORDER BY t.at DESC, t.start DESC, r.id DESC LIMIT 101`
    )
    const key = makeTermKey()(`artifact/${artifact}`)
    // By turns, and often enough that both are compiled: what is asked once is a matter of the program's start.
    const beside = async (name: string, request: object, below: number) => {
      const [ours, bare]: [Array<number>, Array<number>] = [[], []]
      for (let i = 0; i < 600; i++) {
        const [took] = await timed(() => page(request))
        const other = time(() => statement.all(key, below).map((found) => JSON.parse(String(found.body)) as unknown))
        if (i < 100) continue
        ours.push(took)
        bare.push(other)
      }
      const [a, b] = [quantile(ours, 0.5), quantile(bare, 0.5)]
      console.log(row(`bare SQL, ${name}, parsed`, `${ms(b)}   ours, by turns, ${ms(a)}: ${(a / b).toFixed(2)}×`))
    }
    await beside("first page", {}, Number.MAX_SAFE_INTEGER)
    await beside("the later page", { cursor }, Number(cursor?.split(":")[0] ?? 0))
    db.close()
  })
}

/** The common ancestors that are no parent of another one: what one writes without more. */
const askSql = (file: string, ids: ReadonlyArray<VersionId>, pairs: ReadonlyArray<Pair>) => {
  const db = new DatabaseSync(file, { readOnly: true })
  const up = (name: string) => `${name}(v) AS (SELECT ? UNION SELECT p.parent FROM ${name} CROSS JOIN version_parents p
    WHERE p.store = 'default' AND p.version = ${name}.v)`
  const statement = db.prepare(`WITH RECURSIVE ${up("a")}, ${up("b")},
    c AS MATERIALIZED (SELECT v FROM a INTERSECT SELECT v FROM b)
    SELECT v FROM c EXCEPT
    SELECT p.parent FROM c CROSS JOIN version_parents p WHERE p.store = 'default' AND p.version = c.v`)
  const all = pairs.map(([a, b]) => time(() => void statement.all(ids[a] as string, ids[b] as string)))
  console.log(
    row(`recursive SQL, merge base (${pairs.length})`, `${ms(quantile(all, 0.5))} p50 ${ms(quantile(all, 1))} most`)
  )
  db.close()
}

/** Loads the index in a process of its own, and asks it the farthest questions. */
const measureIndex = (index: string, size: number) => {
  const child = spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, "graph/indexChild.ts"), index], {
    encoding: "utf8"
  })
  console.log(row(`index of ${size.toLocaleString("en")}, loaded`, child.stdout.trim() || child.stderr))
}

const benchPart = async (graph: BenchGraph, where: string) => {
  const size = graph.parents.length
  console.log(`\n# ${graph.name}, ${size.toLocaleString("en")} versions: ${where}`)
  if (where === "postgres" && noServer !== undefined) {
    console.log(`  not measured: ${noServer}`)
    return
  }
  const [built, git] = await timed(async () => fixedGitPeer(work, graph))
  console.log(row("git repository with commit-graph", `made in ${seconds(built)}`))
  const file = join(work, `${graph.name}.db`)
  const memory = await Effect.runPromise(Memory.make)
  const url = where === "postgres" ? `${await postgresServer()}/postgres` : ""
  const open = (): Storage =>
    where === "memory"
      ? memory.layer
      : where === "sqlite"
        ? Sqlite.layer({ file })
        : Postgres.layer({ url, store: graph.name })
  const ids = await importAll(open(), graph)
  await askHistory(graph, open, where === "sqlite" ? file : undefined)
  const index = where === "sqlite" ? join(work, `${graph.name}.versions`) : undefined
  if (index !== undefined) {
    console.log()
    await withEngine(open(), index, async (engine) => {
      const [took] = await timed(() => run(engine.isAncestor(ids[0] as VersionId, ids[1] as VersionId)))
      console.log(
        row(
          "index, made from the store",
          `${seconds(took)}, a file of ${(statSync(index).size / 2 ** 20).toFixed(0)} MiB`
        )
      )
    })
    measureIndex(index, graph.parents.length)
  }
  await askPairs(graph, open, ids, index, git)
  if (where === "sqlite") {
    const pairs = pairsOf(graph)[1]?.[1].slice(0, quick ? 1 : 3) ?? []
    console.log()
    askSql(file, ids, pairs)
    console.log(row(`the database`, `${(statSync(file).size / 2 ** 20).toFixed(0)} MiB`))
    const ours: Array<number> = []
    await withEngine(open(), undefined, async (engine) => {
      for (const [a, b] of pairs) {
        ours.push((await timed(() => run(engine.mergeBases(ids[a] as VersionId, ids[b] as VersionId))))[0])
      }
    })
    const theirs = git.isomorphic(pairs, quick ? 20_000 : 60_000)
    const note = theirs.finished
      ? ""
      : ` (stopped after ${theirs.times.length} of ${pairs.length}; the last counts what it had)`
    const total = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)
    const compared = ours.slice(0, theirs.times.length)
    console.log(
      row(
        "isomorphic-git findMergeBase",
        `${seconds(total(theirs.times))} for ${theirs.times.length}, ours ${ms(total(compared))}: ${Math.round(total(theirs.times) / total(compared)).toLocaleString("en")}×${note}`
      )
    )
  }
}

/** Each part in a process of its own, so that none lives in the memory of another; what it prints is seen at once. */
const runParts = (): void => {
  console.log(
    `Node ${process.version}, ${spawnSync("git", ["--version"], { encoding: "utf8" }).stdout.trim()}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`
  )
  const { only, place } = options
  for (const name of only === undefined ? ["real", "synthetic"] : [only]) {
    for (const where of place === undefined ? ["sqlite", "memory", "postgres"] : [place]) {
      const given = [...(quick ? ["--quick"] : []), "--only", name, "--place", where, "--work", work]
      const start = performance.now()
      const part = spawnSync(process.execPath, [import.meta.filename, ...given], { stdio: "inherit" })
      if (part.status !== 0) process.exitCode = 1
      console.log(`  (this part took ${seconds(performance.now() - start)})`)
    }
  }
  rmSync(work, { recursive: true, force: true })
}

if (options.work === undefined) runParts()
else {
  const shared = join(process.env.TIDEMARK_SHARED ?? join(import.meta.dirname, "../../shared"), "graph/dag.tsv.gz")
  const graph =
    options.only === "synthetic"
      ? syntheticGraph(quick ? 100_000 : 1_000_000)
      : existsSync(shared)
        ? realGraph(gunzipSync(readFileSync(shared)).toString("utf8"), quick ? 20_000 : undefined)
        : syntheticGraph(quick ? 20_000 : 80_000)
  await benchPart(graph, options.place ?? "sqlite")
  console.log(`  peak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`)
}
