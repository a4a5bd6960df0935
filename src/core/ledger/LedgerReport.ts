/** What checking the ledger found. */
import * as Schema from "effect/Schema"
import { ObjectId, OperationId, RefName } from "../../model/Ids.ts"

const Value = Schema.NullOr(Schema.String)

/**
 * One thing that is not as it should be.
 *
 * - `OperationAltered`: an operation's id is not the hash of what it says, or its text cannot be read
 * - `OperationMissing`: an operation is gone that a later one names, or the head, or (`namedBy: null`) the caller
 * - `OperationUnchained`: an operation is stored, but the chain from the head does not lead to it
 * - `RecordListDamaged`: an object that lists the records of a large operation is gone, or is not what it was
 * - `RecordMissing`, `RecordAltered`: a record that an operation stored is gone, or is not what was stored
 * - `Misplaced`: a record does not stand where its operation, its time and what it follows put it in the order
 * - `TermsWrong`: a record is not found by what it should be found by, or is found by something else
 * - `RefMoved`: a name is not where the last operation that moved it left it
 * - `RefBroken`: an operation moved a name from where no earlier operation had left it
 * - `RefUnrecorded`: a name is set that no operation ever moved
 * - `IdentityAltered`: the store's own name is not one that was drawn
 * - `IdentityMissing`: an operation was applied to a project under the store's own name, and there is none
 *
 * @public
 */
export const LedgerFinding = Schema.TaggedUnion({
  OperationAltered: { operation: Schema.String },
  OperationMissing: { operation: Schema.String, namedBy: Schema.NullOr(OperationId) },
  OperationUnchained: { operation: Schema.String },
  RecordListDamaged: { operation: OperationId, page: ObjectId },
  RecordMissing: { operation: OperationId, kind: Schema.String, id: Schema.String },
  RecordAltered: { operation: OperationId, kind: Schema.String, id: Schema.String },
  Misplaced: { kind: Schema.String, id: Schema.String },
  TermsWrong: {
    kind: Schema.String,
    id: Schema.String,
    missing: Schema.Array(Schema.String),
    extra: Schema.Array(Schema.String)
  },
  RefMoved: { name: RefName, operation: OperationId, expected: Value, found: Value },
  RefBroken: { name: RefName, operation: OperationId, expected: Value, found: Value },
  RefUnrecorded: { name: RefName, found: Schema.String },
  IdentityAltered: { found: Schema.String },
  IdentityMissing: { operation: OperationId }
})
/** @public */
export type LedgerFinding = typeof LedgerFinding.Type

/**
 * The result of checking the whole ledger. `tail` says whether a cut tail could have been seen: `checked` when the
 * caller gave a head known from before, else `unknown`, because a store from which the newest operations were removed
 * without a trace looks like one in which they never happened.
 *
 * @public
 */
export const LedgerReport = Schema.Struct({
  head: Schema.NullOr(OperationId),
  operations: Schema.Int,
  records: Schema.Int,
  refs: Schema.Int,
  tail: Schema.Literals(["checked", "unknown"]),
  findings: Schema.Array(LedgerFinding)
})
/** @public */
export interface LedgerReport extends Schema.Schema.Type<typeof LedgerReport> {}
