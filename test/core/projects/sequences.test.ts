import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Engine, kinds, scenario } from "../../support/engine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { runSequence, type Tally } from "./sequences.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined
const counts = { memory: full ? 400 : 25, disk: full ? 40 : 3 }
const steps = 14

describe(`random sequences of everything (seed ${seed})`, () => {
  for (const kind of kinds) {
    it.effect(
      `lose nothing, and can be taken back (${kind})`,
      () =>
        Effect.gen(function* () {
          const tally: Tally = new Map()
          for (let i = 0; i < counts[kind]; i++) {
            const own = seed + i
            yield* scenario(kind, (engine) => runSequence(engine, makeRandom(own), steps, tally)).pipe(
              Effect.tapCause(() => Effect.sync(() => console.log(`run again with TIDEMARK_SEED=${own}`)))
            )
          }
          console.log(`${kind}: ${[...tally].map(([what, n]) => `${n} ${what}`).join(", ")}`)
        }),
      full ? 3_600_000 : 60_000
    )
  }

  it.effect("give the same ids again, with the same seed, clock and ids", () =>
    Effect.gen(function* () {
      const ledger = (engine: Engine) =>
        Effect.andThen(runSequence(engine, makeRandom(seed), steps, new Map()), Stream.runCollect(engine.ledger.export))
      const lines = yield* scenario("memory", ledger)
      assert.deepStrictEqual(yield* scenario("memory", ledger), lines)
      assert.ok(lines.length > 2)
    })
  )
})
