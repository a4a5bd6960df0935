/** A law about the whole engine on a storage: until its catalog commit, nothing of an operation can be seen. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { makeWorkingTree } from "../../adapters/memory/MemoryWorkingTree.ts"
import { DeploymentTracker } from "../../core/deployments/DeploymentTracker.ts"
import { VersionGraph } from "../../core/graph/VersionGraph.ts"
import { layer, type Services } from "../../core/layer.ts"
import { Ledger } from "../../core/ledger/Ledger.ts"
import { SnapshotStore } from "../../core/snapshots/SnapshotStore.ts"
import type { ArtifactId, CollectionId, ProjectId } from "../../model/Ids.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { atCall, type Fault, failing } from "../failing.ts"
import { type Check, makeCheck } from "../Law.ts"
import { type OpenStorage, openStorage, type StorageLaw } from "../StorageFixture.ts"

const collection = "kit" as CollectionId
const project = "app" as ProjectId
const artifact = "skill:a" as ArtifactId
const root = "app"

const files = (text: string) =>
  ["skills/a/SKILL.md", "skills/a/more.md", "README.md"].map((path) => ({
    path,
    bytes: new TextEncoder().encode(`${path} ${text}\n`)
  }))

const capture = (text: string) =>
  Effect.flatMap(SnapshotStore, (snapshots) => snapshots.capture({ collection, files: files(text) }))

/** The engine on a storage, with an empty project. */
const engineOn = <A, E>({ catalog, objects }: OpenStorage, work: Effect.Effect<A, E, Services>) => {
  const tree = makeWorkingTree()
  tree.mkdir(root, "")
  const storage = Layer.mergeAll(Layer.succeed(ObjectStorage, objects), Layer.succeed(CatalogStorage, catalog))
  return Effect.provide(work, layer.pipe(Layer.provide(Layer.mergeAll(storage, tree.layer))), { local: true })
}

/** One operation of each kind that stores something. Each is done on what those before it left. */
const operations: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, Services>]> = [
  ["capture", capture("second")],
  [
    "tag",
    Effect.gen(function* () {
      const graph = yield* VersionGraph
      const { versions } = yield* graph.history({ artifact })
      for (const { id } of versions.slice(0, 1)) yield* graph.createTag(artifact, "1.0.0", id)
    })
  ],
  [
    "branch",
    Effect.gen(function* () {
      const graph = yield* VersionGraph
      const { versions } = yield* graph.history({ artifact })
      for (const { id } of versions.slice(-1)) yield* graph.createBranch(artifact, "side", id)
    })
  ],
  [
    "deploy",
    Effect.gen(function* () {
      const deployments = yield* DeploymentTracker
      const plan = yield* deployments.plan({ project, root, collection })
      yield* deployments.apply(plan, { root })
    })
  ],
  [
    "undo",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { items } = yield* ledger.list({ kind: "branch" })
      for (const { id } of items.slice(0, 1)) yield* ledger.apply(yield* ledger.planUndo({ operation: id }))
    })
  ]
]

/** What can be asked of a store, and every ref that it lists. */
const traces = (storage: OpenStorage) =>
  engineOn(
    storage,
    Effect.gen(function* () {
      const [snapshots, graph] = [yield* SnapshotStore, yield* VersionGraph]
      const [deployments, ledger] = [yield* DeploymentTracker, yield* Ledger]
      const told: Array<unknown> = [
        yield* storage.catalog.list({ prefix: "", limit: 1_000 }),
        yield* snapshots.list({ collection }),
        yield* snapshots.list({ project }),
        yield* graph.history({ artifact }),
        yield* graph.tags(artifact),
        yield* graph.branches(artifact),
        yield* deployments.current(project),
        yield* deployments.history({ project }),
        yield* ledger.list(),
        (yield* ledger.verify()).findings
      ]
      for (const kind of ["version", "snapshot", "deployment", "operation"]) {
        for (const term of ["all", `artifact/${artifact}`, `collection/${collection}`, `project/${project}`]) {
          told.push(yield* storage.catalog.scan({ kind, term, direction: "forward", limit: 1_000 }))
        }
      }
      return JSON.stringify(told)
    })
  )

const faults: ReadonlyArray<Fault> = ["fail", "cut-before"]

/** Stops each operation at each call up to its commit. `look` gives all that can be seen of the store. */
const stopEverywhere = Effect.fnUntraced(function* <E>(
  storage: OpenStorage,
  look: Effect.Effect<string, E>,
  check: Check
) {
  yield* Effect.orDie(engineOn(storage, capture("first")))
  for (const [name, operation] of operations) {
    const before = yield* look
    for (const fault of faults) {
      for (let call = 0; ; call++) {
        const under = failing(storage, atCall(call, fault))
        const exit = yield* Effect.exit(engineOn(under, operation))
        const met = under.calls()[call]
        // One that ends before that call, and without a commit, would end so at every later call too.
        yield* check.that(`${name} comes as far as call ${call}, or its commit`, met !== undefined)
        yield* check.that(`${name} is stopped at ${met?.operation} ${call}`, Exit.isFailure(exit))
        yield* check.equal(`what is seen after a ${fault} of ${name} at call ${call}`, yield* look, before)
        if (met?.operation === "commit") break
      }
    }
    yield* Effect.orDie(engineOn(storage, operation))
    yield* check.that(`${name} is seen in the end`, (yield* look) !== before)
  }
})

/** Databases answer with large integers, which JSON has not. */
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value)

const name = "an operation that is refused or killed before its commit leaves no trace"

/** @internal */
export const traceLaws: ReadonlyArray<StorageLaw> = [
  {
    name,
    requires: [],
    run: Effect.fnUntraced(function* (fixture) {
      const location = yield* fixture.allocate
      const storage = yield* openStorage(fixture, location)
      const seen = Effect.orDie(traces(storage))
      const views = Effect.scoped(fixture.views?.(location) ?? Effect.succeed(null))
      const look = Effect.zipWith(seen, views, (told, rows) => `${told}\n${JSON.stringify(rows, plain)}`)
      yield* stopEverywhere(storage, look, makeCheck(name))
    })
  }
]
