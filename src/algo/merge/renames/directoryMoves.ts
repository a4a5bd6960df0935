/** How many files went from which directory to which: the votes that decide where a directory moved. */
import type { DirectoryInterest } from "../surveyTrees.ts"

/** The directory of a path; `""` is the root. @public */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** The last segment of a path. @public */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** Files by old directory, then by new one. @public */
export type DirectoryVotes = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * Counts the moves of files by directory, for directories that are gone.
 *
 * @public
 */
export class DirectoryMoves {
  private readonly counts = new Map<string, Map<string, number>>()
  private readonly removed: Map<string, DirectoryInterest>

  constructor(removed: ReadonlyMap<string, DirectoryInterest>) {
    this.removed = new Map(removed)
  }

  /**
   * Counts one file. A move from `a/b/c/f` to `x/b/c/f` also speaks for `a/b` and `a`: as far up as the directories
   * below are called the same.
   */
  count(from: string, to: string): void {
    let [left, right] = [directoryOf(from), directoryOf(to)]
    for (let first = true; ; first = false) {
      const interest = this.removed.get(left)
      if (interest === undefined) return
      if (first || interest === "self") {
        const votes = this.counts.get(left) ?? new Map<string, number>()
        this.counts.set(left, votes.set(right, (votes.get(right) ?? 0) + 1))
      }
      if (interest === "none" || left === "" || right === "" || nameOf(left) !== nameOf(right)) return
      left = directoryOf(left)
      right = directoryOf(right)
    }
  }

  /** Where a directory most likely went, by the votes so far. */
  guess(directory: string): string | undefined {
    let best: string | undefined
    let most = 0
    for (const [to, count] of this.counts.get(directory) ?? []) {
      if (count > most) [best, most] = [to, count]
    }
    return best
  }

  /**
   * Whether it still matters where any more files below a directory's ancestors went, if these files are all that is
   * left: no longer so where a majority is certain.
   */
  undecided(left: ReadonlyArray<string>): (path: string) => boolean {
    const open = new Map<string, number>()
    for (const path of left) {
      for (let at = directoryOf(path); at !== "" && this.matters(at); at = directoryOf(at)) {
        open.set(at, (open.get(at) ?? 0) + 1)
      }
    }
    for (const [directory, votes] of this.counts) {
      if (this.removed.get(directory) !== "self") continue
      const [first = 0, second = 0] = [...votes.values()].sort((a, b) => b - a)
      if (first > second + (open.get(directory) ?? 0)) this.removed.set(directory, "part")
    }
    return (path) => {
      for (let at = directoryOf(path); this.matters(at); at = directoryOf(at)) {
        if (this.removed.get(at) === "self") return true
      }
      return false
    }
  }

  private matters(directory: string): boolean {
    return (this.removed.get(directory) ?? "none") !== "none"
  }

  /** The votes that count. */
  get votes(): DirectoryVotes {
    return new Map([...this.counts].filter(([directory]) => this.matters(directory)))
  }
}
