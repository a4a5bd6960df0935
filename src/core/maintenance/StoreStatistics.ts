/** What a store holds, in numbers. */
import * as Schema from "effect/Schema"
import { OperationId } from "../../model/Ids.ts"

const Sum = Schema.Struct({ count: Schema.Int, bytes: Schema.Int })
const Sums = Schema.Record(Schema.String, Sum)

/**
 * What a store holds. Bytes are those that object storage and the bodies of records take, before whatever the storage adds.
 *
 * - `objects`: everything in object storage; `forms` says of it how many are whole, lists of chunks (`chunked`), or damaged
 *   beyond telling (`unknown`), and is `null` unless it was asked for
 * - `records` by kind, `refs` by the first part of their names (`branch`, `tag`, `deployed`, …), `operations` by kind
 *
 * @public
 */
export const StoreStatistics = Schema.Struct({
  head: Schema.NullOr(OperationId),
  objects: Schema.Struct({
    ...Sum.fields,
    /** When the oldest and the newest were stored or claimed last, by the store's clock; `null` without objects. */
    oldest: Schema.NullOr(Schema.Finite),
    newest: Schema.NullOr(Schema.Finite),
    forms: Schema.NullOr(Sums)
  }),
  records: Sums,
  refs: Schema.Record(Schema.String, Schema.Int),
  operations: Schema.Record(Schema.String, Schema.Int)
})
/** @public */
export interface StoreStatistics extends Schema.Schema.Type<typeof StoreStatistics> {}
