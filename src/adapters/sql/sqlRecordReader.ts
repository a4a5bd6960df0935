/** Reading records: by id, and in the order of a term. */
import * as Effect from "effect/Effect"
import type { RecordScan, StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"

interface RecordRow {
  readonly id: string
  readonly at: number
  readonly terms: string
  readonly body: string
}

/** @internal */
export const makeRecordReader = ({ sql, store, dialect }: SqlStore) => {
  const toRecord = (kind: string, row: RecordRow) =>
    Effect.try({
      try: (): StoredRecord => {
        const terms: ReadonlyArray<string> = JSON.parse(row.terms)
        return { kind, id: row.id, at: Number(row.at), terms, body: row.body }
      },
      catch: (cause) =>
        new StorageError({
          reason: new StorageCorrupt({
            operation: "read",
            key: `${kind} ${row.id}`,
            detail: "its terms are damaged",
            cause
          })
        })
    })

  const byId = Effect.fnUntraced(function* (kind: string, ids: ReadonlyArray<string>) {
    const found: Array<StoredRecord> = []
    for (const part of chunked(ids, 1, dialect.maxParameters - 2)) {
      const rows = yield* sql<RecordRow>`
        SELECT id, at, terms, body FROM tidemark_records
        WHERE store = ${store} AND kind = ${kind} AND id IN ${sql.in(part)}`
      for (const row of rows) found.push(yield* toRecord(kind, row))
    }
    return found
  })

  /** One range of the terms' index, then one look-up for each record of the page. */
  const scan = Effect.fnUntraced(function* (request: RecordScan) {
    const { kind, term, direction, from, to, after, limit } = request
    const forward = direction === "forward"
    const order = sql.literal(forward ? "t.at, t.id" : "t.at DESC, t.id DESC")
    const beyond = sql.literal(forward ? ">" : "<")
    const rows = yield* sql<RecordRow>`
      SELECT r.id, r.at, r.terms, r.body FROM tidemark_terms t CROSS JOIN tidemark_records r
      WHERE ${sql.and([
        sql`t.store = ${store}`,
        sql`t.kind = ${kind}`,
        sql`t.term = ${term}`,
        sql`r.record = t.record`,
        ...(from === undefined ? [] : [sql`t.at >= ${from}`]),
        ...(to === undefined ? [] : [sql`t.at <= ${to}`]),
        ...(after === undefined ? [] : [sql`(t.at, t.id) ${beyond} (${after.at}, ${after.id})`])
      ])} ORDER BY ${order} LIMIT ${Math.max(limit, 0)}`
    return yield* Effect.forEach(rows, (row) => toRecord(kind, row))
  })

  return { byId, scan }
}
