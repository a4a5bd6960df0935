/** The client as Effect's SqlClient: what hosts may expect of any of them. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { SafeIntegers, SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"

const run = <A, E>(work: Effect.Effect<A, E, SqlClient>) =>
  Effect.runPromise(work.pipe(Effect.provide(Sqlite.layerClient({ file: ":memory:" }), { local: true })))

/** A table with the numbers from 1 to `count`. */
const numbers = (count: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    yield* sql`CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT) STRICT`
    yield* sql`WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${count})
      INSERT INTO numbers SELECT n, 'number ' || n FROM counted WHERE n <= ${count}`
    return sql
  })

describe("the SQLite client", () => {
  it("takes and gives every type that SQLite has", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* SqlClient
        const given = { text: "ü😀'", real: 1.5, whole: 42, yes: true, no: null, bytes: new Uint8Array([0, 255]) }
        yield* sql`CREATE TABLE t (text TEXT, real REAL, whole INTEGER, yes INTEGER, no TEXT, bytes BLOB) STRICT`
        yield* sql`INSERT INTO t ${sql.insert(given)}`
        const [row] = yield* sql`SELECT * FROM t`
        expect({ ...row }).toEqual({ ...given, yes: 1 })
      })
    ))

  it("fails on a value that SQLite cannot hold", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* SqlClient
        const error = yield* Effect.flip(sql.unsafe("SELECT ?", [Symbol("x")]))
        expect(error._tag).toBe("SqlError")
      })
    ))

  it("gives whole numbers as BigInt where that is asked for", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* SqlClient
        const largest = sql<{ n: unknown }>`SELECT 9223372036854775807 AS n`
        const [row] = yield* largest.pipe(Effect.provideService(SafeIntegers, true))
        expect(row?.n).toBe(9223372036854775807n)
        expect((yield* Effect.flip(largest))._tag).toBe("SqlError")
      })
    ))

  it("gives rows without names, also where two columns have one name", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* SqlClient
        expect(yield* sql`SELECT 1 AS a, 2 AS a`.values).toEqual([[1, 2]])
        expect((yield* sql`SELECT 1 AS a, 2 AS b`).map((row) => ({ ...row }))).toEqual([{ a: 1, b: 2 }])
      })
    ))

  it("streams rows while other statements run", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* numbers(10_000)
        const sum = yield* sql<{ n: number }>`SELECT n FROM numbers ORDER BY n`.stream.pipe(
          Stream.take(5_000),
          Stream.runFold(
            () => 0,
            (total, { n }) => total + n
          )
        )
        expect(sum).toBe(12_502_500)
        const error = yield* Effect.flip(Stream.runCollect(sql`SELECT missing FROM numbers`.stream))
        expect(error._tag).toBe("SqlError")
      })
    ))

  it("undoes an inner transaction without the outer one", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* numbers(0)
        const insert = (n: number) => sql`INSERT INTO numbers VALUES (${n}, '')`
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(1)
            yield* Effect.flip(sql.withTransaction(Effect.andThen(insert(2), Effect.fail("no"))))
            yield* sql.withTransaction(insert(3))
          })
        )
        expect((yield* sql<{ n: number }>`SELECT n FROM numbers`).map(({ n }) => n)).toEqual([1, 3])
      })
    ))

  it("keeps a query of another fiber out of a transaction", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* numbers(0)
        const count = Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM numbers`, (rows) => rows[0]?.n)
        const writing = sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`INSERT INTO numbers VALUES (1, '')`
            yield* Effect.sleep(20)
            return yield* Effect.fail("no")
          })
        )
        const [, seen] = yield* Effect.all([Effect.flip(writing), Effect.andThen(Effect.sleep(5), count)], {
          concurrency: "unbounded"
        })
        expect(seen).toBe(0)
      })
    ))

  it("is usable after a failed commit", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* numbers(1)
        yield* sql`CREATE TABLE parts (n INTEGER REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED) STRICT`
        const orphan = sql.withTransaction(sql`INSERT INTO parts VALUES (9)`)
        expect((yield* Effect.flip(orphan))._tag).toBe("SqlError")
        yield* sql.withTransaction(sql`INSERT INTO parts VALUES (1)`)
        expect((yield* sql`SELECT n FROM parts`).length).toBe(1)
      })
    ))

  it("keeps a bounded number of prepared statements, and prepares anew what it let go", () =>
    run(
      Effect.gen(function* () {
        const sql = yield* numbers(3)
        for (let round = 0; round < 2; round++) {
          for (let i = 0; i < 300; i++) {
            const rows = yield* sql.unsafe<{ n: number }>(`SELECT n + ${i} AS n FROM numbers WHERE n = ?`, [2])
            expect(rows[0]?.n).toBe(2 + i)
          }
        }
      })
    ))
})
