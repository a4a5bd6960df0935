/** Reading records: by id, and in the order of a term. */
import * as Effect from "effect/Effect"
import { compareUtf8 } from "../../model/order.ts"
import type { RecordScan, StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import { unpackTerms } from "./packedTerms.ts"
import { startOf } from "./recordStart.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { soundRows } from "./soundRows.ts"
import { spaceOf } from "./spaces.ts"
import { makeTermKey } from "./termKeys.ts"
import { makeTextKeys } from "./textKeys.ts"

interface BareRow {
  readonly id: string
  readonly at: number
  readonly body: string
}

interface RecordRow extends BareRow {
  readonly terms: string
}

const none: ReadonlyArray<string> = []

const damagedTerms = (key: string) =>
  Effect.fail(
    new StorageError({ reason: new StorageCorrupt({ operation: "read", key, detail: "its terms are damaged" }) })
  )

/** Damage may have left anything there: it is looked at later. */
const isAlike = (a: BareRow, b: BareRow): boolean => a.at === b.at && startOf(String(a.id)) === startOf(String(b.id))

/** Puts rows of one time whose ids begin alike in order. */
const inOrder = <Row extends BareRow>(rows: ReadonlyArray<Row>, direction: RecordScan["direction"]) => {
  if (!rows.some((row, i) => i > 0 && row.at === rows[i - 1]?.at)) return rows
  const sign = direction === "forward" ? 1 : -1
  const ordered: Array<Row> = []
  for (let i = 0; i < rows.length; ) {
    const alike: Array<Row> = []
    const first = rows[i]
    for (let row = first; row !== undefined && first !== undefined && isAlike(first, row); row = rows[i]) {
      alike.push(row)
      i++
    }
    ordered.push(...alike.sort((a, b) => sign * compareUtf8(String(a.id), String(b.id))))
  }
  return ordered
}

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

  /** A page is read row by row, once: most of what it costs beyond the database's own time is looking at it. */
  const toBareRecords = (
    kind: string,
    rows: ReadonlyArray<BareRow>
  ): Effect.Effect<ReadonlyArray<StoredRecord>, StorageError> => {
    const records: Array<StoredRecord> = []
    for (const { at, body, id } of rows) {
      const place = typeof at === "number" ? at : Number(at ?? Number.NaN)
      if (typeof id !== "string" || typeof body !== "string" || !Number.isFinite(place)) {
        // It says what is wrong with which.
        return Effect.andThen(soundRows("read", rows, { id: "text", at: "number", body: "text" }), Effect.succeed([]))
      }
      records.push({ kind, id, at: place, terms: none, body })
    }
    return Effect.succeed(records)
  }

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
  const range = ({ direction, from, to, after }: Pick<RecordScan, "direction" | "from" | "to" | "after">) => {
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
  const read = ({ kind, term, limit, omitTerms, ...request }: RecordScan, order: string) =>
    sql<RecordRow>`
      SELECT r.id, r.at, ${sql.literal(omitTerms === true ? "" : "r.terms, ")}r.body
      FROM tidemark_terms t CROSS JOIN tidemark_records r
      WHERE ${sql.and([
        sql`t.space = (${spaceOf(sql, keys, store, kind)})`,
        sql`t.term = ${keyOf(term)}`,
        sql`r.record = t.record`,
        ...range(request)
      ])} ORDER BY ${sql.literal(order)} LIMIT ${limit}`

  /**
   * In the index's own order, which is that of records but for those of one time whose ids begin alike: a page is read without
   * sorting. Where it would end among such, the database has to sort.
   */
  const scan = Effect.fnUntraced(function* (request: RecordScan) {
    const { kind, direction, omitTerms } = request
    const limit = Math.max(request.limit, 0)
    const down = direction === "forward" ? "" : " DESC"
    const order = `t.at${down}, t.start${down}`
    let rows = yield* read({ ...request, limit: limit + 1 }, order)
    const [last, next] = [rows[limit - 1], rows[limit]]
    if (last !== undefined && next !== undefined && isAlike(last, next)) {
      rows = yield* read({ ...request, limit }, `${order}, r.id${down}`)
    } else rows = inOrder(rows.slice(0, limit), direction)
    return yield* omitTerms === true ? toBareRecords(kind, rows) : toRecords(kind, rows)
  })

  return { byId, scan }
}
