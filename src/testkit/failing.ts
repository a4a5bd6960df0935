/** Storage that fails, or dies, at the calls a schedule names: for tests of what is left behind. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CatalogStorage, type CatalogStorageService } from "../storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../storage/ObjectStorage.ts"
import { StorageError, type StorageErrorReason, StorageUnavailable } from "../storage/StorageError.ts"
import type { OpenStorage, StorageServices } from "./StorageFixture.ts"

/** One call of a storage. `index` counts the calls of both services together, from 0. @public */
export interface StorageCall {
  readonly index: number
  readonly service: "objects" | "catalog"
  readonly operation: string
}

/**
 * What befalls a call.
 *
 * - `fail`: it fails, and nothing has happened
 * - `fail-after`: it has happened, but its answer is lost: it fails all the same
 * - `cut-before`, `cut-after`: the process ends before or after it has happened. The call dies with {@link StorageCut}, and
 *   so does every later call: what cleans up after a failure has no storage any more, as after a kill
 * - a reason: it fails for this reason, and nothing has happened
 *
 * @public
 */
export type Fault = "fail" | "fail-after" | "cut-before" | "cut-after" | StorageErrorReason

/** Decides, for each call, what befalls it; `null` lets it be. @public */
export type FaultSchedule = (call: StorageCall) => Fault | null

/** The defect of a call that was cut. @public */
export class StorageCut extends Schema.TaggedError<StorageCut>("tidemark/testkit/StorageCut")("StorageCut", {
  operation: Schema.String,
  index: Schema.Int
}) {
  override get message(): string {
    return `Cut at call ${this.index} (${this.operation}), as the schedule says.`
  }
}

/** The fault befalls one call, the n-th counted from 0. @public */
export const atCall =
  (index: number, fault: Fault): FaultSchedule =>
  (call) =>
    call.index === index ? fault : null

/** The fault befalls every n-th call. @public */
export const everyNth =
  (n: number, fault: Fault): FaultSchedule =>
  (call) =>
    call.index % n === n - 1 ? fault : null

/** The fault befalls every call of one operation. @public */
export const atOperation =
  (operation: string, fault: Fault): FaultSchedule =>
  (call) =>
    call.operation === operation ? fault : null

/** Storage under a schedule, with the calls that were made of it. @public */
export interface FailingStorage {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
  readonly layer: Layer.Layer<StorageServices>
  readonly calls: () => ReadonlyArray<StorageCall>
}

const unavailable = (operation: string) => new StorageUnavailable({ operation, detail: "made to fail by the schedule" })

/**
 * Puts a storage under a schedule of faults. What it does when no fault befalls it is its own.
 *
 * @public
 */
export const failing = (storage: OpenStorage, schedule: FaultSchedule): FailingStorage => {
  const { objects, catalog } = storage
  const calls: Array<StorageCall> = []
  let cut: StorageCut | null = null

  const under =
    (service: StorageCall["service"]) =>
    <A>(operation: string, call: Effect.Effect<A, StorageError>): Effect.Effect<A, StorageError> =>
      Effect.suspend(() => {
        if (cut !== null) return Effect.die(cut)
        const index = calls.length
        const told = { index, service, operation }
        calls.push(told)
        const die = Effect.suspend(() => {
          cut = new StorageCut({ operation, index })
          return Effect.die(cut)
        })
        const fault = schedule(told)
        switch (fault) {
          case null:
            return call
          case "fail":
            return Effect.fail(new StorageError({ reason: unavailable(operation) }))
          case "fail-after":
            return Effect.andThen(call, Effect.fail(new StorageError({ reason: unavailable(operation) })))
          case "cut-before":
            return die
          case "cut-after":
            return Effect.andThen(call, die)
          default:
            return Effect.fail(new StorageError({ reason: fault }))
        }
      })

  const ofObjects = under("objects")
  const ofCatalog = under("catalog")
  const failingObjects: ObjectStorageService = {
    capabilities: objects.capabilities,
    put: (batch) => ofObjects("put", objects.put(batch)),
    get: (ids) => ofObjects("get", objects.get(ids)),
    claim: (ids) => ofObjects("claim", objects.claim(ids)),
    remove: (ids, guard) => ofObjects("remove", objects.remove(ids, guard)),
    list: (page) => ofObjects("list", objects.list(page)),
    now: ofObjects("now", objects.now)
  }
  const failingCatalog: CatalogStorageService = {
    capabilities: catalog.capabilities,
    commit: (change) => ofCatalog("commit", catalog.commit(change)),
    records: (kind, ids) => ofCatalog("records", catalog.records(kind, ids)),
    scan: (scan) => ofCatalog("scan", catalog.scan(scan)),
    refs: (names) => ofCatalog("refs", catalog.refs(names)),
    list: (page) => ofCatalog("list", catalog.list(page))
  }
  return {
    objects: failingObjects,
    catalog: failingCatalog,
    layer: Layer.mergeAll(Layer.succeed(ObjectStorage, failingObjects), Layer.succeed(CatalogStorage, failingCatalog)),
    calls: () => [...calls]
  }
}

/** {@link failing} as a layer over whatever storage is given. Calls are counted anew for each build. @public */
export const layerFailing = (schedule: FaultSchedule): Layer.Layer<StorageServices, never, StorageServices> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const failed = failing({ objects: yield* ObjectStorage, catalog: yield* CatalogStorage }, schedule)
      return Context.empty().pipe(
        Context.add(ObjectStorage, failed.objects),
        Context.add(CatalogStorage, failed.catalog)
      )
    })
  )
