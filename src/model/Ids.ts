/**
 * The branded names of things. Two ids of different things have different types, and a text that cannot be stored
 * faithfully everywhere (lone surrogates, NUL) is no id at all.
 */
import * as Schema from "effect/Schema"
import { nameProblem } from "./pathText.ts"

/** Text that every storage can hold: well-formed Unicode without NUL. @public */
export const Text = Schema.String.check(
  Schema.makeFilter((text: string) =>
    !text.isWellFormed() ? "must not contain lone surrogates" : text.includes("\0") ? "must not contain NUL" : undefined
  )
)

const Name = Text.check(Schema.isNonEmpty())
const Hex64 = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { message: "must be an id: 64 lower-case hexadecimal digits" })
)

/** SHA-256, in lower-case hex, of anything kept in object storage. @public */
export const ObjectId = Hex64.pipe(Schema.brand("ObjectId"))
/** @public */
export type ObjectId = typeof ObjectId.Type

/** SHA-256 of a file's bytes (or of a symlink's target): what `sha256sum` prints. @public */
export const BlobId = ObjectId.pipe(Schema.brand("BlobId"))
/** @public */
export type BlobId = typeof BlobId.Type

/** SHA-256 of a directory's canonical encoding. Changes exactly when something below the directory changes. @public */
export const TreeId = ObjectId.pipe(Schema.brand("TreeId"))
/** @public */
export type TreeId = typeof TreeId.Type

/** SHA-256 of a conflict's canonical encoding. @public */
export const ConflictId = ObjectId.pipe(Schema.brand("ConflictId"))
/** @public */
export type ConflictId = typeof ConflictId.Type

/** Names one version: content *and* its place in history, so A→B→A is three versions. @public */
export const VersionId = Hex64.pipe(Schema.brand("VersionId"))
/** @public */
export type VersionId = typeof VersionId.Type

/** Names one operation: SHA-256 over the operation, its predecessor's id included. @public */
export const OperationId = Hex64.pipe(Schema.brand("OperationId"))
/** @public */
export type OperationId = typeof OperationId.Type

/** Names one snapshot; drawn from the injected `IdSource`. @public */
export const SnapshotId = Name.pipe(Schema.brand("SnapshotId"))
/** @public */
export type SnapshotId = typeof SnapshotId.Type

/** Names one deployment; drawn from the injected `IdSource`. @public */
export const DeploymentId = Name.pipe(Schema.brand("DeploymentId"))
/** @public */
export type DeploymentId = typeof DeploymentId.Type

/** `type:name`, such as `skill:pdf`. @public */
export const ArtifactId = Text.check(
  Schema.isPattern(/^[a-z][a-z0-9-]*:\P{Cc}+$/u, {
    message: "must be an artifact: a type, `:` and a name, such as `skill:pdf`"
  })
).pipe(Schema.brand("ArtifactId"))
/** @public */
export type ArtifactId = typeof ArtifactId.Type

/** Names a collection. @public */
export const CollectionId = Name.pipe(Schema.brand("CollectionId"))
/** @public */
export type CollectionId = typeof CollectionId.Type

/** Names a project; where it stands on disk is the host's to know, so a project can be moved. @public */
export const ProjectId = Name.pipe(Schema.brand("ProjectId"))
/** @public */
export type ProjectId = typeof ProjectId.Type

/** The name of a mutable pointer in a catalog. @public */
export const RefName = Name.pipe(Schema.brand("RefName"))
/** @public */
export type RefName = typeof RefName.Type

/**
 * A relative path with `/` between its names and neither empty names, `.` nor `..`. A byte that is not valid UTF-8 is
 * written `\xHH`, a backslash `\\`: every name of a file system has exactly one such text.
 *
 * @public
 */
export const FilePath = Name.check(
  Schema.makeFilter((path: string) => {
    for (const name of path.split("/")) {
      const problem = nameProblem(name)
      if (problem !== undefined) return problem
    }
    return undefined
  })
).pipe(Schema.brand("FilePath"))
/** @public */
export type FilePath = typeof FilePath.Type

/** A {@link FilePath}, or the empty text for the root itself. @public */
export const DirectoryPath = Schema.Union([Schema.Literal(""), FilePath])
/** @public */
export type DirectoryPath = typeof DirectoryPath.Type

/** Who does something: a user's name, a host's service, a robot. @public */
export const Actor = Name.pipe(Schema.brand("Actor"))
/** @public */
export type Actor = typeof Actor.Type
