/** What the interleavings are worth: each of these mistakes in the engine is found by them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { loadModules } from "../../support/interleavings/modules.ts"
import { mutants, plant } from "../../support/interleavings/mutants.ts"
import { runStore } from "../../support/interleavings/store.ts"
import { makeRandom } from "../../support/random.ts"

const full = process.env.TIDEMARK_FULL === "1"
const rounds = 10
/** Chosen so that a mistake is found soon; the search itself is what the interleavings do anyway. */
const seed = 20_261_122
const mostStores = 200

describe("mistakes in collecting", () => {
  // One of them in every run; all of them take minutes. Those that chance seldom finds have schedules of their own.
  const byChance = mutants.filter(({ schedules }) => schedules === undefined)
  for (const mutant of full ? byChance : byChance.slice(0, 1)) {
    it.live(
      `is found out: ${mutant.name}`,
      () =>
        Effect.gen(function* () {
          const { base, remove } = plant(mutant)
          yield* Effect.gen(function* () {
            const modules = yield* Effect.promise(() => loadModules(base))
            for (let store = 0; store < mostStores; store++) {
              const exit = yield* Effect.exit(runStore(modules, makeRandom(seed + store), rounds, new Map()))
              if (Exit.isFailure(exit)) {
                console.info(`found in store ${store + 1}: ${mutant.name}: ${String(exit.cause).slice(0, 150)}`)
                return
              }
            }
            assert.fail(`not found in ${mostStores * rounds} interleavings: ${mutant.name}`)
          }).pipe(Effect.ensuring(Effect.sync(remove)))
        }),
      300_000
    )
  }
})
