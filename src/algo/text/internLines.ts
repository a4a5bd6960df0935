/**
 * Cutting texts into lines and naming equal lines alike, in one pass over the bytes.
 *
 * Lines of the later texts are first compared with the line of the first text that would come next if nothing had
 * changed: mostly that is right, and comparing is cheaper than hashing and looking up.
 */
import { LineNames } from "./lineNames.ts"
import { nameBySorting } from "./nameBySorting.ts"
import type { TextLines } from "./textLines.ts"

/**
 * Several texts whose line names are comparable with each other.
 *
 * @public
 */
export interface InternedTexts {
  readonly texts: ReadonlyArray<TextLines>
  /** The number of different lines over all texts; ids are below it. */
  readonly distinct: number
}

const NEWLINE = 0x0a

/** Whether a word of four bytes holds a newline (Mycroft's test for a zero byte, after turning newlines into zeros). */
const holdsNewline = (word: number): boolean => {
  const zeroed = word ^ 0x0a0a0a0a
  return ((zeroed - 0x01010101) & ~zeroed & 0x80808080) !== 0
}

/** One text being cut; keeps the end and the hash of the line it came upon last. */
class LineCutter {
  end = 0
  hash = 0
  readonly bytes: Uint8Array
  private readonly words: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Finds the end of the line at `start`, and hashes it on the way. */
  scan(start: number): void {
    const { bytes, words } = this
    const length = bytes.length
    let at = start
    let hash = 0x811c9dc5
    for (; at + 4 <= length; at += 4) {
      const word = words.getInt32(at, true)
      if (holdsNewline(word)) break
      hash = Math.imul(hash ^ word, 0x01000193)
      hash ^= hash >>> 15
    }
    while (at < length) {
      const byte = bytes[at++] as number
      hash = Math.imul(hash ^ byte, 0x01000193)
      if (byte === NEWLINE) break
    }
    // The last step of MurmurHash3: every bit of the input has a part in the low bits, which choose the slot.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    this.hash = hash ^ (hash >>> 16)
    this.end = at
  }

  /** Whether the line at `start` has the `size` bytes that `other` has at `otherStart`. */
  matches(start: number, other: LineCutter, otherStart: number, size: number): boolean {
    const end = start + size
    if (end > this.bytes.length) return false
    let p = start
    let q = otherStart
    for (; p + 4 <= end; p += 4, q += 4) {
      if (this.words.getInt32(p, true) !== other.words.getInt32(q, true)) return false
    }
    for (; p < end; p++, q++) if (this.bytes[p] !== other.bytes[q]) return false
    return true
  }
}

/** The lines of one text as they are found. */
class LineList {
  count = 0
  starts: Uint32Array
  ids: Int32Array

  constructor(guess: number) {
    this.starts = new Uint32Array(guess + 1)
    this.ids = new Int32Array(guess + 1)
  }

  push(start: number, id: number): void {
    // One place is kept for the end.
    if (this.count + 1 === this.starts.length) {
      const starts = new Uint32Array(this.starts.length * 2)
      const ids = new Int32Array(this.starts.length * 2)
      starts.set(this.starts)
      ids.set(this.ids)
      this.starts = starts
      this.ids = ids
    }
    this.starts[this.count] = start
    this.ids[this.count++] = id
  }

  finish(bytes: Uint8Array): TextLines {
    const { count, ids, starts } = this
    starts[count] = bytes.length
    return { bytes, starts: starts.subarray(0, count + 1), ids: ids.subarray(0, count), count }
  }
}

const cutFirst = (names: LineNames, cutter: LineCutter): TextLines => {
  const { bytes } = cutter
  const lines = new LineList(16 + (bytes.length >>> 5))
  for (let start = 0; start < bytes.length; start = cutter.end) {
    cutter.scan(start)
    lines.push(start, names.name(0, start, cutter.end, cutter.hash))
    if (names.flooded) break
  }
  return lines.finish(bytes)
}

/** Where each name of a text first stands. Names are in order of first appearance. */
const firstLines = (text: TextLines): Int32Array => {
  const first = new Int32Array(text.count)
  let known = 0
  for (let line = 0; line < text.count; line++) {
    if (text.ids[line] === known) first[known++] = line
  }
  return first.subarray(0, known)
}

const cutLike = (
  names: LineNames,
  model: TextLines,
  modelCutter: LineCutter,
  first: Int32Array,
  cutter: LineCutter,
  which: number
): TextLines => {
  const { bytes } = cutter
  const length = bytes.length
  const lines = new LineList(16 + model.count)
  let expected = 0
  let start = 0
  while (start < length) {
    if (expected < model.count) {
      const from = model.starts[expected] as number
      const size = (model.starts[expected + 1] as number) - from
      // A line without a newline, the model's last, equals only another last line.
      const whole = model.bytes[from + size - 1] === NEWLINE || start + size === length
      if (whole && cutter.matches(start, modelCutter, from, size)) {
        lines.push(start, model.ids[expected++] as number)
        start += size
        continue
      }
    }
    cutter.scan(start)
    const id = names.name(which, start, cutter.end, cutter.hash)
    lines.push(start, id)
    start = cutter.end
    // A line known from further down shows how to go on; one from further up is likely a repeated line, and shows nothing.
    if (id < first.length && (first[id] as number) >= expected) expected = (first[id] as number) + 1
    if (names.flooded) break
  }
  return lines.finish(bytes)
}

/**
 * Cuts each source into lines and names equal lines with equal integers across all of them.
 *
 * @remarks
 * Linear in the bytes. Ids are given in order of first appearance, so the outcome is a function of the input alone. Where lines were made
 * to collide in the table, they are named by sorting instead: O(n log n), with the same outcome.
 *
 * @public
 */
export const internLines = (sources: ReadonlyArray<Uint8Array>): InternedTexts => {
  const names = new LineNames(sources)
  const cutters = sources.map((bytes) => new LineCutter(bytes))
  const texts: Array<TextLines> = []
  let first: Int32Array | undefined
  for (const [which, cutter] of cutters.entries()) {
    const model = texts[0]
    if (model === undefined) {
      texts.push(cutFirst(names, cutter))
    } else {
      first ??= firstLines(model)
      texts.push(cutLike(names, model, cutters[0] as LineCutter, first, cutter, which))
    }
    if (names.flooded) return nameBySorting(sources)
  }
  return { texts, distinct: names.count }
}
