/** Storing records within a commit, however many: in batches, each compared with what is known. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import type { BulkInsert } from "./Dialect.ts"
import { packTerms } from "./packedTerms.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { spaceOf } from "./spaces.ts"
import { makeTermRows, type NumberedRecord } from "./sqlTermRows.ts"
import { makeTextKeys } from "./textKeys.ts"

interface RecordKey {
  readonly kind: string
  readonly id: string
}

/** Records read, compared and written together. */
const plainBatch = 2000
/** After a commit of more records than this the database looks at its tables anew. */
const manyRecords = 5000
/** In bulk, rows of terms are stored in their order: the more at once, the better. */
const batchSize = 20_000

/** One text for a kind and an id: NUL is in neither. @internal */
export const keyOf = ({ kind, id }: RecordKey): string => `${kind}\0${id}`

const corrupt = ({ kind, id }: RecordKey) =>
  new StorageError({
    reason: new StorageCorrupt({
      operation: "commit",
      key: `${kind} ${id}`,
      detail: "a record of this id is stored with another body"
    })
  })

function* batches<A>(items: Iterable<A>, size: number): Generator<ReadonlyArray<A>, void> {
  let batch: Array<A> = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Up to so many terms are compared with each other: most records have a handful, and a set for each of a million is dear. */
const fewTerms = 12

const areDistinct = (terms: ReadonlyArray<string>): boolean => {
  if (terms.length > fewTerms) return new Set(terms).size === terms.length
  for (let i = 1; i < terms.length; i++) if (terms.lastIndexOf(terms[i] as string, i - 1) !== -1) return false
  return true
}

const distinct = (terms: ReadonlyArray<string>): ReadonlyArray<string> =>
  areDistinct(terms) ? terms : [...new Set(terms)]

/** Records whose numbers follow one another. */
function* inSequence(
  records: ReadonlyArray<StoredRecord>,
  spaces: ReadonlyMap<string, number>,
  first: number
): Generator<NumberedRecord, void> {
  let record = first
  for (const { at, id, kind, terms } of records) {
    yield { space: spaces.get(kind) ?? 0, record: record++, id, at, terms: distinct(terms) }
  }
}

/** Those of some records that have a number, each once. */
function* numbered(
  records: ReadonlyArray<StoredRecord>,
  spaces: ReadonlyMap<string, number>,
  numbers: Map<string, number>
): Generator<NumberedRecord, void> {
  for (const record of records) {
    const key = keyOf(record)
    const number = numbers.get(key)
    if (number === undefined || !numbers.delete(key)) continue
    const { at, id, kind, terms } = record
    yield { space: spaces.get(kind) ?? 0, record: number, id, at, terms: distinct(terms) }
  }
}

/** @internal */
export const makeRecordInsert = (base: SqlStore) => {
  const { sql, store, dialect } = base
  const termRows = makeTermRows(base)
  const texts = makeTextKeys(sql, dialect)
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 2)

  const row = ({ kind, id, at, terms, body }: StoredRecord) => ({
    store,
    kind,
    id,
    at,
    terms: packTerms(distinct(terms), body),
    body
  })

  /** Those that are not stored yet, in their order; fails on one that is stored, or given twice, with another body. */
  const unknown = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>) {
    const bodies = new Map<string, string>()
    for (const [kind, ofKind] of Map.groupBy(records, (record) => record.kind)) {
      const sought = [...new Set(ofKind.map(({ id }) => id))]
      for (const ids of dialect.arrays === null ? chunks(sought, 1) : [sought]) {
        const rows = yield* dialect.arrays?.bodies(sql, store, kind, ids) ??
          sql<{ id: string; body: string }>`
            SELECT id, body FROM tidemark_records
            WHERE store = ${store} AND ${texts.is("kind", kind)} AND ${texts.isOneOf("id", ids)}`
        for (const { id, body } of rows) bodies.set(keyOf({ kind, id }), body)
      }
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

  /** The numbers of the kinds of some records: new ones for those that were never stored before. */
  const spacesOf = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>, known: Map<string, number>) {
    for (const { kind } of records) {
      while (!known.has(kind)) {
        const [found] = yield* sql<{ space: number }>`${spaceOf(sql, texts, store, kind)}`
        if (found !== undefined) known.set(kind, Number(found.space))
        // Somebody else may be adding it, and be done with it meanwhile.
        else yield* sql`INSERT INTO tidemark_spaces ${sql.insert({ store, kind })} ON CONFLICT DO NOTHING`
      }
    }
    return known
  })

  const insertPlainly = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>) {
    const fresh = yield* unknown(records)
    const spaces = yield* spacesOf(fresh, new Map())
    if (dialect.arrays !== null) {
      const rows = fresh.map((record) => ({
        space: spaces.get(record.kind) ?? 0,
        keys: [...new Set(record.terms)].map(termRows.keyOf),
        ...row(record)
      }))
      if (rows.length > 0) yield* dialect.arrays.insert(sql, store, rows)
      return
    }
    const numbers = new Map<string, number>()
    for (const part of chunks(fresh.map(row), 6)) {
      const rows = yield* sql<{ record: number; kind: string; id: string }>`
        INSERT INTO tidemark_records ${sql.insert(part)} RETURNING record, kind, id`
      for (const row of rows) numbers.set(keyOf(row), row.record)
    }
    yield* termRows.insert(numbered(fresh, spaces, numbers))
  })

  /** The highest number of a record. Nobody else can draw one: this runs under the write lock. */
  const lastRecord = Effect.map(
    sql.unsafe<{ last: number }>("SELECT coalesce(max(record), 0) AS last FROM tidemark_records"),
    (rows) => Number(rows[0]?.last ?? 0)
  )

  /** Those of some records that were stored with numbers after one: all of them in their order, or those that have one now. */
  const numberedAfter = Effect.fnUntraced(function* (
    records: ReadonlyArray<StoredRecord>,
    before: number,
    last: number,
    spaces: ReadonlyMap<string, number>
  ): Effect.fn.Return<Iterable<NumberedRecord>, SqlError> {
    if (last - before === records.length) return inSequence(records, spaces, before + 1)
    const numbers = new Map<string, number>()
    const rows = yield* sql<{ record: number; kind: string; id: string }>`
      SELECT record, kind, id FROM tidemark_records WHERE record > ${before}`
    for (const row of rows) numbers.set(keyOf(row), row.record)
    return numbered(records, spaces, numbers)
  })

  /** Inserts what is not there, and looks closer only where less was stored than given. Answers the new last number. */
  const insertBatch = Effect.fnUntraced(function* (
    records: ReadonlyArray<StoredRecord>,
    rows: number,
    before: number,
    spaces: ReadonlyMap<string, number>
  ) {
    for (let i = 0; i < records.length; i += rows) {
      const part = records.slice(i, i + rows)
      const places = part.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")
      const parameters: Array<unknown> = []
      for (const record of part) {
        const { at, body, id, kind, store, terms } = row(record)
        parameters.push(store, kind, id, at, terms, body)
      }
      yield* sql.unsafe(
        `INSERT INTO tidemark_records (store, kind, id, at, terms, body) VALUES ${places}
         ON CONFLICT (store, kind, id) DO NOTHING`,
        parameters
      )
    }
    const last = yield* lastRecord
    // What is there already must be the same; what was given twice is there by now.
    if (last - before < records.length) yield* unknown(records)
    yield* termRows.insert(yield* numberedAfter(records, before, last, spaces))
    return last
  })

  const insertInBulk = Effect.fnUntraced(function* (bulk: BulkInsert, records: Iterable<StoredRecord>) {
    let undo: Effect.Effect<void, SqlError> | undefined
    const fill = Effect.gen(function* (): Effect.fn.Return<void, StorageError | SqlError> {
      const spaces = new Map<string, number>()
      let last = yield* lastRecord
      for (const batch of batches(records, batchSize)) {
        if (undo === undefined && batch.length === batchSize) undo = yield* bulk.prepare(sql)
        yield* spacesOf(batch, spaces)
        last = yield* insertBatch(batch, bulk.rows, last, spaces)
        if (batch.length === batchSize) yield* Effect.yieldNow
      }
    })
    yield* Effect.ensuring(
      fill,
      Effect.suspend(() => (undo === undefined ? Effect.void : Effect.ignore(undo)))
    )
  })

  return Effect.fnUntraced(function* (
    records: Iterable<StoredRecord>
  ): Effect.fn.Return<void, StorageError | SqlError> {
    if (dialect.bulk !== null) return yield* insertInBulk(dialect.bulk, records)
    let count = 0
    for (const batch of batches(records, plainBatch)) {
      yield* insertPlainly(batch)
      count += batch.length
    }
    if (count > manyRecords && dialect.arrays !== null) yield* sql.unsafe(dialect.arrays.settle)
  })
}
