import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import { migrate } from "../../../src/adapters/sql/migrate.ts"
import { type Migration, migrations } from "../../../src/adapters/sql/migrations.ts"
import { makeSqlStore } from "../../../src/adapters/sql/SqlStore.ts"
import { sqliteDialect } from "../../../src/adapters/sql/sqliteDialect.ts"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { move, objectId, place, reasonOf, record, withClient, withStore } from "./places.ts"

const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const applied = Effect.gen(function* () {
  const sql = yield* SqlClient
  return yield* sql<{ version: number; name: string }>`SELECT version, name FROM tidemark_schema ORDER BY version`
})

const migrateTo = (all: ReadonlyArray<Migration>, readonly = false) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const { capabilities } = Sqlite
    const store = makeSqlStore({ sql, dialect: sqliteDialect, capabilities, store: "default", database: "test.db" })
    yield* migrate(store, { readonly, migrations: all })
  })

const latest = migrations.at(-1)?.version ?? 0
const next: Migration = {
  version: latest + 1,
  name: "notes",
  statements: () => ["CREATE TABLE tidemark_notes (note TEXT) STRICT", "INSERT INTO tidemark_notes VALUES ('here')"]
}
const wrong: Migration = { version: latest + 2, name: "wrong", statements: () => ["CREATE TABLE a (b)", "NOT SQL"] }

describe("migrations", () => {
  it("are numbered from 1 without gaps", () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1))
  })

  it("are applied once, and noted", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withStore({ file }, ({ objects }) => objects.put([{ id: objectId(1), bytes: new Uint8Array(1) }]))
          yield* withStore({ file }, ({ objects }) => objects.get([objectId(1)]))
          const rows = yield* withClient(file, applied)
          expect(rows.map(({ version }) => version)).toEqual(migrations.map(({ version }) => version))
        })
      )
    ))

  it("bring an older schema up to date, and keep what is there", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withStore({ file }, ({ catalog }) => catalog.commit({ refs: [move("r", null, "1")] }))
          yield* withClient(file, migrateTo([...migrations, next]))
          yield* withClient(file, migrateTo([...migrations, next]))
          const notes = yield* withClient(
            file,
            Effect.flatMap(SqlClient, (sql) => sql`SELECT note, value FROM tidemark_notes, refs`)
          )
          expect(notes.map((row) => ({ ...row }))).toEqual([{ note: "here", value: "1" }])
        })
      )
    ))

  it("that fail leave the schema as it was", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withClient(file, migrateTo(migrations))
          yield* Effect.flip(withClient(file, migrateTo([...migrations, next, wrong])))
          expect((yield* withClient(file, applied)).length).toBe(migrations.length)
          yield* withClient(file, migrateTo([...migrations, next]))
        })
      )
    ))

  it("refuse a newer schema, and say which", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withClient(file, migrateTo([...migrations, next]))
          const error = yield* Effect.flip(withStore({ file }, ({ objects }) => objects.now))
          expect(error.reason).toMatchObject({ _tag: "StorageSchemaNewer", found: latest + 1, supported: latest })
          expect(error.isRetryable).toBe(false)
        })
      )
    ))

  it("are made by one of several openers, and awaited by the others", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          const open = (i: number) =>
            withStore({ file }, ({ catalog }) =>
              catalog.commit({ records: [record(`${i}`)], refs: [move(`r${i}`, null, "1")] })
            )
          yield* Effect.forEach([1, 2, 3, 4, 5, 6], open, { concurrency: "unbounded" })
          const names = yield* withStore({ file }, ({ catalog }) => catalog.list({ prefix: "r", limit: 9 }))
          expect(names.length).toBe(6)
        })
      )
    ))

  it("are not made by a reader", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withClient(file, migrateTo(migrations))
          expect(yield* reasonOf(withClient(file, migrateTo([...migrations, next], true)))).toBe("StorageDenied")
        })
      )
    ))

  it("do not touch a host's tables that are in the way of a view", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* place
          yield* withClient(
            file,
            Effect.flatMap(SqlClient, (sql) => sql`CREATE TABLE operations (mine TEXT)`)
          )
          const error = yield* Effect.flip(withStore({ file }, ({ objects }) => objects.now))
          expect(error.reason._tag).toBe("StorageDenied")
          expect(error.message).toContain('the table "operations"')
          const tables = Effect.flatMap(SqlClient, (sql) => sql<{ name: string }>`SELECT name FROM sqlite_master`)
          expect((yield* withClient(file, tables)).map(({ name }) => name)).toEqual(["operations"])
        })
      )
    ))
})
