/** Versions: one artifact's states in its history. */
import * as Schema from "effect/Schema"
import { Actor, ArtifactId, RefName, Text, TreeId, VersionId } from "./Ids.ts"

/** How a version came to be. @public */
export const VersionOrigin = Schema.Literals(["snapshot", "deployment", "sync", "merge", "rollback", "local", "import"])
/** @public */
export type VersionOrigin = typeof VersionOrigin.Type

/**
 * One state of an artifact. `time` is the raw clock in milliseconds since 1970; it never decides order or ancestry.
 *
 * @public
 */
export const Version = Schema.Struct({
  id: VersionId,
  artifact: ArtifactId,
  parents: Schema.Array(VersionId),
  tree: TreeId,
  origin: VersionOrigin,
  author: Actor,
  time: Schema.Int,
  message: Text,
  metadata: Schema.Record(Text, Schema.Json)
})
/** @public */
export interface Version extends Schema.Schema.Type<typeof Version> {}

/** No such version is known. @public */
export class VersionNotFound extends Schema.TaggedError<VersionNotFound>("tidemark/model/VersionNotFound")(
  "VersionNotFound",
  { id: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `There is no version ${JSON.stringify(this.id)}. List an artifact's versions with VersionGraph.history.`
  }
}

/** A name (branch, tag, head) was not where the caller, or the decision being carried out, had seen it. @public */
export class RefConflict extends Schema.TaggedError<RefConflict>("tidemark/model/RefConflict")(
  "RefConflict",
  { name: RefName, expected: Schema.NullOr(Schema.String), found: Schema.NullOr(Schema.String) },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    const show = (value: string | null) => (value === null ? "nothing" : value)
    return `${this.name} holds ${show(this.found)}, not ${show(this.expected)}: somebody was faster. Read it again and decide anew.`
  }
}

/** No branch or tag of that name is known. @public */
export class NameNotFound extends Schema.TaggedError<NameNotFound>("tidemark/model/NameNotFound")(
  "NameNotFound",
  { artifact: Schema.String, name: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message(): string {
    return `${this.artifact} has no branch or tag ${JSON.stringify(this.name)}.`
  }
}

/** Two versions share no ancestor, so there is no base to merge from. @public */
export class NoCommonAncestor extends Schema.TaggedError<NoCommonAncestor>("tidemark/model/NoCommonAncestor")(
  "NoCommonAncestor",
  { ours: VersionId, theirs: VersionId },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `Versions ${this.ours} and ${this.theirs} share no ancestor. Merge their trees with an explicit base instead.`
  }
}
