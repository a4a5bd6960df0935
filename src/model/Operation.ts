/** Operations: the entries of the ledger, and the unit of undo. */
import * as Schema from "effect/Schema"
import { Actor, ObjectId, OperationId, ProjectId, RefName, SnapshotId, Text, TreeId } from "./Ids.ts"

/** What an operation did. @public */
export const OperationKind = Schema.Literals([
  "capture",
  "append",
  "branch",
  "tag",
  "receive",
  "deploy",
  "update",
  "retire",
  "resolve",
  "rollback",
  "restore",
  "undo",
  "redo",
  "prune",
  "collect",
  "repair"
])
/** @public */
export type OperationKind = typeof OperationKind.Type

/** A name that an operation moved: from what, to what. @public */
export const RefChange = Schema.Struct({
  name: RefName,
  before: Schema.NullOr(Schema.String),
  after: Schema.NullOr(Schema.String)
})
/** @public */
export interface RefChange extends Schema.Schema.Type<typeof RefChange> {}

/**
 * A record that an operation stored, so that a later change of it shows: the SHA-256 of its body, its place in the order,
 * and the SHA-256 of the terms that it is found by (as a canonical JSON array, sorted, each once).
 *
 * @public
 */
export const RecordSum = Schema.Struct({
  kind: Schema.String,
  id: Schema.String,
  sha256: Schema.String,
  at: Schema.Int,
  terms: Schema.String
})
/** @public */
export interface RecordSum extends Schema.Schema.Type<typeof RecordSum> {}

/** A record by its kind and id. @public */
export const RecordName = Schema.Struct({ kind: Schema.String, id: Schema.String })
/** @public */
export interface RecordName extends Schema.Schema.Type<typeof RecordName> {}

/**
 * What an operation did to a project's files: `found` holds every path it touched as it was before, `left` as it was
 * after. Both are trees rooted at the project; a path missing from one did not exist then. `project` is `null` where a
 * snapshot was restored into a directory that is no project.
 *
 * @public
 */
export const ProjectEffect = Schema.Struct({
  project: Schema.NullOr(ProjectId),
  applyId: Text,
  found: TreeId,
  left: TreeId,
  safety: Schema.NullOr(SnapshotId)
})
/** @public */
export interface ProjectEffect extends Schema.Schema.Type<typeof ProjectEffect> {}

/**
 * One change of a store's names. `id` is the SHA-256 of everything else in it, `previous` included, so the ledger is
 * tamper-evident. `time` is the raw clock. `removes` names the records that pruning or collecting took away. Where
 * there are too many records for a list, `pages` are the objects that list them instead: first those that were stored, in their
 * order, then those that were taken away.
 *
 * @public
 */
export const Operation = Schema.Struct({
  id: OperationId,
  previous: Schema.NullOr(OperationId),
  kind: OperationKind,
  actor: Actor,
  time: Schema.Int,
  reason: Text,
  subjects: Schema.Array(Text),
  refs: Schema.Array(RefChange),
  records: Schema.Array(RecordSum),
  pages: Schema.optionalKey(Schema.Array(ObjectId)),
  effect: Schema.NullOr(ProjectEffect),
  reverses: Schema.Array(OperationId),
  details: Schema.Record(Text, Schema.Json),
  removes: Schema.optionalKey(Schema.Array(RecordName))
})
/** @public */
export interface Operation extends Schema.Schema.Type<typeof Operation> {}

/** No such operation is in the ledger. @public */
export class OperationNotFound extends Schema.TaggedError<OperationNotFound>("tidemark/model/OperationNotFound")(
  "OperationNotFound",
  { id: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `The ledger has no operation ${JSON.stringify(this.id)}. List them with Ledger.list.`
  }
}

/** An operation cannot be undone: a later one builds on it, or its kind has no inverse. @public */
export class UndoConflict extends Schema.TaggedError<UndoConflict>("tidemark/model/UndoConflict")(
  "UndoConflict",
  {
    operation: OperationId,
    name: Schema.NullOr(RefName),
    expected: Schema.NullOr(Schema.String),
    found: Schema.NullOr(Schema.String),
    later: Schema.NullOr(OperationId)
  },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    if (this.name === null) return `Operation ${this.operation} cannot be undone: what it took away is gone.`
    return this.later === null
      ? `Operation ${this.operation} cannot be undone: ${this.name ?? "it"} is no longer what the operation left.`
      : `Operation ${this.operation} cannot be undone: operation ${this.later} has moved ${this.name ?? "a name"} since. Undo that one first.`
  }
}

/**
 * An operation cannot be taken back any more: what it goes back to was pruned or collected. `missing` names one thing that
 * is gone. Nothing was changed.
 *
 * @public
 */
export class OperationCollected extends Schema.TaggedError<OperationCollected>("tidemark/model/OperationCollected")(
  "OperationCollected",
  { operation: OperationId, missing: Schema.String },
  { httpApiStatus: 410 }
) {
  override get message(): string {
    return `Operation ${this.operation} can no longer be taken back: ${this.missing} was pruned or collected. Nothing was changed. A wider undo window keeps more for the next time.`
  }
}

/** The operation changed files, so taking it back needs to know where the project stands. @public */
export class RootNeeded extends Schema.TaggedError<RootNeeded>("tidemark/model/RootNeeded")(
  "RootNeeded",
  { operation: OperationId, project: Schema.NullOr(ProjectId) },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    const where = this.project === null ? "a directory" : `project ${JSON.stringify(this.project)}`
    return `Operation ${this.operation} changed files of ${where}: give its \`root\` to take it back.`
  }
}
