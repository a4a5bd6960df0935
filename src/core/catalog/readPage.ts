/** Pages of records, in the order of (at, id). */
import * as Effect from "effect/Effect"
import { InvalidCursor } from "../../model/Page.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { RecordCodec } from "./recordCodec.ts"

/** One page. `cursor` asks for the next; `null`: there is none. @public */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly cursor: string | null
}

/** Which page to read. @internal */
export interface PageQuery<A> {
  readonly term: string
  readonly direction: "forward" | "backward"
  readonly from?: number | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  /** Records that are read but not wanted; at most `budget` of them a page, then the page ends early with a cursor. */
  readonly accept?: ((value: A) => boolean) | undefined
  readonly budget?: number | undefined
}

/** A page's size where none is given. @internal */
export const defaultLimit = 100
/** The largest page there is. @internal */
export const largestLimit = 10_000

/** Writes a position as a cursor. Cursors are opaque to callers, and plain to read for people. @internal */
export const cursorOf = ({ at, id }: RecordPosition): string => `${at}:${id}`

/** Reads a cursor. @internal */
export const positionOf = (cursor: string): Effect.Effect<RecordPosition, InvalidCursor> => {
  const match = /^(-?[0-9]{1,16}):(.+)$/s.exec(cursor)
  return match === null
    ? Effect.fail(new InvalidCursor({ cursor }))
    : Effect.succeed({ at: Number(match[1]), id: match[2] ?? "" })
}

/** Reads a page of records of one kind and decodes them. @internal */
export const readPage = Effect.fnUntraced(function* <A>(
  catalog: CatalogStorageService,
  codec: RecordCodec<A>,
  query: PageQuery<A>
): Effect.fn.Return<Page<A>, InvalidCursor | StorageError> {
  const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? defaultLimit)), largestLimit)
  const budget = query.budget ?? 10_000
  const items: Array<A> = []
  let after = query.cursor === undefined ? undefined : yield* positionOf(query.cursor)
  let read = 0
  for (;;) {
    // One more than wanted tells whether there is a next page.
    const size = Math.min(limit - items.length + 1, 1000)
    const records: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: codec.kind,
      term: query.term,
      direction: query.direction,
      from: query.from,
      after,
      limit: size,
      omitTerms: true
    })
    for (const record of records) {
      if (items.length === limit || read >= budget)
        return { items, cursor: after === undefined ? null : cursorOf(after) }
      const value = yield* codec.decode(record)
      if (query.accept === undefined || query.accept(value)) items.push(value)
      else read += 1
      after = { at: record.at, id: record.id }
    }
    if (records.length < size) return { items, cursor: null }
  }
})
