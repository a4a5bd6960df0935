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

const countChanges = ({ a, b }: ChangedLines): number => {
  let count = 0
  let j = 0
  let within = false
  for (let i = 0; i <= a.length; i++) {
    if (a[i] === 1) {
      if (!within) count++
      within = true
      continue
    }
    // Here an unchanged line, or the end, of the first text: pass the new lines of the second that stand before it.
    while (b[j] === 1) {
      if (!within) count++
      within = true
      j++
    }
    within = false
    j++
  }
  return count
}

/**
 * Reads the list of changes off the flags.
 *
 * @public
 */
export const editScriptOf = (changed: ChangedLines): EditScript => {
  const { a, b } = changed
  const count = countChanges(changed)
  const a0 = new Int32Array(count)
  const a1 = new Int32Array(count)
  const b0 = new Int32Array(count)
  const b1 = new Int32Array(count)
  let i = 0
  let j = 0
  for (let change = 0; change < count; change++) {
    while (a[i] !== 1 && b[j] !== 1) {
      i++
      j++
    }
    a0[change] = i
    b0[change] = j
    while (a[i] === 1) i++
    while (b[j] === 1) j++
    a1[change] = i
    b1[change] = j
  }
  return { count, a0, a1, b0, b1 }
}
