/** Where whole directories moved, as the files that left them tell. */
import type { DirectoryVotes } from "./directoryMoves.ts"

/** One side's moved directories, and those that went to several places alike. @public */
export interface DirectoryRenames {
  readonly moved: ReadonlyMap<string, string>
  readonly split: ReadonlyMap<string, ReadonlyArray<string>>
}

/** No directory moved. @public */
export const noDirectoryRenames: DirectoryRenames = { moved: new Map(), split: new Map() }

const directoryRenamesOf = (votes: DirectoryVotes): DirectoryRenames => {
  const moved = new Map<string, string>()
  const split = new Map<string, ReadonlyArray<string>>()
  for (const [directory, counts] of votes) {
    const most = Math.max(...counts.values())
    const best = [...counts].filter(([, count]) => count === most).map(([to]) => to)
    const [only] = best
    if (best.length > 1) split.set(directory, best.sort())
    else if (only !== undefined) moved.set(directory, only)
  }
  return { moved, split }
}

/**
 * Decides where directories moved, by majority. What both sides moved is not applied to either: each moved its own files
 * itself.
 *
 * @public
 */
export const directoryRenames = (
  ours: DirectoryVotes,
  theirs: DirectoryVotes
): { readonly ours: DirectoryRenames; readonly theirs: DirectoryRenames } => {
  const [left, right] = [directoryRenamesOf(ours), directoryRenamesOf(theirs)]
  const without = ({ moved, split }: DirectoryRenames, other: DirectoryRenames): DirectoryRenames => ({
    moved: new Map([...moved].filter(([directory]) => !other.moved.has(directory))),
    split
  })
  return { ours: without(left, right), theirs: without(right, left) }
}

/** Where a path goes if its nearest moved directory takes it along. @public */
export const followDirectory = (
  path: string,
  moved: ReadonlyMap<string, string>
): { readonly from: string; readonly to: string; readonly path: string } | undefined => {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const from = path.slice(0, at)
    const to = moved.get(from)
    if (to !== undefined) return { from, to, path: to === "" ? path.slice(at + 1) : to + path.slice(at) }
  }
  return undefined
}
