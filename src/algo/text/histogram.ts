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
import { type ChangedLines, markRange } from "./changedLines.ts"
import { coarseDiff } from "./coarseDiff.ts"
import type { HistogramIndex } from "./histogramIndex.ts"
import { RangeStack } from "./rangeStack.ts"

/**
 * Marks the lines that differ between two sequences of line names, as `git diff --histogram` finds them.
 *
 * @remarks
 * A search for an anchor costs the length of its range, times at most 64 where lines repeat. Git pays that for every
 * split, so that a text in which every other line was changed costs it the square of its length; here the longer rest
 * after a split is searched with the same index, and only until it is certain that nothing better can come. What is
 * left when the budget is used up is compared coarsely.
 *
 * @param fallback - compares a range that has only frequent lines in common
 *
 * @public
 */
export const histogramDiff = (
  a: Int32Array,
  b: Int32Array,
  index: HistogramIndex,
  changed: ChangedLines,
  budget: Budget,
  fallback: (a0: number, a1: number, b0: number, b1: number) => void
): void => {
  const stack = new RangeStack()
  stack.push(0, a.length, 0, b.length)
  while (stack.pop()) {
    let { a0, a1, b0, b1 } = stack
    if (a0 === a1 || b0 === b1) {
      markRange(changed, a0, a1, b0, b1)
      continue
    }
    if (budget.left < 0) {
      budget.coarse = true
      coarseDiff(a, a0, a1, b, b0, b1, changed)
      continue
    }
    index.open(a, a0, a1, b, b0, b1)
    let outcome = index.search()
    while (outcome === "found") {
      const { a: atA, b: atB, length } = index.anchor
      if (atA - a0 < a1 - (atA + length)) {
        stack.push(a0, atA, b0, atB)
        a0 = atA + length
        b0 = atB + length
      } else {
        stack.push(atA + length, a1, atB + length, b1)
        a1 = atA
        b1 = atB
      }
      if (a0 === a1 || b0 === b1 || budget.left < 0) break
      index.narrow(a0, a1, b0, b1)
      outcome = index.search()
    }
    index.close()
    if (outcome === "none") markRange(changed, a0, a1, b0, b1)
    else if (outcome === "frequent") fallback(a0, a1, b0, b1)
    else stack.push(a0, a1, b0, b1)
  }
}
