/** Many stores in one database, opened by the host: the same laws, and none sees another. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { storageSuite } from "../../../src/testkit/index.ts"
import { move } from "./places.ts"

interface Place {
  readonly sql: SqlClient
  readonly store: string
}
let made = 0

storageSuite(
  {
    name: "sqlite, one client for all",
    capabilities: { ...Sqlite.capabilities, durable: false, sharedAcrossProcesses: false },
    allocate: Effect.map(Layer.build(Sqlite.layerClient({ file: ":memory:" })), (context) => ({
      sql: Context.get(context, SqlClient),
      store: `store 'no' ${made++}`
    })),
    open: ({ sql, store }: Place) =>
      Sqlite.layerStore({ store, durable: false }).pipe(Layer.provide(Layer.succeed(SqlClient, sql)))
  },
  { describe, it, skip: (name) => it.skip(name, () => {}) }
)

describe("a store in a host's database", () => {
  const program = <A, E>(body: Effect.Effect<A, E, SqlClient | CatalogStorage>) =>
    Effect.runPromise(
      body.pipe(
        Effect.provide(
          Sqlite.layerStore({ durable: false }).pipe(Layer.provideMerge(Sqlite.layerClient({ file: ":memory:" }))),
          {
            local: true
          }
        )
      )
    )

  it("commits and rolls back with the host's own transaction", () =>
    program(
      Effect.gen(function* () {
        const sql = yield* SqlClient
        const catalog = yield* CatalogStorage
        yield* sql`CREATE TABLE mine (a TEXT)`
        const both = (name: string) =>
          Effect.andThen(sql`INSERT INTO mine VALUES (${name})`, catalog.commit({ refs: [move(name, null, "1")] }))
        yield* sql.withTransaction(both("kept"))
        yield* Effect.flip(sql.withTransaction(Effect.andThen(both("dropped"), Effect.fail("no"))))
        expect(yield* catalog.list({ prefix: "", limit: 9 })).toEqual([["kept", "1"]])
        expect((yield* sql<{ a: string }>`SELECT a FROM mine`).map(({ a }) => a)).toEqual(["kept"])
      })
    ))
})
