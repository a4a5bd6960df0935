/**
 * For hosts that do not use Effect. So far: the errors that the engine fails with.
 *
 * @packageDocumentation
 */
export { ArtifactNotFound, NotDeployed, TargetOccupied } from "../model/Deployment.ts"
export { OperationNotFound, UndoConflict } from "../model/Operation.ts"
export { ConflictNotFound, PlanStale, UnresolvedConflicts } from "../model/Plan.ts"
export {
  CollectionNotFound,
  DuplicateArtifact,
  InvalidPath,
  PathNotFound,
  SnapshotNotFound
} from "../model/Snapshot.ts"
export { NameNotFound, NoCommonAncestor, RefConflict, VersionNotFound } from "../model/Version.ts"
