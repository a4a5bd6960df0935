/** What a merge of trees takes for renames, and what it does with them. */
import type { FilePath } from "../../../model/Ids.ts"

/** A move that is known, not guessed: what base has at `from`, `side` has at `to`. @public */
export interface KnownMove {
  readonly side: "ours" | "theirs"
  readonly from: FilePath
  readonly to: FilePath
}

/**
 * How a merge follows files that moved.
 *
 * @remarks
 * `detect`: `none` takes a moved file for one removed and one added; `exact` finds moved files with unchanged content;
 * `similar` also those that were edited on the way.
 *
 * `directories`: what becomes of a file that one side added to a directory that the other side moved. `move` puts it
 * where the directory went; `conflict` does that too, and asks; `stay` leaves it.
 *
 * @public
 */
export interface RenameOptions {
  readonly detect: "none" | "exact" | "similar"
  readonly directories: "conflict" | "move" | "stay"
  /** How much two files must have in common to be one that moved, in percent. */
  readonly threshold: number
  /** Above `limit` × `limit` pairs of candidates, contents are not compared. */
  readonly limit: number
  /** Moves that are known. They win over detection. */
  readonly moves: ReadonlyArray<KnownMove>
}

/** Git's own settings. @public */
export const similarRenames: RenameOptions = {
  detect: "similar",
  directories: "conflict",
  threshold: 50,
  limit: 7000,
  moves: []
}

/** No renames but the ones that are given. @public */
export const noRenames: RenameOptions = { ...similarRenames, detect: "none", directories: "stay" }
