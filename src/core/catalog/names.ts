/** The names of refs and terms: parts joined by `/`, each part escaped, so that no two things share a name. */
import type { ArtifactId, CollectionId, DirectoryPath, ProjectId, RefName } from "../../model/Ids.ts"

/** Escapes what would end a part (`/`) or an escape (`%`). Injective, and keeps prefixes usable for listing. @internal */
export const escapePart = (part: string): string =>
  part.includes("%") || part.includes("/") ? part.replaceAll("%", "%25").replaceAll("/", "%2F") : part

/** Undoes {@link escapePart}. @internal */
export const unescapePart = (part: string): string => part.replaceAll("%2F", "/").replaceAll("%25", "%")

/** Joins a term or ref name from its parts. @internal */
export const joinParts = (...parts: ReadonlyArray<string>): string => parts.map(escapePart).join("/")

const ref = (...parts: ReadonlyArray<string>): RefName => joinParts(...parts) as RefName

/** The newest operation of the ledger. @internal */
export const ledgerHead = "head/ledger" as RefName

/** The store's own name, drawn once. It tells a journal's recovery whether this is the store that began it. @internal */
export const storeIdentity = "store/identity" as RefName

/** A branch of an artifact. @internal */
export const branchRef = (artifact: ArtifactId, branch: string): RefName => ref("branch", artifact, branch)
/** All branches of an artifact start with this. @internal */
export const branchPrefix = (artifact: ArtifactId): string => `${joinParts("branch", artifact)}/`

/** A tag of an artifact. @internal */
export const tagRef = (artifact: ArtifactId, tag: string): RefName => ref("tag", artifact, tag)
/** All tags of an artifact start with this. @internal */
export const tagPrefix = (artifact: ArtifactId): string => `${joinParts("tag", artifact)}/`

/** All branches of other stores start with this. @internal */
export const trackedRefs = "remote/"
/** Where a branch of another store was when it was last pulled from. @internal */
export const trackedRef = (artifact: ArtifactId, remote: string, branch: string): RefName =>
  ref("remote", artifact, remote, branch)
/** All branches of other stores that are known of an artifact start with this. @internal */
export const trackedPrefix = (artifact: ArtifactId): string => `${joinParts("remote", artifact)}/`

/** All tags of other stores start with this. @internal */
export const trackedTagRefs = "remote-tag/"
/** Where a tag of another store was when it was last pulled from. @internal */
export const trackedTagRef = (artifact: ArtifactId, remote: string, tag: string): RefName =>
  ref("remote-tag", artifact, remote, tag)
/** All tags of other stores that are known of an artifact start with this. @internal */
export const trackedTagPrefix = (artifact: ArtifactId): string => `${joinParts("remote-tag", artifact)}/`

const kindsOfVersionNames: ReadonlySet<string | undefined> = new Set(["branch", "tag", "remote", "remote-tag"])

/** Whether a ref is a name of a version: a branch or tag of an artifact, here or in another store. @internal */
export const namesVersion = (name: RefName): boolean => kindsOfVersionNames.has(name.split("/")[0])

/** The artifact whose branch or tag, here or in another store, a ref is; `undefined` for every other ref. @internal */
export const namedArtifact = (name: RefName): ArtifactId | undefined => {
  const [, artifact] = name.split("/")
  return artifact === undefined || !namesVersion(name) ? undefined : (unescapePart(artifact) as ArtifactId)
}

/**
 * What a change of a ref is about: the artifact whose branch or tag it is, here or in another store, or the collection whose
 * head, branch or tag. `undefined` for every other ref.
 *
 * @internal
 */
export const namedSubject = (name: RefName): string | undefined => {
  const [kind, collection] = name.split("/")
  return kind === "collection" && collection !== undefined ? unescapePart(collection) : namedArtifact(name)
}

/** The newest snapshot of a collection. @internal */
export const collectionHead = (collection: CollectionId): RefName => ref("collection", collection, "head")

/** A branch or tag of a whole collection, which holds a snapshot. @internal */
export const collectionNameRef = (collection: CollectionId, kind: "branch" | "tag", name: string): RefName =>
  ref("collection", collection, kind, name)
/** All branches, or all tags, of a collection start with this. @internal */
export const collectionNamePrefix = (collection: CollectionId, kind: "branch" | "tag"): string =>
  `${joinParts("collection", collection, kind)}/`

/** Where a branch or tag of a collection was in another store when it was last pulled from. @internal */
export const trackedCollectionRef = (
  collection: CollectionId,
  kind: "branch" | "tag",
  remote: string,
  name: string
): RefName => ref("collection", collection, kind === "branch" ? "remote" : "remote-tag", remote, name)
/** All that names a snapshot of some collection starts with this. @internal */
export const collectionRefs = "collection/"
/** All that names a snapshot of one collection starts with this. @internal */
export const collectionPrefix = (collection: CollectionId): string => `${joinParts("collection", collection)}/`

/** The current deployment of an artifact at a target of a project, found by project. @internal */
export const deployedInProject = (project: ProjectId, artifact: ArtifactId, target: DirectoryPath): RefName =>
  ref("deployed", "project", project, artifact, target)
/** All current deployments of a project start with this. @internal */
export const deployedInProjectPrefix = (project: ProjectId): string => `${joinParts("deployed", "project", project)}/`

/** The same deployment, found by artifact. @internal */
export const deployedOfArtifact = (project: ProjectId, artifact: ArtifactId, target: DirectoryPath): RefName =>
  ref("deployed", "artifact", artifact, project, target)
/** All current deployments of an artifact start with this. @internal */
export const deployedOfArtifactPrefix = (artifact: ArtifactId): string =>
  `${joinParts("deployed", "artifact", artifact)}/`
