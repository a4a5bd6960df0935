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

/**
 * A tag as it was put: what it names, who put it there and when (raw clock), and what they said about it.
 *
 * @public
 */
export const Tag = Schema.Struct({
  artifact: ArtifactId,
  name: Text,
  version: VersionId,
  message: Text,
  author: Actor,
  time: Schema.Int
})
/** @public */
export interface Tag extends Schema.Schema.Type<typeof Tag> {}

/** A branch and the version it is at. @public */
export const Branch = Schema.Struct({ artifact: ArtifactId, name: Text, version: VersionId })
/** @public */
export interface Branch extends Schema.Schema.Type<typeof Branch> {}

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

/** A name or id prefix fits several things. `candidates` are what it could mean, at most ten. @public */
export class AmbiguousName extends Schema.TaggedError<AmbiguousName>("tidemark/model/AmbiguousName")(
  "AmbiguousName",
  { artifact: Schema.String, name: Schema.String, candidates: Schema.Array(Schema.String) },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    return `${JSON.stringify(this.name)} fits several things of ${this.artifact}: ${this.candidates.join(", ")}. Write one of these.`
  }
}

/** A revision expression is not of the grammar. `position` counts UTF-16 units from 0. @public */
export class MalformedExpression extends Schema.TaggedError<MalformedExpression>("tidemark/model/MalformedExpression")(
  "MalformedExpression",
  { expression: Schema.String, position: Schema.Int, reason: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${JSON.stringify(this.expression)} is no revision expression: ${this.reason} at position ${this.position}.`
  }
}

/** A text cannot name a branch or a tag, because a revision expression could not say it. @public */
export class InvalidName extends Schema.TaggedError<InvalidName>("tidemark/model/InvalidName")(
  "InvalidName",
  { name: Schema.String, reason: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${JSON.stringify(this.name)} cannot be a branch or tag: ${this.reason}.`
  }
}

/** The tag is there already, and a tag does not move unless that is asked for. @public */
export class TagExists extends Schema.TaggedError<TagExists>("tidemark/model/TagExists")(
  "TagExists",
  { artifact: ArtifactId, tag: Schema.String, version: VersionId },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    return `Tag ${JSON.stringify(this.tag)} of ${this.artifact} is version ${this.version}. Choose another name, or force it.`
  }
}

/** An id prefix could not be decided within the budget of records that looking for it may read. @public */
export class SearchExhausted extends Schema.TaggedError<SearchExhausted>("tidemark/model/SearchExhausted")(
  "SearchExhausted",
  { artifact: ArtifactId, name: Schema.String, searched: Schema.Int },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${JSON.stringify(this.name)} could not be told apart within ${this.searched} versions of ${this.artifact}. Write more of the id.`
  }
}

/**
 * Where a name was at a time was not found within the budget of operations that looking for it may read. `subject` is the
 * artifact or the collection.
 *
 * @public
 */
export class PositionTooFar extends Schema.TaggedError<PositionTooFar>("tidemark/model/PositionTooFar")(
  "PositionTooFar",
  { subject: Schema.String, name: Schema.String, searched: Schema.Int },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `Where ${JSON.stringify(this.name)} of ${this.subject} was then is not said by the ${this.searched} operations before. Page through its \`positions\`.`
  }
}

/** A version was to have a tree that is not stored. @public */
export class TreeNotFound extends Schema.TaggedError<TreeNotFound>("tidemark/model/TreeNotFound")(
  "TreeNotFound",
  { id: TreeId },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `Tree ${this.id} is not stored. Store its files and trees first.`
  }
}
