/**
 * A list of changes between two texts, as typed arrays.
 */
import type { ChangedLines } from "./changedLines.ts"

/**
 * Changes in ascending order: lines `[a0[i], a1[i])` of the first text are replaced by `[b0[i], b1[i])` of the second.
 * Between two changes there is at least one line that both texts share.
 *
 * @public
 */
export interface EditScript {
  readonly count: number
  readonly a0: Int32Array
  readonly a1: Int32Array
  readonly b0: Int32Array
  readonly b1: Int32Array
}

/** The position of the next flag that is set, or the end. */
const nextChanged = (flags: Uint8Array, from: number): number => {
  const at = flags.indexOf(1, from)
  return at < 0 ? flags.length : at
}

/**
 * Reads the list of changes off the flags.
 *
 * @public
 */
export const editScriptOf = ({ a, b }: ChangedLines): EditScript => {
  let ranges = new Int32Array(64)
  let used = 0
  let i = 0
  let j = 0
  let nextA = nextChanged(a, 0)
  let nextB = nextChanged(b, 0)
  while (nextA < a.length || nextB < b.length) {
    // As many lines are unchanged on either side.
    const unchanged = Math.min(nextA - i, nextB - j)
    i += unchanged
    j += unchanged
    if (used === ranges.length) {
      const larger = new Int32Array(used * 2)
      larger.set(ranges)
      ranges = larger
    }
    ranges[used] = i
    ranges[used + 2] = j
    while (a[i] === 1) i++
    while (b[j] === 1) j++
    ranges[used + 1] = i
    ranges[used + 3] = j
    used += 4
    if (nextA < i) nextA = nextChanged(a, i)
    if (nextB < j) nextB = nextChanged(b, j)
  }
  const count = used / 4
  const column = (offset: number): Int32Array => {
    const values = new Int32Array(count)
    for (let change = 0; change < count; change++) values[change] = ranges[4 * change + offset] as number
    return values
  }
  return { count, a0: column(0), a1: column(1), b0: column(2), b1: column(3) }
}
