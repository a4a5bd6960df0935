/** Storage that takes its time: right in every answer, but late, and not in the order that it was asked in. */
import * as Effect from "effect/Effect"
import { interceptStorage, makeCallCounter, type ScheduledStorage, type StorageCall } from "./interceptStorage.ts"
import type { OpenStorage } from "./StorageFixture.ts"
import { scatter } from "./samples.ts"

/** How long a call is under way before it happens, and its answer after it has happened. In milliseconds. @public */
export interface Latency {
  readonly before: number
  readonly after: number
}

/** Decides how late each call is. @public */
export type LatencySchedule = (call: StorageCall) => Latency

/** Latencies of up to `most` milliseconds each way, chosen by a seed. @public */
export const latencies =
  (seed: number, most: number): LatencySchedule =>
  ({ index }) => {
    const dice = scatter(scatter(seed) ^ index)
    return { before: (dice & 0xffff) % (most + 1), after: (dice >>> 16) % (most + 1) }
  }

/**
 * Puts latency around a storage. An adapter under it still keeps every law; what is built on it must not mind.
 *
 * @remarks
 * It sleeps by Effect's `Clock`, so a test clock decides how long that is. Where a call is interrupted while its answer is
 * under way, it has happened.
 *
 * @public
 */
export const latent = (storage: OpenStorage, schedule: LatencySchedule): ScheduledStorage =>
  interceptStorage(storage, makeCallCounter(), (call, run) => {
    const { after, before } = schedule(call)
    return Effect.sleep(before).pipe(
      Effect.andThen(run),
      Effect.tap(() => Effect.sleep(after))
    )
  })
