/** Captures, deployments, updates, resolutions, undos, prunings and collections, interleaved call by call. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { loadModules } from "../../support/interleavings/modules.ts"
import { runStore, type Tally } from "../../support/interleavings/store.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL === "1"
const rounds = 10
const interleavings = full ? 10_000 : 100

it.live(
  `loses nothing that can be reached, in ${interleavings} random interleavings (seed ${seed})`,
  () =>
    Effect.gen(function* () {
      const modules = yield* Effect.promise(() => loadModules("../../../src"))
      const tally: Tally = new Map()
      let done = 0
      for (let store = 0; done < interleavings; store++) {
        done += yield* runStore(modules, makeRandom(seed + store), rounds, tally)
      }
      const told = [...tally].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${times} ${what}`)
      console.info(`${done} interleavings (seed ${seed}): ${told.join(", ")}`)
      for (const what of ["capture", "update", "undo", "rollback", "prune", "collect"]) {
        assert.isAbove(tally.get(what) ?? 0, 0, what)
      }
      assert.isAbove(tally.get("objects removed") ?? 0, interleavings)
    }),
  full ? 3_600_000 : 120_000
)
