/** Storage that does batches by halves: what no adapter may do, for proof that tests would notice. */
import * as Effect from "effect/Effect"
import type { CatalogStorageService } from "../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../storage/ObjectStorage.ts"
import { type CallSchedule, makeCallCounter, type ScheduledStorage, scheduled } from "./interceptStorage.ts"
import type { OpenStorage } from "./StorageFixture.ts"

const half = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => items.slice(0, Math.ceil(items.length / 2))

/**
 * Breaks the promise that a batch happens whole or not at all. Of a call that the schedule names, only the first half
 * happens, and it is answered as if all of it had: objects that are put, claimed, removed or asked for, records and refs that are
 * committed or asked for. A batch of one is left whole.
 *
 * @public
 */
export const partial = ({ catalog, objects }: OpenStorage, schedule: CallSchedule): ScheduledStorage => {
  const counter = makeCallCounter()
  const isHalved = (service: "objects" | "catalog", operation: string) => schedule(counter.next(service, operation))
  const some =
    (service: "objects" | "catalog", operation: string) =>
    <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
      isHalved(service, operation) ? half(items) : items
  const told = <A, E>(service: "objects" | "catalog", operation: string, run: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      counter.next(service, operation)
      return run
    })
  const halfObjects: ObjectStorageService = {
    ...objects,
    put: (batch) =>
      Effect.suspend(() => {
        const [first = batch[0], ...rest] = some("objects", "put")(batch)
        return objects.put([first, ...rest])
      }),
    get: (ids) => Effect.suspend(() => objects.get(some("objects", "get")(ids))),
    claim: (ids) => Effect.suspend(() => objects.claim(some("objects", "claim")(ids))),
    remove: (ids, guard) => Effect.suspend(() => objects.remove(some("objects", "remove")(ids), guard)),
    list: (page) => told("objects", "list", objects.list(page)),
    now: told("objects", "now", objects.now)
  }
  const halfCatalog: CatalogStorageService = {
    ...catalog,
    commit: (change) =>
      Effect.suspend(() => {
        if (!isHalved("catalog", "commit")) return catalog.commit(change)
        const records = [...(change.records ?? [])]
        const [first = change.refs[0], ...rest] = half(change.refs)
        return catalog.commit({ remove: half(change.remove ?? []), records: half(records), refs: [first, ...rest] })
      }),
    records: (kind, ids) => Effect.suspend(() => catalog.records(kind, some("catalog", "records")(ids))),
    refs: (names) => Effect.suspend(() => catalog.refs(some("catalog", "refs")(names))),
    scan: (scan) => told("catalog", "scan", catalog.scan(scan)),
    list: (page) => told("catalog", "list", catalog.list(page))
  }
  return scheduled(halfObjects, halfCatalog, counter.calls)
}
