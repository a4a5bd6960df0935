/** Conflicts are values: a place where base, ours and theirs could not be combined, with everything needed to decide later. */
import * as Schema from "effect/Schema"
import { BlobId, FilePath, ObjectId, ProjectId, Text } from "./Ids.ts"
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
  "rename/rename(1to2)",
  "rename/rename(2to1)",
  "rename/add",
  "rename/delete",
  "directory-rename",
  "directory-rename/split",
  "directory-rename/collision",
  "case-collision",
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

/** How a hunk of a text conflict is decided: by a side, by both in an order, or by a text of one's own. @public */
export const SettledUse = Schema.Literals(["ours", "theirs", "base", "ours-then-theirs", "theirs-then-ours", "custom"])
/** @public */
export type SettledUse = typeof SettledUse.Type

/** A hunk that is decided, and the text that stands for it. @public */
export const SettledHunk = Schema.Struct({ hunk: Schema.Int, use: SettledUse, text: BlobId })
/** @public */
export interface SettledHunk extends Schema.Schema.Type<typeof SettledHunk> {}

/**
 * How far a text conflict is decided while some hunk of it is still open. `style` and `textPolicy` say how it was cut into
 * hunks; `edits` are texts around the hunks that were edited, by the number of the hunk they stand before.
 *
 * @public
 */
export const SettledHunks = Schema.Struct({
  style: Schema.Literals(["merge", "diff3", "zdiff3"]),
  textPolicy: Schema.Literals(["none", "line-endings"]),
  hunks: Schema.Array(SettledHunk),
  edits: Schema.Array(Schema.Struct({ gap: Schema.Int, text: BlobId }))
})
/** @public */
export interface SettledHunks extends Schema.Schema.Type<typeof SettledHunks> {}

/**
 * A conflict as a sum: `sides` are added, `bases` are taken away, and there is one side more than there are bases.
 * A plain three-way conflict has two sides (ours, theirs) and one base. `null` stands for "nothing there".
 *
 * @public
 */
export const Conflict = Schema.Struct({
  kind: ConflictKind,
  bases: Schema.Array(Schema.NullOr(Term)),
  sides: Schema.Array(Schema.NullOr(Term)),
  settled: Schema.optionalKey(SettledHunks)
})
/** @public */
export interface Conflict extends Schema.Schema.Type<typeof Conflict> {}

/** A resolution does not fit the conflict that it is for. Nothing was changed. @public */
export class ResolutionRefused extends Schema.TaggedError<ResolutionRefused>("tidemark/model/ResolutionRefused")(
  "ResolutionRefused",
  {
    project: ProjectId,
    path: FilePath,
    reason: Schema.Literals(["no-hunks", "no-such-hunk", "other-style", "markers", "changed-since"]),
    detail: Text
  },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    return `The conflict at ${JSON.stringify(this.path)} in project ${JSON.stringify(this.project)} cannot be resolved so: ${this.detail}.`
  }
}
