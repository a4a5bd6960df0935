/**
 * Myers' linear-space diff (1986), with the preparations and short cuts that GNU diff and git make.
 *
 * What is common at both ends is trimmed, lines that could only mislead are left out, and the rest is divided at
 * middle snakes until one side is empty. A stack takes the place of recursion.
 */
import type { Budget } from "./budget.ts"
import { type ChangedLines, markRange } from "./changedLines.ts"
import { coarseDiff } from "./coarseDiff.ts"
import { MIN_COST_LIMIT, MiddleSnake } from "./middleSnake.ts"
import { powerOfTwoRoot } from "./powerOfTwoRoot.ts"
import { pruneLines } from "./pruneLines.ts"
import { RangeStack } from "./rangeStack.ts"

/**
 * Marks the lines that differ between `a[a0, a1)` and `b[b0, b1)`, which are taken as whole texts.
 *
 * @remarks
 * O(N + D²) expected, with D the number of differing lines, and cut off at a cost per division that grows with the
 * root of the length: at worst O(N √N).
 *
 * @param occurrences - scratch: zero for every id, and zero again afterwards
 *
 * @public
 */
export const myersDiff = (
  a: Int32Array,
  a0: number,
  a1: number,
  b: Int32Array,
  b0: number,
  b1: number,
  occurrences: Int32Array,
  changed: ChangedLines,
  budget: Budget
): void => {
  let start = 0
  const shorter = Math.min(a1 - a0, b1 - b0)
  while (start < shorter && a[a0 + start] === b[b0 + start]) start++
  let end = 0
  while (end < shorter - start && a[a1 - 1 - end] === b[b1 - 1 - end]) end++

  // Occurrences are those in the whole of the other side, also in what has been trimmed.
  for (let i = b0; i < b1; i++) occurrences[b[i] as number] = (occurrences[b[i] as number] as number) + 1
  const left = pruneLines(a, a0 + start, a1 - end, occurrences, a1 - a0, changed.a)
  for (let i = b0; i < b1; i++) occurrences[b[i] as number] = 0
  for (let i = a0; i < a1; i++) occurrences[a[i] as number] = (occurrences[a[i] as number] as number) + 1
  const right = pruneLines(b, b0 + start, b1 - end, occurrences, b1 - b0, changed.b)
  for (let i = a0; i < a1; i++) occurrences[a[i] as number] = 0

  const found: ChangedLines = { a: new Uint8Array(left.ids.length), b: new Uint8Array(right.ids.length) }
  divide(left.ids, right.ids, found, budget)
  for (let i = 0; i < found.a.length; i++) if (found.a[i] === 1) changed.a[left.positions[i] as number] = 1
  for (let j = 0; j < found.b.length; j++) if (found.b[j] === 1) changed.b[right.positions[j] as number] = 1
}

const divide = (left: Int32Array, right: Int32Array, changed: ChangedLines, budget: Budget): void => {
  const costLimit = Math.max(MIN_COST_LIMIT, powerOfTwoRoot(left.length + right.length + 3))
  const middle = new MiddleSnake(left, right, costLimit, budget)
  const stack = new RangeStack()
  stack.push(0, left.length, 0, right.length)
  while (stack.pop()) {
    let { a0, a1, b0, b1 } = stack
    const exact = stack.flag === 1
    while (a0 < a1 && b0 < b1 && left[a0] === right[b0]) {
      a0++
      b0++
    }
    while (a0 < a1 && b0 < b1 && left[a1 - 1] === right[b1 - 1]) {
      a1--
      b1--
    }
    if (a0 === a1 || b0 === b1) markRange(changed, a0, a1, b0, b1)
    else if (middle.find(a0, a1, b0, b1, exact)) {
      stack.push(middle.a, a1, middle.b, b1, middle.exactAfter ? 1 : 0)
      stack.push(a0, middle.a, b0, middle.b, middle.exactBefore ? 1 : 0)
    } else {
      budget.coarse = true
      coarseDiff(left, a0, a1, right, b0, b1, changed)
    }
  }
}
