/** One path of a merge, with what each side has for it: what stands there, or what moves there. */
import type { ConflictKind } from "../../model/Conflict.ts"
import type { FilePath } from "../../model/Ids.ts"
import type { Entry } from "../../model/Tree.ts"
import type { Rename } from "./renames/detectRenames.ts"
import type { Side, SurveyedPath, Triple } from "./surveyTrees.ts"

/**
 * A file on its way into a merge, and the path that it comes from. `first`: it is itself the merge of three, because a
 * file that moved here was changed by the other side, and the other side has a file of its own here.
 *
 * @public
 */
export interface Placed {
  readonly entry: Entry
  readonly path: FilePath
  readonly first?: Triple<Placed> | undefined
}

/** A rename that had a part in what became of a path. @public */
export interface AppliedRename extends Rename {
  readonly side: Side
}

/** A reason to ask people, whatever the contents are. @public */
export interface Question {
  readonly kind: ConflictKind
  readonly reason: string
}

/** See the module's comment. The files can be replaced; `trees` are the directories that stand at the path. @public */
export interface Slot {
  readonly path: FilePath
  base: Placed | null
  ours: Placed | null
  theirs: Placed | null
  readonly trees: Triple<Entry | null>
  /** Directories here were not looked into. */
  readonly whole: boolean
  /** What stood here, and belongs to another path now. */
  movedTo: FilePath | undefined
  /** Nothing will stand here, though there is a question about what stood here. */
  vacated: boolean
  readonly questions: Array<Question>
  /** Terms that a conflict here has besides the three. */
  readonly more: { readonly bases: Array<Placed | null>; readonly sides: Array<Placed | null> }
  readonly renames: Array<AppliedRename>
}

const isDirectory = (entry: Entry | null): boolean => entry?.kind === "directory"

/** The slot of a path as it stands in the trees. @public */
export const slotOf = ({ base, ours, path, theirs, whole }: SurveyedPath): Slot => {
  const file = (entry: Entry | null): Placed | null => (entry === null || isDirectory(entry) ? null : { entry, path })
  const tree = (entry: Entry | null) => (isDirectory(entry) ? entry : null)
  return {
    path,
    base: file(base),
    ours: file(ours),
    theirs: file(theirs),
    trees: { base: tree(base), ours: tree(ours), theirs: tree(theirs) },
    whole,
    movedTo: undefined,
    vacated: false,
    questions: [],
    more: { bases: [], sides: [] },
    renames: []
  }
}
