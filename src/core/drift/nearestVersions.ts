/** Which known versions an unmanaged directory is most like. */
import * as Effect from "effect/Effect"
import { type Similarity, similarityOf } from "../../algo/drift/similarity.ts"
import { type Fingerprint, FULL_SCORE, fingerprint, similarity } from "../../algo/merge/renames/similarity.ts"
import { buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { ArtifactId, DirectoryPath, FilePath, ObjectId, RefName, TreeId, VersionId } from "../../model/Ids.ts"
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
/** Versions whose differing files are compared piece by piece, those among the largest of at most so many bytes. */
const readClosely = 16
const largestText = 1024 * 1024

const isText = (entry: FlatEntry): entry is Exclude<FlatEntry, { readonly kind: "directory" }> =>
  (entry.kind === "file" || entry.kind === "executable") && entry.size <= largestText

/**
 * Ranks versions by how much a directory is like them.
 *
 * @remarks
 * A version with exactly this tree is found by it. Others are sought among the heads of branches, and, for the few artifacts
 * that come nearest so, among the newest versions that changed the directory's largest files. Of the nearest of these, the
 * largest files that differ are read and compared piece by piece. That bounds what is read: some hundred versions, whose
 * trees share most of their directories, and a hundred files.
 *
 * @internal
 */
export const nearestVersions = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  objects: ObjectsService,
  local: ReadonlyMap<FilePath, FlatEntry>,
  read: (paths: ReadonlyArray<FilePath>) => Effect.Effect<ReadonlyMap<FilePath, Uint8Array>, E>,
  { artifacts, limit = 10 }: Pick<NearestRequest, "artifacts" | "limit">
): Effect.fn.Return<ReadonlyArray<NearVersion>, E | StorageError> {
  const isWanted = (artifact: ArtifactId) => artifacts === undefined || artifacts.includes(artifact)
  const scored = new Map<VersionId, NearVersion & { readonly at: number }>()
  const flats = new Map<TreeId, Similarity>()
  const trees = new Map<VersionId, TreeId>()

  const consider = Effect.fnUntraced(function* (records: Iterable<StoredRecord>) {
    for (const record of records) {
      const { artifact, id, tree } = yield* versionCodec.decode(record)
      if (scored.has(id) || !isWanted(artifact)) continue
      const found = flats.get(tree) ?? similarityOf(local, yield* flattenTree(objects, tree))
      flats.set(tree, found)
      trees.set(id, tree)
      scored.set(id, { artifact, version: id, ...found, at: record.at })
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
  // Which of several near ones it was, only what stands in the files that differ can tell.
  const mine = new Map<FilePath, Fingerprint>()
  const theirs = new Map<ObjectId, Fingerprint>()
  const alike = (path: FilePath, a: FlatEntry, b: FlatEntry): number => {
    const [ofA, ofB] = [isText(a) ? mine.get(path) : undefined, isText(b) ? theirs.get(b.id) : undefined]
    return ofA === undefined || ofB === undefined ? 0 : similarity(ofA, ofB) / FULL_SCORE
  }
  for (const { version } of ranked().slice(0, readClosely)) {
    const near = scored.get(version)
    const tree = trees.get(version)
    if (near === undefined || tree === undefined || near.changed === 0) continue
    const flat = yield* flattenTree(objects, tree)
    const differing = largest.filter(({ path }) => {
      const [a, b] = [local.get(path), flat.get(path)]
      return a !== undefined && b !== undefined && isText(a) && isText(b) && a.id !== b.id
    })
    const unread = differing.map(({ path }) => path).filter((path) => !mine.has(path))
    if (unread.length > 0) for (const [path, bytes] of yield* read(unread)) mine.set(path, fingerprint(bytes))
    const ids = differing.flatMap(({ path }) => {
      const entry = flat.get(path)
      return entry !== undefined && isText(entry) && !theirs.has(entry.id) ? [entry.id] : []
    })
    for (const [id, bytes] of yield* objects.get(ids)) theirs.set(id, fingerprint(bytes))
    scored.set(version, { ...near, ...similarityOf(local, flat, alike) })
  }
  return ranked()
    .filter(({ score }) => score > 0)
    .slice(0, Math.max(1, limit))
    .map(({ at: _, ...version }) => version)
})
