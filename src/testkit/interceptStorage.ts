/** Putting something around each call of a storage: what failing, slow, stale and careless storages are made of. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage, type CatalogStorageService } from "../storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../storage/ObjectStorage.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { OpenStorage, StorageServices } from "./StorageFixture.ts"
import { scatter } from "./samples.ts"

/** One call of a storage. `index` counts the calls of both services together, from 0. @public */
export interface StorageCall {
  readonly index: number
  readonly service: "objects" | "catalog"
  readonly operation: string
}

/** Storage with something around it, and the calls that were made of it. @public */
export interface ScheduledStorage {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
  readonly layer: Layer.Layer<StorageServices>
  readonly calls: () => ReadonlyArray<StorageCall>
}

/** Says of each call whether something befalls it. @public */
export type CallSchedule = (call: StorageCall) => boolean

/**
 * Befalls about so many of all calls, chosen by a seed: the same calls in the same order meet the same fate again.
 *
 * @public
 */
export const sometimes =
  (seed: number, probability: number): CallSchedule =>
  ({ index }) =>
    scatter(scatter(seed) ^ index) < probability * 2 ** 32

/** Befalls every call of these operations. @public */
export const atOperations =
  (...operations: ReadonlyArray<string>): CallSchedule =>
  ({ operation }) =>
    operations.includes(operation)

/** What is done in place of a call; `run` is the call itself. @internal */
export type Around = <A>(call: StorageCall, run: Effect.Effect<A, StorageError>) => Effect.Effect<A, StorageError>

/** Both services of a storage, as a storage that can be provided. @internal */
export const scheduled = (
  objects: ObjectStorageService,
  catalog: CatalogStorageService,
  calls: () => ReadonlyArray<StorageCall>
): ScheduledStorage => ({
  objects,
  catalog,
  layer: Layer.mergeAll(Layer.succeed(ObjectStorage, objects), Layer.succeed(CatalogStorage, catalog)),
  calls
})

/** Counts calls, and says what is known of each. @internal */
export const makeCallCounter = () => {
  const calls: Array<StorageCall> = []
  return {
    calls: () => [...calls],
    next: (service: StorageCall["service"], operation: string): StorageCall => {
      const call = { index: calls.length, service, operation }
      calls.push(call)
      return call
    }
  }
}

/** Puts the same thing around every call. @internal */
export const interceptStorage = (
  { catalog, objects }: OpenStorage,
  counter: ReturnType<typeof makeCallCounter>,
  around: Around
): ScheduledStorage => {
  const under =
    (service: StorageCall["service"]) =>
    <A>(operation: string, run: Effect.Effect<A, StorageError>): Effect.Effect<A, StorageError> =>
      Effect.suspend(() => around(counter.next(service, operation), run))
  const ofObjects = under("objects")
  const ofCatalog = under("catalog")
  return scheduled(
    {
      capabilities: objects.capabilities,
      put: (batch) => ofObjects("put", objects.put(batch)),
      get: (ids) => ofObjects("get", objects.get(ids)),
      claim: (ids) => ofObjects("claim", objects.claim(ids)),
      remove: (ids, guard) => ofObjects("remove", objects.remove(ids, guard)),
      list: (page) => ofObjects("list", objects.list(page)),
      now: ofObjects("now", objects.now)
    },
    {
      capabilities: catalog.capabilities,
      commit: (change) => ofCatalog("commit", catalog.commit(change)),
      records: (kind, ids) => ofCatalog("records", catalog.records(kind, ids)),
      scan: (scan) => ofCatalog("scan", catalog.scan(scan)),
      refs: (names) => ofCatalog("refs", catalog.refs(names)),
      list: (page) => ofCatalog("list", catalog.list(page))
    },
    counter.calls
  )
}
