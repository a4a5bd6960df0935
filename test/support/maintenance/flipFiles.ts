/** Flips bytes of the files that a store is kept in, one after the other, and asks what is said of it. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expect } from "vitest"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { makeRandom } from "../random.ts"
import { answers, type Storage, type Tree } from "./smallStore.ts"

/** What is said of a damaged store: it is not opened, or checking is refused, or finds something, or nothing. */
export const sayOf = (storage: Storage): Effect.Effect<"refused" | "found" | "nothing"> =>
  Effect.flatMap(Maintenance, ({ verify }) => verify()).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true }),
    Effect.match({
      // A typed error of opening, or of reading what is no damage but a denial.
      onFailure: (error: StorageError) => {
        expect(error._tag).toBe("StorageError")
        return "refused"
      },
      onSuccess: ({ findings }) => (findings.length > 0 ? "found" : "nothing")
    })
  )

/** A byte of a file. */
export interface Place {
  readonly file: string
  readonly at: number
}

/** All bytes of files. */
export const placesOf = (files: ReadonlyArray<string>): ReadonlyArray<Place> =>
  files.flatMap((file) => Array.from({ length: fs.statSync(file).size }, (_, at) => ({ file, at })))

/**
 * Flips a bit of each of these bytes, or of about so many of them. `reset` puts the store back as it was. A flip that nothing
 * is said of has to leave every answer as it was.
 */
export const flipFiles = Effect.fnUntraced(function* (options: {
  readonly places: ReadonlyArray<Place>
  readonly about: number
  readonly seed: number
  readonly storage: Storage
  readonly tree: Tree
  readonly reset: () => void
}) {
  const { about, places, reset, seed, storage, tree } = options
  const random = makeRandom(seed)
  const counts = { refused: 0, found: 0, same: 0 }
  reset()
  const expected = yield* answers(storage, tree)
  for (const { at, file } of places) {
    if (!random.chance(about / places.length)) continue
    reset()
    const bytes = fs.readFileSync(file)
    const bit = random.below(8)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
    fs.writeFileSync(file, bytes)
    const said = yield* sayOf(storage)
    if (said !== "nothing") {
      counts[said] += 1
      continue
    }
    const found = yield* answers(storage, tree)
    const [a, b] = [expected.split("\n"), found.split("\n")]
    const line = a.findIndex((text, i) => text !== b[i])
    expect([a[line], `${line}`], `bit ${bit} of byte ${at} of ${file}, seed ${seed}`).toEqual([b[line], `${line}`])
    expect(found === expected).toBe(true)
    counts.same += 1
  }
  return counts
})
