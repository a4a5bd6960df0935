/** Storing very many records in one transaction: the server knows nothing of what it has stored there so far. */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import { postgresDialect } from "../../../src/adapters/sql/postgresDialect.ts"
import { noServer } from "../../support/postgres.ts"
import { freshDatabase, withClient, withStore } from "./places.ts"

const count = 30_000
const sought = 100

describe.skipIf(noServer !== undefined)("records that are stored by the ten thousand", () => {
  it("are sought by their ids alone within their transaction", { timeout: 60_000 }, async () => {
    const url = await freshDatabase()
    await Effect.runPromise(withStore({ url }, ({ catalog }) => catalog.refs([])))
    const ids = Array.from({ length: sought }, (_, i) => `id ${i * 7}`)
    const work = Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`INSERT INTO tidemark_records (store, kind, id, at, terms, body)
        SELECT 'default', 'version', 'id ' || n, n, '', 'body ' || n FROM generate_series(0, ${count - 1}::int) AS n`
      const read = Effect.map(
        sql<{ read: number }>`SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_xact_user_tables
          WHERE relname = 'tidemark_records'`,
        ([row]) => Number(row?.read)
      )
      const before = yield* read
      const found = yield* postgresDialect.arrays?.bodies(sql, "default", "version", [...ids, "no such id"]) ??
        Effect.die(0)
      return { found, read: (yield* read) - before }
    })
    const { found, read } = await withClient(
      url,
      Effect.flatMap(SqlClient, (sql) => sql.withTransaction(work))
    )
    expect(new Map(found.map(({ body, id }) => [id, body]))).toEqual(
      new Map(ids.map((id) => [id, id.replace("id", "body")]))
    )
    expect(read).toBe(sought)
  })
})
