/** Where snapshots stand, and which ones they follow: read one by one at first, then many at a time. */
import * as Effect from "effect/Effect"
import type { CollectionId, SnapshotId } from "../../model/Ids.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"

/** So many are read by their ids before a walk reads ahead. */
const patience = 2
const firstPage = 16
const largestPage = 500
/** Reading ahead stops when less than one in this many of what it read was asked for. */
const worthwhile = 4

/** @internal */
export interface SnapshotPlace {
  readonly at: number
  readonly previous: SnapshotId | null
}

/**
 * Makes what a walk down the snapshots of a collection asks, from newer to older ones. They are found in their order by the
 * collection, so what comes next is read with what was asked for, in pages that grow; unless most of it belongs to other rows.
 *
 * @internal
 */
export const makeSnapshotPlaces = (catalog: CatalogStorageService, collection: CollectionId) => {
  const known = new Map<string, SnapshotPlace>()
  let [asked, scanned, size] = [0, 0, firstPage]
  let lowest: RecordPosition | undefined

  const add = Effect.fnUntraced(function* (record: StoredRecord) {
    const { id, previous } = yield* snapshotCodec.decode(record)
    known.set(id, { at: record.at, previous })
  })

  const readAhead = Effect.fnUntraced(function* (below: number) {
    const page = yield* catalog.scan({
      kind: snapshotCodec.kind,
      term: joinParts("collection", collection),
      direction: "backward",
      ...(lowest !== undefined && lowest.at <= below ? { after: lowest } : { to: below }),
      limit: size,
      omitTerms: true
    })
    for (const record of page) yield* add(record)
    lowest = page.at(-1) ?? lowest
    scanned += page.length
    size = Math.min(largestPage, size * 2)
  })

  /** `below`: where the snapshot stands that follows this one, where that is known. */
  return Effect.fnUntraced(function* (
    id: SnapshotId,
    below: number | undefined
  ): Effect.fn.Return<SnapshotPlace | undefined, StorageError> {
    asked += 1
    if (!known.has(id) && below !== undefined) {
      const pays = scanned < 4 * firstPage || (asked - patience) * worthwhile >= scanned
      if (asked > patience && pays) yield* readAhead(below)
    }
    if (!known.has(id)) {
      const record = (yield* catalog.records(snapshotCodec.kind, [id])).get(id)
      if (record === undefined) return undefined
      yield* add(record)
    }
    return known.get(id)
  })
}
