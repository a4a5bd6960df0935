/** What one frame of the catalog's log says: one commit, as JSON. */
import type { RefName } from "../../../model/Ids.ts"
import type { StoredRecord } from "../../../storage/CatalogStorage.ts"

/** A commit after it was compared: only what it changes. @internal */
export interface CatalogChange {
  readonly records: ReadonlyArray<StoredRecord>
  readonly remove: ReadonlyArray<{ readonly kind: string; readonly id: string }>
  readonly refs: ReadonlyArray<readonly [RefName, string | null]>
}

/** @internal */
export const isEmptyChange = ({ records, refs, remove }: CatalogChange): boolean =>
  records.length === 0 && remove.length === 0 && refs.length === 0

/** @internal */
export const encodeChange = ({ records, refs, remove }: CatalogChange): Buffer =>
  Buffer.from(
    JSON.stringify({
      records: records.map(({ kind, id, at, terms, body }) => ({ kind, id, at, terms, body })),
      remove: remove.map(({ kind, id }) => ({ kind, id })),
      refs
    })
  )

/** The frame's checksum says that it is what {@link encodeChange} made. @internal */
export const decodeChange = (payload: Buffer): CatalogChange => JSON.parse(payload.toString()) as CatalogChange
