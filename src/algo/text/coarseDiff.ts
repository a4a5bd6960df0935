/**
 * A diff that costs almost nothing, for what is left when a better search has used up its budget.
 *
 * Bram Cohen's patience diff without its recursion: lines that are unique on both sides and in the same order are
 * matches, with the equal lines around them; all else is changed. It errs towards larger changes, never towards
 * matching lines that only happen to be equal, so a merge built on it finds too many conflicts rather than too few.
 */
import { type ChangedLines, markRange } from "./changedLines.ts"

/** The positions of lines that are unique in both ranges, in ascending order of the first side. */
const uniquePairs = (
  a: Int32Array,
  a0: number,
  a1: number,
  b: Int32Array,
  b0: number,
  b1: number
): { readonly a: Array<number>; readonly b: Array<number> } => {
  // The position of each line, or -1 where it occurs more than once.
  const positions = (ids: Int32Array, start: number, end: number): Map<number, number> => {
    const found = new Map<number, number>()
    for (let i = start; i < end; i++) found.set(ids[i] as number, found.has(ids[i] as number) ? -1 : i)
    return found
  }
  const inA = positions(a, a0, a1)
  const inB = positions(b, b0, b1)
  const pairs = { a: [] as Array<number>, b: [] as Array<number> }
  for (const [id, i] of inA) {
    const j = inB.get(id)
    if (i < 0 || j === undefined || j < 0) continue
    pairs.a.push(i)
    pairs.b.push(j)
  }
  return pairs
}

/** The indices of a longest ascending subsequence: patience sorting, O(n log n). */
const longestAscending = (values: ReadonlyArray<number>): Array<number> => {
  // For each length, the index of the smallest value that ends an ascending subsequence of that length.
  const ends: Array<number> = []
  const before = new Int32Array(values.length)
  values.forEach((value, index) => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((values[ends[middle] as number] as number) < value) low = middle + 1
      else high = middle
    }
    before[index] = low === 0 ? -1 : (ends[low - 1] as number)
    ends[low] = index
  })
  const chain: Array<number> = []
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] as number) chain.push(at)
  return chain.reverse()
}

/**
 * Marks the lines that differ between `a[a0, a1)` and `b[b0, b1)`, roughly. O(n log n).
 *
 * @public
 */
export const coarseDiff = (
  a: Int32Array,
  a0: number,
  a1: number,
  b: Int32Array,
  b0: number,
  b1: number,
  changed: ChangedLines
): void => {
  let i0 = a0
  let j0 = b0
  /** Marks what is between the last match and `[…, i1)`, `[…, j1)`, but for what is equal at either end. */
  const gap = (i1: number, j1: number): void => {
    while (i0 < i1 && j0 < j1 && a[i0] === b[j0]) {
      i0++
      j0++
    }
    let i = i1
    let j = j1
    while (i > i0 && j > j0 && a[i - 1] === b[j - 1]) {
      i--
      j--
    }
    markRange(changed, i0, i, j0, j)
  }
  const pairs = uniquePairs(a, a0, a1, b, b0, b1)
  for (const at of longestAscending(pairs.b)) {
    const i = pairs.a[at] as number
    const j = pairs.b[at] as number
    gap(i, j)
    i0 = i + 1
    j0 = j + 1
  }
  gap(a1, b1)
}
