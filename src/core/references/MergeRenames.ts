/** How merges of a project's files follow files that moved. */
import * as Context from "effect/Context"
import { noRenames, type RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"

/**
 * What merges of a project's files take for renames. By default nothing: an update touches the paths it names and no
 * others. `MergeEngine`, which merges whole trees, follows renames by default and is told with each call.
 *
 * @public
 */
export const MergeRenames = Context.Reference<RenameOptions>("tidemark/core/MergeRenames", {
  defaultValue: () => noRenames
})
