/** What the ledger knows of all that was ever stored: read once, newest first. */
import * as Effect from "effect/Effect"
import type { ObjectId, OperationId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { eachRecordList } from "../ledger/recordPages.ts"
import type { ObjectsService } from "../objects/Objects.ts"

const page = 200

/**
 * Gives `use` every operation from a head to the beginning of the ledger, or until `until`, which is left out, or until
 * `use` answers `false`.
 *
 * @internal
 */
export const walkLedger = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  head: OperationId | null,
  until: OperationId | null,
  use: (operation: Operation) => Effect.Effect<unknown, E>
): Effect.fn.Return<void, E | StorageError> {
  let next = head
  let after: StoredRecord | undefined
  const supply = new Map<string, StoredRecord>()
  while (next !== null && next !== until) {
    if (!supply.has(next)) {
      // The order of the catalog is that of the chain; the first one says where the chain stands in it.
      const [first] =
        after === undefined ? [...(yield* catalog.records(operationCodec.kind, [next])).values()] : [undefined]
      if (first !== undefined) supply.set(first.id, first)
      const from = after ?? first
      const scanned: ReadonlyArray<StoredRecord> = yield* catalog.scan({
        kind: operationCodec.kind,
        term: "all",
        direction: "backward",
        after: from,
        limit: until === null ? page : 10
      })
      for (const record of scanned) supply.set(record.id, record)
      after = scanned.at(-1) ?? from
    }
    const record = supply.get(next)
    if (record === undefined) {
      return yield* Effect.fail(corrupt("collect", `operation ${next}`, "the ledger names it, but it is missing"))
    }
    supply.delete(next)
    const operation: Operation = yield* operationCodec.decode(record)
    if ((yield* use(operation)) === false) return
    next = operation.previous
  }
})

/** Everything that was ever recorded, as far as it may still be there. @internal */
export interface LedgerPast {
  /** Raw times of all operations, newest first. */
  readonly times: ReadonlyArray<number>
  /** Ids of snapshots that were not pruned; in the order in which they were made, newest first. */
  readonly snapshots: ReadonlyArray<string>
  /** Objects that list the records of large operations: the ledger cannot be checked without them. */
  readonly pages: ReadonlyArray<ObjectId>
}

/** Reads the times of all operations, and which snapshots there are. @internal */
export const readPast = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  head: OperationId | null
): Effect.fn.Return<LedgerPast, StorageError> {
  const times: Array<number> = []
  const snapshots: Array<string> = []
  const pages: Array<ObjectId> = []
  const removed = new Set<string>()
  yield* walkLedger(
    catalog,
    head,
    null,
    Effect.fnUntraced(function* (operation) {
      times.push(operation.time)
      yield* eachRecordList(
        objects,
        operation,
        (sums) =>
          Effect.sync(() => {
            for (const { id, kind } of sums) if (kind === "snapshot" && !removed.has(id)) snapshots.push(id)
          }),
        (names) =>
          Effect.sync(() => {
            for (const { id, kind } of names) if (kind === "snapshot") removed.add(id)
          })
      )
      for (const page of operation.pages ?? []) pages.push(page)
    })
  )
  return { times, snapshots, pages }
})
