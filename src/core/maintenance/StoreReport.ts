/** What checking a whole store found. */
import * as Schema from "effect/Schema"
import { FilePath, ObjectId, OperationId } from "../../model/Ids.ts"
import { LedgerFinding } from "../ledger/LedgerReport.ts"

const Name = { kind: Schema.String, id: Schema.String }

/**
 * One thing of a store that is not as it should be, beside what the ledger tells (`LedgerFinding`).
 *
 * - `ObjectMissing`: something names an object that is not stored
 * - `ObjectAltered`: an object's bytes are not those that its id is the hash of, or are not what it is named as
 * - `ObjectMislisted`: an object's size is told wrongly, its stored form is not what was stored though its content is, or it is
 *   listed under no id that there can be
 * - `LinkBroken`: a record or a ref (`by`) names a record that is not stored
 * - `NotFoundBy`, `FoundBy`: a record is not found by a term that it has, or is found by one that it has not
 * - `RefUnsteady`: a ref answers another value when it is asked for than when it is listed
 * - `RefListedWrong`: the refs of a prefix are not those that all refs have of it
 * - `StorageDamaged`: what the storage says of itself when it is asked
 * - `Unreadable`: the storage could not answer; `key` is what it was asked for
 *
 * @public
 */
export const StoreFinding = Schema.TaggedUnion({
  ObjectMissing: { object: Schema.String },
  ObjectAltered: { object: Schema.String, detail: Schema.String },
  ObjectMislisted: { object: Schema.String, detail: Schema.String },
  LinkBroken: { by: Schema.String, ...Name },
  NotFoundBy: { ...Name, term: Schema.String },
  FoundBy: { ...Name, term: Schema.String },
  RefUnsteady: { name: Schema.String, listed: Schema.String, found: Schema.NullOr(Schema.String) },
  RefListedWrong: { prefix: Schema.String },
  StorageDamaged: { key: Schema.String, detail: Schema.String },
  Unreadable: { key: Schema.String, detail: Schema.String }
})
/** @public */
export type StoreFinding = typeof StoreFinding.Type

/**
 * A record that suffers from damage: a version, snapshot, deployment, resolution or operation. `isLost` says that the record
 * itself is gone or altered; otherwise `paths` are those of its files and directories whose content is, at most 1,000 of them:
 * `more` says that there are others. The empty path is all of it. `objects` are those that are at fault.
 *
 * @public
 */
export const Affected = Schema.Struct({
  ...Name,
  /** The artifact, collection or project that it belongs to, where that can still be told. */
  subject: Schema.NullOr(Schema.String),
  isLost: Schema.Boolean,
  paths: Schema.Array(Schema.Union([Schema.Literal(""), FilePath])),
  more: Schema.Boolean,
  objects: Schema.Array(ObjectId)
})
/** @public */
export interface Affected extends Schema.Schema.Type<typeof Affected> {}

/**
 * The result of checking a whole store. No findings: everything that a ref or the ledger leads to is there, and every byte of
 * it is what it was. `tail` is as in `LedgerReport`. `unchecked` are lists of chunks, on a
 * runtime that cannot hash in pieces: the chunks were checked, but not that they are the right ones.
 *
 * @public
 */
export const StoreReport = Schema.Struct({
  head: Schema.NullOr(OperationId),
  operations: Schema.Int,
  records: Schema.Int,
  refs: Schema.Int,
  terms: Schema.Int,
  objects: Schema.Int,
  bytes: Schema.Int,
  unchecked: Schema.Array(ObjectId),
  tail: Schema.Literals(["checked", "unknown"]),
  findings: Schema.Array(Schema.Union([LedgerFinding, StoreFinding])),
  affected: Schema.Array(Affected)
})
/** @public */
export interface StoreReport extends Schema.Schema.Type<typeof StoreReport> {}
