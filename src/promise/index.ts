/**
 * `tidemark/promise`: the engine for hosts that do not use Effect, and the errors that its calls reject with. Those of the
 * storage are in `tidemark/storage`.
 *
 * @packageDocumentation
 */
export { type ExchangePeer, peerOf } from "../core/exchange/ExchangePeer.ts"
export { RecoveryBlocked, WorkingTreeError } from "../core/WorkingTree.ts"
export { ArtifactNotFound, NotDeployed, TargetOccupied } from "../model/Deployment.ts"
export { PeerError, PeerReply, PeerRequest } from "../model/Exchange.ts"
export { OperationCollected, OperationNotFound, UndoConflict } from "../model/Operation.ts"
export { InvalidCursor } from "../model/Page.ts"
export { ConflictNotFound, PlanInvalid, PlanStale, UnresolvedConflicts } from "../model/Plan.ts"
export {
  CollectionNotFound,
  DuplicateArtifact,
  InvalidPath,
  PathNotFound,
  SnapshotNotFound
} from "../model/Snapshot.ts"
export {
  AmbiguousName,
  InvalidName,
  MalformedExpression,
  NameNotFound,
  NoCommonAncestor,
  PositionTooFar,
  RefConflict,
  SearchExhausted,
  TagExists,
  TreeNotFound,
  VersionNotFound
} from "../model/Version.ts"
export { Closed } from "./Closed.ts"
export { InvalidInput } from "./InvalidInput.ts"
export type {
  CallOptions,
  CallOptionsOf,
  Promised,
  PromisedMember,
  ReasonedCallOptions,
  TakesReason,
  Unbranded
} from "./Promised.ts"
export { type OpenOptions, open, type Tidemark } from "./Tidemark.ts"
