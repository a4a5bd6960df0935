/** How alike two directories are. */
import type { FilePath } from "../../model/Ids.ts"
import type { FlatEntry } from "../tree/buildTrees.ts"

/**
 * Two directories beside each other: how many paths are the same, differ, or stand on one side alone, and a score from 0
 * (nothing in common) to 1 (the same).
 *
 * @public
 */
export interface Similarity {
  readonly score: number
  readonly same: number
  readonly changed: number
  /** Only in the first. */
  readonly added: number
  /** Only in the second. */
  readonly missing: number
}

/** What a path counts by itself, in bytes: that it is there at all says something, also of an empty file. */
const pathWeight = 64

const sizeOf = (entry: FlatEntry): number => ("size" in entry ? entry.size : 0)

const isSame = (a: FlatEntry, b: FlatEntry): boolean =>
  a.kind === b.kind && ("id" in a ? "id" in b && a.id === b.id : !("id" in b))

/**
 * Compares two directories by what they weigh together: each path counts its bytes and a little more, shared content in
 * full; content that differs with half of what the path counts, and with as much of its bytes as `likeness` says, from 0
 * to 1.
 *
 * @internal
 */
export const similarityOf = (
  a: ReadonlyMap<FilePath, FlatEntry>,
  b: ReadonlyMap<FilePath, FlatEntry>,
  likeness: (path: FilePath, a: FlatEntry, b: FlatEntry) => number = () => 0
): Similarity => {
  let same = 0
  let changed = 0
  let added = 0
  let missing = 0
  let shared = 0
  let total = 0
  for (const [path, entry] of a) {
    const other = b.get(path)
    const size = sizeOf(entry)
    if (other === undefined) {
      added++
      total += pathWeight + size
    } else if (isSame(entry, other)) {
      same++
      shared += pathWeight + size
      total += pathWeight + size
    } else {
      changed++
      const larger = Math.max(size, sizeOf(other))
      shared += pathWeight / 2 + larger * likeness(path, entry, other)
      total += pathWeight + larger
    }
  }
  for (const [path, entry] of b) {
    if (a.has(path)) continue
    missing++
    total += pathWeight + sizeOf(entry)
  }
  return { score: total === 0 ? 1 : shared / total, same, changed, added, missing }
}
