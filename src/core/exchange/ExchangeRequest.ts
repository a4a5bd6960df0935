/** What exchanges between stores are asked for. */
import type { ArtifactId, CollectionId, SnapshotId, VersionId } from "../../model/Ids.ts"
import type { ExchangePeer } from "./ExchangePeer.ts"

/** Which names two stores are to talk about. @public */
export interface ExchangeScope {
  readonly peer: ExchangePeer
  /** Only these artifacts; all, where it is not said. */
  readonly artifacts?: ReadonlyArray<ArtifactId> | undefined
  /** Only branches of these names; all, where it is not said. */
  readonly branches?: ReadonlyArray<string> | undefined
  /** Whether tags are meant too; they are, where it is not said. */
  readonly tags?: boolean | undefined
  /**
   * Whether branches and tags of whole collections are meant too: `true`, or only of these. They bring the snapshots that lead
   * to them, and the versions that those hold. None, where it is not said.
   */
  readonly collections?: boolean | ReadonlyArray<CollectionId> | undefined
}

/** What to push. @public */
export interface PushRequest extends ExchangeScope {
  /** Moves tags that are there and name something else. The ledger there says so. */
  readonly forceTags?: boolean | undefined
  /** Branches to delete there, each only if it is still where it is said to be: else nothing happens, and `RefConflict`. */
  readonly deleteBranches?: ReadonlyArray<BranchRemoval> | undefined
  /** Tags to take away there, each only if it still names what it is said to name: else nothing happens, and `RefConflict`. */
  readonly deleteTags?: ReadonlyArray<TagRemoval> | undefined
  /**
   * Branches and tags of whole collections to take away there, each only if it still names what it is said to name: else
   * nothing happens, and `RefConflict`. `collections` need not be given for it.
   */
  readonly deleteCollectionNames?: ReadonlyArray<CollectionNameRemoval> | undefined
  readonly reason?: string | undefined
}

/** A branch that is to be deleted in another store, if it still names this version. @public */
export interface BranchRemoval {
  readonly artifact: ArtifactId
  readonly branch: string
  readonly from: VersionId
}

/** A tag that is to be taken away in another store, if it still names this version. @public */
export interface TagRemoval {
  readonly artifact: ArtifactId
  readonly tag: string
  readonly from: VersionId
}

/** A branch or tag of a whole collection that is to be taken away in another store, if it still names this snapshot. @public */
export interface CollectionNameRemoval {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly name: string
  readonly from: SnapshotId
}

/** What to pull. @public */
export interface PullRequest extends ExchangeScope {
  /** What this store calls the other one: its branches are then known here as `remote/branch`. */
  readonly remote: string
  /** Brings branches of this store forward where theirs only went on, and creates those that are not here; the default. */
  readonly moveBranches?: boolean | undefined
  /** Moves tags that are here and name something else. The ledger says so. */
  readonly forceTags?: boolean | undefined
  /**
   * Deletes branches and tags here, of whole collections too where `collections` asks for them, that were deleted there since the last pull, where they are still as they came; and
   * forgets `remote/branch` of all that are gone there. Without it, they are only reported.
   */
  readonly followDeletions?: boolean | undefined
  readonly reason?: string | undefined
}
