/** Which objects of freshly built trees are not already held by an earlier tree. */
import * as Effect from "effect/Effect"
import type { BuiltTrees } from "../../algo/tree/buildTrees.ts"
import type { FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinPath, type TreeSource } from "../objects/treeWalk.ts"

/** Objects that an earlier tree does not hold: trees, and blobs with a path to read each from. @internal */
export interface NewContent {
  readonly trees: ReadonlySet<TreeId>
  readonly blobs: ReadonlyMap<ObjectId, FilePath>
}

/**
 * Compares built trees with an earlier root, descending only where they differ, so that the cost follows the change and
 * not the size of the collection.
 *
 * @internal
 */
export const newContent = Effect.fnUntraced(function* (
  source: TreeSource,
  before: TreeId | null,
  after: BuiltTrees
): Effect.fn.Return<NewContent, StorageError> {
  const trees = new Set<TreeId>()
  const blobs = new Map<ObjectId, FilePath>()
  let level: ReadonlyArray<readonly [string, TreeId | null, TreeId]> = [["", before, after.root]]
  while (level.length > 0) {
    const wanted = new Set<TreeId>()
    for (const [, old, fresh] of level) if (old !== null && old !== fresh) wanted.add(old)
    const known = yield* source.trees([...wanted])
    const next: Array<readonly [string, TreeId | null, TreeId]> = []
    for (const [directory, old, fresh] of level) {
      if (old === fresh) continue
      trees.add(fresh)
      const earlier = new Map((old === null ? [] : (known.get(old) ?? [])).map((entry) => [entry.name, entry]))
      for (const entry of after.trees.get(fresh)?.entries ?? []) {
        const same = earlier.get(entry.name)
        const path = joinPath(directory, entry.name)
        if (entry.kind === "directory") {
          next.push([path, same?.kind === "directory" ? (same.id as TreeId) : null, entry.id as TreeId])
        } else if (entry.kind !== "conflict" && same?.id !== entry.id) blobs.set(entry.id, path)
      }
    }
    level = next
  }
  return { trees, blobs }
})
