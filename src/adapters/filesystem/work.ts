/** Synchronous file work that can be paused: fast inside a batch, interruptible between batches. */
import * as Effect from "effect/Effect"
import type { WorkingTreeError } from "../../core/WorkingTree.ts"
import { type Site, toWorkingTreeError } from "./failures.ts"

/** Yields what it has cost since the last time: about one per file. @internal */
export type Work<A> = Generator<number, A, void>

/** What a batch may cost: some milliseconds. @internal */
export const batch = 512

const advance = <A>(work: Work<A>): IteratorResult<number, A> => {
  let spent = 0
  for (;;) {
    const step = work.next()
    if (step.done === true) return step
    spent += step.value
    if (spent >= batch) return step
  }
}

/** Lets the `finally` blocks of abandoned work run. */
const abandon = <A>(work: Work<A>) =>
  Effect.ignore(Effect.try({ try: () => work.throw(new Error("abandoned")), catch: (error) => error }))

/**
 * Runs work in batches, yielding to the runtime between them.
 *
 * @internal
 */
export const drive = <A>(site: Site, make: () => Work<A>): Effect.Effect<A, WorkingTreeError> =>
  Effect.suspend(() => {
    const work = make()
    return Effect.onInterrupt(
      Effect.gen(function* () {
        for (;;) {
          const step = yield* Effect.try({
            try: () => advance(work),
            catch: (error) => toWorkingTreeError(site, error)
          })
          if (step.done === true) return step.value
          yield* Effect.yieldNow
        }
      }),
      () => abandon(work)
    )
  })
