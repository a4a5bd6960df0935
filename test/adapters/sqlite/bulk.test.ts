/** Commits of more records than are held at once. */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { expect, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { CatalogStorage, type StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { move, place, reasonOf, record, withStore } from "./places.ts"

const many = 23_456
const one = (i: number) =>
  record(i.toString(16).padStart(64, "0"), { at: 1_000_000 - i, terms: ["all", `mod ${i % 7}`, "all"] })

/** Made anew each time; counts how many are made. */
const made = (extra: ReadonlyArray<StoredRecord> = []) => {
  const counter = { made: 0 }
  const records: Iterable<StoredRecord> = {
    *[Symbol.iterator]() {
      for (let i = 0; i < many; i++) {
        counter.made++
        yield one(i)
      }
      yield* extra
    }
  }
  return { counter, records }
}

it("very many records are stored with all their terms, some of them for the second time", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, ({ catalog }) =>
          Effect.gen(function* () {
            yield* catalog.commit({ records: [one(5), one(20_000)], refs: [move("r", null, "1")] })
            const { counter, records } = made([one(7), one(7)])
            yield* catalog.commit({ records, refs: [move("r", "1", "2")] })
            expect(counter.made).toBe(many)
            let after: StoredRecord | undefined
            let count = 0
            for (;;) {
              const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
                kind: "version",
                term: "mod 3",
                direction: "backward",
                after,
                limit: 1000
              })
              count += page.length
              for (const found of page) expect(found).toEqual({ ...one(1_000_000 - found.at), terms: ["all", "mod 3"] })
              if (page.length < 1000) break
              after = page.at(-1)
            }
            expect(count).toBe(Math.ceil((many - 3) / 7))
          })
        )
      })
    )
  ))

it("one of very many that is stored with another body stops all of them", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, ({ catalog }) =>
          Effect.gen(function* () {
            yield* catalog.commit({ records: [one(1)], refs: [move("r", null, "1")] })
            for (const extra of [
              { ...one(1), body: '{"x":1}' },
              { ...one(20_001), body: '{"x":1}' }
            ]) {
              const { records } = made([extra])
              expect(yield* reasonOf(catalog.commit({ records, refs: [move("r", "1", "2")] }))).toBe("StorageCorrupt")
            }
            const found = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 10 })
            expect(found.map(({ id }) => id)).toEqual([one(1).id])
          })
        )
      })
    )
  ))

it("the client's cache is afterwards as large as it was", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const catalog = yield* CatalogStorage
      yield* sql`PRAGMA cache_size = -1234`
      yield* catalog.commit({ records: made().records, refs: [move("r", null, "1")] })
      expect(yield* sql`PRAGMA cache_size`).toEqual([{ cache_size: -1234 }])
    }).pipe(
      Effect.provide(Sqlite.layerStore({ durable: false })),
      Effect.provide(Sqlite.layerClient({ file: ":memory:" }))
    )
  ))
