/** Storage that answers with what it held some changes ago: what no adapter may do, for proof that tests would notice. */
import * as Effect from "effect/Effect"
import * as Memory from "../adapters/memory/Memory.ts"
import type { CatalogStorageService } from "../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../storage/ObjectStorage.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { type CallSchedule, makeCallCounter, type ScheduledStorage, scheduled } from "./interceptStorage.ts"
import type { OpenStorage } from "./StorageFixture.ts"

/** How a storage is stale. @public */
export interface Staleness {
  /** Which calls are answered late. Only those that read (`get`, `list`, `records`, `scan`, `refs`) can be. */
  readonly schedule: CallSchedule
  /** So many of the last changes are not seen by then; 1 where it is not given. */
  readonly behind?: number | undefined
}

/**
 * Has some reads answered by a replica that lags behind, as a cache or a second server does. Changes themselves are always made
 * on what is there now.
 *
 * @remarks
 * The replica begins empty, so the storage has to as well.
 *
 * @public
 */
export const stale = (
  { catalog, objects }: OpenStorage,
  { behind = 1, schedule }: Staleness
): Effect.Effect<ScheduledStorage> =>
  Effect.map(Memory.make, (replica) => {
    const counter = makeCallCounter()
    const late: Array<Effect.Effect<unknown, StorageError>> = []
    /** Makes a change, has the replica make it some changes later, and answers. */
    const change = <A>(
      service: "objects" | "catalog",
      operation: string,
      run: Effect.Effect<A, StorageError>,
      again: Effect.Effect<unknown, StorageError>
    ) =>
      Effect.suspend(() => {
        counter.next(service, operation)
        return Effect.tap(run, () => {
          late.push(again)
          return Effect.all(late.splice(0, late.length - behind), { discard: true })
        })
      })
    const read = <A>(
      service: "objects" | "catalog",
      operation: string,
      now: Effect.Effect<A, StorageError>,
      then: Effect.Effect<A, StorageError>
    ) => Effect.suspend(() => (schedule(counter.next(service, operation)) ? then : now))

    const staleObjects: ObjectStorageService = {
      ...objects,
      put: (batch) =>
        Effect.suspend(() => {
          const [first, ...rest] = batch
          const copy = ({ bytes, id }: typeof first) => ({ id, bytes: new Uint8Array(bytes) })
          return change("objects", "put", objects.put(batch), replica.objects.put([copy(first), ...rest.map(copy)]))
        }),
      get: (ids) => read("objects", "get", objects.get(ids), replica.objects.get(ids)),
      claim: (ids) => change("objects", "claim", objects.claim(ids), replica.objects.claim(ids)),
      remove: (ids, guard) =>
        change("objects", "remove", objects.remove(ids, guard), replica.objects.remove(ids, guard)),
      list: (page) => read("objects", "list", objects.list(page), replica.objects.list(page))
    }
    const staleCatalog: CatalogStorageService = {
      ...catalog,
      commit: (given) =>
        Effect.suspend(() => {
          const records = [...(given.records ?? [])].map((record) => ({ ...record, terms: [...record.terms] }))
          const commit = { ...given, records }
          // What the storage refused, the replica refuses when its turn comes.
          return change("catalog", "commit", catalog.commit(commit), replica.catalog.commit(commit))
        }),
      records: (kind, ids) =>
        read("catalog", "records", catalog.records(kind, ids), replica.catalog.records(kind, ids)),
      scan: (scan) => read("catalog", "scan", catalog.scan(scan), replica.catalog.scan(scan)),
      refs: (names) => read("catalog", "refs", catalog.refs(names), replica.catalog.refs(names)),
      list: (page) => read("catalog", "list", catalog.list(page), replica.catalog.list(page))
    }
    return scheduled(staleObjects, staleCatalog, counter.calls)
  })
