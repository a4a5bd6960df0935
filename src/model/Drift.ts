/** Drift: how baseline, upstream and local differ. */
import * as Schema from "effect/Schema"
import { ArtifactId, ConflictId, DeploymentId, DirectoryPath, FilePath, ProjectId, VersionId } from "./Ids.ts"
import { Standing } from "./Standing.ts"

/**
 * How one path has drifted.
 *
 * - `clean`: baseline, upstream and local agree
 * - `eolOnly`: local differs from baseline in its line endings alone, and upstream has not moved
 * - `modified`: changed locally, not upstream
 * - `outdated`: changed upstream, not locally
 * - `both`: changed on both sides, differently
 * - `converged`: changed on both sides, alike
 * - `deleted`: deleted locally
 * - `removedUpstream`: removed upstream, not changed locally
 * - `addedUpstream`: new upstream, nothing there locally
 * - `conflicted`: an earlier update left a conflict here that is not resolved yet, or upstream itself holds one
 * - `localOnly`: known to neither baseline nor upstream
 *
 * @public
 */
export const DriftClass = Schema.Literals([
  "clean",
  "eolOnly",
  "modified",
  "outdated",
  "both",
  "converged",
  "deleted",
  "removedUpstream",
  "addedUpstream",
  "conflicted",
  "localOnly"
])
/** @public */
export type DriftClass = typeof DriftClass.Type

/**
 * The drift of one path of a project. `exactly` names a version whose content at this path is what stands there now,
 * though it is neither the baseline nor upstream: a stale copy rather than an edit. `changedSince` says, of a conflicted
 * path, that it no longer holds the bytes it held when the conflict arose.
 *
 * @public
 */
export const PathDrift = Schema.Struct({
  path: FilePath,
  artifact: Schema.NullOr(ArtifactId),
  class: DriftClass,
  baseline: Schema.NullOr(Standing),
  upstream: Schema.NullOr(Standing),
  local: Schema.NullOr(Standing),
  conflict: Schema.NullOr(ConflictId),
  changedSince: Schema.Boolean,
  exactly: Schema.NullOr(VersionId)
})
/** @public */
export interface PathDrift extends Schema.Schema.Type<typeof PathDrift> {}

/** How an artifact as a whole has drifted: the weightiest class among its paths says it. @public */
export const ArtifactDriftClass = Schema.Literals([
  "clean",
  "eolOnly",
  "modified",
  "outdated",
  "both",
  "converged",
  "deleted",
  "removedUpstream",
  "notDeployed",
  "conflicted"
])
/** @public */
export type ArtifactDriftClass = typeof ArtifactDriftClass.Type

/** The drift of one artifact. `exactly` names the version that the project's copy equals, if it equals one. @public */
export const ArtifactDrift = Schema.Struct({
  artifact: ArtifactId,
  target: DirectoryPath,
  deployment: Schema.NullOr(DeploymentId),
  baseline: Schema.NullOr(VersionId),
  upstream: Schema.NullOr(VersionId),
  class: ArtifactDriftClass,
  exactly: Schema.NullOr(VersionId),
  counts: Schema.Record(Schema.String, Schema.Int)
})
/** @public */
export interface ArtifactDrift extends Schema.Schema.Type<typeof ArtifactDrift> {}

/** A thing in a project that is reported but never read: a socket, a device, an unreadable file, a link out of the root. @public */
export const Oddity = Schema.Struct({
  path: FilePath,
  what: Schema.Literals(["fifo", "socket", "device", "unreadable", "other"]),
  reason: Schema.String
})
/** @public */
export interface Oddity extends Schema.Schema.Type<typeof Oddity> {}

/** The drift of a project: per path (sorted by path), per artifact, and in counts. @public */
export const Drift = Schema.Struct({
  project: ProjectId,
  paths: Schema.Array(PathDrift),
  artifacts: Schema.Array(ArtifactDrift),
  oddities: Schema.Array(Oddity),
  counts: Schema.Record(DriftClass, Schema.Int)
})
/** @public */
export interface Drift extends Schema.Schema.Type<typeof Drift> {}
