/** Small objects share rows: whatever is put and removed, each keeps its own bytes, and nobody else's are kept. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import { ObjectStorage, type ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === "1" ? 1000 : 60

type Model = Map<ObjectId, Uint8Array>

describe(`rows that objects share (seed ${seed})`, () => {
  it.live("keep what is stored, and only that", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-rows-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const file = join(folder, "store.db")
      const random = makeRandom(seed)
      // Two stores in one database: none may empty a row of the other's.
      const stores: ReadonlyArray<readonly [string, Model]> = [
        ["a", new Map()],
        ["b", new Map()]
      ]
      const run = <A, E>(store: string, use: (storage: ObjectStorageService) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(ObjectStorage, use), Sqlite.layer({ file, store }))
      const drawId = () => random.below(200).toString(16).padStart(64, "0") as ObjectId
      for (let round = 0; round < rounds; round++) {
        const [store, model] = random.pick(stores)
        if (random.chance(0.6)) {
          const draw = () => {
            const length = random.pick([0, 1, 3, 700, 3_000, 8_191, 8_192, 40_000])
            return { id: drawId(), bytes: new Uint8Array(length).fill(random.below(256)) }
          }
          const [first, ...others] = [draw(), ...Array.from({ length: random.below(40) }, draw)] as const
          yield* run(store, (storage) => storage.put([first, ...others]))
          for (const { bytes, id } of [first, ...others]) if (!model.has(id)) model.set(id, bytes)
        } else {
          const ids = Array.from({ length: random.between(1, 60) }, drawId)
          yield* run(store, (storage) => storage.remove(ids, { storedBefore: Number.MAX_SAFE_INTEGER }))
          for (const id of ids) model.delete(id)
        }
        for (const [name, wanted] of stores) {
          const found = yield* run(name, (storage) => storage.get([...wanted.keys()]))
          for (const [id, bytes] of wanted) assert.deepStrictEqual(found.get(id), bytes, `round ${round}, ${id}`)
        }
        const database = new DatabaseSync(file, { readOnly: true })
        const sums = database.prepare(
          `SELECT (SELECT coalesce(sum(size), 0) FROM tidemark_objects) AS objects,
             (SELECT coalesce(sum(length(bytes)), 0) FROM tidemark_contents) AS contents,
             (SELECT count(*) FROM tidemark_contents WHERE content NOT IN (SELECT content FROM tidemark_objects)) AS lost`
        )
        const { contents, lost, objects } = sums.get() as { contents: number; lost: number; objects: number }
        database.close()
        assert.deepStrictEqual([contents, lost], [objects, 0], `round ${round}`)
      }
    })
  )

  it.live("are left alone where they say wrongly whose they are", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-rows-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const file = join(folder, "store.db")
      const run = <A, E>(use: (storage: ObjectStorageService) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(ObjectStorage, use), Sqlite.layer({ file }))
      const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64) as ObjectId) as [ObjectId, ObjectId, ObjectId]
      const objects = [a, b, c].map((id, i) => ({ id, bytes: new Uint8Array(10 + i).fill(i) }))
      yield* run((storage) => storage.put(objects as never))
      const database = new DatabaseSync(file)
      const { members } = database.prepare("SELECT members FROM tidemark_contents").get() as { members: Uint8Array }
      // The second one is not known by its own name any more.
      database.prepare("UPDATE tidemark_contents SET members = ?").run(members.with(10, 0))
      database.close()
      yield* run((storage) => storage.remove([a], { storedBefore: Number.MAX_SAFE_INTEGER }))
      const found = yield* run((storage) => storage.get([a, b, c]))
      assert.deepStrictEqual(
        [...found].sort(),
        objects.slice(1).map(({ bytes, id }) => [id, bytes] as const)
      )
    })
  )
})
