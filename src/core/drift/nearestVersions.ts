/** Which known versions an unmanaged directory is most like. */
import * as Effect from "effect/Effect"
import { type Similarity, similarityOf } from "../../algo/drift/similarity.ts"
import { buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { ArtifactId, DirectoryPath, FilePath, RefName, TreeId, VersionId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchPrefix, joinParts, namedArtifact } from "../catalog/names.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { flattenTree } from "../objects/treeWalk.ts"

/** What to look at, and what to compare it with. @public */
export interface NearestRequest {
  /** Where the directory stands, for the working tree. */
  readonly root: string
  /** Below the root: where the artifact's own directory would be. */
  readonly at?: DirectoryPath | undefined
  /** Only versions of these artifacts. Where it is not said, of any that has a branch, the first 200 by name. */
  readonly artifacts?: ReadonlyArray<ArtifactId> | undefined
  /** So many are told, 10 where it is not said. */
  readonly limit?: number | undefined
}

/** A version, and how much the directory is like it: `score` is 1 where it is the same. @public */
export interface NearVersion extends Similarity {
  readonly artifact: ArtifactId
  readonly version: VersionId
}

const mostArtifacts = 200
/** Artifacts that are looked at more closely than by their branches. */
const closer = 5
/** Files by which versions are looked up, the largest first, and versions looked at for each. */
const lookups = 8
const perLookup = 16

/**
 * Ranks versions by how much a directory is like them.
 *
 * @remarks
 * A version with exactly this tree is found by it. Others are sought among the heads of branches, and, for the few artifacts
 * that come nearest so, among the newest versions that changed the directory's largest files. That bounds what is
 * read: some hundred versions, whose trees share most of their directories.
 *
 * @internal
 */
export const nearestVersions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  local: ReadonlyMap<FilePath, FlatEntry>,
  { artifacts, limit = 10 }: Pick<NearestRequest, "artifacts" | "limit">
): Effect.fn.Return<ReadonlyArray<NearVersion>, StorageError> {
  const isWanted = (artifact: ArtifactId) => artifacts === undefined || artifacts.includes(artifact)
  const scored = new Map<VersionId, NearVersion & { readonly at: number }>()
  const flats = new Map<TreeId, Similarity>()

  const consider = Effect.fnUntraced(function* (records: Iterable<StoredRecord>) {
    for (const record of records) {
      const { artifact, id, tree } = yield* versionCodec.decode(record)
      if (scored.has(id) || !isWanted(artifact)) continue
      const similarity = flats.get(tree) ?? similarityOf(local, yield* flattenTree(objects, tree))
      flats.set(tree, similarity)
      scored.set(id, { artifact, version: id, ...similarity, at: record.at })
    }
  })

  const { root } = buildTrees(local, objects.identify)
  const term = joinParts("tree", root)
  yield* consider(yield* catalog.scan({ kind: "version", term, direction: "backward", limit: 100 }))

  const heads = new Set<string>()
  for (const prefix of artifacts?.map(branchPrefix) ?? ["branch/"]) {
    const seen = new Set<ArtifactId>()
    for (let after: RefName | undefined; seen.size < mostArtifacts; ) {
      const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({ prefix, after, limit: 500 })
      for (const [name, version] of page) {
        const artifact = namedArtifact(name)
        if (artifact === undefined || (seen.size >= mostArtifacts && !seen.has(artifact))) continue
        seen.add(artifact)
        heads.add(version)
      }
      if (page.length < 500) break
      after = page.at(-1)?.[0]
    }
  }
  yield* consider((yield* catalog.records("version", [...heads])).values())

  const ranked = () =>
    [...scored.values()].sort((a, b) => b.score - a.score || b.at - a.at || compareUtf8(a.version, b.version))
  const near = new Set(ranked().map(({ artifact }) => artifact))
  const largest = [...local]
    .flatMap(([path, entry]) => ("size" in entry ? [{ path, size: entry.size }] : []))
    .sort((a, b) => b.size - a.size || compareUtf8(a.path, b.path))
    .slice(0, lookups)
  for (const artifact of [...near].slice(0, closer)) {
    for (const term of [
      ...largest.map(({ path }) => joinParts("artifact+path", artifact, path)),
      joinParts("artifact+paths", artifact)
    ]) {
      yield* consider(yield* catalog.scan({ kind: "version", term, direction: "backward", limit: perLookup }))
    }
  }
  return ranked()
    .filter(({ score }) => score > 0)
    .slice(0, Math.max(1, limit))
    .map(({ at: _, ...version }) => version)
})
