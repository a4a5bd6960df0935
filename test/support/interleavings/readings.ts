/** Reads of every service, each beside somebody who takes away what it reads: undone, pruned and collected, between two of its calls. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Conflicts } from "../../../src/core/conflicts/Conflicts.ts"
import { DeploymentTracker } from "../../../src/core/deployments/DeploymentTracker.ts"
import { DriftDetector } from "../../../src/core/drift/DriftDetector.ts"
import { VersionGraph } from "../../../src/core/graph/VersionGraph.ts"
import { layer } from "../../../src/core/layer.ts"
import { Ledger } from "../../../src/core/ledger/Ledger.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import { MergeEngine } from "../../../src/core/merge/MergeEngine.ts"
import { CollectGrace } from "../../../src/core/references/CollectGrace.ts"
import { IdSource } from "../../../src/core/references/IdSource.ts"
import { Rollback } from "../../../src/core/rollback/Rollback.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import { Sync } from "../../../src/core/sync/Sync.ts"
import type {
  ArtifactId,
  CollectionId,
  DirectoryPath,
  FilePath,
  OperationId,
  ProjectId,
  SnapshotId,
  VersionId
} from "../../../src/model/Ids.ts"
import type { Plan } from "../../../src/model/Plan.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { type Dump, dump, load } from "../maintenance/smallStore.ts"
import { makeDirector } from "./director.ts"

const grace = 1000
const kit = "kit" as CollectionId
const artifact = "skill:a" as ArtifactId
const path = "SKILL.md" as FilePath
const [app, old] = ["app", "old"] as ReadonlyArray<string> as readonly [ProjectId, ProjectId]

const open = Effect.gen(function* () {
  return {
    snapshots: yield* SnapshotStore,
    graph: yield* VersionGraph,
    deployments: yield* DeploymentTracker,
    drift: yield* DriftDetector,
    conflicts: yield* Conflicts,
    ledger: yield* Ledger,
    rollback: yield* Rollback,
    sync: yield* Sync,
    merge: yield* MergeEngine,
    maintenance: yield* Maintenance
  }
})
type Engine = Effect.Success<typeof open>

/** What stands there before anybody reads; the newest of everything is about to go. */
interface Known {
  readonly snapshots: ReadonlyArray<SnapshotId>
  readonly versions: ReadonlyArray<VersionId>
  readonly operations: ReadonlyArray<OperationId>
  readonly safety: SnapshotId
  readonly undo: OperationId
  readonly plan: Plan
}

type Tree = ReturnType<typeof Memory.makeWorkingTree>

const filesOf = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }))

const body = (line: string) => `one\n${line}\nthree\nfour\n`

const fillStage = Effect.fnUntraced(function* (engine: Engine, tree: Tree) {
  const { deployments, graph, ledger, snapshots, sync } = engine
  const operations: Array<OperationId> = []
  const made: Array<SnapshotId> = []
  const versions: Array<VersionId> = []
  const capture = Effect.fnUntraced(function* (text: string, other: string) {
    const files = filesOf({ "skills/a/SKILL.md": body(text), "skills/b/SKILL.md": other, "R.md": other })
    const captured = yield* snapshots.capture({ collection: kit, files })
    operations.push(captured.operation.id)
    made.push(captured.snapshot.id)
    for (const { artifact: of, id } of captured.versions) if (of === artifact) versions.push(id)
  })
  for (const root of [app, old]) tree.mkdir(root, "")
  yield* capture("two", "b")
  for (const project of [app, old]) {
    const plan = yield* deployments.plan({ project, root: project, collection: kit, reason: "set up" })
    const { operation } = yield* deployments.apply(plan, { root: project })
    if (operation !== null) operations.push(operation.id)
  }
  tree.write(app, "skills/a/SKILL.md" as FilePath, body("mine"))
  tree.write(old, "skills/b/SKILL.md" as FilePath, "edited\n")
  yield* capture("theirs", "bb")
  // A conflict in one project; the other one is overwritten, which leaves a safety snapshot, and then retired.
  const updated = yield* sync.apply(yield* sync.plan({ project: app, root: app }), { root: app })
  if (updated.operation !== null) operations.push(updated.operation.id)
  const over = yield* sync.plan({ project: old, root: old, strategy: "overwrite" })
  const overwritten = yield* sync.apply(over, { root: old })
  if (overwritten.operation !== null) operations.push(overwritten.operation.id)
  const retired = yield* deployments.apply(
    yield* deployments.planRetire({ project: old, root: old, artifacts: [artifact] }),
    { root: old }
  )
  if (retired.operation !== null) operations.push(retired.operation.id)
  yield* graph.createBranch(artifact, "side", versions[0] as VersionId)
  yield* capture("gone", "c")
  yield* capture("gone too", "d")
  const [safety] = (yield* snapshots.list({ project: old })).items
  const plan = yield* ledger.planUndo({ operation: operations.at(-1) as OperationId })
  return { snapshots: made, versions, operations, safety: safety?.id, undo: operations.at(-1), plan } as Known
})

/** Takes away what the newest captures made, what the past holds, and every safety snapshot. */
const doom = ({ ledger, maintenance }: Engine, { operations }: Known, pass: (milliseconds: number) => void) =>
  Effect.gen(function* () {
    for (const operation of operations.slice(-2).reverse()) {
      yield* ledger.apply(yield* ledger.planUndo({ operation }))
    }
    yield* maintenance.prune({ last: 0 })
    yield* maintenance.prune({ last: 0, keep: [] }, { of: "safety" })
    pass(10 * grace)
    const { removed } = yield* maintenance.collect({ window: { age: 0, operations: 0 } })
    if (removed.objects === 0) throw new Error("nothing was removed")
  }).pipe(Effect.orDie)

type Reads = (engine: Engine, known: Known, root: string) => Effect.Effect<unknown, unknown>

const versionOf = ({ versions }: Known, n: number) => versions.at(n) as VersionId
const snapshotOf = ({ snapshots }: Known, n: number) => snapshots.at(n) as SnapshotId

/** Every way to read, of what is there now and will be gone. */
export const readings: Readonly<Record<string, Reads>> = {
  "snapshots.get": ({ snapshots }, known) => snapshots.get(snapshotOf(known, -1)),
  "snapshots.list": ({ snapshots }) => snapshots.list({ collection: kit }),
  "snapshots.list of a project": ({ snapshots }) => snapshots.list({ project: old }),
  "snapshots.artifacts": ({ snapshots }, known) => snapshots.artifacts(snapshotOf(known, -1)),
  "snapshots.paths": ({ snapshots }, known) => snapshots.paths(snapshotOf(known, -1)),
  "snapshots.paths of a safety snapshot": ({ snapshots }, known) => snapshots.paths(known.safety),
  "snapshots.read": ({ snapshots }, known) => snapshots.read(snapshotOf(known, -1), "skills/a/SKILL.md"),
  "snapshots.diff": ({ snapshots }, known) => snapshots.diff(snapshotOf(known, 0), snapshotOf(known, -1)),
  "snapshots.restore": ({ snapshots }, known) => snapshots.restore(snapshotOf(known, -1), { root: "out" }),
  "snapshots.positions": ({ snapshots }) => snapshots.positions(kit, "head"),
  "snapshots.resolve": ({ snapshots }) => snapshots.resolve(kit, "head~1"),
  "snapshots.names": ({ snapshots }) => snapshots.names(kit),
  "snapshots.capture": ({ snapshots }) =>
    snapshots.capture({ collection: kit, files: filesOf({ "skills/a/SKILL.md": body("new") }) }),
  "graph.get": ({ graph }, known) => graph.get(versionOf(known, -1)),
  "graph.getMany": ({ graph }, { versions }) => graph.getMany(versions),
  "graph.history": ({ graph }) => graph.history({ artifact }),
  "graph.history by path": ({ graph }) => graph.history({ artifact, path }),
  "graph.history, first parents": ({ graph }, known) =>
    graph.history({ artifact, from: versionOf(known, -1), firstParent: true }),
  "graph.parents": ({ graph }, known) => graph.parents(versionOf(known, -1)),
  "graph.children": ({ graph }, known) => graph.children(versionOf(known, 0)),
  "graph.ancestors": ({ graph }, known) => Stream.runCollect(graph.ancestors(versionOf(known, -1))),
  "graph.descendants": ({ graph }, known) => Stream.runCollect(graph.descendants(versionOf(known, 0))),
  "graph.mergeBases": ({ graph }, known) => graph.mergeBases(versionOf(known, -1), versionOf(known, 0)),
  "graph.isAncestor": ({ graph }, known) => graph.isAncestor(versionOf(known, 0), versionOf(known, -1)),
  "graph.aheadBehind": ({ graph }, known) => graph.aheadBehind(versionOf(known, 1), versionOf(known, -1)),
  "graph.resolve": ({ graph }) => graph.resolve(artifact, "kit~1"),
  "graph.resolve by id": ({ graph }, known) => graph.resolve(artifact, versionOf(known, -1).slice(0, 12)),
  "graph.branches": ({ graph }) => graph.branches(artifact),
  "graph.releases": ({ graph }) => graph.releases(artifact),
  "graph.positions": ({ graph }) => graph.positions(artifact, "kit"),
  "graph.containing": ({ graph }, known) => graph.containing(versionOf(known, -1)),
  "graph.lags": ({ graph }) => graph.lags({ artifact }),
  "graph.blame": ({ graph }, known) => graph.blame({ version: versionOf(known, -1), path }),
  "graph.graph": ({ graph }) => graph.graph({ artifact }),
  "deployments.current": ({ deployments }) => deployments.current(app),
  "deployments.whereDeployed": ({ deployments }) => deployments.whereDeployed(artifact),
  "deployments.history": ({ deployments }) => deployments.history({ project: old }),
  "deployments.plan": ({ deployments }) => deployments.plan({ project: old, root: old, collection: kit }),
  "deployments.planRetire": ({ deployments }) =>
    deployments.planRetire({ project: app, root: app, artifacts: [artifact] }),
  "drift.check": ({ drift }) => drift.check({ project: app, root: app }),
  "drift.nearest": ({ drift }) => drift.nearest({ root: app, at: "skills/a" as DirectoryPath }),
  "conflicts.list": ({ conflicts }) => conflicts.list({ project: app }),
  "conflicts.show": ({ conflicts }) => conflicts.show({ project: app, path: "skills/a/SKILL.md" as FilePath }),
  "conflicts.view": ({ conflicts }) => conflicts.view({ project: app, path: "skills/a/SKILL.md" as FilePath }),
  "conflicts.plan": ({ conflicts }) =>
    conflicts.plan({
      project: app,
      root: app,
      resolutions: [{ path: "skills/a/SKILL.md" as FilePath, use: "theirs" }]
    }),
  "conflicts.recorded": ({ conflicts }) => conflicts.recorded(artifact),
  "ledger.get": ({ ledger }, known) => ledger.get(known.undo),
  "ledger.list": ({ ledger }) => ledger.list(),
  "ledger.export": ({ ledger }) => Stream.runCollect(ledger.export),
  "ledger.verify": ({ ledger }) =>
    Effect.map(ledger.verify(), ({ findings }) => {
      if (findings.length > 0) throw new Error(JSON.stringify(findings))
    }),
  "ledger.planUndo": ({ ledger }, known) => ledger.planUndo({ operation: known.undo }),
  "ledger.planUndo of an update": ({ ledger }, { operations }) =>
    ledger.planUndo({ operation: operations.at(4) as OperationId, root: app }),
  "ledger.apply": ({ ledger }, known) => ledger.apply(known.plan),
  "rollback.plan to a snapshot": ({ rollback }, known) =>
    rollback.plan({ project: app, root: app, to: { snapshot: snapshotOf(known, -1) } }),
  "rollback.plan to a version": ({ rollback }, known) =>
    rollback.plan({ project: app, root: app, to: { version: versionOf(known, 0) } }),
  "rollback.plan to an operation": ({ rollback }, { operations }) =>
    rollback.plan({ project: app, root: app, to: { operation: operations[1] as OperationId } }),
  "sync.plan": ({ sync }) => sync.plan({ project: app, root: app }),
  "merge.versions": ({ merge }, known) => merge.versions(versionOf(known, 0), versionOf(known, -1)),
  "merge.revert": ({ merge }, known) => merge.revert(versionOf(known, -1), versionOf(known, -1)),
  "merge.cherryPick": ({ merge }, known) => merge.cherryPick(versionOf(known, -1), versionOf(known, 0)),
  "maintenance.statistics": ({ maintenance }) => maintenance.statistics({ forms: true }),
  "maintenance.verify": ({ maintenance }) =>
    Effect.map(maintenance.verify(), ({ findings }) => {
      if (findings.length > 0) throw new Error(JSON.stringify(findings))
    }),
  "maintenance.prune": ({ maintenance }) => maintenance.prune({ last: 1 }, { dryRun: true }),
  "maintenance.collect": ({ maintenance }) => maintenance.collect({ dryRun: true }),
  "maintenance.backup": ({ maintenance }) =>
    Effect.gen(function* () {
      const archive = yield* Stream.runCollect(maintenance.backup)
      const copy = yield* Memory.make
      yield* Effect.gen(function* () {
        const { restore, verify } = yield* Maintenance
        yield* restore(Stream.fromIterable(archive))
        const { affected, findings } = yield* verify()
        if (findings.length > 0) throw new Error(JSON.stringify({ findings, affected }))
      }).pipe(
        Effect.provide(Maintenance.layer.pipe(Layer.provide([copy.layer, Memory.layerWorkingTree()])), { local: true })
      )
    })
}

/** A filled store in parts, for many runs from the same start. */
export interface Prepared {
  readonly parts: Dump
  readonly known: Known
}

const ids = (from: number) => {
  let count = from
  return { next: (kind: string) => `${kind}-${String(++count).padStart(6, "0")}` }
}

const prepareTree = () => {
  const tree = Memory.makeWorkingTree()
  tree.mkdir("out", "")
  return tree
}

const withEngine = <A, E>(
  stores: Effect.Success<typeof Memory.make>,
  tree: Tree,
  director: ReturnType<typeof makeDirector>,
  from: number,
  work: (engine: Engine) => Effect.Effect<A, E>
) =>
  Effect.flatMap(open, work).pipe(
    Effect.provide(
      layer.pipe(
        Layer.provide(
          Layer.mergeAll(
            Layer.succeed(ObjectStorage, director.objects(stores.objects)),
            Layer.succeed(CatalogStorage, director.catalog(stores.catalog)),
            tree.layer
          )
        )
      ),
      { local: true }
    ),
    Effect.provideService(Clock.Clock, director.clock),
    Effect.provideService(CollectGrace, grace),
    Effect.provideService(IdSource, ids(from))
  )

const copyTree = (from: Tree): Tree => {
  const tree = prepareTree()
  for (const root of [app, old]) {
    tree.mkdir(root, "")
    for (const [at, file] of from.files(root)) {
      if (file.kind === "directory") tree.mkdir(root, at)
      else tree.write(root, at, new TextDecoder().decode(file.bytes))
    }
  }
  return tree
}

/** Fills a store once. */
export const prepare = Effect.gen(function* () {
  const [store, tree] = [yield* Memory.make, prepareTree()]
  const known = yield* withEngine(store, tree, makeDirector(), 0, (engine) => fillStage(engine, tree))
  return { parts: yield* dump(store.layer), known, tree }
})

/** How a read went: what it failed with, or nothing; and how many calls it made. */
export const playReading = Effect.fnUntraced(function* (
  { known, parts, tree }: Effect.Success<typeof prepare>,
  read: Reads,
  /** Before which of its calls everything goes; never, without. */
  nth?: number
) {
  const director = makeDirector()
  const store = yield* load(parts).pipe(Effect.provideService(Clock.Clock, director.clock))
  const exit = yield* withEngine(store, copyTree(tree), director, 1000, (engine) => {
    if (nth !== undefined) {
      director.before({ actor: "reader", call: /./, nth }, doom(engine, known, director.pass))
    }
    return Effect.exit(director.as("reader", read(engine, known, app)))
  })
  const missed = director.missed()
  const trace = director.trace()
  const told = Exit.isSuccess(exit) ? "" : String((Cause.squash(exit.cause) as { message?: string }).message)
  const tag = Exit.isSuccess(exit)
    ? "done"
    : exit.cause.reasons.some((reason) => reason._tag === "Die")
      ? "Die"
      : nameOf(Cause.squash(exit.cause))
  return { calls: trace.length, missed, tag, told, at: nth === undefined ? "" : (trace[nth - 1] ?? "") }
})

const nameOf = (error: unknown): string => {
  const { _tag, reason } = error as { readonly _tag?: string; readonly reason?: { readonly _tag: string } | string }
  return typeof reason === "object" ? reason._tag : (_tag ?? "unknown")
}
