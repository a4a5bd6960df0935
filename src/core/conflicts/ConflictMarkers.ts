/** Whether a tree with open conflicts may be written as files. */
import * as Context from "effect/Context"
import type { ConflictStyle } from "../../algo/text/mergeRegions.ts"

/** `refuse`, or the style in which text conflicts are written with markers. @public */
export type ConflictMarkersChoice = ConflictStyle | "refuse"

/**
 * What happens where a tree that holds unresolved conflicts is to leave the store: a snapshot that is restored or read, an
 * upstream that is deployed or merged into a project.
 *
 * @remarks
 * `refuse` (the default) fails with `UnresolvedConflicts`, which lists them, and touches nothing. A style (`merge`, `diff3`,
 * `zdiff3`) writes text conflicts with markers; conflicts that have no such view are refused either way. Every call that
 * it concerns also takes it as an option, `conflictMarkers`, which wins.
 *
 * @public
 */
export const ConflictMarkers = Context.Reference<ConflictMarkersChoice>("tidemark/core/ConflictMarkers", {
  defaultValue: () => "refuse"
})
