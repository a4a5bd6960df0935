/** What a project will hold of an artifact, as a tree: the content of versions captured by themselves. */
import * as Effect from "effect/Effect"
import { type SameText, sameStanding } from "../../algo/drift/classify.ts"
import { type BuiltTree, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { DirectoryPath, FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { batchBySize, partition } from "../merge/ContentSource.ts"
import type { Content, ObjectsService, SizedObject } from "../objects/Objects.ts"
import { joinPath } from "../objects/treeWalk.ts"
import { streamedAbove, type WorkingTreeError } from "../WorkingTree.ts"
import type { LocalContent } from "./localContent.ts"
import type { Flat } from "./mergeSides.ts"
import { ancestors } from "./ProjectState.ts"
import { asEntry, asStanding, isStandingFile } from "./standings.ts"

/** A path of a project, seen from an artifact's target. @internal */
export const relativeToTarget = (target: DirectoryPath, path: FilePath): FilePath =>
  (target === "" ? path : path.slice(target.length + 1)) as FilePath

/** The conflicts of a deployment's tree, by the project's paths. @internal */
export const openConflicts = (target: DirectoryPath, flat: Flat): ReadonlyMap<FilePath, ObjectId> =>
  new Map(
    [...flat].flatMap(([relative, entry]) =>
      entry.kind === "conflict" ? [[joinPath(target, relative), entry.id] as const] : []
    )
  )

/** A tree that is not stored yet, and the blobs it names. @internal */
export interface HeldTree {
  readonly root: TreeId
  readonly trees: ReadonlyMap<TreeId, BuiltTree>
  readonly blobs: ReadonlyArray<StandingFile>
}

/**
 * Builds the tree of what an artifact's paths will hold; `null` where that is the deployed version itself, up to what the
 * text policy calls the same. Paths are the project's; `deployed` is the version's tree, by the project's paths too.
 *
 * Where a conflict is open, the tree holds the conflict: whatever stands in the project meanwhile, the version must not
 * say that this was what the merge came to.
 *
 * @internal
 */
export const heldTree = (
  objects: ObjectsService,
  target: DirectoryPath,
  held: ReadonlyMap<FilePath, Standing>,
  deployed: Flat,
  same: SameText,
  conflicts: ReadonlyMap<FilePath, ObjectId>
): HeldTree | null => {
  let edited = conflicts.size > 0
  const open = (path: FilePath) => conflicts.has(path) || [...ancestors(path)].some((parent) => conflicts.has(parent))
  const flat = new Map<FilePath, FlatEntry>()
  const blobs: Array<StandingFile> = []
  for (const [path, id] of conflicts) flat.set(relativeToTarget(target, path), { kind: "conflict", id, size: 0 })
  for (const [path, standing] of held) {
    if (conflicts.size > 0 && open(path)) continue
    flat.set(relativeToTarget(target, path), asEntry(standing))
    if (isStandingFile(standing)) blobs.push(standing)
    const there = asStanding(deployed.get(path) ?? null)
    if (!sameStanding(standing, there) && !same(standing, there)) edited = true
  }
  for (const path of deployed.keys()) if (!held.has(path)) edited = true
  if (!edited) return null
  const built = buildTrees(flat, objects.identify)
  return { root: built.root, trees: built.trees, blobs }
}

/** Stores new content, and of `blobs` those that only the project has. @internal */
export const storePlanned = Effect.fnUntraced(function* (
  objects: ObjectsService,
  content: LocalContent,
  contents: ReadonlyArray<Content>,
  blobs: ReadonlyArray<SizedObject>
): Effect.fn.Return<void, StorageError | WorkingTreeError> {
  yield* objects.put(contents)
  const sizes = new Map(blobs.map(({ id, size }) => [id, size ?? 0]))
  const sizeOf = (id: ObjectId) => sizes.get(id) ?? 0
  const [large, small] = partition(yield* objects.claim(blobs), (id) => sizeOf(id) > streamedAbove)
  for (const id of large) yield* content.store(id)
  for (const batch of batchBySize(small, sizeOf)) {
    yield* objects.put([...(yield* content.get(batch))].map(([id, bytes]) => ({ id, bytes })))
  }
})
