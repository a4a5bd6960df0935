/** Rows that several small objects share: how they are filled, and emptied. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { joinBytes } from "../../model/joinBytes.ts"
import type { StoredObject } from "../../storage/ObjectStorage.ts"
import type { Dialect } from "./Dialect.ts"
import { keyOfObject } from "./objectKeys.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"

/** Where an object's bytes are: in the n-th row of a batch, from `start` on. @internal */
export interface Placed {
  readonly object: StoredObject
  readonly row: number
  readonly start: number
}

/** A row to be: its bytes, and whose they are. @internal */
export interface ContentRow {
  readonly members: Uint8Array
  readonly bytes: Uint8Array
}

/** So much of a key says whose bytes they are: others that begin so are in other rows. */
const startBytes = 8
const keyBytes = 32

const membersOf = (keys: ReadonlyArray<Uint8Array>): Uint8Array => {
  const members = new Uint8Array(keys.length * startBytes)
  for (const [i, key] of keys.entries()) members.set(key.subarray(0, startBytes), i * startBytes)
  return members
}

/** The starts of keys, as texts, so that each is there once. */
const startsOf = (members: Uint8Array): ReadonlyArray<string> => {
  const text = Buffer.from(members.buffer, members.byteOffset, members.byteLength).toString("hex")
  const count = Math.floor(members.length / startBytes)
  return Array.from({ length: count }, (_, i) => text.slice(2 * startBytes * i, 2 * startBytes * (i + 1)))
}

/** The keys between which those are that begin so. */
const boundsOf = (start: string): ReadonlyArray<Uint8Array> => [
  Buffer.from(start, "hex"),
  Buffer.from(start.padEnd(2 * keyBytes, "f"), "hex")
]

/** Divides a batch among rows. @internal */
export const placeObjects = (
  objects: ReadonlyArray<StoredObject>,
  shared: Dialect["sharedRows"]
): { readonly placed: ReadonlyArray<Placed>; readonly rows: ReadonlyArray<ContentRow> } => {
  const placed: Array<Placed> = []
  const rows: Array<Array<StoredObject>> = []
  /** The row that is being filled, and how far. */
  let [open, filled] = [-1, 0]
  for (const object of objects) {
    const { length } = object.bytes
    if (shared === null || length >= shared.objectsBelow) {
      placed.push({ object, row: rows.push([object]) - 1, start: 0 })
      continue
    }
    if (open < 0 || filled + length > shared.below) {
      open = rows.push([]) - 1
      filled = 0
    }
    rows[open]?.push(object)
    placed.push({ object, row: open, start: filled })
    filled += length
  }
  return {
    placed,
    rows: rows.map((members) => ({
      members: membersOf(members.map(({ id }) => keyOfObject(id))),
      bytes: joinBytes(members.map(({ bytes }) => bytes))
    }))
  }
}

/** An object's part of a row. */
interface Slice {
  readonly id: Uint8Array
  readonly size: number
  readonly start: number
  readonly content: number
}

/** A row's bytes are so many, and these objects' who are left; `starts`: how the ids of all begin that it was stored for. */
interface Row {
  readonly size: number
  readonly starts: ReadonlyArray<string>
  readonly left: ReadonlyArray<Slice>
}

const readRows = Effect.fnUntraced(function* (
  { dialect, sql, store }: SqlStore,
  contents: ReadonlyArray<number>
): Effect.fn.Return<ReadonlyMap<number, Row>, SqlError> {
  const found = yield* sql<{ content: number; members: unknown; size: number }>`
    SELECT content, members, length(bytes) AS size FROM tidemark_contents WHERE content IN ${sql.in(contents)}`
  const rows = new Map<number, Row & { readonly left: Array<Slice> }>()
  for (const { content, members, size } of found) {
    if (members instanceof Uint8Array)
      rows.set(Number(content), { size: Number(size), starts: startsOf(members), left: [] })
  }
  if (dialect.sharedRows === null) return rows
  const starts = new Set([...rows.values()].flatMap((row) => row.starts))
  for (const part of chunked([...starts], 2, dialect.maxParameters - 8)) {
    const slices = yield* sql.unsafe<Slice>(
      `WITH members (low, high) AS (VALUES ${part.map(() => "(?, ?)").join(", ")})
       SELECT o.id, o.size, o.start, o.content FROM members m CROSS JOIN tidemark_objects o
       WHERE o.store = ? AND o.id BETWEEN m.low AND m.high`,
      [...part.flatMap(boundsOf), store]
    )
    // One that was removed and stored again is in another row by now.
    for (const slice of slices) rows.get(slice.content)?.left.push(slice)
  }
  for (const { left } of rows.values()) left.sort((a, b) => a.start - b.start)
  return rows
})

const sizeOf = (parts: ReadonlyArray<{ readonly size: number }>): number =>
  parts.reduce((sum, { size }) => sum + Number(size), 0)

/** Whether a row was stored for just these objects. */
const isFor = ({ starts }: Row, objects: ReadonlyArray<{ readonly id: Uint8Array }>): boolean => {
  const own = startsOf(membersOf(objects.map(({ id }) => id))).toSorted()
  const all = starts.toSorted()
  return own.length === all.length && own.every((start, i) => start === all[i])
}

/**
 * Takes out of rows what objects that were just removed had there; a row without any is removed. A row that was not stored
 * for just the removed and those who are left, or whose bytes are not just theirs, is damaged, or one of them names another's: it
 * stays as it is. Better too much than too little.
 *
 * @internal
 */
export const emptyRows = Effect.fnUntraced(function* (
  base: SqlStore,
  removed: ReadonlyArray<{ readonly id: Uint8Array; readonly content: number; readonly size: number }>
): Effect.fn.Return<void, SqlError> {
  const { dialect, sql, store } = base
  const byRow = Map.groupBy(removed, ({ content }) => Number(content))
  for (const part of chunked([...byRow.keys()], 1, dialect.maxParameters - 8)) {
    const rows = yield* readRows(base, part)
    const gone: Array<number> = []
    for (const content of part) {
      const row = rows.get(content)
      const from = byRow.get(content) ?? []
      if (row === undefined || !isFor(row, [...row.left, ...from])) continue
      if (row.left.length === 0) {
        gone.push(content)
        continue
      }
      if (sizeOf(row.left) + sizeOf(from) !== row.size) continue
      const [old] = yield* sql<{ bytes: Uint8Array }>`SELECT bytes FROM tidemark_contents WHERE content = ${content}`
      const parts: Array<Uint8Array> = []
      let at = 0
      for (const { id, size, start } of row.left) {
        parts.push((old?.bytes ?? new Uint8Array()).subarray(start, start + size))
        if (start !== at) yield* sql`UPDATE tidemark_objects SET start = ${at} WHERE store = ${store} AND id = ${id}`
        at += size
      }
      const members = membersOf(row.left.map(({ id }) => id))
      yield* sql`UPDATE tidemark_contents SET members = ${members}, bytes = ${joinBytes(parts)} WHERE content = ${content}`
    }
    if (gone.length > 0) yield* sql`DELETE FROM tidemark_contents WHERE content IN ${sql.in(gone)}`
  }
})
