/** Checks the catalog of a store alone: what a repair of records can have changed. */
import * as Effect from "effect/Effect"
import type { StorageError } from "../../storage/StorageError.ts"
import { verifyLedger } from "../ledger/verifyLedger.ts"
import { carefulCatalog } from "./carefulStorage.ts"
import { checkTerms } from "./checkTerms.ts"
import { walkRecords } from "./recordWalk.ts"
import { type Finding, lostRecords, makeFindings } from "./storeFindings.ts"
import type { StoreParts } from "./verifyStore.ts"

/**
 * The ledger, every record with its terms, and the records that refs and others lead to. Of objects, only those are read that list
 * records of large operations.
 *
 * @internal
 */
export const checkRecords = Effect.fnUntraced(function* ({
  catalog: storage,
  objects,
  sha256
}: StoreParts): Effect.fn.Return<ReadonlyArray<Finding>, StorageError> {
  const { all, note } = makeFindings()
  const catalog = carefulCatalog(storage, note)
  const ledger = yield* verifyLedger(catalog, objects, sha256, undefined)
  for (const finding of ledger.findings) note(finding)
  const lost = lostRecords(ledger.findings)
  const walked = yield* walkRecords(catalog, objects, (batch) =>
    Effect.asVoid(
      checkTerms(
        catalog,
        batch.map(({ record }) => record),
        note
      )
    )
  )
  for (const [name, { by, key }] of walked.absent) {
    if (!lost.has(name)) note({ _tag: "LinkBroken", by, ...key })
  }
  return all()
})
