/**
 * Naming lines without hashing them, for inputs made to defeat the hash.
 */
import type { InternedTexts } from "./internLines.ts"
import type { TextLines } from "./textLines.ts"

const NEWLINE = 0x0a

const startsOf = (bytes: Uint8Array): Uint32Array => {
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === NEWLINE) count++
  if (bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE) count++
  const starts = new Uint32Array(count + 1)
  let line = 1
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === NEWLINE) starts[line++] = at + 1
  starts[count] = bytes.length
  return starts
}

/**
 * Cuts and names the lines of all sources by sorting them.
 *
 * @remarks
 * Gives what hashing gives. O(n log n) comparisons of lines, whatever the lines are.
 *
 * @public
 */
export const nameBySorting = (sources: ReadonlyArray<Uint8Array>): InternedTexts => {
  const starts = sources.map(startsOf)
  const total = starts.reduce((sum, each) => sum + each.length - 1, 0)
  // Every line of every source, in order: where it is.
  const which = new Uint8Array(total)
  const from = new Uint32Array(total)
  const to = new Uint32Array(total)
  let next = 0
  starts.forEach((each, source) => {
    for (let line = 0; line + 1 < each.length; line++) {
      which[next] = source
      from[next] = each[line] as number
      to[next++] = each[line + 1] as number
    }
  })
  const compare = (x: number, y: number): number => {
    const a = sources[which[x] as number] as Uint8Array
    const b = sources[which[y] as number] as Uint8Array
    let p = from[x] as number
    let q = from[y] as number
    const size = (to[x] as number) - p
    const longer = size - ((to[y] as number) - q)
    if (longer !== 0) return longer
    for (const end = p + size; p < end; p++, q++) {
      const difference = (a[p] as number) - (b[q] as number)
      if (difference !== 0) return difference
    }
    return 0
  }
  const order = Uint32Array.from({ length: total }, (_, line) => line).sort((x, y) => compare(x, y) || x - y)
  // The first of each run of equal lines stands for all of them.
  const leader = new Uint32Array(total)
  for (let i = 0; i < total; i++) {
    const line = order[i] as number
    const before = i === 0 ? line : (order[i - 1] as number)
    leader[line] = i > 0 && compare(before, line) === 0 ? (leader[before] as number) : line
  }
  const names = new Int32Array(total)
  let distinct = 0
  for (let line = 0; line < total; line++) {
    names[line] = leader[line] === line ? distinct++ : (names[leader[line] as number] as number)
  }
  let at = 0
  const texts = sources.map((bytes, source): TextLines => {
    const count = (starts[source] as Uint32Array).length - 1
    at += count
    return { bytes, starts: starts[source] as Uint32Array, ids: names.subarray(at - count, at), count }
  })
  return { texts, distinct }
}
