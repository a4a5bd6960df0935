/** Places: where an artifact stands, or is to stand, in a project; and which ones an operation is about. */
import * as Effect from "effect/Effect"
import { ArtifactNotFound, type Deployment } from "../../model/Deployment.ts"
import type {
  ArtifactId,
  CollectionId,
  DirectoryPath,
  ProjectId,
  SnapshotId,
  TreeId,
  VersionId
} from "../../model/Ids.ts"
import type { Basis } from "../../model/Plan.ts"
import { CollectionNotFound, type InvalidPath, type SnapshotArtifact, SnapshotNotFound } from "../../model/Snapshot.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { branchRef, collectionHead, deployedInProject } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { readCollectionSnapshot } from "../snapshots/snapshotRecord.ts"
import { checkPath } from "../snapshots/sourceFiles.ts"
import { currentDeployments } from "./deploymentRecord.ts"

/** Which artifacts an operation is about, and where their upstream is. @public */
export interface Selection {
  readonly project: ProjectId
  /** Where the project stands, for the working tree: a directory's path on a file system. */
  readonly root: string
  /** Only what this collection deployed (or, by `scope`, has to deploy). By default everything, each with its own upstream. */
  readonly collection?: CollectionId | undefined
  /** A snapshot of the collection instead of its newest one. */
  readonly snapshot?: SnapshotId | undefined
  /** `deployed` (the default): only what stands in the project. `collection`: also what the collection has besides. */
  readonly scope?: "deployed" | "collection" | undefined
  /** Only these artifacts. */
  readonly artifacts?: ReadonlyArray<ArtifactId> | undefined
  /** Where in the project the collection's root is for artifacts that are new to it. By default at its root. */
  readonly at?: DirectoryPath | undefined
  /** Targets for single artifacts that are new to the project, instead of where the collection has them. */
  readonly targets?: { readonly [artifact: string]: DirectoryPath } | undefined
  /**
   * Versions that artifacts new to the project are taken to stand there in already, edited or not: the base to merge from.
   * `DriftDetector.nearest` finds them.
   */
  readonly adopt?: { readonly [artifact: string]: VersionId } | undefined
}

/** What upstream has of an artifact; no tree where it was removed. @internal */
export interface Upstream {
  readonly version: VersionId
  readonly tree: TreeId | null
  readonly removed: boolean
}

/** An artifact at a target of a project. @internal */
export interface Place {
  readonly artifact: ArtifactId
  readonly target: DirectoryPath
  readonly shape: SnapshotArtifact["shape"]
  readonly collection: CollectionId | null
  readonly deployment: Deployment | null
  readonly upstream: Upstream | null
  /** Places that are not selected only guard their own paths. */
  readonly selected: boolean
}

/** The places of a project, and the names that were read to find them. @internal */
export interface Places {
  readonly places: ReadonlyArray<Place>
  readonly basis: ReadonlyArray<Basis>
}

/** Joins two directory paths. @internal */
export const joinDirectories = (a: DirectoryPath, b: DirectoryPath): DirectoryPath =>
  (a === "" ? b : b === "" ? a : `${a}/${b}`) as DirectoryPath

/** Finds the places that a selection is about. @internal */
export const findPlaces = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  selection: Selection
): Effect.fn.Return<Places, ArtifactNotFound | CollectionNotFound | InvalidPath | SnapshotNotFound | StorageError> {
  const { artifacts, project, scope = "deployed" } = selection
  for (const target of [selection.at ?? "", ...Object.values(selection.targets ?? {})]) {
    if (target !== "") yield* checkPath(target)
  }
  const deployments = yield* currentDeployments(catalog, project)
  const basis: Array<Basis> = deployments.map(({ artifact, id, target }) => ({
    name: deployedInProject(project, artifact, target),
    value: id
  }))

  // Each collection's newest snapshot is read once; the plan relies on it staying the newest.
  const lists = new Map<CollectionId, ReadonlyMap<ArtifactId, SnapshotArtifact>>()
  const read = Effect.fnUntraced(function* (id: SnapshotId) {
    const { artifacts, collection } = yield* readCollectionSnapshot(catalog, objects, id)
    lists.set(collection, new Map(artifacts.map((artifact) => [artifact.artifact, artifact])))
    return collection
  })
  // A snapshot is a collection's: it need not be named beside it, and must not be another's.
  const pinned = selection.snapshot === undefined ? undefined : yield* read(selection.snapshot)
  const chosen = selection.collection ?? pinned
  if (pinned !== undefined && chosen !== pinned) {
    return yield* Effect.fail(new SnapshotNotFound({ id: selection.snapshot ?? "" }))
  }
  const collections = new Set(deployments.flatMap(({ collection }) => (collection === null ? [] : [collection])))
  if (chosen !== undefined) collections.add(chosen)
  for (const collection of collections) {
    if (collection === pinned) continue
    const name = collectionHead(collection)
    const head = (yield* catalog.refs([name])).get(name) ?? null
    if (head === null && collection === chosen) return yield* Effect.fail(new CollectionNotFound({ collection }))
    basis.push({ name, value: head })
    if (head !== null) yield* read(head as SnapshotId)
  }

  const wanted = (artifact: ArtifactId) => artifacts === undefined || artifacts.includes(artifact)
  const places: Array<Place> = []
  for (const deployment of deployments) {
    const { artifact, collection, shape, target } = deployment
    // What another collection deployed is not this selection's business.
    const foreign = chosen !== undefined && collection !== chosen
    const selected = wanted(artifact) && !foreign
    const entry = collection === null ? undefined : lists.get(collection)?.get(artifact)
    let upstream: Upstream | null = null
    if (entry !== undefined) upstream = { version: entry.version, tree: entry.tree, removed: false }
    else if (collection !== null && selected && lists.has(collection)) {
      // Not in the collection any more: as a rule, its branch ends in a version without files.
      upstream = { version: deployment.version, tree: null, removed: true }
      if (collection !== pinned) {
        const name = branchRef(artifact, collection)
        const tip = (yield* catalog.refs([name])).get(name)
        const record = tip === undefined ? undefined : (yield* catalog.records("version", [tip])).get(tip)
        const version = record === undefined ? undefined : yield* versionCodec.decode(record)
        if (version?.metadata.removed === true) upstream = { ...upstream, version: version.id }
      }
    }
    // Deployed by its version alone, or its collection is not here: what was deployed is all the upstream there is.
    if (upstream === null && selected) {
      const tree = yield* versionTree(catalog, deployment.version)
      upstream = { version: deployment.version, tree, removed: false }
    }
    places.push({ artifact, target, shape, collection, deployment, upstream, selected })
  }

  const source = chosen === undefined ? undefined : lists.get(chosen)
  if (chosen !== undefined && source !== undefined) {
    const standing = Map.groupBy(deployments, ({ artifact }) => artifact)
    for (const entry of source.values()) {
      const asked = artifacts?.includes(entry.artifact) ?? scope === "collection"
      const target = selection.targets?.[entry.artifact] ?? joinDirectories(selection.at ?? "", entry.root)
      // An artifact may stand at several targets, but only a target that is asked for makes another one.
      const there = standing
        .get(entry.artifact)
        ?.some((at) => selection.targets?.[entry.artifact] === undefined || at.target === target)
      if (!asked || there === true) continue
      basis.push({ name: deployedInProject(project, entry.artifact, target), value: null })
      places.push({
        artifact: entry.artifact,
        target,
        shape: entry.shape,
        collection: chosen,
        deployment: null,
        upstream: { version: entry.version, tree: entry.tree, removed: false },
        selected: true
      })
    }
  }
  for (const artifact of artifacts ?? []) {
    if (places.some((place) => place.selected && place.artifact === artifact)) continue
    const other = deployments.find((at) => at.artifact === artifact)
    const from = other === undefined ? {} : { deployedFrom: other.collection }
    return yield* Effect.fail(new ArtifactNotFound({ artifact, collection: chosen ?? null, ...from }))
  }
  return { places, basis }
})

/** The trees of the versions to adopt, for places that nothing is deployed at. @internal */
export const adoptedTrees = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  selection: Selection,
  places: ReadonlyArray<Place>
): Effect.fn.Return<ReadonlyMap<Place, TreeId>, StorageError | VersionNotFound> {
  const trees = new Map<Place, TreeId>()
  for (const place of places) {
    const id = selection.adopt?.[place.artifact]
    if (id === undefined || place.deployment !== null || !place.selected) continue
    const record = yield* askRecord(catalog, "version", id)
    const version = record === undefined ? undefined : yield* versionCodec.decode(record)
    if (version?.artifact !== place.artifact) return yield* Effect.fail(new VersionNotFound({ id }))
    trees.set(place, version.tree)
  }
  return trees
})

/** The version's tree; it must be there, because a deployment names it. @internal */
export const versionTree = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  id: VersionId
): Effect.fn.Return<TreeId, StorageError> {
  const record = (yield* catalog.records("version", [id])).get(id)
  if (record === undefined) return yield* Effect.fail(corrupt("read", `version ${id}`, "it is missing"))
  return (yield* versionCodec.decode(record)).tree
})
