/** Plans: what an operation will do to a project, as data, bound to the inputs it was computed from. */
import * as Schema from "effect/Schema"
import { ConflictKind } from "./Conflict.ts"
import { DriftClass } from "./Drift.ts"
import {
  ArtifactId,
  CollectionId,
  ConflictId,
  DeploymentId,
  DirectoryPath,
  FilePath,
  OperationId,
  ProjectId,
  RefName,
  Text,
  TreeId,
  VersionId
} from "./Ids.ts"
import { OperationKind } from "./Operation.ts"
import { Standing, StandingFile } from "./Standing.ts"

/** How an update treats what both sides changed: combine, take upstream's, or keep local's. @public */
export const Strategy = Schema.Literals(["merge", "overwrite", "keep"])
/** @public */
export type Strategy = typeof Strategy.Type

const Lines = Schema.Struct({ start: Schema.Int, end: Schema.Int })

/**
 * Lines of a merged text, and who they come from: `recorded` is a decision made before, `conflict` is undecided; `rule` and
 * `driver` stand for the whole file, as whatever combined it does not say more. The ranges are lines of base, ours (local)
 * and theirs (upstream), from zero, without the last; of a file that is no text they are empty. Lines in no region are the
 * base's.
 *
 * @public
 */
export const PlannedRegion = Schema.Struct({
  from: Schema.Literals(["ours", "theirs", "both", "conflict", "recorded", "rule", "driver"]),
  base: Lines,
  ours: Lines,
  theirs: Lines
})
/** @public */
export interface PlannedRegion extends Schema.Schema.Type<typeof PlannedRegion> {}

/** The changed regions of a merged text: how many there are, and the first two hundred. @public */
export const PlannedRegions = Schema.Struct({ total: Schema.Int, shown: Schema.Array(PlannedRegion) })
/** @public */
export interface PlannedRegions extends Schema.Schema.Type<typeof PlannedRegions> {}

/**
 * A decision that will be remembered: what is known by `key` is resolved to `outcome`. A key is the hash of a hunk's
 * contents, or of a whole conflict's terms.
 *
 * @public
 */
export const PlannedMemory = Schema.Struct({
  key: Schema.String,
  of: Schema.Literals(["hunk", "file"]),
  use: Text,
  outcome: Schema.NullOr(StandingFile)
})
/** @public */
export interface PlannedMemory extends Schema.Schema.Type<typeof PlannedMemory> {}

/**
 * What a plan does at one path. `before` is what it found there and `after` what it will leave; where they are equal
 * nothing is written. `reason` is a sentence for people. `regions` explains a merged text, `recalled` names the operations
 * whose decisions were taken again, and `remembers` the decisions that will be recorded.
 *
 * @public
 */
export const PlannedPath = Schema.Struct({
  path: FilePath,
  artifact: Schema.NullOr(ArtifactId),
  class: DriftClass,
  action: Schema.Literals(["write", "remove", "keep", "conflict", "none"]),
  before: Schema.NullOr(Standing),
  after: Schema.NullOr(Standing),
  conflict: Schema.NullOr(ConflictId),
  reason: Text,
  regions: Schema.optionalKey(PlannedRegions),
  recalled: Schema.optionalKey(Schema.Array(OperationId)),
  remembers: Schema.optionalKey(Schema.Array(PlannedMemory))
})
/** @public */
export interface PlannedPath extends Schema.Schema.Type<typeof PlannedPath> {}

/** What will be recorded as deployed at one target; `after: null` retires it, `restore` puts an earlier record back. @public */
export const PlannedDeployment = Schema.Struct({
  artifact: ArtifactId,
  target: DirectoryPath,
  shape: Schema.Literals(["directory", "file", "rest"]),
  collection: Schema.NullOr(CollectionId),
  before: Schema.NullOr(DeploymentId),
  after: Schema.NullOr(Schema.Struct({ version: VersionId, tree: TreeId, result: Schema.NullOr(TreeId) })),
  restore: Schema.NullOr(DeploymentId)
})
/** @public */
export interface PlannedDeployment extends Schema.Schema.Type<typeof PlannedDeployment> {}

/** A name that the decision relied on, and what it held. @public */
export const Basis = Schema.Struct({ name: RefName, value: Schema.NullOr(Schema.String) })
/** @public */
export interface Basis extends Schema.Schema.Type<typeof Basis> {}

/**
 * A serialisable plan. `id` is the SHA-256 of the rest, so two plans that would do the same from the same state are one.
 *
 * @public
 */
export const Plan = Schema.Struct({
  id: Schema.String,
  kind: OperationKind,
  project: Schema.NullOr(ProjectId),
  strategy: Schema.NullOr(Strategy),
  reason: Text,
  basis: Schema.Array(Basis),
  paths: Schema.Array(PlannedPath),
  deployments: Schema.Array(PlannedDeployment),
  refs: Schema.Array(
    Schema.Struct({ name: RefName, before: Schema.NullOr(Schema.String), after: Schema.NullOr(Schema.String) })
  ),
  reverses: Schema.Array(OperationId),
  notes: Schema.Array(Text)
})
/** @public */
export interface Plan extends Schema.Schema.Type<typeof Plan> {}

/** Something a plan was computed from has changed since. Nothing was touched; make a new plan. @public */
export class PlanStale extends Schema.TaggedError<PlanStale>("tidemark/model/PlanStale")(
  "PlanStale",
  { paths: Schema.Array(FilePath), names: Schema.Array(RefName), kept: Schema.Array(FilePath) },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    const what = [...this.paths.map((path) => JSON.stringify(path)), ...this.names]
    if (what.length === 0)
      return "Content that the plan names was collected since it was made, so nothing was done. Plan again."
    const shown = what.slice(0, 5).join(", ") + (what.length > 5 ? ` and ${what.length - 5} more` : "")
    const kept = this.kept.length === 0 ? "" : ` Saved meanwhile and kept: ${this.kept.join(", ")}.`
    return `${shown} changed since the plan was made, so nothing was done.${kept} Plan again.`
  }
}

/** A path that cannot leave the store as a file, and the kind of its conflict. @public */
export const UnresolvedPath = Schema.Struct({ path: FilePath, kind: ConflictKind })
/** @public */
export interface UnresolvedPath extends Schema.Schema.Type<typeof UnresolvedPath> {}

/**
 * A tree with unresolved conflicts was to leave the store: to be restored, read, deployed or merged into a project.
 * `conflicts` lists them, sorted by path. Nothing was touched.
 *
 * @public
 */
export class UnresolvedConflicts extends Schema.TaggedError<UnresolvedConflicts>("tidemark/model/UnresolvedConflicts")(
  "UnresolvedConflicts",
  { conflicts: Schema.Array(UnresolvedPath) },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    const named = this.conflicts.slice(0, 5).map(({ kind, path }) => `${JSON.stringify(path)} (${kind})`)
    const more = this.conflicts.length > 5 ? ` and ${this.conflicts.length - 5} more` : ""
    return `${this.conflicts.length} path(s) hold unresolved conflicts: ${named.join(", ")}${more}. Resolve them first, or ask for text with markers.`
  }
}

/** Nothing conflicts at that path. @public */
export class ConflictNotFound extends Schema.TaggedError<ConflictNotFound>("tidemark/model/ConflictNotFound")(
  "ConflictNotFound",
  { project: ProjectId, path: FilePath },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `There is no unresolved conflict at ${JSON.stringify(this.path)} in project ${JSON.stringify(this.project)}.`
  }
}

/** A plan is not what it was when it was made: its id does not fit its content. Nothing was touched. @public */
export class PlanInvalid extends Schema.TaggedError<PlanInvalid>("tidemark/model/PlanInvalid")(
  "PlanInvalid",
  { id: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `Plan ${this.id} was changed after it was made. Make a new plan instead of editing one.`
  }
}
