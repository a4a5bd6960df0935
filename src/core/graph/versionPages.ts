/** Pages of records that a filter keeps: by position, so that nothing is shown twice or missed while others append. */
import * as Effect from "effect/Effect"
import { compareUtf8 } from "../../model/order.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { cursorOf, defaultLimit, largestLimit, positionOf } from "../catalog/readPage.ts"

/** Which way a page goes. @public */
export type PageDirection = "newest" | "oldest"

/** A page never reads more records than about this; it ends early, with a cursor, when a filter keeps too few. @internal */
export const pageBudget = 5000

/** What to scan for a page: a term, and which part of its records. Both bounds are inclusive. @internal */
export interface RecordSource {
  readonly term: string
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** What a page is made of. @internal */
export interface RecordPageQuery<E> {
  readonly kind: string
  /** Records that carry one of these terms, within its bounds of the order key. */
  readonly sources: ReadonlyArray<RecordSource>
  readonly direction: PageDirection
  readonly cursor?: string | null | undefined
  readonly limit?: number | undefined
  /** Neither `keep` nor whoever asks looks at terms. */
  readonly omitTerms?: boolean | undefined
  /** Returns those of a batch that belong to the page, in their order. Absent: all do. */
  readonly keep?: ((batch: ReadonlyArray<StoredRecord>) => Effect.Effect<ReadonlyArray<StoredRecord>, E>) | undefined
}

/** A page's records, and where the next page starts; `null` when there is none. @internal */
export interface RecordPage {
  readonly records: ReadonlyArray<StoredRecord>
  readonly cursor: string | null
}

/** The number of entries that a page has at most. @internal */
export const pageSize = (limit: number | undefined): number =>
  Math.max(1, Math.min(largestLimit, Math.trunc(limit ?? defaultLimit)))

/** The order of records. @internal */
export const comparePositions = (a: RecordPosition, b: RecordPosition): number => a.at - b.at || compareUtf8(a.id, b.id)

/** Reads one page: a few batches of records, each filtered as a whole. @internal */
export const recordPage = Effect.fnUntraced(function* <E = never>(
  catalog: CatalogStorageService,
  query: RecordPageQuery<E>
): Effect.fn.Return<RecordPage, E | InvalidCursor | StorageError> {
  const limit = pageSize(query.limit)
  // Without a filter one record more than the page tells whether there is a next one.
  const batchSize = query.keep === undefined ? limit + 1 : Math.max(100, Math.min(1000, limit * 2))
  let position = query.cursor == null ? undefined : yield* positionOf(query.cursor)
  const records: Array<StoredRecord> = []
  for (let examined = 0; ; ) {
    const batch = yield* nextBatch(catalog, query, position, batchSize)
    const kept = query.keep === undefined ? batch : yield* query.keep(batch)
    const room = limit - records.length
    const ended = batch.length < batchSize
    for (const record of kept.slice(0, room)) records.push(record)
    const last = kept[room - 1]
    if (last !== undefined && (!ended || last !== batch.at(-1))) return { records, cursor: cursorOf(last) }
    if (ended) return { records, cursor: null }
    position = batch.at(-1)
    examined += batch.length
    if (examined >= pageBudget && position !== undefined) return { records, cursor: cursorOf(position) }
  }
})

/** The next records of all sources together, in their order. */
const nextBatch = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  query: Pick<RecordPageQuery<unknown>, "kind" | "sources" | "direction" | "omitTerms">,
  after: RecordPosition | undefined,
  limit: number
) {
  const direction = query.direction === "newest" ? "backward" : "forward"
  const pages = yield* Effect.forEach(query.sources, (source) =>
    catalog.scan({ kind: query.kind, ...source, direction, after, limit, omitTerms: query.omitTerms })
  )
  const [only] = pages
  if (only !== undefined && pages.length === 1) return only
  const byId = new Map(pages.flat().map((record) => [record.id, record]))
  const sign = direction === "forward" ? 1 : -1
  return [...byId.values()].sort((a, b) => sign * comparePositions(a, b)).slice(0, limit)
})
