/** Claims what a new version will name, so that collecting leaves it alone until the version is committed. */
import * as Effect from "effect/Effect"
import type { ObjectId, TreeId } from "../../model/Ids.ts"
import { TreeNotFound } from "../../model/Version.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"

/**
 * Claims a tree and everything below it that does not stand at the same place of `known`, a tree that is named already.
 * Reads only directories that differ, each level in one batch.
 *
 * @internal
 */
export const claimTree = Effect.fnUntraced(function* (
  objects: ObjectsService,
  tree: TreeId,
  known: TreeId | null
): Effect.fn.Return<void, TreeNotFound | StorageError> {
  if (tree === known) return
  const [absent] = yield* objects.claim([tree])
  if (absent !== undefined) return yield* Effect.fail(new TreeNotFound({ id: tree }))
  let level: ReadonlyArray<readonly [TreeId, TreeId | null]> = [[tree, known]]
  while (level.length > 0) {
    const ids = new Set<TreeId>()
    for (const [after, before] of level) {
      ids.add(after)
      if (before !== null) ids.add(before)
    }
    const trees = yield* objects.trees([...ids])
    const fresh = new Set<ObjectId>()
    const next: Array<readonly [TreeId, TreeId | null]> = []
    for (const [after, before] of level) {
      const old = new Map((before === null ? [] : (trees.get(before) ?? [])).map((entry) => [entry.name, entry]))
      for (const entry of trees.get(after) ?? []) {
        const same = old.get(entry.name)
        if (same?.id === entry.id) continue
        fresh.add(entry.id)
        if (entry.kind === "directory") {
          next.push([entry.id as TreeId, same?.kind === "directory" ? (same.id as TreeId) : null])
        }
      }
    }
    const [missing] = yield* objects.claim([...fresh])
    if (missing !== undefined) {
      return yield* Effect.fail(corrupt("claim", `object ${missing}`, `tree ${tree} holds it, but it is missing`))
    }
    level = next
  }
})
