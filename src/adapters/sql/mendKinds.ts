/** Finding out which kind a record had whose row says another: the rows of its terms still stand with its own kind's. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { countTerms } from "./packedTerms.ts"
import { startOfColumn } from "./recordStart.ts"
import type { SqlStore } from "./SqlStore.ts"
import { makeTextKeys } from "./textKeys.ts"

/** So many are put right at once; a check tells of the others again. */
const most = 100

interface Candidate {
  readonly record: number
  readonly id: string
  readonly kind: string
  readonly terms: string
  /** The kind that the rows of its terms stand with. */
  readonly other: string
  readonly space: number
  readonly rows: number
}

/**
 * Gives records back the kind that all rows of their terms say. Left alone are those whose own kind is one of the store's, because then it
 * is the rows that may be wrong; those for whose other kind no record of the store speaks, because then that is; and those in whose
 * place there is another by now. Within a transaction.
 *
 * @internal
 */
export const mendKinds = Effect.fnUntraced(function* (base: SqlStore): Effect.fn.Return<void, SqlError> {
  const { dialect, sql, store } = base
  const keys = makeTextKeys(sql, dialect)
  const start = sql.literal(startOfColumn("r.id"))
  const candidates = yield* sql<Candidate>`
    SELECT r.record, r.id, r.kind, r.terms, s.kind AS other, s.space, count(*) AS rows
    FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space JOIN tidemark_records r ON r.record = t.record
    WHERE s.store = ${store} AND r.store = ${store} AND r.kind <> s.kind AND r.at = t.at AND ${start} = t.start
      AND r.kind NOT IN (SELECT kind FROM tidemark_spaces WHERE store = ${store})
    GROUP BY r.record, r.id, r.kind, r.terms, s.kind, s.space LIMIT ${most}`
  for (const { id, other, record, rows, space, terms } of candidates) {
    if (typeof id !== "string" || typeof terms !== "string" || countTerms(terms) !== Number(rows)) continue
    const speaks = yield* sql`
      SELECT 1 FROM tidemark_terms t JOIN tidemark_records r ON r.record = t.record
      WHERE t.space = ${space} AND r.store = ${store} AND r.kind = ${other} LIMIT 1`
    const taken = yield* sql`
      SELECT 1 FROM tidemark_records WHERE store = ${store} AND ${keys.is("kind", other)} AND ${keys.is("id", id)}`
    if (speaks.length === 0 || taken.length > 0) continue
    yield* sql`UPDATE tidemark_records SET kind = ${other} WHERE record = ${record}`
  }
})
