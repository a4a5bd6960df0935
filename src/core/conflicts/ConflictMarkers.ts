/** Whether a tree with open conflicts may be written as files. */
import * as Context from "effect/Context"
import type { ConflictStyle } from "../../algo/text/mergeRegions.ts"

/**
 * What happens where a snapshot that holds unresolved conflicts is to be written into a directory: `refuse`, with
 * `UnresolvedConflicts`, or a style in which text conflicts are written with markers. Conflicts that have no such view are
 * refused either way.
 *
 * @public
 */
export const ConflictMarkers = Context.Reference<ConflictStyle | "refuse">("tidemark/core/ConflictMarkers", {
  defaultValue: () => "refuse"
})
