/** Reading what a merge of trees has to see, level by level, and planning it. */
import * as Effect from "effect/Effect"
import type { SameContent } from "../../algo/merge/decide.ts"
import { planSurveyed, type TreeMergePlan, withoutRenames } from "../../algo/merge/planTreeMerge.ts"
import type { RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import type { SideNames } from "../../algo/merge/SideNames.ts"
import { type Side, surveyTrees, type TreeLookup, type Triple } from "../../algo/merge/surveyTrees.ts"
import type { TreeId } from "../../model/Ids.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { TreeSource } from "../objects/treeWalk.ts"
import type { ContentSource } from "./ContentSource.ts"
import { findRenames } from "./findRenames.ts"

/** A plan, the trees that it was made from, and how to make it again knowing which texts are the same. @internal */
export interface PlannedMerge {
  readonly trees: TreeLookup
  readonly plan: TreeMergePlan
  readonly again: (same: SameContent) => TreeMergePlan
  /** Whether there were too many candidates to compare contents for renames. */
  readonly limited: boolean
}

/** Plans the merge of three trees. @internal */
export const planMerge = Effect.fnUntraced(function* <E>(
  source: TreeSource,
  content: ContentSource<E>,
  roots: Triple<TreeId | null>,
  options: RenameOptions,
  apart: boolean,
  names: SideNames
): Effect.fn.Return<PlannedMerge, E | StorageError> {
  const trees = new Map<TreeId, ReadonlyArray<TreeEntry>>()
  const read = Effect.fnUntraced(function* (ids: ReadonlySet<TreeId>) {
    for (const [id, entries] of yield* source.trees([...ids])) trees.set(id, entries)
    // What a source does not have is an empty tree; asking again would not end.
    for (const id of ids) if (!trees.has(id)) trees.set(id, [])
  })
  const into = new Set<Side>(options.moves.map(({ side }) => side))
  const look = { renames: options.detect !== "none", into }
  let survey = surveyTrees(trees, roots, look)
  while (survey.missing.size > 0) {
    yield* read(survey.missing)
    survey = surveyTrees(trees, roots, look)
  }
  const searching = look.renames || options.moves.length > 0
  const renames = searching ? yield* findRenames(content, survey, options) : withoutRenames
  const facts = { trees, roots, survey, renames, directories: options.directories, apart, names }
  const again = (same: SameContent) => planSurveyed(facts, same)
  let plan = again(() => false)
  while (plan.missing.size > 0) {
    yield* read(plan.missing)
    plan = again(() => false)
  }
  return { trees, plan, again, limited: renames.ours.limited || renames.theirs.limited }
})
