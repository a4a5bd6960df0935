/** Rows that several small objects share: how they are filled, and emptied. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StoredObject } from "../../storage/ObjectStorage.ts"
import type { Dialect } from "./Dialect.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"

/** Where an object's bytes are: in the n-th row of a batch, from `start` on. @internal */
export interface Placed {
  readonly object: StoredObject
  readonly row: number
  readonly start: number
}

/** Divides a batch among rows. @internal */
export const placeObjects = (
  objects: ReadonlyArray<StoredObject>,
  shared: Dialect["sharedRows"]
): { readonly placed: ReadonlyArray<Placed>; readonly rows: ReadonlyArray<Uint8Array> } => {
  const placed: Array<Placed> = []
  const rows: Array<Array<Uint8Array>> = []
  /** The row that is being filled, and how far. */
  let [open, filled] = [-1, 0]
  for (const object of objects) {
    const { length } = object.bytes
    if (shared === null || length >= shared.objectsBelow) {
      placed.push({ object, row: rows.push([object.bytes]) - 1, start: 0 })
      continue
    }
    if (open < 0 || filled + length > shared.below) {
      open = rows.push([]) - 1
      filled = 0
    }
    rows[open]?.push(object.bytes)
    placed.push({ object, row: open, start: filled })
    filled += length
  }
  return { placed, rows: rows.map(joined) }
}

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** An object's part of a row. */
interface Slice {
  readonly store: string
  readonly id: string
  readonly size: number
  readonly start: number
  readonly content: number
}

/** Takes out of rows what objects that were just removed had there; a row without any is removed. @internal */
export const emptyRows = Effect.fnUntraced(function* (
  { dialect, sql }: SqlStore,
  contents: ReadonlyArray<number>
): Effect.fn.Return<void, SqlError> {
  for (const part of chunked([...new Set(contents)], 1, dialect.maxParameters - 8)) {
    const left = new Map<number, Array<Slice>>()
    if (dialect.sharedRows !== null) {
      // Without an index: it would be as large as the table, for a question that is seldom asked.
      const rows = yield* sql<Slice>`
        SELECT store, id, size, start, content FROM tidemark_objects WHERE content IN ${sql.in(part)}
        ORDER BY content, start`
      for (const slice of rows) {
        const others = left.get(slice.content)
        if (others === undefined) left.set(slice.content, [slice])
        else others.push(slice)
      }
    }
    const gone = part.filter((content) => !left.has(content))
    if (gone.length > 0) yield* sql`DELETE FROM tidemark_contents WHERE content IN ${sql.in(gone)}`
    for (const [content, slices] of left) {
      const [row] = yield* sql<{ bytes: Uint8Array }>`SELECT bytes FROM tidemark_contents WHERE content = ${content}`
      const parts: Array<Uint8Array> = []
      let at = 0
      for (const { id, size, start, store } of slices) {
        parts.push((row?.bytes ?? new Uint8Array()).subarray(start, start + size))
        if (start !== at) yield* sql`UPDATE tidemark_objects SET start = ${at} WHERE store = ${store} AND id = ${id}`
        at += size
      }
      yield* sql`UPDATE tidemark_contents SET bytes = ${joined(parts)} WHERE content = ${content}`
    }
  }
})
