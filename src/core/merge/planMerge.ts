/** Reading what a merge of trees has to see, level by level, and planning it. */
import * as Effect from "effect/Effect"
import type { SameContent } from "../../algo/merge/decide.ts"
import { lookAhead, type Unread } from "../../algo/merge/lookAhead.ts"
import { planTreeMerge, type TreeMergePlan, withoutRenames } from "../../algo/merge/planTreeMerge.ts"
import type { RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import type { SideNames } from "../../algo/merge/SideNames.ts"
import { type Side, type Survey, surveyTrees, type TreeLookup, type Triple } from "../../algo/merge/surveyTrees.ts"
import type { TreeId } from "../../model/Ids.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { type TreeSource, tooFar, treeLimits } from "../objects/treeWalk.ts"
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

/**
 * Plans the merge of three trees. Fails as {@link walkTrees} does where what it has to look into of one of them is too large
 * or too deep.
 *
 * @internal
 */
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
  /** Reads what a survey wants, and what it is going to want below that, a level at a time. */
  const readAhead = Effect.fnUntraced(function* (unread: ReadonlyArray<Unread>) {
    let seen = 0
    // Past the limits, it is the survey that says so.
    for (let level = unread; level.length > 0 && seen <= treeLimits.paths; ) {
      const ids = new Set<TreeId>()
      for (const { base, ours, theirs } of level) {
        for (const id of [base, ours, theirs]) if (id !== null && !trees.has(id)) ids.add(id)
      }
      if (ids.size > 0) yield* read(ids)
      const below: Array<Unread> = []
      for (const at of level) {
        if (at.depth > treeLimits.depth || seen > treeLimits.paths) break
        for (const id of [at.base, at.ours, at.theirs]) if (id !== null) seen += trees.get(id)?.length ?? 0
        below.push(...lookAhead(trees, at))
      }
      level = below
    }
  })
  const into = new Set<Side>(options.moves.map(({ side }) => side))
  const look = { renames: options.detect !== "none", into }
  const surveyed = Effect.fnUntraced(function* (): Effect.fn.Return<Survey, StorageError> {
    for (;;) {
      const survey = surveyTrees(trees, roots, look, treeLimits)
      const { beyond } = survey
      const refused = beyond === null ? undefined : tooFar(beyond.at, beyond.depth, beyond.paths)
      if (refused !== undefined) return yield* Effect.fail(refused)
      if (survey.unread.length === 0) return survey
      yield* readAhead(survey.unread)
    }
  })
  const survey = yield* surveyed()
  const searching = look.renames || options.moves.length > 0
  const renames = searching ? yield* findRenames(content, survey, options) : withoutRenames
  const facts = { trees, roots, survey, renames, directories: options.directories, apart, names }
  const again = (same: SameContent) => planTreeMerge(facts, same)
  let plan = again(() => false)
  while (plan.missing.size > 0) {
    yield* read(plan.missing)
    plan = again(() => false)
  }
  return { trees, plan, again, limited: renames.ours.limited || renames.theirs.limited }
})
