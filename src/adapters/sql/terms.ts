/** A record's terms as one text, beside their rows: to give them back, and to find the rows when the record goes. */
import * as Effect from "effect/Effect"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"

interface TermsRow {
  readonly id: string
  readonly terms: string
}

const isTerms = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((term) => typeof term === "string")

/** Whether a text is one that {@link encodeTerms} may have made. @internal */
export const isTermsText = (text: string): boolean => {
  try {
    return isTerms(JSON.parse(text))
  } catch {
    return false
  }
}

const startCharacters = 8

/** So much of an id as the rows of its terms have: it orders ids as they are ordered, but for those that begin alike. @internal */
export const startOf = (id: string): string => {
  const start = id.slice(0, startCharacters)
  // By characters, as databases count them: where all are of one unit, both are the same.
  return /^[\0-\x7f]*$/.test(start) ? start : [...id].slice(0, startCharacters).join("")
}

/** The same, of a column. @internal */
export const startOfColumn = (column: string): string => `substr(${column}, 1, ${startCharacters})`

/** @internal */
export const encodeTerms = (terms: ReadonlyArray<string>): string => JSON.stringify(terms)

/**
 * Reads the terms of rows of one kind. All of them in one step: a page has many rows, and an effect for each costs more
 * than reading it.
 *
 * @internal
 */
export const withTerms = <Row extends TermsRow, A>(
  kind: string,
  rows: ReadonlyArray<Row>,
  make: (row: Row, terms: ReadonlyArray<string>) => A
): Effect.Effect<ReadonlyArray<A>, StorageError> =>
  Effect.suspend(() => {
    let last = ""
    return Effect.try({
      try: () =>
        rows.map((row) => {
          last = row.id
          const terms: unknown = JSON.parse(row.terms)
          if (!isTerms(terms)) throw new TypeError("not a list of texts")
          return make(row, terms)
        }),
      catch: (cause) => {
        const detail = "its terms are damaged"
        const reason = new StorageCorrupt({ operation: "read", key: `${kind} ${last}`, detail, cause })
        return new StorageError({ reason })
      }
    })
  })
