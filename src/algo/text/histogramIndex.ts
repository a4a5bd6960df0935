/**
 * The search for the anchor of a histogram diff, over an index that follows the range as its ends are cut off.
 */
import type { Budget } from "./budget.ts"

/** Where a chain of occurrences ends. */
const NOWHERE = 0x7fffffff
/** A line that occurs more often than this on the first side cannot start a split. */
const MAX_OCCURRENCES = 64

/**
 * A run of lines that both sides have, and how often the rarest of them occurs on the first side.
 *
 * @public
 */
export interface Anchor {
  readonly a: number
  readonly b: number
  readonly length: number
  readonly occurrences: number
}

/**
 * Where each line of a range of the first side occurs, and the search for the best common run with the second side.
 *
 * @public
 */
export class HistogramIndex {
  /** The best run of the last search that found one. */
  readonly anchor = { a: 0, b: 0, length: 0, occurrences: 0 }
  private a: Int32Array = new Int32Array(0)
  private b: Int32Array = new Int32Array(0)
  private a0 = 0
  private a1 = 0
  private b0 = 0
  private b1 = 0
  /** For each name, how often it occurs in the range, and where first; for each line, where its name occurs next. */
  private readonly count: Int32Array
  private readonly first: Int32Array
  private next = new Int32Array(0)
  /** The longest run with a line that is unique in the range that this search has come upon. */
  private longestUnique = 0
  /** No run with a line that is unique in the range is longer. */
  private bound = Number.POSITIVE_INFINITY
  private readonly budget: Budget

  /**
   * @param occurrences - scratch, one for each name: zero, and zero again after `close`
   */
  constructor(occurrences: Int32Array, budget: Budget) {
    this.count = occurrences
    this.first = new Int32Array(occurrences.length)
    this.budget = budget
  }

  /** Indexes `[a0, a1)` of the first side, to be searched for runs that are in `[b0, b1)` of the second. */
  open(a: Int32Array, a0: number, a1: number, b: Int32Array, b0: number, b1: number): void {
    const { count, first } = this
    if (this.next.length < a.length) this.next = new Int32Array(a.length)
    const { next } = this
    this.a = a
    this.b = b
    this.a0 = a0
    this.a1 = a1
    this.b0 = b0
    this.b1 = b1
    this.bound = Number.POSITIVE_INFINITY
    // Backwards, so that each chain of equal lines is in ascending order.
    for (let i = a1 - 1; i >= a0; i--) {
      const id = a[i] as number
      const times = count[id] as number
      next[i] = times > 0 ? (first[id] as number) : NOWHERE
      first[id] = i
      count[id] = times + 1
    }
    this.budget.left -= a1 - a0
  }

  /** Leaves `[a0, a1)` and `[b0, b1)` of the range. */
  narrow(a0: number, a1: number, b0: number, b1: number): void {
    const { a, count, first, next } = this
    let promoted = false
    for (let i = this.a0; i < a0; i++) {
      const id = a[i] as number
      const times = (count[id] as number) - 1
      count[id] = times
      first[id] = next[i] as number
      if (times === 1) promoted = true
    }
    // Chains still lead beyond the end; whoever follows them stops there.
    for (let i = a1; i < this.a1; i++) {
      const id = a[i] as number
      const times = (count[id] as number) - 1
      count[id] = times
      if (times === 1) promoted = true
    }
    // A line that has become unique may stand in a longer run than those the bound was taken from.
    if (promoted) this.bound = Number.POSITIVE_INFINITY
    this.budget.left -= this.a1 - this.a0 - (a1 - a0)
    this.a0 = a0
    this.a1 = a1
    this.b0 = b0
    this.b1 = b1
  }

  /** Forgets the range. */
  close(): void {
    for (let i = this.a0; i < this.a1; i++) this.count[this.a[i] as number] = 0
  }

  /**
   * Finds the anchor of the range: `"none"` when nothing is common, `"frequent"` when only frequent lines are.
   *
   * @remarks
   * As soon as a line that is unique has been met, only runs with a unique line count, and of them the first longest.
   * A whole search meets every such run, and when an end of the range is cut off such runs only get shorter, unless
   * another line becomes unique. So the longest of one search bounds the next, which ends once it has met a run of
   * that length.
   */
  search(): "found" | "none" | "frequent" {
    const { anchor, b, b1, bound, count } = this
    // A run of one line replaces nothing unless it is rarer: the first one is measured against the limit.
    anchor.length = 1
    anchor.occurrences = MAX_OCCURRENCES + 1
    this.longestUnique = 0
    let common = false
    let j = this.b0
    while (j < b1) {
      const occurrences = count[b[j] as number] as number
      if (occurrences > 0) common = true
      if (occurrences === 0 || occurrences > anchor.occurrences) {
        j++
        continue
      }
      j = this.extend(j, occurrences)
      if (anchor.occurrences === 1 && anchor.length >= bound) break
    }
    this.budget.left -= j - this.b0
    if (j >= b1) this.bound = this.longestUnique
    if (!common) return "none"
    return anchor.occurrences > MAX_OCCURRENCES ? "frequent" : "found"
  }

  /** Tries every run through line `j` of the second side, and returns the line to go on from: past the longest. */
  private extend(j: number, occurrences: number): number {
    const { a, a0, a1, anchor, b, b0, b1, count, next } = this
    let resume = j + 1
    let at = this.first[b[j] as number] as number
    let steps = 0
    while (at < a1) {
      let rarest = occurrences
      let start = at
      let startB = j
      while (start > a0 && startB > b0 && a[start - 1] === b[startB - 1]) {
        start--
        startB--
        if (rarest > 1) rarest = Math.min(rarest, count[a[start] as number] as number)
      }
      let end = at + 1
      let endB = j + 1
      while (end < a1 && endB < b1 && a[end] === b[endB]) {
        if (rarest > 1) rarest = Math.min(rarest, count[a[end] as number] as number)
        end++
        endB++
      }
      const length = end - start
      steps += length
      if (endB > resume) resume = endB
      if (rarest === 1 && length > this.longestUnique) this.longestUnique = length
      if (length > anchor.length || rarest < anchor.occurrences) {
        anchor.a = start
        anchor.b = startB
        anchor.length = length
        anchor.occurrences = rarest
      }
      // Occurrences inside this run would only find parts of what it found.
      do {
        at = next[at] as number
      } while (at < end)
    }
    this.budget.left -= steps
    return resume
  }
}
