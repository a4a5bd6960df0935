/** A small store with something of everything in it, what it answers, and its parts for those who damage them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Conflicts } from "../../../src/core/conflicts/Conflicts.ts"
import { DeploymentTracker } from "../../../src/core/deployments/DeploymentTracker.ts"
import { DriftDetector } from "../../../src/core/drift/DriftDetector.ts"
import { VersionGraph } from "../../../src/core/graph/VersionGraph.ts"
import { layer, type Services } from "../../../src/core/layer.ts"
import { Ledger } from "../../../src/core/ledger/Ledger.ts"
import { CurrentActor } from "../../../src/core/references/CurrentActor.ts"
import { IdSource } from "../../../src/core/references/IdSource.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import { Sync } from "../../../src/core/sync/Sync.ts"
import type { ArtifactId, CollectionId, FilePath, ObjectId, ProjectId, RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage, type StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { countedIds } from "../engine.ts"

export type Storage = Layer.Layer<CatalogStorage | ObjectStorage, StorageError>
export type Tree = ReturnType<typeof Memory.makeWorkingTree>

const kit = "kit" as CollectionId
const project = "app" as ProjectId
const root = "app"
const artifacts = ["skill:a", "skill:b", "agent:c", "rest:files"] as ReadonlyArray<string> as ReadonlyArray<ArtifactId>

const files = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }))

const first = {
  "skills/a/SKILL.md": "one\ntwo\nthree\n",
  "skills/b/SKILL.md": "b\n",
  "agents/c.md": "see\n",
  "R.md": "r\n"
}
const second = {
  ...first,
  "skills/a/SKILL.md": "one\ntwo of theirs\nthree\n",
  "skills/a/more.md": "more\n",
  "agents/c.md": "C\n"
}

/** Runs work on the services over a storage. */
export const withServices = <A, E>(
  storage: Storage,
  tree: Tree,
  work: Effect.Effect<A, E, Services | CatalogStorage | ObjectStorage>
): Effect.Effect<A, E | StorageError> =>
  work.pipe(
    Effect.provide(layer.pipe(Layer.provideMerge(Layer.mergeAll(storage, tree.layer))), { local: true }),
    Effect.provideService(CurrentActor, "ann")
  )

/** Fills a store: captures, a deployment, an update with a conflict, its resolution, an undo, tags, branches. */
export const fill = (storage: Storage, tree: Tree): Effect.Effect<void, unknown> =>
  withServices(
    storage,
    tree,
    Effect.gen(function* () {
      const snapshots = yield* SnapshotStore
      const deployments = yield* DeploymentTracker
      const [sync, conflicts, graph, ledger] = [yield* Sync, yield* Conflicts, yield* VersionGraph, yield* Ledger]
      tree.mkdir(root, "")
      const place = { project, root }
      yield* snapshots.capture({ collection: kit, files: files(first), message: "first" })
      yield* deployments.apply(yield* deployments.plan({ ...place, collection: kit, reason: "set up" }), { root })
      tree.write(root, "skills/a/SKILL.md", "one\ntwo of mine\nthree\n")
      tree.write(root, "agents/c.md", "see me\n")
      yield* snapshots.capture({ collection: kit, files: files(second), message: "second" })
      yield* sync.apply(yield* sync.plan({ ...place, reason: "newer" }), { root })
      const at = (path: string) => path as FilePath
      const resolutions = [{ path: at("skills/a/SKILL.md"), use: "theirs" as const }]
      const resolved = yield* conflicts.apply(yield* conflicts.plan({ ...place, resolutions }), { root })
      const { versions: items } = yield* graph.history({ artifact: "skill:a" as ArtifactId })
      yield* graph.createTag("skill:a" as ArtifactId, "1.0.0", items[0]?.id as never)
      yield* graph.createBranch("skill:a" as ArtifactId, "side", items[1]?.id as never)
      yield* ledger.apply(yield* ledger.planUndo({ operation: resolved.operation?.id as never, root }), { root })
    })
  ).pipe(Effect.provideService(IdSource, countedIds()))

/** Everything that hosts can ask, as one text. What fails says with what. */
export const answers = (storage: Storage, tree: Tree): Effect.Effect<string, StorageError> =>
  withServices(
    storage,
    tree,
    Effect.gen(function* () {
      const told: Array<string> = []
      const tell = (name: string, answer: Effect.Effect<unknown, unknown>) =>
        Effect.map(Effect.exit(answer), (exit) => {
          const plain = (_: string, value: unknown) =>
            value instanceof Map ? [...value] : value instanceof Uint8Array ? [...value].join() : value
          told.push(`${name} ${JSON.stringify(exit, plain)}`)
          return exit._tag === "Success" ? exit.value : undefined
        })
      const ask = <A>(name: string, answer: Effect.Effect<A, unknown>) =>
        tell(name, answer) as Effect.Effect<A | undefined>
      const [snapshots, graph, ledger] = [yield* SnapshotStore, yield* VersionGraph, yield* Ledger]
      const [deployments, drift, conflicts] = [yield* DeploymentTracker, yield* DriftDetector, yield* Conflicts]

      const listed = [
        ...((yield* ask("snapshots", snapshots.list({ collection: kit })))?.items ?? []),
        ...((yield* ask("safety", snapshots.list({ project })))?.items ?? [])
      ]
      for (const { id } of listed) {
        yield* ask(`snapshot ${id}`, snapshots.get(id))
        yield* ask(`artifacts ${id}`, snapshots.artifacts(id))
        const paths = yield* ask(`paths ${id}`, snapshots.paths(id))
        for (const path of paths?.keys() ?? []) yield* ask(`read ${id} ${path}`, snapshots.read(id, path))
        yield* ask(`diff ${id}`, snapshots.diff(listed[0]?.id ?? id, id))
      }
      for (const artifact of artifacts) {
        const history = yield* ask(`history ${artifact}`, graph.history({ artifact }))
        yield* ask(`by ann ${artifact}`, graph.history({ artifact, author: "ann" }))
        yield* ask(`oldest ${artifact}`, graph.history({ artifact, direction: "oldest" }))
        yield* ask(`by path ${artifact}`, graph.history({ artifact, path: "SKILL.md" as FilePath }))
        for (const { id } of history?.versions ?? []) {
          yield* ask(`version ${id}`, graph.get(id))
          yield* ask(`parents ${id}`, graph.parents(id))
          yield* ask(`children ${id}`, graph.children(id))
          yield* ask(`containing ${id}`, graph.containing(id))
          yield* ask(`deployed ${id}`, deployments.history({ version: id }))
          yield* ask(`ancestors ${id}`, Stream.runCollect(graph.ancestors(id)))
        }
        yield* ask(`tags ${artifact}`, graph.tags(artifact))
        yield* ask(`branches ${artifact}`, graph.branches(artifact))
        yield* ask(`positions ${artifact}`, graph.positions(artifact, "kit"))
        yield* ask(`where ${artifact}`, deployments.whereDeployed(artifact))
        yield* ask(`deployments ${artifact}`, deployments.history({ artifact }))
        yield* ask(`recorded ${artifact}`, conflicts.recorded(artifact))
        yield* ask(`operations ${artifact}`, ledger.list({ subject: artifact }))
      }
      yield* ask("current", deployments.current(project))
      yield* ask("deployments", deployments.history({ project }))
      yield* ask("drift", drift.check({ project, root }))
      yield* ask("conflicts", conflicts.list({ project }))
      yield* ask("operations", ledger.list())
      yield* ask("operations of ann", ledger.list({ actor: "ann" }))
      for (const kind of ["capture", "deploy", "update", "resolve", "undo", "tag", "branch"] as const) {
        yield* ask(`operations ${kind}`, ledger.list({ kind }))
      }
      yield* ask("export", Stream.runCollect(ledger.export))
      yield* ask("ledger", ledger.verify())
      // The last: it makes an operation.
      tree.mkdir("out", "")
      const [newest] = listed
      if (newest !== undefined) yield* Effect.exit(snapshots.restore(newest.id, { root: "out", overwrite: true }))
      yield* ask(
        "restored",
        Effect.sync(() => tree.files("out"))
      )
      for (const path of tree.files("out").keys()) tree.remove("out", path)
      return told.join("\n")
    })
  ).pipe(Effect.provideService(IdSource, countedIds()))

/** All that a store's ports give. */
export interface Dump {
  readonly objects: ReadonlyArray<{ readonly id: ObjectId; readonly bytes: Uint8Array }>
  readonly records: ReadonlyArray<StoredRecord>
  readonly refs: ReadonlyArray<readonly [RefName, string]>
}

/** Reads all of a small store. */
export const dump = (storage: Storage): Effect.Effect<Dump, StorageError> =>
  Effect.gen(function* () {
    const [catalog, objects] = [yield* CatalogStorage, yield* ObjectStorage]
    const infos = yield* objects.list({ limit: 10_000 })
    const bytes = yield* objects.get(infos.map(({ id }) => id))
    const refs = yield* catalog.list({ prefix: "", limit: 10_000 })
    const operations = yield* catalog.scan({ kind: "operation", term: "all", direction: "forward", limit: 10_000 })
    const records = new Map(operations.map((record) => [`${record.kind} ${record.id}`, record]))
    for (const { body } of operations) {
      for (const { kind, id } of (JSON.parse(body) as { records: ReadonlyArray<StoredRecord> }).records) {
        const record = (yield* catalog.records(kind, [id])).get(id)
        if (record !== undefined) records.set(`${kind} ${id}`, record)
      }
    }
    return { objects: [...bytes].map(([id, bytes]) => ({ id, bytes })), records: [...records.values()], refs }
  }).pipe(Effect.provide(storage, { local: true }))

/** Puts all of this into an empty store. */
export const loadInto = Effect.fnUntraced(function* ({ objects, records, refs }: Dump) {
  const [catalog, storage] = [yield* CatalogStorage, yield* ObjectStorage]
  const [first, ...others] = objects
  if (first !== undefined) yield* storage.put([first, ...others])
  const [ref, ...more] = refs.map(([name, next]) => ({ name, expected: null, next }))
  if (ref !== undefined) yield* catalog.commit({ records, refs: [ref, ...more] })
})

/** A memory that holds exactly this. */
export const load = Effect.fnUntraced(function* (parts: Dump) {
  const store = yield* Memory.make
  yield* loadInto(parts).pipe(Effect.provide(store.layer, { local: true }))
  return store
})
