/** A flipped byte of any file of a directory's store is told, or changes no answer. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { flipFiles, placesOf, sayOf } from "../../support/maintenance/flipFiles.ts"
import { fill } from "../../support/maintenance/smallStore.ts"
import { runSeed } from "../../support/random.ts"
import { inMemory } from "./support/store.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

const filled = Effect.gen(function* () {
  const folder = yield* inMemory
  const [whole, directory] = [join(folder, "whole"), join(folder, "store")]
  const tree = Memory.makeWorkingTree()
  yield* fill(Filesystem.layer({ directory: whole }), tree)
  const reset = () => {
    fs.rmSync(directory, { recursive: true, force: true })
    fs.cpSync(whole, directory, { recursive: true })
  }
  reset()
  const files = fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((file) => fs.statSync(file).isFile())
  return { files, reset, tree, storage: Filesystem.layer({ directory }) }
})

it.effect(
  "a flipped byte of any file is told, or changes no answer; of an object's file, it is told",
  () =>
    Effect.gen(function* () {
      const { files, reset, storage, tree } = yield* filled
      for (const part of ["logs", "objects"] as const) {
        const places = placesOf(files.filter((file) => file.includes("/objects/") === (part === "objects")))
        const about = full ? places.length : 40
        const counts = yield* flipFiles({ places, about, seed, storage, tree, reset })
        console.info(`filesystem: flipped bytes of ${part}, of ${places.length} (seed ${seed}):`, counts)
        if (part === "objects") assert.strictEqual(counts.same, 0)
        else assert.isAbove(counts.refused, counts.same)
      }
    }).pipe(Effect.scoped),
  full ? 7_200_000 : 120_000
)

it.effect(
  "a file that is gone or cut is told",
  () =>
    Effect.gen(function* () {
      const { files, reset, storage } = yield* filled
      const counts = { gone: 0, cut: 0 }
      for (const file of files) {
        reset()
        fs.rmSync(file)
        if ((yield* sayOf(storage)) !== "nothing") counts.gone += 1
        else assert.match(file, /lock/)
        reset()
        fs.truncateSync(file, Math.max(0, fs.statSync(file).size - 1))
        if ((yield* sayOf(storage)) !== "nothing") counts.cut += 1
        else assert.match(file, /lock|objects\.log/)
      }
      console.info(`filesystem: of ${files.length} files, found when gone or cut:`, counts)
      assert.isAbove(counts.gone, 30)
    }).pipe(Effect.scoped),
  120_000
)
