/**
 * Histogram diff: split at the longest run of common lines that contains the rarest line, then do both rests.
 *
 * The algorithm is JGit's (an extension of Bram Cohen's patience diff), in the form git runs it: nothing is trimmed
 * beforehand, occurrences are counted on the first side only, a line that occurs more than 64 times is no anchor, and
 * a range whose common lines are all that frequent is handed to Myers' algorithm.
 *
 * Where git recurses this keeps a stack of ranges, because a split may take a single line off a range of any length.
 */
import type { Budget } from "./budget.ts"
import type { ChangedLines } from "./changedLines.ts"
import { markRange } from "./changedLines.ts"
import { RangeStack } from "./rangeStack.ts"

/** A line that occurs more often than this on the first side cannot start a split. */
const MAX_OCCURRENCES = 64

/** The longest acceptable common run, and how often its rarest line occurs on the first side. */
interface Anchor {
  a: number
  b: number
  length: number
  occurrences: number
}

/**
 * Finds anchors in ranges of two sequences.
 *
 * @public
 */
export class HistogramSearch {
  /** What the last search found. */
  readonly anchor: Anchor = { a: 0, b: 0, length: 0, occurrences: 0 }
  private a: Int32Array = new Int32Array(0)
  private b: Int32Array = new Int32Array(0)
  private next = new Int32Array(0)
  private readonly count: Int32Array
  private readonly first: Int32Array
  private readonly budget: Budget

  /**
   * @param occurrences - scratch, one for each name: zero, and zero again after each search
   */
  constructor(occurrences: Int32Array, budget: Budget) {
    this.count = occurrences
    this.first = new Int32Array(occurrences.length)
    this.budget = budget
  }

  /** Sets the sequences to search in. */
  load(a: Int32Array, b: Int32Array): void {
    this.a = a
    this.b = b
    if (this.next.length < a.length) this.next = new Int32Array(a.length)
  }

  /** Finds the anchor of a range: "none" when nothing is common, "frequent" when only frequent lines are. */
  search(a0: number, a1: number, b0: number, b1: number): "found" | "none" | "frequent" {
    const { a, b, count, first, next, anchor } = this
    this.budget.left -= a1 - a0 + (b1 - b0)
    // Backwards, so that each chain of equal lines is in ascending order.
    for (let i = a1 - 1; i >= a0; i--) {
      const id = a[i] as number
      next[i] = (count[id] as number) > 0 ? (first[id] as number) : -1
      first[id] = i
      count[id] = (count[id] as number) + 1
    }
    // A run of one line replaces nothing unless it is rarer: the first one is measured against the limit.
    anchor.length = 1
    anchor.occurrences = MAX_OCCURRENCES + 1
    let common = false
    let j = b0
    while (j < b1) {
      const occurrences = count[b[j] as number] as number
      if (occurrences > 0) common = true
      if (occurrences === 0 || occurrences > anchor.occurrences) j++
      else j = this.extend(j, a0, a1, b0, b1)
    }
    for (let i = a0; i < a1; i++) count[a[i] as number] = 0
    if (!common) return "none"
    return anchor.occurrences > MAX_OCCURRENCES ? "frequent" : "found"
  }

  /** Tries every run through line `j` of the second side, and returns the line to go on from: past the longest. */
  private extend(j: number, a0: number, a1: number, b0: number, b1: number): number {
    const { a, b, count, first, next, anchor } = this
    const own = count[b[j] as number] as number
    let resume = j + 1
    let at = first[b[j] as number] as number
    let steps = 0
    while (at >= 0) {
      let rarest = own
      let start = at
      let startB = j
      while (start > a0 && startB > b0 && a[start - 1] === b[startB - 1]) {
        start--
        startB--
        rarest = Math.min(rarest, count[a[start] as number] as number)
      }
      let end = at + 1
      let endB = j + 1
      while (end < a1 && endB < b1 && a[end] === b[endB]) {
        rarest = Math.min(rarest, count[a[end] as number] as number)
        end++
        endB++
      }
      steps += end - start
      if (endB > resume) resume = endB
      if (end - start > anchor.length || rarest < anchor.occurrences) {
        anchor.a = start
        anchor.b = startB
        anchor.length = end - start
        anchor.occurrences = rarest
      }
      // Occurrences inside this run would only find parts of what it found.
      do {
        at = next[at] as number
      } while (at >= 0 && at < end)
    }
    this.budget.left -= steps
    return resume
  }
}

/**
 * Marks the lines that differ between two sequences of line names, as `git diff --histogram` finds them.
 *
 * @remarks
 * Each split costs the length of its range (times at most 64 where lines repeat). When the budget is used up,
 * ranges that are left are handed to `fallback`, whose cost is bounded, and the budget is marked coarse.
 *
 * @public
 */
export const histogramDiff = (
  a: Int32Array,
  b: Int32Array,
  search: HistogramSearch,
  changed: ChangedLines,
  budget: Budget,
  fallback: (a0: number, a1: number, b0: number, b1: number) => void
): void => {
  search.load(a, b)
  const stack = new RangeStack()
  stack.push(0, a.length, 0, b.length)
  while (stack.pop()) {
    const { a0, a1, b0, b1 } = stack
    if (a0 === a1 || b0 === b1) {
      markRange(changed, a0, a1, b0, b1)
      continue
    }
    if (budget.left < 0) {
      budget.coarse = true
      fallback(a0, a1, b0, b1)
      continue
    }
    const outcome = search.search(a0, a1, b0, b1)
    if (outcome === "none") markRange(changed, a0, a1, b0, b1)
    else if (outcome === "frequent") fallback(a0, a1, b0, b1)
    else {
      const { a: at, b: atB, length } = search.anchor
      stack.push(at + length, a1, atB + length, b1)
      stack.push(a0, at, b0, atB)
    }
  }
}
