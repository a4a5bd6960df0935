/**
 * The host's entry.
 *
 * @packageDocumentation
 */
export { Conflict, ConflictKind, Term } from "./model/Conflict.ts"
export { ArtifactNotFound, Deployment, NotDeployed, TargetOccupied } from "./model/Deployment.ts"
export { ArtifactDrift, ArtifactDriftClass, Drift, DriftClass, Oddity, PathDrift } from "./model/Drift.ts"
export {
  Actor,
  ArtifactId,
  BlobId,
  CollectionId,
  ConflictId,
  DeploymentId,
  DirectoryPath,
  FilePath,
  ObjectId,
  OperationId,
  ProjectId,
  RefName,
  SnapshotId,
  Text,
  TreeId,
  VersionId
} from "./model/Ids.ts"
export {
  Operation,
  OperationKind,
  OperationNotFound,
  ProjectEffect,
  RecordSum,
  RefChange,
  UndoConflict
} from "./model/Operation.ts"
export { compareUtf8 } from "./model/order.ts"
export {
  Basis,
  ConflictNotFound,
  Plan,
  PlannedDeployment,
  PlannedPath,
  PlanStale,
  Strategy,
  UnresolvedConflicts
} from "./model/Plan.ts"
export { pathFromBytes, pathToBytes } from "./model/pathText.ts"
export {
  CollectionNotFound,
  DuplicateArtifact,
  InvalidPath,
  PathNotFound,
  Snapshot,
  SnapshotArtifact,
  SnapshotNotFound,
  SnapshotReason
} from "./model/Snapshot.ts"
export { Standing, StandingDirectory, StandingFile } from "./model/Standing.ts"
export { Entry, EntryKind, TreeEntry } from "./model/Tree.ts"
export {
  NameNotFound,
  NoCommonAncestor,
  RefConflict,
  Version,
  VersionNotFound,
  VersionOrigin
} from "./model/Version.ts"
