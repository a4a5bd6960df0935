/** Stores that talk: engines on storages of their own, a transport of plain JSON, and what went over it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { layerWorkingTree, make as makeMemory } from "../../src/adapters/memory/index.ts"
import { buildTrees } from "../../src/algo/tree/buildTrees.ts"
import { Exchange, type ExchangeService } from "../../src/core/exchange/Exchange.ts"
import type { ExchangePeer } from "../../src/core/exchange/ExchangePeer.ts"
import { VersionGraph, type VersionGraphService } from "../../src/core/graph/VersionGraph.ts"
import { layer } from "../../src/core/layer.ts"
import { Ledger, type LedgerService } from "../../src/core/ledger/Ledger.ts"
import { Maintenance, type MaintenanceService } from "../../src/core/maintenance/Maintenance.ts"
import { MergeEngine, type MergeEngineService } from "../../src/core/merge/MergeEngine.ts"
import { Objects, type ObjectsService } from "../../src/core/objects/Objects.ts"
import { Sha256 } from "../../src/core/references/Sha256.ts"
import { SnapshotStore, type SnapshotStoreService } from "../../src/core/snapshots/SnapshotStore.ts"
import { PeerReply, PeerRequest } from "../../src/model/Exchange.ts"
import type {
  ArtifactId,
  CollectionId,
  FilePath,
  ObjectId,
  SnapshotId,
  TreeId,
  VersionId
} from "../../src/model/Ids.ts"
import type { Snapshot } from "../../src/model/Snapshot.ts"
import type { Entry } from "../../src/model/Tree.ts"
import { CatalogStorage, type CatalogStorageService } from "../../src/storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../src/storage/StorageError.ts"

/** A store and the services on it. */
export interface TalkingStore {
  readonly catalog: CatalogStorageService
  readonly storage: ObjectStorageService
  readonly objects: ObjectsService
  readonly exchange: ExchangeService
  readonly graph: VersionGraphService
  readonly ledger: LedgerService
  readonly maintenance: MaintenanceService
  readonly merge: MergeEngineService
  readonly snapshots: SnapshotStoreService
  /** Stores files and names their tree. */
  readonly tree: (files: Readonly<Record<string, string | Uint8Array>>) => Effect.Effect<TreeId, StorageError>
}

/** Opens engines on a storage. */
export const storeOn = (storage: Layer.Layer<CatalogStorage | ObjectStorage>): Effect.Effect<TalkingStore> =>
  Effect.gen(function* () {
    const objects = yield* Objects
    const sha256 = yield* Sha256
    const tree = Effect.fnUntraced(function* (files: Readonly<Record<string, string | Uint8Array>>) {
      const blobs = Object.entries(files).map(([path, content]) => {
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
        return { path: path as FilePath, id: objects.identify(bytes), bytes }
      })
      const built = buildTrees(
        blobs.map(({ bytes, id, path }) => [path, { kind: "file", id, size: bytes.length } satisfies Entry] as const),
        sha256
      )
      yield* objects.put([...blobs, ...[...built.trees].map(([id, { bytes }]) => ({ id, bytes }))])
      return built.root
    })
    const store: TalkingStore = {
      catalog: yield* CatalogStorage,
      storage: yield* ObjectStorage,
      objects,
      exchange: yield* Exchange,
      graph: yield* VersionGraph,
      ledger: yield* Ledger,
      maintenance: yield* Maintenance,
      merge: yield* MergeEngine,
      snapshots: yield* SnapshotStore,
      tree
    }
    return store
  }).pipe(Effect.provide(layer.pipe(Layer.provideMerge(Layer.mergeAll(storage, layerWorkingTree()))), { local: true }))

/** Both storages of a fresh store in memory. */
export const memoryStorage: Effect.Effect<Layer.Layer<CatalogStorage | ObjectStorage>> = Effect.map(
  makeMemory,
  ({ catalog, objects }) =>
    Layer.mergeAll(Layer.succeed(CatalogStorage, catalog), Layer.succeed(ObjectStorage, objects))
)

/** Opens a fresh store in memory. */
export const freshStore: Effect.Effect<TalkingStore> = Effect.flatMap(memoryStorage, storeOn)

const requests = Schema.toCodecJson(PeerRequest)
const replies = Schema.toCodecJson(PeerReply)

/** A store that is reached by text alone, as another process would. */
export const wire =
  (store: Pick<TalkingStore, "exchange">): ExchangePeer =>
  (request) =>
    Effect.gen(function* () {
      const asked = JSON.stringify(yield* Effect.orDie(Schema.encodeEffect(requests)(request)))
      const heard = yield* Effect.orDie(Schema.decodeUnknownEffect(requests)(JSON.parse(asked)))
      const answered = JSON.stringify(
        yield* Effect.orDie(Schema.encodeEffect(replies)(yield* store.exchange.answer(heard)))
      )
      return yield* Effect.orDie(Schema.decodeUnknownEffect(replies)(JSON.parse(answered)))
    })

/** What a peer was asked, by kind of request, and the ids of content that went over, each as often as it did. */
export interface Traffic {
  readonly requests: Map<string, number>
  readonly outlines: Array<string>
  readonly given: Array<string>
  readonly put: Array<string>
}

/** A peer whose traffic is written down. */
export const counted = (peer: ExchangePeer): { readonly peer: ExchangePeer; readonly traffic: Traffic } => {
  const traffic: Traffic = { requests: new Map(), outlines: [], given: [], put: [] }
  return {
    traffic,
    peer: (request) =>
      Effect.tap(peer(request), (reply) =>
        Effect.sync(() => {
          traffic.requests.set(request._tag, (traffic.requests.get(request._tag) ?? 0) + 1)
          if (reply._tag === "Outlines") traffic.outlines.push(...reply.outlines.map(({ id }) => id))
          if (reply._tag === "Contents") traffic.given.push(...reply.contents.map(({ id }) => id))
          if (request._tag === "Put" && reply._tag === "Stored")
            traffic.put.push(...request.contents.map(({ id }) => id))
        })
      )
  }
}

/** Everything that a store holds of versions and names, to compare stores by: ids with places and terms. */
export const historyOf = Effect.fnUntraced(function* (store: TalkingStore, artifact: ArtifactId) {
  const versions = (yield* store.graph.history({ artifact, limit: 10_000 })).versions.map(({ id }) => id)
  const records = yield* store.catalog.records("version", versions)
  return {
    versions: [...records.values()]
      .map(({ at, body, id, terms }) => ({ at, body, id, terms: [...terms].sort() }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    branches: yield* store.graph.branches(artifact),
    tags: yield* store.graph.tags(artifact)
  }
})

/** The ids of all objects that some versions hold, by definition. */
export const heldBy = Effect.fnUntraced(function* (store: TalkingStore, versions: Iterable<VersionId>) {
  const held = new Set<ObjectId>()
  const visit = (tree: TreeId): Effect.Effect<void, StorageError> =>
    Effect.gen(function* () {
      if (held.has(tree)) return
      held.add(tree)
      for (const entry of (yield* store.objects.trees([tree])).get(tree) ?? []) {
        if (entry.kind === "directory") yield* visit(entry.id as TreeId)
        else held.add(entry.id)
      }
    })
  for (const { tree } of (yield* store.graph.getMany([...versions])).values()) yield* visit(tree)
  return held
})

/** The ids of all objects that are stored. */
export const storedObjects = (store: TalkingStore): Effect.Effect<Set<string>, StorageError> =>
  Effect.map(store.storage.list({ limit: 100_000 }), (found) => new Set<string>(found.map(({ id }) => id)))

/** Captures some files as a collection's next snapshot. */
export const captureIn = (
  store: TalkingStore,
  collection: CollectionId,
  files: Readonly<Record<string, string>>,
  message = ""
) =>
  Effect.map(
    store.snapshots.capture({
      collection,
      files: Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) })),
      message
    }),
    ({ snapshot }) => snapshot
  )

/** Everything that a store holds of a collection's snapshots and names: to compare stores by. */
export const collectionOf = Effect.fnUntraced(function* (store: TalkingStore, collection: CollectionId) {
  const names = yield* store.snapshots.names(collection)
  const snapshots = new Map<string, unknown>()
  for (const { snapshot } of names) {
    for (let id: SnapshotId | null = snapshot; id !== null && !snapshots.has(id); ) {
      const found: Snapshot = yield* store.snapshots.get(id)
      const paths = [...(yield* store.snapshots.paths(id))]
      snapshots.set(id, { ...found, paths, artifacts: yield* store.snapshots.artifacts(id) })
      id = found.previous
    }
  }
  return { names, snapshots }
})
