/** Records within a commit: compared with what is known, stored, removed. */
import * as Effect from "effect/Effect"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { encodeTerms, isTermsText, withTerms } from "./terms.ts"
import { makeTextKeys } from "./textKeys.ts"

interface RecordKey {
  readonly kind: string
  readonly id: string
}
const keyOf = ({ kind, id }: RecordKey) => `${kind}\0${id}`

const corrupt = ({ kind, id }: RecordKey) =>
  new StorageError({
    reason: new StorageCorrupt({
      operation: "commit",
      key: `${kind} ${id}`,
      detail: "a record of this id is stored with another body"
    })
  })

/** @internal */
export const makeRecordWriter = ({ sql, store, dialect }: SqlStore) => {
  const texts = makeTextKeys(sql, dialect)
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 2)

  /** Each kind with its ids, in parts that fit a statement. */
  const parts = (keys: ReadonlyArray<RecordKey>) =>
    [...Map.groupBy(keys, ({ kind }) => kind)].flatMap(([kind, ofKind]) =>
      chunks([...new Set(ofKind.map(({ id }) => id))], 1).map((ids) => ({ kind, ids }))
    )

  /** Those that are not stored yet; fails on one that is stored, or given twice, with another body. */
  const unknown = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>) {
    const bodies = new Map<string, string>()
    for (const { kind, ids } of parts(records)) {
      const rows = yield* sql<{ id: string; body: string }>`
        SELECT id, body FROM tidemark_records WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("id", ids)}`
      for (const { id, body } of rows) bodies.set(keyOf({ kind, id }), body)
    }
    const fresh: Array<StoredRecord> = []
    for (const record of records) {
      const known = bodies.get(keyOf(record))
      if (known === undefined) {
        bodies.set(keyOf(record), record.body)
        fresh.push(record)
      } else if (known !== record.body) return yield* corrupt(record)
    }
    return fresh
  })

  const insert = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>) {
    const fresh = (yield* unknown(records)).map((record) => ({ ...record, terms: [...new Set(record.terms)] }))
    const rowOf = new Map<string, number>()
    const known = fresh.map(({ kind, id, at, terms, body }) => ({
      store,
      kind,
      id,
      at,
      terms: encodeTerms(terms),
      body
    }))
    for (const part of chunks(known, 6)) {
      const rows = yield* sql<{ record: number; kind: string; id: string }>`
        INSERT INTO tidemark_records ${sql.insert(part)} RETURNING record, kind, id`
      for (const row of rows) rowOf.set(keyOf(row), row.record)
    }
    const terms = fresh.flatMap((record) => {
      const { kind, id, at } = record
      const row = rowOf.get(keyOf(record)) ?? 0
      return record.terms.map((term) => ({ store, kind, term, at, id, record: row }))
    })
    // A row that a damaged record left behind is put right when the rows are made anew.
    for (const part of chunks(terms, 6)) {
      yield* sql`INSERT INTO tidemark_terms ${sql.insert(part)} ON CONFLICT DO NOTHING`
    }
  })

  const remove = Effect.fnUntraced(function* (keys: ReadonlyArray<RecordKey>) {
    for (const { kind, ids } of parts(keys)) {
      const rows = yield* sql<{ id: string; at: number; terms: string; record: number }>`
        DELETE FROM tidemark_records WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("id", ids)}
        RETURNING id, at, terms, record`
      const whole = rows.filter(({ terms }) => isTermsText(terms))
      const removed = yield* withTerms(kind, whole, ({ id, at, record }, terms) => ({ id, at, record, terms }))
      // Whose terms cannot be read: all rows have to be looked at.
      const damaged = whole.length === rows.length ? [] : rows.filter((row) => !whole.includes(row))
      for (const { record } of damaged)
        yield* sql`DELETE FROM tidemark_terms WHERE store = ${store} AND record = ${record}`
      if (dialect.deleteTerms !== null) {
        const all = removed.flatMap(({ terms, at, record }) => terms.map((term) => ({ term, at, record })))
        if (all.length > 0) yield* dialect.deleteTerms(sql, { store, kind }, all)
        continue
      }
      // By their whole keys: an index by record would cost each write more than this costs the rare removal.
      for (const { id, at, terms } of removed) {
        for (const part of chunks(terms, 1)) {
          yield* sql`DELETE FROM tidemark_terms
            WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("term", part)}
              AND at = ${at} AND id = ${id}`
        }
      }
    }
  })

  return { insert, remove }
}
