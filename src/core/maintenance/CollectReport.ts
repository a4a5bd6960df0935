/** What collecting and pruning came to. */
import * as Schema from "effect/Schema"
import { CollectionId, OperationId, ProjectId, SnapshotId } from "../../model/Ids.ts"
import { RetentionReason } from "../../model/Retention.ts"

/** How many objects, and the bytes that object storage keeps for them. @public */
export const ObjectSum = Schema.Struct({ objects: Schema.Int, bytes: Schema.Int })
/** @public */
export interface ObjectSum extends Schema.Schema.Type<typeof ObjectSum> {}

/**
 * What collecting removed, or, of a dry run, would remove.
 *
 * - `kept`: what stays and why: `names` (branches, tags, collections, deployments and decisions lead to it), `snapshots`,
 *   `safety` snapshots, `operations` (those in the undo window), or, named by nothing, `grace`: it was stored or claimed lately
 * - `garbage`: what nothing names and is older than the grace. `removed` is how much of it was removed: nothing by a dry
 *   run, and less where a writer claimed some of it meanwhile
 * - `versions`: versions that nothing leads to any more; their records go with their content
 * - `window`: how many operations can still be taken back
 * - `operation`: the ledger's entry of it; `null` for a dry run, and where there was no garbage
 *
 * @public
 */
export const CollectReport = Schema.Struct({
  dryRun: Schema.Boolean,
  operation: Schema.NullOr(OperationId),
  kept: Schema.Struct({
    names: ObjectSum,
    snapshots: ObjectSum,
    safety: ObjectSum,
    operations: ObjectSum,
    grace: ObjectSum
  }),
  garbage: ObjectSum,
  removed: ObjectSum,
  versions: Schema.Int,
  window: Schema.Int
})
/** @public */
export interface CollectReport extends Schema.Schema.Type<typeof CollectReport> {}

/** One snapshot, and the reasons to keep it: without one it is pruned. @public */
export const PrunedSnapshot = Schema.Struct({
  id: SnapshotId,
  collection: Schema.NullOr(CollectionId),
  project: Schema.NullOr(ProjectId),
  time: Schema.Int,
  kept: Schema.Array(RetentionReason)
})
/** @public */
export interface PrunedSnapshot extends Schema.Schema.Type<typeof PrunedSnapshot> {}

/**
 * What pruning decided about each snapshot, newest first within its timeline, and how many it pruned (or would). `operation`
 * is the ledger's entry of it; `null` for a dry run, and where nothing was to be pruned.
 *
 * @public
 */
export const PruneReport = Schema.Struct({
  dryRun: Schema.Boolean,
  operation: Schema.NullOr(OperationId),
  snapshots: Schema.Array(PrunedSnapshot),
  pruned: Schema.Int
})
/** @public */
export interface PruneReport extends Schema.Schema.Type<typeof PruneReport> {}
