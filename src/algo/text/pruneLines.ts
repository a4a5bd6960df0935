/**
 * Leaving out, before Myers' search, the lines that could only mislead it.
 *
 * A line that the other side does not have at all is changed for certain. A line that the other side has very often
 * (a brace, a blank line) is worth little as a match where nearly everything around it is certainly changed: it would
 * tear a rewritten block apart. GNU diff does this too, under the name of discarding confusing lines.
 */
import { powerOfTwoRoot } from "./powerOfTwoRoot.ts"

/**
 * The lines of one side that take part in the search.
 *
 * @public
 */
export interface KeptLines {
  /** The ids of the kept lines, in order. */
  readonly ids: Int32Array
  /** The position of each kept line on its side. */
  readonly positions: Int32Array
}

const ABSENT = 0
const ORDINARY = 1
const FREQUENT = 2

/** However long the text, a line that the other side has this often counts as frequent. */
const MAX_FREQUENT_LIMIT = 1024
/** How far around a frequent line its surroundings are looked at. */
const WINDOW = 100

/**
 * Whether a frequent line stands among absent ones: there is one on either side before the next ordinary line, and
 * they outnumber the frequent ones in that stretch three to one.
 */
const standsAmongAbsent = (kinds: Uint8Array, line: number): boolean => {
  // The line itself counts once for each direction.
  let frequent = 2
  let above = 0
  for (let i = line - 1, end = Math.max(0, line - WINDOW); i >= end && kinds[i] !== ORDINARY; i--) {
    if (kinds[i] === ABSENT) above++
    else frequent++
  }
  if (above === 0) return false
  let below = 0
  for (let i = line + 1, end = Math.min(kinds.length - 1, line + WINDOW); i <= end && kinds[i] !== ORDINARY; i++) {
    if (kinds[i] === ABSENT) below++
    else frequent++
  }
  return below > 0 && above + below > 3 * frequent
}

/**
 * Keeps the lines of `ids[start, end)` that are worth searching for, and marks the others as changed.
 *
 * @param occurrences - how often the other side has each line
 * @param lines - how many lines this side has altogether, also outside of `start` and `end`
 *
 * @public
 */
export const pruneLines = (
  ids: Int32Array,
  start: number,
  end: number,
  occurrences: Int32Array,
  lines: number,
  changed: Uint8Array
): KeptLines => {
  const limit = Math.min(powerOfTwoRoot(lines), MAX_FREQUENT_LIMIT)
  const kinds = new Uint8Array(end - start)
  for (let i = start; i < end; i++) {
    const times = occurrences[ids[i] as number] as number
    kinds[i - start] = times === 0 ? ABSENT : times >= limit ? FREQUENT : ORDINARY
  }
  const kept = new Int32Array(end - start)
  const positions = new Int32Array(end - start)
  let count = 0
  for (let i = start; i < end; i++) {
    const kind = kinds[i - start]
    if (kind === ORDINARY || (kind === FREQUENT && !standsAmongAbsent(kinds, i - start))) {
      kept[count] = ids[i] as number
      positions[count++] = i
    } else changed[i] = 1
  }
  return { ids: kept.subarray(0, count), positions: positions.subarray(0, count) }
}
