/**
 * The host's entry.
 *
 * @packageDocumentation
 */

export type { Hunk, HunkChoice, HunkUse } from "./algo/conflict/hunks.ts"
export type { Similarity } from "./algo/drift/similarity.ts"
export type { Sha256Function } from "./algo/encoding/Sha256Function.ts"
export type { AheadBehind } from "./algo/graph/dagQueries.ts"
export type { SvgOptions } from "./algo/graph/graphSvg.ts"
export { asciiGlyphs, type GraphGlyphs, unicodeGlyphs } from "./algo/graph/graphText.ts"
export { defaultLayout, type Layout, type LayoutRule } from "./algo/layout/Layout.ts"
export type { Rename } from "./algo/merge/renames/detectRenames.ts"
export { type KnownMove, noRenames, type RenameOptions, similarRenames } from "./algo/merge/renames/RenameOptions.ts"
export type { AppliedRename } from "./algo/merge/Slot.ts"
export type { Side } from "./algo/merge/surveyTrees.ts"
export type { ThreeRanges } from "./algo/text/mergeRegion.ts"
export type { TextPolicy as TextPolicyName } from "./algo/text/textPolicy.ts"
export type { FlatEntry } from "./algo/tree/buildTrees.ts"
export type { Page } from "./core/catalog/readPage.ts"
export { ConflictMarkers, type ConflictMarkersChoice } from "./core/conflicts/ConflictMarkers.ts"
export {
  type ConflictQuery,
  Conflicts,
  type ConflictsService,
  type RememberedResolution
} from "./core/conflicts/Conflicts.ts"
export { RecordedResolutions } from "./core/conflicts/RecordedResolutions.ts"
export { RecordedResolution } from "./core/conflicts/resolutionRecord.ts"
export type { HunkResolution, PartialResolution } from "./core/conflicts/settleConflict.ts"
export type { ListedConflict, ShownConflict, ShownHunk } from "./core/conflicts/showConflict.ts"
export {
  type DeploymentQuery,
  DeploymentTracker,
  type DeploymentTrackerService,
  type DeployOptions,
  type RetireOptions
} from "./core/deployments/DeploymentTracker.ts"
export { DriftDetector, type DriftDetectorService } from "./core/drift/DriftDetector.ts"
export type { NearestRequest, NearVersion } from "./core/drift/nearestVersions.ts"
export type { BranchComparison } from "./core/exchange/compareBranches.ts"
export type { CollectionComparison } from "./core/exchange/compareCollections.ts"
export { Exchange, type ExchangeError, type ExchangeService } from "./core/exchange/Exchange.ts"
export { type ExchangePeer, peerOf } from "./core/exchange/ExchangePeer.ts"
export type {
  Exchanged,
  ExchangedBranch,
  ExchangedCollectionName,
  ExchangedTag,
  GoneBranch,
  GoneCollectionName,
  GoneTag,
  LeftOutBranch,
  StoreComparison,
  TagComparison
} from "./core/exchange/ExchangeReport.ts"
export type {
  BranchRemoval,
  CollectionNameRemoval,
  ExchangeScope,
  PullRequest,
  PushRequest,
  TagRemoval
} from "./core/exchange/ExchangeRequest.ts"
export type { Transferred } from "./core/exchange/sendContent.ts"
export type { TrackedBranch } from "./core/exchange/trackedBranches.ts"
export type { Blame, BlamedLines, BlameRequest } from "./core/graph/blameFile.ts"
export type { DeploymentLag, LagRequest } from "./core/graph/deploymentLags.ts"
export {
  type GraphEdge,
  type GraphName,
  type GraphTextFormat,
  graphDot,
  graphMermaid,
  graphSvg,
  graphText,
  type VersionGraphData
} from "./core/graph/graphData.ts"
export type { ImportedVersion } from "./core/graph/importVersions.ts"
export type { BranchPosition } from "./core/graph/positions.ts"
export type { Release } from "./core/graph/releases.ts"
export type { ResolveError } from "./core/graph/resolveRevision.ts"
export {
  type GraphRequest,
  type HistoryRequest,
  type NameChangeError,
  type PositionsRequest,
  VersionGraph,
  type VersionGraphService
} from "./core/graph/VersionGraph.ts"
export type { VersionDraft } from "./core/graph/VersionWriter.ts"
export type { Containing } from "./core/graph/versionAncestry.ts"
export type { AppendError, Appended, AppendRequest, Imported, ImportRequest } from "./core/graph/versionAppend.ts"
export type { VersionFilter } from "./core/graph/versionFilter.ts"
export type { PageRequest, VersionPage } from "./core/graph/versionHistory.ts"
export type { BranchDeletion, BranchMove, NameOptions, TagOptions } from "./core/graph/versionNames.ts"
export type { PageDirection } from "./core/graph/versionPages.ts"
export { layer, type Ports, type Services } from "./core/layer.ts"
export { Ledger, type LedgerQuery, type LedgerService } from "./core/ledger/Ledger.ts"
export { LedgerFinding, LedgerReport } from "./core/ledger/LedgerReport.ts"
export { BackupDamaged, BackupRestored, StoreNotEmpty } from "./core/maintenance/Backup.ts"
export { CollectReport, ObjectSum, PrunedSnapshot, PruneReport } from "./core/maintenance/CollectReport.ts"
export type { CollectOptions } from "./core/maintenance/collect.ts"
export {
  type BackupSource,
  Maintenance,
  type MaintenanceService,
  type RepairOptions
} from "./core/maintenance/Maintenance.ts"
export type { PruneOptions } from "./core/maintenance/prune.ts"
export { RepairReport } from "./core/maintenance/RepairReport.ts"
export type { RepairError } from "./core/maintenance/repairStore.ts"
export { Affected, StoreFinding, StoreReport } from "./core/maintenance/StoreReport.ts"
export { StoreStatistics } from "./core/maintenance/StoreStatistics.ts"
export {
  type MergeDriver,
  type MergeDriverInput,
  type MergeDriverResult,
  MergeDrivers
} from "./core/merge/MergeDriver.ts"
export {
  type MergedTree,
  type MergedVersions,
  MergeEngine,
  type MergeEngineService,
  type MergeTreesOptions
} from "./core/merge/MergeEngine.ts"
export { type MergeRule, MergeRules, type MergeStrategy } from "./core/merge/MergeRules.ts"
export type { MergedPath } from "./core/merge/treeMerge.ts"
export { type Content, Objects, type ObjectsService, type SizedObject } from "./core/objects/Objects.ts"
export type { TreeChange } from "./core/objects/treeWalk.ts"
export type { ApplyError, PlanApplied } from "./core/projects/applyPlan.ts"
export { explainPlan } from "./core/projects/explainPlan.ts"
export type { Selection } from "./core/projects/Place.ts"
export type { ProjectError } from "./core/projects/Projects.ts"
export type { Resolution, WholeResolution } from "./core/projects/planResolve.ts"
export { ArtifactLayout } from "./core/references/ArtifactLayout.ts"
export { CapturePolicy } from "./core/references/CapturePolicy.ts"
export { type Codec, Codecs, type CodecsShape } from "./core/references/Codecs.ts"
export { CollectGrace } from "./core/references/CollectGrace.ts"
export { Committed } from "./core/references/Committed.ts"
export { Compression, type CompressionChoice } from "./core/references/Compression.ts"
export { CurrentActor } from "./core/references/CurrentActor.ts"
export { IdSource, type IdSourceShape } from "./core/references/IdSource.ts"
export { IgnoreRules } from "./core/references/IgnoreRules.ts"
export { MergeRenames } from "./core/references/MergeRenames.ts"
export { Progress, type ProgressEvent } from "./core/references/Progress.ts"
export { type RunningHash, RunningSha256 } from "./core/references/RunningSha256.ts"
export { Sha256 } from "./core/references/Sha256.ts"
export { TextPolicy } from "./core/references/TextPolicy.ts"
export type { UndoError, UndoOptions } from "./core/rollback/planUndo.ts"
export {
  Rollback,
  type RollbackError,
  type RollbackOptions,
  type RollbackService,
  type RollbackTarget
} from "./core/rollback/Rollback.ts"
export type { Captured } from "./core/snapshots/captureCollection.ts"
export {
  type CaptureRequest,
  type Restored,
  type RestoreOptions,
  type SnapshotQuery,
  SnapshotStore,
  type SnapshotStoreService
} from "./core/snapshots/SnapshotStore.ts"
export type {
  SnapshotBranchMove,
  SnapshotBranchPosition,
  SnapshotName,
  SnapshotNameError,
  SnapshotResolveError,
  SnapshotTagOptions
} from "./core/snapshots/snapshotNames.ts"
export type { SourceFile } from "./core/snapshots/sourceFiles.ts"
export { Sync, type SyncService, type UpdateOptions } from "./core/sync/Sync.ts"
export {
  type Applied,
  type ApplyHooks,
  type ApplyRequest,
  type ApplyStep,
  type Recovered,
  RecoveryBlocked,
  type RecoveryOracle,
  type Scan,
  type ScanEntry,
  type ScanOptions,
  streamedAbove,
  WorkingTree,
  WorkingTreeError,
  WorkingTreeFailure,
  type WorkingTreeService
} from "./core/WorkingTree.ts"
export {
  Conflict,
  ConflictKind,
  ResolutionRefused,
  SettledHunk,
  SettledHunks,
  SettledUse,
  Term
} from "./model/Conflict.ts"
export { ArtifactNotFound, Deployment, NotDeployed, TargetOccupied } from "./model/Deployment.ts"
export { ArtifactDrift, ArtifactDriftClass, Drift, DriftClass, Oddity, PathDrift } from "./model/Drift.ts"
export {
  CollectionNameMove,
  MissingContent,
  PeerChunk,
  PeerChunks,
  PeerCollectionName,
  PeerContent,
  PeerError,
  PeerName,
  PeerObject,
  PeerReply,
  PeerRequest,
  PeerSnapshot,
  VersionOutline
} from "./model/Exchange.ts"
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
  OperationCollected,
  OperationKind,
  OperationNotFound,
  ProjectEffect,
  RecordName,
  RecordSum,
  RefChange,
  RootNeeded,
  UndoConflict
} from "./model/Operation.ts"
export { compareUtf8 } from "./model/order.ts"
export { InvalidCursor } from "./model/Page.ts"
export {
  Basis,
  ConflictNotFound,
  Plan,
  PlanInvalid,
  PlannedDeployment,
  PlannedMemory,
  PlannedPath,
  PlannedRegion,
  PlannedRegions,
  PlanStale,
  Strategy,
  UnresolvedConflicts,
  UnresolvedPath
} from "./model/Plan.ts"
export { pathFromBytes, pathToBytes } from "./model/pathText.ts"
export { RetentionPolicy, RetentionReason, UndoWindow } from "./model/Retention.ts"
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
  AmbiguousName,
  Branch,
  InvalidName,
  MalformedExpression,
  NameNotFound,
  NoCommonAncestor,
  PositionTooFar,
  RefConflict,
  SearchExhausted,
  Tag,
  TagExists,
  TreeNotFound,
  Version,
  VersionNotFound,
  VersionOrigin
} from "./model/Version.ts"
