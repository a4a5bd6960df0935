/** Reads beside pruning and collecting: whatever is taken away between two of their calls, none takes the store for damaged. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { playReading, prepare, readings } from "../../support/interleavings/readings.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

it.live(
  "says what is gone, or that it should be tried again, and never that the store is damaged",
  () =>
    Effect.gen(function* () {
      const prepared = yield* prepare
      const tally = new Map<string, number>()
      const wrong: Array<string> = []
      const random = makeRandom(seed)
      let played = 0
      for (const [name, read] of Object.entries(readings)) {
        const alone = yield* playReading(prepared, read)
        if (alone.tag !== "done") wrong.push(`${name}, alone: ${alone.tag} ${alone.told}`)
        for (let nth = 1; nth <= alone.calls; nth++) {
          if (!full && !random.chance(0.4)) continue
          const { at, missed, tag, told } = yield* playReading(prepared, read, nth)
          if (missed.length > 0) continue
          played += 1
          tally.set(tag, (tally.get(tag) ?? 0) + 1)
          if (["StorageCorrupt", "Die", "unknown"].includes(tag))
            wrong.push(`${name}, before call ${nth} (${at}): ${tag} ${told}`)
        }
      }
      console.info(
        `${played} reads of ${Object.keys(readings).length} ways, each overtaken at another call (seed ${seed}):`,
        Object.fromEntries(tally)
      )
      assert.deepStrictEqual(wrong, [])
    }),
  120_000
)
