/** Trying a property on many drawn values, and saying which seed and size draw the one that it fails on. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { makeRandom, type Random } from "../Random.ts"
import { scatter } from "../samples.ts"

/** Draws a value. A smaller `size` (0 is the least) draws a smaller one from the same choices, as far as that can be. @public */
export type Draw<A> = (random: Random, size: number) => A

/** Where a case comes from. @public */
export interface CaseAt {
  readonly seed: number
  readonly size: number
}

/** Draws a case again. @public */
export const drawAt = <A>(draw: Draw<A>, { seed, size }: CaseAt): A => draw(makeRandom(seed), size)

/**
 * A property does not hold. `at` is the smallest case that was found to show it; {@link drawAt} draws it again.
 *
 * @public
 */
export class CaseFailed extends Schema.TaggedError<CaseFailed>("tidemark/testkit/CaseFailed")("CaseFailed", {
  /** The seed of all cases, the number of the one that failed first, and how many were passed before it. */
  seed: Schema.Number,
  run: Schema.Int,
  at: Schema.Struct({ seed: Schema.Number, size: Schema.Int }),
  detail: Schema.String
}) {
  override get message(): string {
    return `Case ${this.run} of seed ${this.seed} fails; the smallest is drawn by { seed: ${this.at.seed}, size: ${this.at.size} }. ${this.detail}`
  }
}

/** How many cases are tried. @public */
export interface ForAllOptions {
  readonly seed: number
  /** 100 where it is not given. */
  readonly runs?: number | undefined
  /** The largest size; sizes go from 0 up to it, again and again. 12 where it is not given. */
  readonly size?: number | undefined
}

/**
 * Tries a property on drawn values, small ones first. A property does not hold where its effect fails or dies.
 *
 * @remarks
 * What fails is drawn again in every smaller size, and the smallest that fails is told: cases shrink by being drawn smaller,
 * so whatever can be drawn can be shrunk.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { drawContent, forAll } from "tidemark/testkit"
 *
 * const holds = (bytes: Uint8Array) => (bytes.length < 1e9 ? Effect.void : Effect.fail("so long"))
 * await Effect.runPromise(forAll(drawContent, holds, { seed: 1, runs: 20 })) // => 20
 * ```
 *
 * @public
 */
export const forAll = <A, E, R>(
  draw: Draw<A>,
  property: (value: A) => Effect.Effect<unknown, E, R>,
  { runs = 100, seed, size = 12 }: ForAllOptions
): Effect.Effect<number, CaseFailed, R> =>
  Effect.gen(function* () {
    const attempt = (at: CaseAt) => Effect.exit(Effect.suspend(() => property(drawAt(draw, at))))
    for (let run = 0; run < runs; run++) {
      const first = { seed: scatter(scatter(seed) ^ run), size: run % (size + 1) }
      const exit = yield* attempt(first)
      if (Exit.isSuccess(exit)) continue
      let [at, cause]: [CaseAt, Cause.Cause<E>] = [first, exit.cause]
      for (let smaller = 0; smaller < first.size; smaller++) {
        const again = yield* attempt({ ...first, size: smaller })
        if (Exit.isSuccess(again)) continue
        at = { ...first, size: smaller }
        cause = again.cause
        break
      }
      return yield* Effect.fail(new CaseFailed({ seed, run, at, detail: Cause.pretty(cause) }))
    }
    return runs
  })
