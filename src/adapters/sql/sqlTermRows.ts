/** The rows that records are found by: one for each term of a record. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { startOf } from "./recordStart.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { makeTermKey } from "./termKeys.ts"

/** A record with its number, and the number of its kind. @internal */
export interface NumberedRecord {
  readonly space: number
  readonly record: number
  readonly id: string
  readonly at: number
  readonly terms: Iterable<string>
}

type TermRow = Readonly<Record<"space" | "at" | "record", number>> & {
  readonly term: Uint8Array
  readonly start: string
}

/** Rows of a statement that SQLite prepares once: it has not quite 4,096 characters. */
const preparedRows = 230
/** So many rows are put in order at once. */
const orderedRows = 1 << 17

/** By the first bytes of their terms, nearly as the index has them: it then grows at few places at a time. */
const inOrder = (rows: ReadonlyArray<TermRow>): ReadonlyArray<TermRow> => {
  const places = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const { term } = rows[i] as TermRow
    const first =
      ((term[0] as number) << 24) | ((term[1] as number) << 16) | ((term[2] as number) << 8) | (term[3] as number)
    places[i] = (first >>> 0) * orderedRows + i
  }
  places.sort()
  return Array.from(places, (place) => rows[place % orderedRows] as TermRow)
}

/** @internal */
export const makeTermRows = ({ dialect, sql }: Pick<SqlStore, "dialect" | "sql">) => {
  const keyOf = makeTermKey()

  const write = Effect.fnUntraced(function* (rows: ReadonlyArray<TermRow>): Effect.fn.Return<void, SqlError> {
    if (dialect.bulk === null) {
      // A row that a damaged record left behind is put right when the rows are made anew.
      for (const part of chunked(rows, 5, dialect.maxParameters)) {
        yield* sql`INSERT INTO tidemark_terms ${sql.insert(part)} ON CONFLICT DO NOTHING`
      }
      return
    }
    const ordered = inOrder(rows)
    for (let i = 0; i < ordered.length; i += preparedRows) {
      const part = ordered.slice(i, i + preparedRows)
      const parameters: Array<unknown> = []
      for (const { at, record, space, start, term } of part) parameters.push(space, term, at, start, record)
      yield* sql.unsafe(
        `INSERT INTO tidemark_terms (space, term, at, start, record) VALUES ${"(?, ?, ?, ?, ?), ".repeat(part.length - 1)}(?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        parameters
      )
    }
  })

  const insert = Effect.fnUntraced(function* (records: Iterable<NumberedRecord>): Effect.fn.Return<void, SqlError> {
    let rows: Array<TermRow> = []
    for (const { at, id, record, space, terms } of records) {
      const start = startOf(id)
      for (const term of terms) {
        rows.push({ space, term: keyOf(term), at, start, record })
        if (rows.length < orderedRows) continue
        yield* write(rows)
        rows = []
      }
    }
    if (rows.length > 0) yield* write(rows)
  })

  return { keyOf, insert }
}
