/** Looking at the tables beneath the answers, and making anew what is derived. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StorageDamage } from "../../storage/CatalogStorage.ts"
import { mendKinds } from "./mendKinds.ts"
import { countTerms, packTerms, unpackTerms } from "./packedTerms.ts"
import { startOfColumn } from "./recordStart.ts"
import type { SqlStore } from "./SqlStore.ts"
import { makeTermRows, type NumberedRecord } from "./sqlTermRows.ts"

/** So many rows are named; there may be more. */
const named = 100
const recordPage = 1000

interface RecordRow {
  readonly record: number
  readonly kind: string
  readonly id: string
  readonly at: number
  readonly terms: string
  readonly body: string
}

/** Damage can leave values of other types. */
const isWhole = ({ at, body, id, terms }: RecordRow): boolean =>
  [body, id, terms].every((value) => typeof value === "string") && at !== null && Number.isFinite(Number(at))

/** All records of the store, page by page in the order of their numbers. */
const eachPage = Effect.fnUntraced(function* (
  { sql, store }: SqlStore,
  use: (page: ReadonlyArray<RecordRow>) => Effect.Effect<void, SqlError>
): Effect.fn.Return<void, SqlError> {
  for (let last: number | null = null; ; ) {
    const page: ReadonlyArray<RecordRow> = yield* sql<RecordRow>`
      SELECT record, kind, id, at, terms, body FROM tidemark_records
      WHERE ${sql.and([sql`store = ${store}`, ...(last === null ? [] : [sql`record > ${last}`])])}
      ORDER BY record LIMIT ${recordPage}`
    yield* use(page)
    last = page.at(-1)?.record ?? null
    if (page.length < recordPage) return
  }
})

/** Rows of terms that belong to no record as it is, and records that have more terms than rows. @internal */
export const checkTables = Effect.fnUntraced(function* (
  base: SqlStore
): Effect.fn.Return<ReadonlyArray<StorageDamage>, SqlError> {
  const { dialect, sql, store } = base
  const own = dialect.check === null ? [] : yield* dialect.check(sql)
  const strays = yield* sql<{ kind: string; id: string }>`
    SELECT s.kind, coalesce(r.id, t.start) AS id
    FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space LEFT JOIN tidemark_records r ON r.record = t.record
    WHERE s.store = ${store}
      AND (r.record IS NULL OR r.store <> s.store OR r.kind <> s.kind OR r.at <> t.at
        OR ${sql.literal(startOfColumn("r.id"))} <> t.start) LIMIT ${named}`
  const [rows] = yield* sql<{ count: number }>`
    SELECT count(*) AS count FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space WHERE s.store = ${store}`
  let should = 0
  const damaged: Array<StorageDamage> = []
  yield* eachPage(base, (page) =>
    Effect.sync(() => {
      for (const row of page) {
        const { id, kind, terms } = row
        const count = isWhole(row) ? countTerms(terms) : null
        should += count ?? 0
        if (count === null && damaged.length < named)
          damaged.push({ key: `${kind} ${id}`, detail: "its terms are damaged" })
      }
    })
  )
  const is = Number(rows?.count ?? 0)
  return [
    ...own.map((detail) => ({ key: "database", detail })),
    ...strays.map(({ id, kind }) => ({ key: `${kind} ${id}`, detail: "a term has a row for it that is not its own" })),
    ...damaged,
    ...(is === should ? [] : [{ key: "tidemark_terms", detail: `it has ${is} rows, and records have ${should} terms` }])
  ]
})

/** Makes the rows of terms anew from what records say; within a transaction. @internal */
export const rebuildTerms = Effect.fnUntraced(function* (base: SqlStore): Effect.fn.Return<void, SqlError> {
  const { dialect, sql, store } = base
  const termRows = makeTermRows(base)
  if (dialect.reindex !== null) yield* sql.unsafe(dialect.reindex)
  // The rows of terms say what else nothing does: before they are made anew.
  yield* mendKinds(base)
  yield* sql`DELETE FROM tidemark_terms WHERE space IN (SELECT space FROM tidemark_spaces WHERE store = ${store})`
  // The names of spaces may be what is damaged.
  yield* sql`DELETE FROM tidemark_terms WHERE space NOT IN (SELECT space FROM tidemark_spaces)`
  yield* sql`INSERT INTO tidemark_spaces (store, kind) SELECT DISTINCT store, kind FROM tidemark_records
    WHERE store = ${store} ON CONFLICT DO NOTHING`
  const known = yield* sql<{
    space: number
    kind: string
  }>`SELECT space, kind FROM tidemark_spaces WHERE store = ${store}`
  const spaces = new Map(known.map(({ kind, space }) => [kind, Number(space)]))
  yield* eachPage(
    base,
    Effect.fnUntraced(function* (page): Effect.fn.Return<void, SqlError> {
      const whole: Array<NumberedRecord> = []
      for (const { at, body, id, kind, record, terms: packed } of page.filter(isWhole)) {
        const terms = unpackTerms(packed, body)
        // Without any, the record can be read again: then what it says tells which it should have.
        if (terms === null)
          yield* sql`UPDATE tidemark_records SET terms = ${packTerms([], body)} WHERE record = ${record}`
        else whole.push({ space: spaces.get(kind) ?? 0, record, id, at: Number(at), terms })
      }
      yield* termRows.insert(whole)
    })
  )
})
