/** Records within a commit: compared with what is known, stored, removed. */
import * as Effect from "effect/Effect"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { spaceOf } from "./spaces.ts"
import { makeRecordInsert } from "./sqlRecordInsert.ts"
import { isTermsText, startOf, withTerms } from "./terms.ts"
import { makeTextKeys } from "./textKeys.ts"

interface RecordKey {
  readonly kind: string
  readonly id: string
}

/** @internal */
export const makeRecordWriter = (base: SqlStore) => {
  const { sql, store, dialect } = base
  const texts = makeTextKeys(sql, dialect)
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 2)

  /** Each kind with its ids, in parts that fit a statement. */
  const parts = (keys: ReadonlyArray<RecordKey>) =>
    [...Map.groupBy(keys, ({ kind }) => kind)].flatMap(([kind, ofKind]) =>
      chunks([...new Set(ofKind.map(({ id }) => id))], 1).map((ids) => ({ kind, ids }))
    )

  const remove = Effect.fnUntraced(function* (keys: ReadonlyArray<RecordKey>) {
    for (const { kind, ids } of parts(keys)) {
      const rows = yield* sql<{ id: string; at: number; terms: string; record: number }>`
        DELETE FROM tidemark_records WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("id", ids)}
        RETURNING id, at, terms, record`
      const whole = rows.filter(({ terms }) => isTermsText(terms))
      const removed = yield* withTerms(kind, whole, ({ id, at, record }, terms) => ({ id, at, record, terms }))
      // Whose terms cannot be read: all rows have to be looked at.
      const damaged = whole.length === rows.length ? [] : rows.filter((row) => !whole.includes(row))
      const space = spaceOf(sql, texts, store, kind)
      for (const { record } of damaged)
        yield* sql`DELETE FROM tidemark_terms WHERE space = (${space}) AND record = ${record}`
      if (dialect.deleteTerms !== null) {
        const all = removed.flatMap(({ terms, at, record }) => terms.map((term) => ({ term, at, record })))
        if (all.length > 0) yield* dialect.deleteTerms(sql, space, all)
        continue
      }
      // By their whole keys: an index by record would cost each write more than this costs the rare removal.
      for (const { id, at, record, terms } of removed) {
        for (const part of chunks(terms, 1)) {
          yield* sql`DELETE FROM tidemark_terms
            WHERE space = (${space}) AND ${texts.isOneOf("term", part)}
              AND at = ${at} AND start = ${startOf(id)} AND record = ${record}`
        }
      }
    }
  })

  return { insert: makeRecordInsert(base), remove }
}
