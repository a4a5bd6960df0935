/** Storage that fails, or dies, at the calls a schedule names: for tests of what is left behind. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CatalogStorage } from "../storage/CatalogStorage.ts"
import { ObjectStorage } from "../storage/ObjectStorage.ts"
import { StorageError, type StorageErrorReason, StorageUnavailable } from "../storage/StorageError.ts"
import { interceptStorage, makeCallCounter, type ScheduledStorage, type StorageCall } from "./interceptStorage.ts"
import type { OpenStorage, StorageServices } from "./StorageFixture.ts"

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

/** The fault befalls a call, the n-th counted from 0, and every one after it: a storage that is lost and stays so. @public */
export const fromCall =
  (index: number, fault: Fault): FaultSchedule =>
  (call) =>
    call.index >= index ? fault : null

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

const unavailable = (operation: string) => new StorageUnavailable({ operation, detail: "made to fail by the schedule" })

const gone: StorageCall = { index: -1, service: "objects", operation: "none" }

/**
 * Puts a storage under a schedule of faults. What it does when no fault befalls it is its own.
 *
 * @public
 */
export const failing = (storage: OpenStorage, schedule: FaultSchedule): ScheduledStorage => {
  const counter = makeCallCounter()
  let cut: StorageCut | null = null
  const around = <A>(call: StorageCall, run: Effect.Effect<A, StorageError>): Effect.Effect<A, StorageError> => {
    const { index, operation } = call
    const die = Effect.suspend(() => {
      cut = new StorageCut({ operation, index })
      return Effect.die(cut)
    })
    const fault = schedule(call)
    switch (fault) {
      case null:
        return run
      case "fail":
        return Effect.fail(new StorageError({ reason: unavailable(operation) }))
      case "fail-after":
        return Effect.andThen(run, Effect.fail(new StorageError({ reason: unavailable(operation) })))
      case "cut-before":
        return die
      case "cut-after":
        return Effect.andThen(run, die)
      default:
        return Effect.fail(new StorageError({ reason: fault }))
    }
  }
  const alive: typeof counter = {
    ...counter,
    // A call after the end is no call: nobody is there to make it.
    next: (service, operation) => (cut === null ? counter.next(service, operation) : gone)
  }
  return interceptStorage(storage, alive, (call, run) => (cut === null ? around(call, run) : Effect.die(cut)))
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
