/** Records within a commit: compared with what is known, stored, removed. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { unpackTerms } from "./packedTerms.ts"
import { startOf } from "./recordStart.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { spaceOf } from "./spaces.ts"
import { makeRecordInsert } from "./sqlRecordInsert.ts"
import { makeTermKey } from "./termKeys.ts"
import { makeTextKeys } from "./textKeys.ts"

interface RecordKey {
  readonly kind: string
  readonly id: string
}

interface RemovedRow {
  readonly id: string
  readonly at: number
  readonly record: number
  readonly keys: ReadonlyArray<Uint8Array>
}

/** @internal */
export const makeRecordWriter = (base: SqlStore) => {
  const { sql, store, dialect } = base
  const texts = makeTextKeys(sql, dialect)
  const keyOf = makeTermKey()
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 2)

  /** Each kind with its ids, in parts that fit a statement. */
  const parts = (keys: ReadonlyArray<RecordKey>) =>
    [...Map.groupBy(keys, ({ kind }) => kind)].flatMap(([kind, ofKind]) =>
      chunks([...new Set(ofKind.map(({ id }) => id))], 1).map((ids) => ({ kind, ids }))
    )

  /** Removes rows by their whole keys: an index by record would cost each write more than this costs the rare removal. */
  const removeRows = Effect.fnUntraced(function* (
    space: Fragment,
    rows: ReadonlyArray<RemovedRow>
  ): Effect.fn.Return<number, SqlError> {
    if (dialect.deleteTerms !== null) {
      const all = rows.flatMap(({ keys, at, record }) => keys.map((term) => ({ term, at, record })))
      return all.length === 0 ? 0 : yield* dialect.deleteTerms(sql, space, all)
    }
    let gone = 0
    for (const { id, at, record, keys } of rows) {
      for (const part of chunks(keys, 1)) {
        const removed = yield* sql`DELETE FROM tidemark_terms
          WHERE space = (${space}) AND term IN ${sql.in(part)} AND at = ${at} AND start = ${startOf(id)} AND record = ${record}
          RETURNING record`
        gone += removed.length
      }
    }
    return gone
  })

  const remove = Effect.fnUntraced(function* (keys: ReadonlyArray<RecordKey>) {
    for (const { kind, ids } of parts(keys)) {
      const rows = yield* sql<{ id: string; at: number; terms: string; body: string; record: number }>`
        DELETE FROM tidemark_records WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("id", ids)}
        RETURNING id, at, terms, body, record`
      const space = spaceOf(sql, texts, store, kind)
      const known: Array<RemovedRow> = []
      for (const { at, body, id, record, terms } of rows) {
        const whole = unpackTerms(terms, body)
        if (whole !== null) known.push({ id, at, record, keys: whole.map(keyOf) })
      }
      const expected = known.reduce((sum, { keys }) => sum + keys.length, 0)
      const gone = yield* removeRows(space, known)
      if (known.length === rows.length && gone === expected) continue
      // Terms or bodies are damaged: all rows have to be looked at.
      for (const part of chunks(
        rows.map(({ record }) => record),
        1
      )) {
        yield* sql`DELETE FROM tidemark_terms WHERE space = (${space}) AND record IN ${sql.in(part)}`
      }
    }
  })

  return { insert: makeRecordInsert(base), remove }
}
