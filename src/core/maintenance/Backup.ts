/** What taking a backup back tells, and why it may refuse. */
import * as Schema from "effect/Schema"
import { OperationId } from "../../model/Ids.ts"

/** What a backup held, and now stands in the store. @public */
export const BackupRestored = Schema.Struct({
  head: Schema.NullOr(OperationId),
  objects: Schema.Int,
  records: Schema.Int,
  refs: Schema.Int
})
/** @public */
export interface BackupRestored extends Schema.Schema.Type<typeof BackupRestored> {}

/** A backup is not what was written: cut, changed, or none at all. `at` is the byte where that shows. @public */
export class BackupDamaged extends Schema.TaggedError<BackupDamaged>("tidemark/core/BackupDamaged")(
  "BackupDamaged",
  { at: Schema.Int, detail: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `The backup is damaged at byte ${this.at}: ${this.detail}. No name of the store was changed; try another copy.`
  }
}

/** A backup is taken back only into a store in which nothing was done yet. Nothing was changed. @public */
export class StoreNotEmpty extends Schema.TaggedError<StoreNotEmpty>("tidemark/core/StoreNotEmpty")(
  "StoreNotEmpty",
  { head: OperationId },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    return `The store has a ledger already (its newest operation is ${this.head}). Open a new store and restore into that.`
  }
}
