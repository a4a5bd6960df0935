/** One base out of several: where two versions have more than one best common ancestor, those are merged first. */
import * as Effect from "effect/Effect"
import type { RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { Conflict } from "../../model/Conflict.ts"
import type { ObjectId, TreeId, VersionId } from "../../model/Ids.ts"
import type { Objects } from "../objects/Objects.ts"
import type { MergeDriver } from "./MergeDriver.ts"
import { mergeTrees } from "./treeMerge.ts"

/** A tree to merge from, and what the conflicts in it were. @internal */
export interface VirtualBase {
  readonly tree: TreeId | null
  readonly standIns: ReadonlyMap<ObjectId, Conflict>
}

/** What making a base out of several needs. @internal */
export interface VirtualBaseParts<E> {
  readonly objects: Objects["Service"]
  readonly mergeBases: (a: VersionId, b: VersionId) => Effect.Effect<ReadonlyArray<VersionId>, E>
  readonly treeOf: (id: VersionId) => Effect.Effect<TreeId, E>
  readonly policy: TextPolicy
  readonly drivers: ReadonlyArray<MergeDriver>
  readonly renames: RenameOptions
}

/** Takes out what another one descends from. */
const bestOf = Effect.fnUntraced(function* <E>(
  mergeBases: VirtualBaseParts<E>["mergeBases"],
  candidates: ReadonlyArray<VersionId>
): Effect.fn.Return<ReadonlyArray<VersionId>, E> {
  const best: Array<VersionId> = []
  for (const one of candidates) {
    let below = false
    for (const other of candidates) {
      if (one === other || below) continue
      below = (yield* mergeBases(one, other))[0] === one
    }
    if (!below) best.push(one)
  }
  return best
})

/**
 * Merges common ancestors, the oldest first, each pair from its own common ancestors. Conflicts in that are content that
 * stands in for them; directories are not followed where they moved, as that would be guessing upon guesses.
 *
 * @internal
 */
export const virtualBase = Effect.fnUntraced(function* <E>(
  parts: VirtualBaseParts<E>,
  bases: ReadonlyArray<VersionId>,
  depth = 1
): Effect.fn.Return<VirtualBase, E | Effect.Error<ReturnType<typeof mergeTrees<never>>>> {
  const { drivers, mergeBases, objects, policy, treeOf } = parts
  const [first, ...more] = [...bases].reverse()
  if (first === undefined) return { tree: null, standIns: new Map() }
  let tree = yield* treeOf(first)
  const standIns = new Map<ObjectId, Conflict>()
  const merged = [first]
  for (const next of more) {
    const shared = new Set<VersionId>()
    for (const one of merged) for (const base of yield* mergeBases(one, next)) shared.add(base)
    const common: VirtualBase = yield* virtualBase(parts, yield* bestOf(mergeBases, [...shared]), depth + 1)
    const result = yield* mergeTrees({
      objects,
      source: objects,
      content: objects,
      base: common.tree,
      ours: tree,
      theirs: yield* treeOf(next),
      policy,
      drivers,
      renames: { ...parts.renames, directories: "stay", moves: [] },
      standIns: common.standIns,
      depth
    })
    yield* objects.put([...result.contents, ...[...result.built].map(([id, { bytes }]) => ({ id, bytes }))])
    for (const [id, conflict] of result.standIns) standIns.set(id, conflict)
    tree = result.tree
    merged.push(next)
  }
  return { tree, standIns }
})
