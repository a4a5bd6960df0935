/** A version graph and a ledger on a memory store, with everything that is read counted. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerWorkingTree, make as makeMemory } from "../../src/adapters/memory/index.ts"
import { buildTrees } from "../../src/algo/tree/buildTrees.ts"
import { VersionGraph, type VersionGraphService } from "../../src/core/graph/VersionGraph.ts"
import { layer } from "../../src/core/layer.ts"
import { Ledger, type LedgerService } from "../../src/core/ledger/Ledger.ts"
import { OperationLog, type OperationLogService } from "../../src/core/ledger/OperationLog.ts"
import { Objects } from "../../src/core/objects/Objects.ts"
import { Sha256 } from "../../src/core/references/Sha256.ts"
import type { ArtifactId, FilePath, TreeId } from "../../src/model/Ids.ts"
import type { Entry } from "../../src/model/Tree.ts"
import { CatalogStorage, type CatalogStorageService } from "../../src/storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../src/storage/StorageError.ts"
import { VersionIndexStorage, type VersionIndexStorageService } from "../../src/storage/VersionIndexStorage.ts"

/** What was read of the catalog. */
export interface Reads {
  calls: number
  records: number
}

/** The services of a test. */
export interface GraphEngine {
  readonly catalog: CatalogStorageService
  readonly graph: VersionGraphService
  readonly ledger: LedgerService
  readonly log: OperationLogService
  readonly objectStorage: ObjectStorageService
  /** Set both to 0 before what is to be counted. */
  readonly reads: Reads
  /** Another engine over the same store, which remembers nothing yet. */
  readonly reopen: Effect.Effect<GraphEngine>
  /** The same, with an index of the version graph. */
  readonly indexed: (index: VersionIndexStorageService) => Effect.Effect<GraphEngine>
  /** The same, over storage that keeps an index by itself. */
  readonly automatic: (index: VersionIndexStorageService) => Effect.Effect<GraphEngine>
  /** Stores text files and names their tree. */
  readonly tree: (files: Readonly<Record<string, string>>) => Effect.Effect<TreeId, StorageError>
}

/** The artifact that tests speak of. */
export const pdf = "skill:pdf" as ArtifactId

const counting = (catalog: CatalogStorageService, reads: Reads): CatalogStorageService => ({
  ...catalog,
  records: (kind, ids) =>
    Effect.tap(catalog.records(kind, ids), (found) =>
      Effect.sync(() => {
        reads.calls++
        reads.records += found.size
      })
    ),
  scan: (scan) =>
    Effect.tap(catalog.scan(scan), (found) =>
      Effect.sync(() => {
        reads.calls++
        reads.records += found.length
      })
    )
})

const open = Effect.fnUntraced(function* (
  storage: Layer.Layer<CatalogStorage | ObjectStorage>,
  reads: Reads,
  index: VersionIndexStorageService | null = null
): Effect.fn.Return<GraphEngine> {
  const services = layer.pipe(
    Layer.provideMerge(OperationLog.layer),
    Layer.provideMerge(Layer.mergeAll(storage, layerWorkingTree(), Layer.succeed(VersionIndexStorage, index)))
  )
  return yield* Effect.gen(function* () {
    const objects = yield* Objects
    const sha256 = yield* Sha256
    const tree = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
      const blobs = Object.entries(files).map(([path, text]) => {
        const bytes = new TextEncoder().encode(text)
        return { path: path as FilePath, id: objects.identify(bytes), bytes }
      })
      const built = buildTrees(
        blobs.map(({ bytes, id, path }) => [path, { kind: "file", id, size: bytes.length } satisfies Entry] as const),
        sha256
      )
      yield* objects.put([...blobs, ...[...built.trees].map(([id, { bytes }]) => ({ id, bytes }))])
      return built.root
    })
    const engine: GraphEngine = {
      catalog: yield* CatalogStorage,
      graph: yield* VersionGraph,
      ledger: yield* Ledger,
      log: yield* OperationLog,
      objectStorage: yield* ObjectStorage,
      reads,
      reopen: Effect.suspend(() => open(storage, reads)),
      indexed: (index) => open(storage, reads, index),
      automatic: (versionIndex) => {
        const catalog = Layer.effect(
          CatalogStorage,
          Effect.map(CatalogStorage, (catalog) => ({ ...catalog, versionIndex }))
        )
        return open(Layer.merge(storage, Layer.provide(catalog, storage)), reads)
      },
      tree
    }
    return engine
  }).pipe(Effect.provide(services, { local: true }))
})

/** Opens an engine on a store of its own. */
export const graphEngine: Effect.Effect<GraphEngine> = Effect.gen(function* () {
  const { catalog, objects } = yield* makeMemory
  const reads: Reads = { calls: 0, records: 0 }
  const storage = Layer.mergeAll(
    Layer.succeed(CatalogStorage, counting(catalog, reads)),
    Layer.succeed(ObjectStorage, objects)
  )
  return yield* open(storage, reads)
})
