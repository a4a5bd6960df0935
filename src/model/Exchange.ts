/** What two stores say to each other, and what can go wrong on the way. */
import * as Schema from "effect/Schema"
import { ArtifactId, CollectionId, ObjectId, OperationId, RefName, SnapshotId, Text, TreeId, VersionId } from "./Ids.ts"
import { Snapshot } from "./Snapshot.ts"
import { Tag } from "./Version.ts"

/** The shape of a version, without its content: enough to walk a graph. `time` is the raw clock. @public */
export const VersionOutline = Schema.Struct({
  id: VersionId,
  parents: Schema.Array(VersionId),
  tree: TreeId,
  time: Schema.Int
})
/** @public */
export interface VersionOutline extends Schema.Schema.Type<typeof VersionOutline> {}

/** A branch or tag as a peer tells of it. @public */
export const PeerName = Schema.Struct({
  kind: Schema.Literals(["branch", "tag"]),
  artifact: ArtifactId,
  name: Text,
  version: VersionId
})
/** @public */
export interface PeerName extends Schema.Schema.Type<typeof PeerName> {}

/**
 * A snapshot by its id and by the SHA-256 of its text: ids of snapshots are drawn, not computed, so only both together say
 * which snapshot is meant.
 *
 * @public
 */
export const PeerSnapshot = Schema.Struct({ id: SnapshotId, sum: ObjectId })
/** @public */
export interface PeerSnapshot extends Schema.Schema.Type<typeof PeerSnapshot> {}

/** A branch or tag of a whole collection as a peer tells of it. @public */
export const PeerCollectionName = Schema.Struct({
  kind: Schema.Literals(["branch", "tag"]),
  collection: CollectionId,
  name: Text,
  snapshot: PeerSnapshot
})
/** @public */
export interface PeerCollectionName extends Schema.Schema.Type<typeof PeerCollectionName> {}

/** Where a branch or tag of a collection is to go, and from where. @public */
export const CollectionNameMove = Schema.Struct({
  kind: Schema.Literals(["branch", "tag"]),
  collection: CollectionId,
  name: Text,
  from: Schema.NullOr(SnapshotId),
  to: Schema.NullOr(SnapshotId)
})
/** @public */
export interface CollectionNameMove extends Schema.Schema.Type<typeof CollectionNameMove> {}

/** Bytes under the SHA-256 that names them. @public */
export const PeerContent = Schema.Struct({ id: ObjectId, bytes: Schema.Uint8Array })
/** @public */
export interface PeerContent extends Schema.Schema.Type<typeof PeerContent> {}

/** Something that a receipt names and its receiver does not have. @public */
export const MissingContent = Schema.Struct({
  kind: Schema.Literals(["version", "snapshot", "tree", "conflict", "blob"]),
  id: ObjectId
})
/** @public */
export interface MissingContent extends Schema.Schema.Type<typeof MissingContent> {}

/** A piece of a large content: an object of its own, and its size in bytes. @public */
export const PeerChunk = Schema.Struct({ id: ObjectId, size: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)) })
/** @public */
export interface PeerChunk extends Schema.Schema.Type<typeof PeerChunk> {}

/** A content and the pieces that it is made of, in order; none where it is one piece. @public */
export const PeerChunks = Schema.Struct({ id: ObjectId, chunks: Schema.Array(PeerChunk) })
/** @public */
export interface PeerChunks extends Schema.Schema.Type<typeof PeerChunks> {}

/** An object and the size of its content; `null` where it is not known, and may be large. @public */
export const PeerObject = Schema.Struct({ id: ObjectId, size: Schema.NullOr(Schema.Int) })
/** @public */
export interface PeerObject extends Schema.Schema.Type<typeof PeerObject> {}

const Versions = Schema.Array(VersionId)
const Objects = Schema.Array(ObjectId)
const Snapshots = Schema.Array(SnapshotId)

/**
 * What a store can be asked by another one.
 *
 * - `Names`: its branches and tags, of some artifacts or all, a page at a time
 * - `Known`: which of these versions are in its history
 * - `Outlines`: the newest of what is reachable from `want` and not from `have`
 * - `Versions`: the texts that versions are the hashes of; `Objects`: the content of objects. An answer may hold fewer than
 *   were asked for, from the first on, but at least one
 * - `Chunks`: the pieces that it keeps large content in, which are objects too
 * - `Tags`: what is known of tags beside what they name
 * - `CollectionNames`: its branches and tags of whole collections, of some or all, a page at a time
 * - `KnownSnapshots`: which of these snapshots it has, and what the text of each hashes to
 * - `Snapshots`: those of these snapshots that it has, and those before them, up to `limit` in all
 * - `Missing`: which of these objects it does not have whole
 * - `Put`: keep this content. It is found by its hash, and named by nothing yet
 * - `Join`: make one content of pieces that were put
 * - `Receive`: make versions that were put part of the history and move names, all or nothing, as one operation. A branch that
 *   goes to `null` is deleted. `snapshots` are the hashes of snapshots' texts that were put, each after the one before it
 *
 * The last three change the store; a host that only gives refuses them.
 *
 * @public
 */
export const PeerRequest = Schema.TaggedUnion({
  Names: {
    artifacts: Schema.NullOr(Schema.Array(ArtifactId)),
    cursor: Schema.NullOr(Schema.String),
    limit: Schema.Int
  },
  Known: { versions: Versions },
  Outlines: { want: Versions, have: Versions, limit: Schema.Int },
  Versions: { versions: Versions },
  Objects: { objects: Objects },
  Chunks: { objects: Objects },
  Tags: { tags: Schema.Array(Schema.Struct({ artifact: ArtifactId, name: Text })) },
  CollectionNames: {
    collections: Schema.NullOr(Schema.Array(CollectionId)),
    cursor: Schema.NullOr(Schema.String),
    limit: Schema.Int
  },
  KnownSnapshots: { snapshots: Snapshots },
  Snapshots: { snapshots: Snapshots, limit: Schema.Int },
  Missing: { objects: Schema.Array(PeerObject) },
  Put: { contents: Schema.Array(PeerContent) },
  Join: { contents: Schema.Array(PeerChunks) },
  Receive: {
    versions: Versions,
    branches: Schema.Array(
      Schema.Struct({
        artifact: ArtifactId,
        name: Text,
        from: Schema.NullOr(VersionId),
        to: Schema.NullOr(VersionId)
      })
    ),
    tags: Schema.Array(Schema.Struct({ tag: Tag, from: Schema.NullOr(VersionId) })),
    snapshots: Schema.optionalKey(Objects),
    collections: Schema.optionalKey(Schema.Array(CollectionNameMove)),
    removedTags: Schema.optionalKey(Schema.Array(Schema.Struct({ artifact: ArtifactId, name: Text, from: VersionId }))),
    reason: Text
  }
})
/** @public */
export type PeerRequest = typeof PeerRequest.Type

/**
 * What a store answers: of the same name as the request; to `Put` with `Stored`, to `Join` with `Stored` or `Incomplete`
 * (what has to be put first), to `Receive` with `Received`, `Incomplete` or `Moved` (a name is not where the request has
 * it). `Refused` means that the request asks for what cannot be, `Failed` that the store failed.
 *
 * @public
 */
export const PeerReply = Schema.TaggedUnion({
  Names: { names: Schema.Array(PeerName), cursor: Schema.NullOr(Schema.String) },
  Known: { versions: Versions },
  Outlines: { outlines: Schema.Array(VersionOutline) },
  Contents: { contents: Schema.Array(PeerContent) },
  Chunks: { contents: Schema.Array(PeerChunks) },
  Tags: { tags: Schema.Array(Tag) },
  CollectionNames: { names: Schema.Array(PeerCollectionName), cursor: Schema.NullOr(Schema.String) },
  KnownSnapshots: { snapshots: Schema.Array(PeerSnapshot) },
  Snapshots: { snapshots: Schema.Array(Snapshot) },
  Missing: { objects: Objects },
  Stored: {},
  Received: { operation: Schema.NullOr(OperationId) },
  Incomplete: { missing: Schema.Array(MissingContent) },
  Moved: { name: RefName, expected: Schema.NullOr(Schema.String), found: Schema.NullOr(Schema.String) },
  Refused: { detail: Schema.String },
  Failed: { detail: Schema.String, retryable: Schema.Boolean }
})
/** @public */
export type PeerReply = typeof PeerReply.Type

/**
 * Talking to another store failed; this one is as it was.
 *
 * - `unavailable`: it, or the way to it, failed
 * - `malformed`: it answered what cannot be true: content under another id, versions nobody asked for
 * - `refused`: it would not do what it was asked
 *
 * @public
 */
export class PeerError extends Schema.TaggedError<PeerError>("tidemark/model/PeerError")(
  "PeerError",
  {
    reason: Schema.Literals(["unavailable", "malformed", "refused"]),
    request: Schema.String,
    detail: Schema.String,
    isRetryable: Schema.Boolean,
    cause: Schema.optionalKey(Schema.Defect())
  },
  { httpApiStatus: 502 }
) {
  override get message(): string {
    switch (this.reason) {
      case "unavailable":
        return `The other store did not answer (${this.request}: ${this.detail}). Try again: what arrived is not sent twice.`
      case "malformed":
        return `The other store's answer cannot be right (${this.request}: ${this.detail}). Nothing was changed here.`
      default:
        return `The other store refused (${this.request}: ${this.detail}). Nothing was changed.`
    }
  }
}
