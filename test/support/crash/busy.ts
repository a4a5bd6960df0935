/** Run as a process of its own, beside others with the same store: does random operations, and tells what became of each. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import type { ArtifactId, CollectionId, FilePath, OperationId, ProjectId, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { type HistoryEvent, recordHistory } from "../../../src/testkit/history.ts"
import { makeRandom } from "../random.ts"
import { type CrashEngine, withEngine } from "./engine.ts"
import { filesystem, layerPostgres, sqlite } from "./stores.ts"

const [adapter = "", place = "", folder = "", name = "", count = "0", seed = "1"] = process.argv.slice(2)

const random = makeRandom(Number(seed))
const shared = "shared" as CollectionId
const [a, b] = ["skill:a" as ArtifactId, "skill:b" as ArtifactId]
const root = join(folder, `root-${name}`)
const at = { project: `project-${name}` as ProjectId, root }
fs.mkdirSync(root, { recursive: true })

/** What others may come before. Anything else that fails is a mistake of ours. */
const refusals = ["RefConflict", "TagExists", "PlanStale", "UndoConflict", "NameNotFound", "NotDeployed"]

const done: Array<OperationId> = []
const counts = new Map<string, number>()
const operations: Array<OperationId> = []
let progress = 0

const text = () => new TextEncoder().encode(`${name} ${random.below(1_000_000)}\n`)
const path = (text: string) => text as FilePath
const remember = (operation: { readonly id: OperationId } | null | undefined) => {
  if (operation == null) return
  done.push(operation.id)
  operations.push(operation.id)
}

type Act = (engine: CrashEngine) => Effect.Effect<{ readonly id: OperationId } | null | undefined, unknown>

const someVersion = (engine: CrashEngine, artifact: ArtifactId) =>
  Effect.map(
    engine.graph.history({ artifact, limit: 30 }),
    ({ versions }) => random.pick(versions)?.id ?? ("none" as VersionId)
  )

const acts: Readonly<Record<string, Act>> = {
  capture: ({ snapshots }) =>
    Effect.map(
      snapshots.capture({
        collection: shared,
        files: [
          { path: path("skills/a/f"), bytes: text() },
          { path: path("skills/a/same"), bytes: new TextEncoder().encode("same\n") },
          { path: path("skills/b/f"), bytes: random.chance(0.5) ? text() : new TextEncoder().encode("b\n") }
        ]
      }),
      ({ operation }) => operation
    ),
  "move a branch": (engine) =>
    Effect.gen(function* () {
      const branch = `branch-${random.below(3)}`
      const from = (yield* engine.graph.branches(a)).find((one) => one.name === branch)?.version ?? null
      return yield* engine.graph.moveBranch(a, branch, { from, to: yield* someVersion(engine, a) })
    }),
  "delete a branch": ({ graph }) => graph.deleteBranch(a, `branch-${random.below(3)}`),
  tag: (engine) =>
    Effect.flatMap(someVersion(engine, b), (version) =>
      engine.graph.createTag(b, `tag-${random.below(2_000)}`, version)
    ),
  append: (engine) =>
    Effect.gen(function* () {
      const parent = yield* someVersion(engine, b)
      const { tree } = yield* engine.graph.get(parent)
      const draft = { artifact: b, parents: [parent], tree, origin: "local", message: `${random.below(1e9)}` } as const
      return (yield* engine.graph.append(draft)).operation
    }),
  deploy: ({ deployments }) =>
    Effect.gen(function* () {
      const plan = yield* deployments.plan({ ...at, collection: shared })
      return (yield* deployments.apply(plan, at)).operation
    }),
  update: ({ sync }) =>
    Effect.gen(function* () {
      const plan = yield* sync.plan({ ...at, strategy: random.pick(["merge", "overwrite", "keep"] as const) })
      return (yield* sync.apply(plan, at)).operation
    }),
  edit: () =>
    Effect.sync(() => {
      const file = join(root, "skills/a/f")
      if (fs.existsSync(file)) fs.appendFileSync(file, text())
      return null
    }),
  undo: ({ ledger }) =>
    Effect.gen(function* () {
      const operation = operations.at(-1 - random.below(3))
      if (operation === undefined) return null
      const plan = yield* ledger.planUndo({ operation, root })
      return (yield* ledger.apply(plan, { root })).operation
    }),
  read: (engine) =>
    Effect.as(
      Effect.all([engine.ledger.list({ limit: 5 }), engine.graph.tags(b), engine.deployments.current(at.project)]),
      null
    )
}

const weighted = [
  ...["capture", "capture", "capture", "move a branch", "move a branch", "move a branch", "delete a branch"],
  ...["tag", "append", "deploy", "update", "update", "edit", "undo", "undo", "read", "read"]
]

const layers = { sqlite: sqlite.layer, filesystem: filesystem.layer, postgres: layerPostgres }
let events: () => ReadonlyArray<HistoryEvent> = () => []
/** Shared by all processes of a machine. */
const clock = () => Number(process.hrtime.bigint() / 1_000n)

const storage = Layer.effectContext(
  Effect.gen(function* () {
    const recorded = recordHistory(yield* CatalogStorage, name, clock)
    events = recorded.events
    return Context.empty().pipe(
      Context.add(ObjectStorage, yield* ObjectStorage),
      Context.add(CatalogStorage, recorded.catalog)
    )
  })
).pipe(Layer.provide(layers[adapter as "sqlite"](place)))

const program = (engine: CrashEngine) =>
  Effect.gen(function* () {
    for (let n = 0; n < Number(count); n++) {
      const act = n === 0 ? "capture" : random.pick(weighted)
      const result = yield* Effect.result(acts[act]?.(engine) ?? Effect.die(act))
      let end = "done"
      if (result._tag === "Success") remember(result.success)
      else {
        end = (result.failure as { readonly _tag: string })._tag
        if (!refusals.includes(end)) yield* Effect.die(result.failure)
      }
      counts.set(`${act}: ${end}`, (counts.get(`${act}: ${end}`) ?? 0) + 1)
      // Whoever starts this process sees how far it is.
      if (++progress % 10 === 0) fs.writeSync(2, `${progress}\n`)
    }
  })

const started = performance.now()
await Effect.runPromise(withEngine({ storage, files: makeWorkingTree() }, { name, time: 1_800_000_000_000 }, program))
const took = performance.now() - started
// Only the ledger's head is given no value twice.
const heads = events().flatMap((event): ReadonlyArray<HistoryEvent> => {
  if (event.did === "look") return event.name === "head/ledger" ? [event] : []
  const refs = event.refs.filter((ref) => ref.name === "head/ledger")
  return refs.length === 0 ? [] : [{ ...event, refs }]
})
fs.writeFileSync(join(folder, `${name}.json`), JSON.stringify({ done, counts: [...counts], heads, took }))
