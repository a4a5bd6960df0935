/** What exchanges between stores say. */
import type { ArtifactId, CollectionId, OperationId, SnapshotId, VersionId } from "../../model/Ids.ts"
import type { BranchComparison } from "./compareBranches.ts"
import type { CollectionComparison } from "./compareCollections.ts"
import type { Transferred } from "./sendContent.ts"

/**
 * A branch that is on one side or both and is not exchanged: what it is called, after a collection, would do harm in another
 * store. `reason` says why. Everything else goes over.
 *
 * @public
 */
export interface LeftOutBranch {
  readonly artifact: ArtifactId
  readonly branch: string
  readonly ours: VersionId | null
  readonly theirs: VersionId | null
  readonly reason: string
}

/** A tag of one name that names different versions here and there, or stands on one side alone. @public */
export interface TagComparison {
  readonly artifact: ArtifactId
  readonly tag: string
  readonly ours: VersionId | null
  readonly theirs: VersionId | null
  readonly relation: "different" | "ours-only" | "theirs-only"
}

/** How two stores stand to each other. Nothing was changed, and no content read. @public */
export interface StoreComparison {
  readonly branches: ReadonlyArray<BranchComparison>
  /** Branches that are not exchanged for what they are called. */
  readonly leftOut: ReadonlyArray<LeftOutBranch>
  /** Tags that are not the same on both sides. */
  readonly tags: ReadonlyArray<TagComparison>
  /** Names of collections, where they were asked for. */
  readonly collections: ReadonlyArray<CollectionComparison>
  /** Versions that the branches and tags there reach, and that are not here. */
  readonly incoming: number
  /** Snapshots that lead to the names of collections there, and that are not here. */
  readonly incomingSnapshots: number
}

/** A branch after a push or a pull. `moved`: it is now at the other side's version. @public */
export interface ExchangedBranch extends BranchComparison {
  readonly moved: boolean
}

/** A tag after a push or a pull. `moved`: it is now the other side's. @public */
export interface ExchangedTag extends TagComparison {
  readonly moved: boolean
}

/** A name of a collection after a push or a pull. `moved`: it is now at the other side's snapshot. @public */
export interface ExchangedCollectionName extends CollectionComparison {
  readonly moved: boolean
}

/**
 * A branch that the other side no longer has, or was asked to delete. `was`: where it was there, as far as is known here.
 * `deleted`: the receiving store has deleted it now; of those that a pull reports, a branch here stays where it has moved on.
 *
 * @public
 */
export interface GoneBranch {
  readonly artifact: ArtifactId
  readonly branch: string
  readonly was: VersionId
  readonly deleted: boolean
}

/**
 * A tag that the other side no longer has, or was asked to take away. `was`: what it named there, as far as is known here.
 * `deleted`: the receiving store has taken it away now.
 *
 * @public
 */
export interface GoneTag {
  readonly artifact: ArtifactId
  readonly tag: string
  readonly was: VersionId
  readonly deleted: boolean
}

/**
 * A branch or tag of a whole collection that the other side no longer has, or was asked to take away. `was`: where it was
 * there, as far as is known here. `deleted`: the receiving store has taken it away now.
 *
 * @public
 */
export interface GoneCollectionName {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly name: string
  readonly was: SnapshotId
  readonly deleted: boolean
}

/** What a push or a pull did. @public */
export interface Exchanged {
  /** The one operation of the store that received; `null` where there was nothing to do. */
  readonly operation: OperationId | null
  readonly transferred: Transferred
  /** All branches in question, as they were before. Those that are `diverged` are to be merged first. */
  readonly branches: ReadonlyArray<ExchangedBranch>
  /** Branches that are not exchanged for what they are called. */
  readonly leftOut: ReadonlyArray<LeftOutBranch>
  /** Tags that were not the same on both sides. Those that are `different` and did not move are to be decided by somebody. */
  readonly tags: ReadonlyArray<ExchangedTag>
  /** All names of collections in question, as they were before. */
  readonly collections: ReadonlyArray<ExchangedCollectionName>
  /** Branches that are gone: after a pull, those that were there at the last one; after a push, those it was to delete. */
  readonly gone: ReadonlyArray<GoneBranch>
  /** Tags that are gone, in the same way. */
  readonly goneTags: ReadonlyArray<GoneTag>
  /** Names of collections that are gone, in the same way, where collections were asked for. */
  readonly goneCollections: ReadonlyArray<GoneCollectionName>
}
