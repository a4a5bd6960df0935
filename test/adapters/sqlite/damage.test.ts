/** A flipped byte of a database is told, or changes no answer. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { flipFiles, placesOf } from "../../support/maintenance/flipFiles.ts"
import { fill } from "../../support/maintenance/smallStore.ts"
import { runSeed } from "../../support/random.ts"
import { inMemory } from "../filesystem/support/store.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

it.effect(
  "a flipped byte of a database is told, or changes no answer",
  () =>
    Effect.gen(function* () {
      const folder = yield* inMemory
      const [large, whole, file] = [join(folder, "large.db"), join(folder, "whole.db"), join(folder, "store.db")]
      const tree = Memory.makeWorkingTree()
      yield* fill(Sqlite.layer({ file: large }), tree)
      // Small pages: more inner pages, and fewer bytes that hold nothing.
      const shrink = Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql.unsafe("PRAGMA page_size = 512")
        yield* sql.unsafe(`VACUUM INTO '${whole}'`)
      })
      yield* shrink.pipe(Effect.provide(Sqlite.layerClient({ file: large }), { local: true }))
      const sound = fs.readFileSync(whole)
      const reset = () => {
        for (const extra of ["-wal", "-shm", "-journal"]) fs.rmSync(file + extra, { force: true })
        fs.writeFileSync(file, sound)
      }
      reset()
      const places = placesOf([file])
      const about = full ? 10_000 : 40
      const counts = yield* flipFiles({ places, about, seed, storage: Sqlite.layer({ file }), tree, reset })
      console.info(`sqlite: flipped bytes of ${places.length} (seed ${seed}):`, counts)
      assert.isAbove(counts.found, counts.same)
    }).pipe(Effect.scoped),
  full ? 7_200_000 : 120_000
)
