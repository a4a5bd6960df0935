/** Looking at the tables beneath the answers, and making anew what is derived. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StorageDamage } from "../../storage/CatalogStorage.ts"
import type { SqlStore } from "./SqlStore.ts"
import { startOfColumn } from "./terms.ts"

/** So many rows are named; there may be more. */
const named = 100

/** Rows of terms that belong to no record as it is, and records that have more terms than rows. @internal */
export const checkTables = Effect.fnUntraced(function* ({
  dialect,
  sql,
  store
}: SqlStore): Effect.fn.Return<ReadonlyArray<StorageDamage>, SqlError> {
  const own = dialect.check === null ? [] : yield* dialect.check(sql)
  const strays = yield* sql<{ kind: string; id: string; term: string }>`
    SELECT s.kind, coalesce(r.id, t.start) AS id, t.term
    FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space LEFT JOIN tidemark_records r ON r.record = t.record
    WHERE s.store = ${store}
      AND (r.record IS NULL OR r.store <> s.store OR r.kind <> s.kind OR r.at <> t.at
        OR ${sql.literal(startOfColumn("r.id"))} <> t.start) LIMIT ${named}`
  const [rows] = yield* sql<{ count: number }>`
    SELECT count(*) AS count FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space WHERE s.store = ${store}`
  const [terms] = yield* sql<{ count: number | null }>`
    SELECT sum(${sql.literal(dialect.json.length("terms"))}) AS count FROM tidemark_records WHERE store = ${store}`
  const [is, should] = [Number(rows?.count ?? 0), Number(terms?.count ?? 0)]
  return [
    ...own.map((detail) => ({ key: "database", detail })),
    ...strays.map(({ id, kind, term }) => ({
      key: `${kind} ${id}`,
      detail: `it has a row for ${term} that is not its own`
    })),
    ...(is === should ? [] : [{ key: "tidemark_terms", detail: `it has ${is} rows, and records have ${should} terms` }])
  ]
})

/** Makes the rows of terms anew from what records say; within a transaction. @internal */
export const rebuildTerms = Effect.fnUntraced(function* ({ dialect, sql, store }: SqlStore) {
  if (dialect.reindex !== null) yield* sql.unsafe(dialect.reindex)
  const { table, value } = dialect.json.elements("r.terms", "e")
  yield* sql`DELETE FROM tidemark_terms WHERE space IN (SELECT space FROM tidemark_spaces WHERE store = ${store})`
  // The names of spaces may be what is damaged.
  yield* sql`DELETE FROM tidemark_terms WHERE space NOT IN (SELECT space FROM tidemark_spaces)`
  yield* sql`INSERT INTO tidemark_spaces (store, kind) SELECT DISTINCT store, kind FROM tidemark_records
    WHERE store = ${store} ON CONFLICT DO NOTHING`
  yield* sql`INSERT INTO tidemark_terms (space, term, at, start, record)
    SELECT DISTINCT s.space, ${sql.literal(value)}, r.at, ${sql.literal(startOfColumn("r.id"))}, r.record
    FROM tidemark_records r JOIN tidemark_spaces s ON s.store = r.store AND s.kind = r.kind
    CROSS JOIN ${sql.literal(table)} WHERE r.store = ${store}`
})
