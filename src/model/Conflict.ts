/** Conflicts are values: a place where base, ours and theirs could not be combined, with everything needed to decide later. */
import * as Schema from "effect/Schema"
import { FilePath, ObjectId } from "./Ids.ts"
import { EntryKind } from "./Tree.ts"

/** What kind of disagreement a conflict is. @public */
export const ConflictKind = Schema.Literals([
  "content",
  "binary",
  "add/add",
  "modify/delete",
  "directory/file",
  "type",
  "mode",
  "symlink",
  "rejected"
])
/** @public */
export type ConflictKind = typeof ConflictKind.Type

/** One side of a conflict: what stood there, and at which path when a rename moved it. @public */
export const Term = Schema.Struct({
  kind: EntryKind,
  id: ObjectId,
  size: Schema.Int,
  path: Schema.optionalKey(FilePath)
})
/** @public */
export interface Term extends Schema.Schema.Type<typeof Term> {}

/**
 * A conflict as a sum: `sides` are added, `bases` are taken away, and there is one side more than there are bases.
 * A plain three-way conflict has two sides (ours, theirs) and one base. `null` stands for "nothing there".
 *
 * @public
 */
export const Conflict = Schema.Struct({
  kind: ConflictKind,
  bases: Schema.Array(Schema.NullOr(Term)),
  sides: Schema.Array(Schema.NullOr(Term))
})
/** @public */
export interface Conflict extends Schema.Schema.Type<typeof Conflict> {}
