/** Snapshots: the state of a whole collection at one moment. */
import * as Schema from "effect/Schema"
import {
  Actor,
  ArtifactId,
  CollectionId,
  DirectoryPath,
  FilePath,
  ObjectId,
  ProjectId,
  SnapshotId,
  Text,
  TreeId,
  VersionId
} from "./Ids.ts"

/** Why a snapshot was taken. `safety`: before a step that replaces files of a project. @public */
export const SnapshotReason = Schema.Literals(["manual", "deployment", "sync", "safety", "import"])
/** @public */
export type SnapshotReason = typeof SnapshotReason.Type

/**
 * The state of a collection, or, for a safety snapshot, of the files of a project that a step was about to replace.
 * `artifacts` names the object that lists the artifacts of the tree (see `SnapshotArtifact`).
 *
 * @public
 */
export const Snapshot = Schema.Struct({
  id: SnapshotId,
  collection: Schema.NullOr(CollectionId),
  project: Schema.NullOr(ProjectId),
  previous: Schema.NullOr(SnapshotId),
  tree: TreeId,
  artifacts: Schema.NullOr(ObjectId),
  reason: SnapshotReason,
  message: Text,
  author: Actor,
  time: Schema.Int
})
/** @public */
export interface Snapshot extends Schema.Schema.Type<typeof Snapshot> {}

/**
 * One artifact of a snapshot: where its tree is rooted in the collection, what shape it has there, and the version
 * that the snapshot holds of it.
 *
 * @public
 */
export const SnapshotArtifact = Schema.Struct({
  artifact: ArtifactId,
  root: DirectoryPath,
  shape: Schema.Literals(["directory", "file", "rest"]),
  tree: TreeId,
  version: VersionId
})
/** @public */
export interface SnapshotArtifact extends Schema.Schema.Type<typeof SnapshotArtifact> {}

/** No such snapshot is known. @public */
export class SnapshotNotFound extends Schema.TaggedError<SnapshotNotFound>("tidemark/model/SnapshotNotFound")(
  "SnapshotNotFound",
  { id: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `There is no snapshot ${JSON.stringify(this.id)}. List them with SnapshotStore.list.`
  }
}

/** The collection has never been captured. @public */
export class CollectionNotFound extends Schema.TaggedError<CollectionNotFound>("tidemark/model/CollectionNotFound")(
  "CollectionNotFound",
  { collection: CollectionId },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `Collection ${JSON.stringify(this.collection)} has no snapshot yet. Capture it first with SnapshotStore.capture.`
  }
}

/** Two places of a collection form one artifact id under the layout in force. @public */
export class DuplicateArtifact extends Schema.TaggedError<DuplicateArtifact>("tidemark/model/DuplicateArtifact")(
  "DuplicateArtifact",
  { artifact: ArtifactId, first: DirectoryPath, second: DirectoryPath },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `Both ${JSON.stringify(this.first)} and ${JSON.stringify(this.second)} form the artifact ${this.artifact}. Rename one, or give the layout a pattern that tells them apart.`
  }
}

/** A path given by a caller is not a plain relative path. Nothing was read or written. @public */
export class InvalidPath extends Schema.TaggedError<InvalidPath>("tidemark/model/InvalidPath")(
  "InvalidPath",
  { path: Schema.String, reason: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${JSON.stringify(this.path)} cannot be used as a path: ${this.reason}.`
  }
}

/** A path is not part of the thing that was asked. @public */
export class PathNotFound extends Schema.TaggedError<PathNotFound>("tidemark/model/PathNotFound")(
  "PathNotFound",
  { path: FilePath, within: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `${JSON.stringify(this.path)} is not in ${this.within}.`
  }
}
