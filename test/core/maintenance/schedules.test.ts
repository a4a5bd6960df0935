/** The windows of collecting that chance seldom meets: each played as it is written down, and what that is worth. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { loadModules } from "../../support/interleavings/modules.ts"
import { mutants, plant } from "../../support/interleavings/mutants.ts"
import { playSchedule, schedules } from "../../support/interleavings/schedules.ts"

describe("beside a collection nothing is lost when", () => {
  for (const schedule of schedules) {
    it.live(schedule.name, () =>
      Effect.flatMap(
        Effect.promise(() => loadModules("../../../src")),
        (modules) => playSchedule(modules, schedule)
      )
    )
  }
})

describe("mistakes in collecting", () => {
  for (const mutant of mutants) {
    const { schedules: found } = mutant
    if (found === undefined) continue
    it.live(
      `are found out each time: ${mutant.name}`,
      () =>
        Effect.suspend(() => {
          const { base, remove } = plant(mutant)
          return Effect.gen(function* () {
            const modules = yield* Effect.promise(() => loadModules(base))
            const missed: Array<string> = []
            for (const schedule of schedules.filter(({ name }) => found.test(name))) {
              const exit = yield* Effect.exit(playSchedule(modules, schedule))
              if (Exit.isSuccess(exit)) missed.push(schedule.name)
            }
            assert.deepStrictEqual(missed, [])
          }).pipe(Effect.ensuring(Effect.sync(remove)))
        }),
      120_000
    )
  }
})
