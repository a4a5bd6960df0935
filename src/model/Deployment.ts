/** Deployments: the fact that a version of an artifact stands in a project at a target path. */
import * as Schema from "effect/Schema"
import {
  Actor,
  ArtifactId,
  CollectionId,
  DeploymentId,
  DirectoryPath,
  FilePath,
  ProjectId,
  TreeId,
  VersionId
} from "./Ids.ts"

/**
 * A version of an artifact in a project. `tree` is the baseline; where an update left a conflict unresolved it holds a
 * conflict entry, and that path's effective baseline is the conflict's base. `version` is what was deployed, and what a
 * resolved path's baseline becomes. `result` is the version that the project held when the operation was done: the same
 * one, or, where the project's own edits were merged, a version of origin `merge`.
 *
 * @public
 */
export const Deployment = Schema.Struct({
  id: DeploymentId,
  project: ProjectId,
  artifact: ArtifactId,
  target: DirectoryPath,
  shape: Schema.Literals(["directory", "file", "rest"]),
  collection: Schema.NullOr(CollectionId),
  version: VersionId,
  result: VersionId,
  tree: TreeId,
  previous: Schema.NullOr(DeploymentId),
  state: Schema.Literals(["deployed", "retired"]),
  author: Actor,
  time: Schema.Int
})
/** @public */
export interface Deployment extends Schema.Schema.Type<typeof Deployment> {}

/** The artifact does not stand in the project (at that target). @public */
export class NotDeployed extends Schema.TaggedError<NotDeployed>("tidemark/model/NotDeployed")(
  "NotDeployed",
  { project: ProjectId, artifact: Schema.NullOr(ArtifactId), target: Schema.NullOr(DirectoryPath) },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    const what = this.artifact === null ? "Nothing" : this.artifact
    const where = this.target === null ? "" : ` at ${JSON.stringify(this.target)}`
    return `${what} is${this.artifact === null ? "" : " not"} deployed in project ${JSON.stringify(this.project)}${where}.`
  }
}

/** Another deployment, or a file that must not be replaced, stands where something is to be put. @public */
export class TargetOccupied extends Schema.TaggedError<TargetOccupied>("tidemark/model/TargetOccupied")(
  "TargetOccupied",
  { path: FilePath, owner: Schema.NullOr(ArtifactId), wanted: Schema.NullOr(ArtifactId) },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    const owner = this.owner === null ? "a file that is already there" : this.owner
    return `${JSON.stringify(this.path)} belongs to ${owner}; choose another target, or move it away first.`
  }
}

/**
 * The collection has no such artifact; or the project has it from another collection, `deployedFrom` (null for one that was
 * deployed by its version alone), so that this one has no say over it.
 *
 * @public
 */
export class ArtifactNotFound extends Schema.TaggedError<ArtifactNotFound>("tidemark/model/ArtifactNotFound")(
  "ArtifactNotFound",
  {
    artifact: ArtifactId,
    collection: Schema.NullOr(CollectionId),
    deployedFrom: Schema.optionalKey(Schema.NullOr(CollectionId))
  },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    if (this.deployedFrom !== undefined) {
      const from =
        this.deployedFrom === null ? "by its version" : `from collection ${JSON.stringify(this.deployedFrom)}`
      return `${this.artifact} is deployed ${from}, not from collection ${JSON.stringify(this.collection)}; leave the collection out, retire it first, or choose another target.`
    }
    const where = this.collection === null ? "" : ` in collection ${JSON.stringify(this.collection)}`
    return `There is no artifact ${this.artifact}${where}.`
  }
}
