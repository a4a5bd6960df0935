/** What repairing a store did, and what is lost. */
import * as Schema from "effect/Schema"
import { ObjectId, OperationId } from "../../model/Ids.ts"
import { RecordName, RefChange } from "../../model/Operation.ts"
import { Affected } from "./StoreReport.ts"

/**
 * What repairing a store did.
 *
 * - `findings`: how much was found; with none, nothing was done and there is no operation
 * - `objects`, `records`: what stands again as it was, because it was found elsewhere, or could be derived
 * - `refs`: names that are back where the ledger says
 * - `moved`: names whose record is lost: branches and collections are where they were before it, others are gone
 * - `lost`: exactly what is not as it was: records that are gone, and others with the paths whose content is
 *
 * @public
 */
export const RepairReport = Schema.Struct({
  operation: Schema.NullOr(OperationId),
  findings: Schema.Int,
  objects: Schema.Array(ObjectId),
  records: Schema.Array(RecordName),
  refs: Schema.Array(RefChange),
  moved: Schema.Array(RefChange),
  lost: Schema.Array(Affected)
})
/** @public */
export interface RepairReport extends Schema.Schema.Type<typeof RepairReport> {}
