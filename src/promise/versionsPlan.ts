/** What the methods of the version graph take. */
import * as Schema from "effect/Schema"
import type { VersionGraphService } from "../core/graph/VersionGraph.ts"
import { ArtifactId, FilePath, ProjectId, Text, TreeId, VersionId } from "../model/Ids.ts"
import { VersionOrigin } from "../model/Version.ts"
import { argument, reason, request } from "./parameter.ts"
import type { ServicePlan } from "./promiseService.ts"
import { limit, time } from "./servicePlans.ts"

type ArgumentsOf<Name extends keyof VersionGraphService> = VersionGraphService[Name] extends (
  ...args: infer Arguments
) => unknown
  ? Arguments
  : never

const artifact = argument("artifact", ArtifactId)
const id = argument("id", VersionId)
const a = argument("a", VersionId)
const b = argument("b", VersionId)
const page = {
  direction: Schema.optional(Schema.Literals(["newest", "oldest"])),
  limit,
  cursor: Schema.optional(Schema.NullOr(Schema.String))
}
const Metadata = Schema.Record(Text, Schema.Json)
const nameOptions = request<ArgumentsOf<"removeTag">[2]>("optional")({ reason }, { name: "options" })

/** @internal */
export const versions: ServicePlan<VersionGraphService> = {
  append: [
    "effect",
    request<ArgumentsOf<"append">[0]>()({
      artifact: ArtifactId,
      parents: Schema.Array(VersionId),
      tree: TreeId,
      origin: VersionOrigin,
      message: Text,
      metadata: Schema.optional(Metadata),
      branch: Schema.optional(Schema.Struct({ name: Schema.String, from: Schema.optional(Schema.NullOr(VersionId)) })),
      reason
    })
  ],
  appendMany: [
    "effect",
    request<ArgumentsOf<"appendMany">[0]>()({
      versions: Schema.Array(
        Schema.Struct({
          artifact: ArtifactId,
          parents: Schema.Array(Schema.Union([VersionId, Schema.Int])),
          tree: TreeId,
          message: Text,
          origin: Schema.optional(VersionOrigin),
          author: Schema.optional(Text.check(Schema.isNonEmpty())),
          time,
          metadata: Schema.optional(Metadata)
        })
      ),
      branches: Schema.optional(
        Schema.Array(
          Schema.Struct({
            artifact: ArtifactId,
            name: Schema.String,
            from: Schema.NullOr(VersionId),
            to: Schema.Union([VersionId, Schema.Int])
          })
        )
      ),
      reason
    })
  ],
  get: ["effect", id],
  getMany: ["effect", argument("ids", Schema.Array(VersionId))],
  history: [
    "effect",
    request<ArgumentsOf<"history">[0]>()({
      artifact: ArtifactId,
      branch: Schema.optional(Schema.String),
      from: Schema.optional(VersionId),
      without: Schema.optional(VersionId),
      ancestryPath: Schema.optional(Schema.Boolean),
      firstParent: Schema.optional(Schema.Boolean),
      since: time,
      until: time,
      origin: Schema.optional(VersionOrigin),
      author: Schema.optional(Schema.String),
      path: Schema.optional(FilePath),
      text: Schema.optional(Schema.String),
      ...page
    })
  ],
  blame: [
    "effect",
    request<ArgumentsOf<"blame">[0]>()({
      version: VersionId,
      path: FilePath,
      budget: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
      renames: Schema.optional(Schema.Boolean)
    })
  ],
  lags: [
    "effect",
    request<ArgumentsOf<"lags">[0]>()(
      {
        artifact: Schema.optional(ArtifactId),
        project: Schema.optional(ProjectId),
        branch: Schema.optional(Schema.String),
        limit,
        cursor: Schema.optional(Schema.NullOr(Schema.String))
      },
      {
        refuse: ({ artifact, project }) =>
          (artifact === undefined) === (project === undefined)
            ? ["artifact", "give exactly one of artifact, project"]
            : undefined
      }
    )
  ],
  parents: ["effect", id],
  children: ["effect", id, request<ArgumentsOf<"children">[1]>("optional")(page, { name: "page" })],
  ancestors: ["stream", id],
  descendants: ["stream", id],
  mergeBases: ["effect", a, b],
  isAncestor: ["effect", argument("ancestor", VersionId), argument("descendant", VersionId)],
  aheadBehind: ["effect", a, b],
  resolve: ["effect", artifact, argument("expression", Schema.String)],
  createTag: [
    "effect",
    artifact,
    argument("tag", Schema.String),
    argument("version", VersionId),
    request<ArgumentsOf<"createTag">[3]>("optional")(
      { message: Schema.optional(Text), force: Schema.optional(Schema.Boolean), reason },
      { name: "options" }
    )
  ],
  removeTag: ["effect", artifact, argument("tag", Schema.String), nameOptions],
  releases: ["effect", artifact],
  tags: ["effect", artifact],
  createBranch: ["effect", artifact, argument("branch", Schema.String), argument("version", VersionId), nameOptions],
  moveBranch: [
    "effect",
    artifact,
    argument("branch", Schema.String),
    request<ArgumentsOf<"moveBranch">[2]>()({ from: Schema.NullOr(VersionId), to: VersionId, reason }, { name: "move" })
  ],
  renameBranch: ["effect", artifact, argument("from", Schema.String), argument("to", Schema.String), nameOptions],
  deleteBranch: [
    "effect",
    artifact,
    argument("branch", Schema.String),
    request<ArgumentsOf<"deleteBranch">[2]>("optional")(
      { expected: Schema.optional(VersionId), reason },
      { name: "options" }
    )
  ],
  branches: ["effect", artifact],
  positions: [
    "effect",
    artifact,
    argument("branch", Schema.String),
    request<ArgumentsOf<"positions">[2]>("optional")({ limit: page.limit, cursor: page.cursor }, { name: "page" })
  ],
  containing: ["effect", argument("version", VersionId)],
  graph: [
    "effect",
    request<ArgumentsOf<"graph">[0]>()({ artifact: ArtifactId, branch: Schema.optional(Schema.String), ...page })
  ],
  text: ["plain"]
}
