/** Reading records: by id, and in the order of a term. */
import * as Effect from "effect/Effect"
import type { RecordScan, StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import { unpackTerms } from "./packedTerms.ts"
import { startOf } from "./recordStart.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { soundRows } from "./soundRows.ts"
import { spaceOf } from "./spaces.ts"
import { makeTermKey } from "./termKeys.ts"
import { makeTextKeys } from "./textKeys.ts"

interface RecordRow {
  readonly id: string
  readonly at: number
  readonly terms: string
  readonly body: string
}

const damagedTerms = (key: string) =>
  Effect.fail(
    new StorageError({ reason: new StorageCorrupt({ operation: "read", key, detail: "its terms are damaged" }) })
  )

/** @internal */
export const makeRecordReader = ({ sql, store, dialect }: SqlStore) => {
  const keys = makeTextKeys(sql, dialect)
  const keyOf = makeTermKey()

  /** All rows in one step: a page has many, and an effect for each costs more than reading it. */
  const toRecords = (
    kind: string,
    rows: ReadonlyArray<RecordRow>
  ): Effect.Effect<ReadonlyArray<StoredRecord>, StorageError> =>
    Effect.flatMap(soundRows("read", rows, { id: "text", at: "number", terms: "text", body: "text" }), (sound) => {
      const records: Array<StoredRecord> = []
      for (const { at, body, id, terms: packed } of sound) {
        const terms = unpackTerms(packed, body)
        if (terms === null) return damagedTerms(`${kind} ${id}`)
        records.push({ kind, id, at: Number(at), terms, body })
      }
      return Effect.succeed(records)
    })

  const byId = Effect.fnUntraced(function* (kind: string, ids: ReadonlyArray<string>) {
    const found: Array<StoredRecord> = []
    for (const part of chunked(ids, 1, dialect.maxParameters - 2)) {
      const rows = yield* sql<RecordRow>`
        SELECT id, at, terms, body FROM tidemark_records
        WHERE store = ${store} AND ${keys.is("kind", kind)} AND ${keys.isOneOf("id", part)}`
      found.push(...(yield* toRecords(kind, rows)))
    }
    return found
  })

  /**
   * The range of the terms' index. At most one condition on each side: of two, a database may walk from the wider one,
   * and then each page would walk through all the pages before it.
   */
  const range = ({ direction, from, to, after }: RecordScan) => {
    const forward = direction === "forward"
    const [start, end] = forward ? [from, to] : [to, from]
    const beyond = sql.literal(forward ? ">" : "<")
    const isAfterInside =
      after !== undefined && (start === undefined || (forward ? after.at >= start : after.at <= start))
    return [
      ...(isAfterInside
        ? [
            sql`(t.at, t.start) ${beyond}= (${after.at}, ${startOf(after.id)})`,
            // Decides among those whose ids begin alike.
            sql`NOT (t.at = ${after.at} AND t.start = ${startOf(after.id)} AND NOT r.id ${beyond} ${after.id})`
          ]
        : []),
      ...(isAfterInside || start === undefined ? [] : [sql`t.at ${beyond}= ${start}`]),
      ...(end === undefined ? [] : [sql`t.at ${sql.literal(forward ? "<=" : ">=")} ${end}`])
    ]
  }

  /** One range, then one look-up for each record of the page. */
  const scan = Effect.fnUntraced(function* (request: RecordScan) {
    const { kind, term, direction, limit } = request
    const forward = direction === "forward"
    const order = sql.literal(forward ? "t.at, t.start, r.id" : "t.at DESC, t.start DESC, r.id DESC")
    const rows = yield* sql<RecordRow>`
      SELECT r.id, r.at, r.terms, r.body FROM tidemark_terms t CROSS JOIN tidemark_records r
      WHERE ${sql.and([
        sql`t.space = (${spaceOf(sql, keys, store, kind)})`,
        sql`t.term = ${keyOf(term)}`,
        sql`r.record = t.record`,
        ...range(request)
      ])} ORDER BY ${order} LIMIT ${Math.max(limit, 0)}`
    return yield* toRecords(kind, rows)
  })

  return { byId, scan }
}
