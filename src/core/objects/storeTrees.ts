/** Storing trees that were just built. */
import * as Effect from "effect/Effect"
import type { BuiltTree } from "../../algo/tree/buildTrees.ts"
import type { TreeId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { ObjectsService } from "./Objects.ts"

/** How many trees' bytes are made at once. */
const madeAtOnce = 1_000

/**
 * Sees to it that trees are stored. Most of them are as a rule, and are claimed: bytes are made only of the others, some at a
 * time.
 *
 * @internal
 */
export const storeTrees = Effect.fnUntraced(function* (
  objects: Pick<ObjectsService, "claim" | "put">,
  trees: ReadonlyMap<TreeId, BuiltTree>
): Effect.fn.Return<void, StorageError> {
  if (trees.size === 0) return
  const missing = (yield* objects.claim([...trees].map(([id, { size }]) => ({ id, size })))) as ReadonlyArray<TreeId>
  for (let at = 0; at < missing.length; at += madeAtOnce) {
    yield* objects.put(
      missing.slice(at, at + madeAtOnce).flatMap((id) => {
        const tree = trees.get(id)
        return tree === undefined ? [] : [{ id, bytes: tree.bytes }]
      })
    )
  }
})
