/**
 * Cutting texts into lines and naming equal lines alike, in one pass over the bytes.
 *
 * Lines of the later texts are first compared with the line of the first text that would come next if nothing had
 * changed: mostly that is right, and comparing is cheaper than hashing and looking up.
 */
import { LineCutter } from "./lineCutter.ts"
import { LineNames } from "./lineNames.ts"
import { nameBySorting } from "./nameBySorting.ts"
import { endsInNewline, type TextLines } from "./textLines.ts"

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
/** How many bytes the number of lines is guessed from. */
const SAMPLE = 4096

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
    this.reserve(1)
    this.starts[this.count] = start
    this.ids[this.count++] = id
  }

  /** Appends lines of another text, which stand `shift` bytes further on here. */
  append(model: TextLines, from: number, to: number, shift: number): void {
    this.reserve(to - from)
    const { ids, starts } = this
    let count = this.count
    for (let line = from; line < to; line++) {
      starts[count] = (model.starts[line] as number) + shift
      ids[count++] = model.ids[line] as number
    }
    this.count = count
  }

  /** Takes the last line back, and gives where it starts. */
  pop(): number {
    return this.starts[--this.count] as number
  }

  /** Makes room for more lines, and for the end after them. */
  private reserve(lines: number): void {
    if (this.count + lines < this.starts.length) return
    const size = 2 * (this.count + lines)
    const starts = new Uint32Array(size)
    const ids = new Int32Array(size)
    starts.set(this.starts)
    ids.set(this.ids)
    this.starts = starts
    this.ids = ids
  }

  finish(bytes: Uint8Array): TextLines {
    const { count, ids, starts } = this
    starts[count] = bytes.length
    return { bytes, starts: starts.subarray(0, count + 1), ids: ids.subarray(0, count), count }
  }
}

/** About how many lines a text has, from those in its first bytes. */
const guessLines = (bytes: Uint8Array): number => {
  const sample = Math.min(bytes.length, SAMPLE)
  let lines = 1
  for (let at = 0; at < sample; at++) if (bytes[at] === NEWLINE) lines++
  // A text may start with lines that are shorter than the others: it is not given much room on the strength of that.
  return 16 + Math.min(Math.ceil((lines * bytes.length * 1.1) / Math.max(sample, 1)), bytes.length >>> 3)
}

const cutFirst = (names: LineNames, cutter: LineCutter, guess: number): TextLines => {
  const { bytes } = cutter
  const lines = new LineList(guess)
  for (let start = 0; start < bytes.length; start = cutter.end) {
    cutter.scan(start)
    lines.push(start, names.name(start, cutter.end, cutter.hash))
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
  cutter: LineCutter
): TextLines => {
  const { bytes } = cutter
  const length = bytes.length
  const lines = new LineList(16 + model.count)
  let expected = 0
  let start = 0
  while (start < length) {
    const from = model.starts[expected] as number
    const same = cutter.common(start, modelCutter, from)
    const shift = start - from
    let line = expected
    while (line < model.count && (model.starts[line + 1] as number) - from <= same) line++
    lines.append(model, expected, line, shift)
    const more = line > expected
    start = (model.starts[line] as number) + shift
    expected = line
    if (start === length) break
    if (more && !endsInNewline(model, line - 1)) {
      // The model's last line has no newline, and this text goes on: the same bytes, but another line.
      start = lines.pop()
    }
    cutter.scan(start)
    const id = names.name(start, cutter.end, cutter.hash)
    lines.push(start, id)
    start = cutter.end
    // A line known from further down shows how to go on; one from further up is likely a repeated line, and shows
    // nothing.
    if (id < first.length && (first[id] as number) >= expected) expected = (first[id] as number) + 1
    if (names.flooded) break
  }
  return lines.finish(bytes)
}

/**
 * Cuts each source into lines and names equal lines with equal integers across all of them.
 *
 * @remarks
 * Linear in the bytes. Ids are given in order of first appearance, so the outcome is a function of the input alone.
 * Where lines were made to collide in the table, they are named by sorting instead: O(n log n), with the same outcome.
 *
 * @public
 */
export const internLines = (sources: ReadonlyArray<Uint8Array>): InternedTexts => {
  const guess = sources[0] === undefined ? 0 : guessLines(sources[0])
  const names = new LineNames(sources, guess)
  const cutters = sources.map((bytes) => new LineCutter(bytes))
  const texts: Array<TextLines> = []
  let first: Int32Array | undefined
  for (const cutter of cutters) {
    const model = texts[0]
    if (model === undefined) {
      texts.push(cutFirst(names, cutter, guess))
    } else {
      names.nextSource()
      first ??= firstLines(model)
      texts.push(cutLike(names, model, cutters[0] as LineCutter, first, cutter))
    }
    if (names.flooded) return nameBySorting(sources)
  }
  return { texts, distinct: names.count }
}
