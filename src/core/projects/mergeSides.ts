/** Three flat sides of a project merged as trees, and the outcome flat again. */
import * as Effect from "effect/Effect"
import { noRenames, type RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import type { SideNames } from "../../algo/merge/SideNames.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import { type BuiltTree, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { FilePath, TreeId } from "../../model/Ids.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { ContentSource } from "../merge/ContentSource.ts"
import { MergeDrivers } from "../merge/MergeDriver.ts"
import { type MergedPath, mergeTrees } from "../merge/treeMerge.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import { flattenTree, type TreeSource } from "../objects/treeWalk.ts"
import { Progress } from "../references/Progress.ts"

/** Flat sides: what stands at every path. @internal */
export type Flat = ReadonlyMap<FilePath, FlatEntry>

/** The outcome of merging flat sides. `contents` are new and not stored yet. @internal */
export interface MergedSides {
  readonly flat: Flat
  readonly paths: ReadonlyArray<MergedPath>
  readonly contents: ReadonlyArray<Content>
}

/** Trees in memory first, then the store's. @internal */
export const overlay = (objects: ObjectsService, built: ReadonlyMap<TreeId, BuiltTree>): TreeSource => ({
  trees: Effect.fnUntraced(function* (ids: ReadonlyArray<TreeId>) {
    const found = new Map<TreeId, ReadonlyArray<TreeEntry>>()
    const rest: Array<TreeId> = []
    for (const id of ids) {
      const tree = built.get(id)
      if (tree === undefined) rest.push(id)
      else found.set(id, tree.entries)
    }
    if (rest.length > 0) for (const [id, entries] of yield* objects.trees(rest)) found.set(id, entries)
    return found
  })
})

/** What the sides of an update are called in reasons. */
const updateSides: SideNames = { ours: "local", theirs: "upstream" }

/** A conflict that a rename has a part in. */
const aboutRenames = ({ conflict, renames }: MergedPath): boolean =>
  conflict !== null && (renames.length > 0 || /rename/.test(conflict.kind))

const namesDirectory = (flat: Flat): boolean => {
  for (const { kind } of flat.values()) if (kind === "directory") return true
  return false
}

/**
 * Merges flat sides under the drivers in force. Files that moved are followed where `renames` says so and no question
 * comes of it: a project's conflict stands where its file stands.
 *
 * @internal
 */
export const mergeSides = Effect.fnUntraced(function* <E>(
  objects: ObjectsService,
  content: ContentSource<E>,
  sides: { readonly base: Flat; readonly ours: Flat; readonly theirs: Flat },
  policy: TextPolicy,
  renames: RenameOptions = noRenames,
  names: SideNames = updateSides
): Effect.fn.Return<MergedSides, E | StorageError> {
  const progress = yield* Progress
  const [base, ours, theirs] = [sides.base, sides.ours, sides.theirs].map((side) =>
    buildTrees(side, objects.identify)
  ) as [ReturnType<typeof buildTrees>, ReturnType<typeof buildTrees>, ReturnType<typeof buildTrees>]
  const built = new Map([...base.trees, ...ours.trees, ...theirs.trees])
  const input = {
    objects,
    source: overlay(objects, built),
    content,
    base: base.root,
    ours: ours.root,
    theirs: theirs.root,
    policy,
    names,
    drivers: yield* MergeDrivers,
    onProgress: (done: number, total: number) => progress({ phase: "merge", done, total })
  }
  let merged = yield* mergeTrees({ ...input, renames })
  if (merged.paths.some(aboutRenames)) merged = yield* mergeTrees({ ...input, renames: noRenames })
  // What one side holds as a whole is listed already.
  const asGiven = [
    [ours.root, sides.ours],
    [theirs.root, sides.theirs]
  ] as const
  const [, side] = asGiven.find(([root, flat]) => root === merged.tree && !namesDirectory(flat)) ?? []
  const flat = side ?? (yield* flattenTree(overlay(objects, new Map([...built, ...merged.built])), merged.tree))
  return { flat, paths: merged.paths, contents: merged.contents }
})

/** Finds what a merge said of a path: itself, or the nearest directory above it. @internal */
export const saidOf = (paths: ReadonlyArray<MergedPath>): ((path: FilePath) => MergedPath | undefined) => {
  const byPath = new Map(paths.map((merged) => [merged.path as string, merged]))
  return (path) => {
    for (let at: string = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
      const merged = byPath.get(at)
      if (merged !== undefined) return merged
    }
    return undefined
  }
}
