/**
 * Whether a merge lost something: each side's change must be in the output, or be cancelled by the other side's own.
 *
 * The check knows nothing of how the output was made, so it holds third-party drivers to the same law as the built-in
 * merge. It is on lines (or words), in order:
 *
 * 1. what a side has, except what the other side took away, stands in the output in the same order;
 * 2. nothing stands in the output more often than both sides' changes allow: what a side took away is gone.
 */
import { makeBudget } from "../text/budget.ts"
import { type InternedTexts, internLines } from "../text/internLines.ts"
import { type DiffAlgorithm, LineDiffer } from "../text/lineDiffer.ts"
import { sliceLines, type TextLines } from "../text/textLines.ts"

/** A side whose change is not in the output: lines of it that are missing, or that it had removed and that are back. @public */
export interface Loss {
  readonly side: "ours" | "theirs"
  readonly what: "added" | "removed"
  /** The first such line, at most 200 bytes of it. */
  readonly sample: string
}

/** How finely to look. Words suit drivers that lay text out anew: only white space is not looked at. @public */
export type LossUnit = "lines" | "words"

const LF = 0x0a

/** The last line as if it ended in a newline: whether it does is not what this check is about. */
const ended = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length === 0 || bytes[bytes.length - 1] === LF) return bytes
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes)
  longer[bytes.length] = LF
  return longer
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
const isWord = (byte: number) =>
  byte >= 0x80 ||
  byte === 0x5f ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a)

/** One word, or one mark, a line; white space is gone, and so are commas, which layouts put and take freely. */
const words = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length * 2)
  let used = 0
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i] as number
    if (isSpace(byte) || byte === 0x2c) {
      i++
      continue
    }
    if (isWord(byte)) while (i < bytes.length && isWord(bytes[i] as number)) out[used++] = bytes[i++] as number
    else {
      out[used++] = byte
      i++
    }
    out[used++] = LF
  }
  return out.subarray(0, used)
}

/** For each line of `base`: whether `side` took it away. For each line of `side`: the line of base it is, or -1. */
const align = (differ: LineDiffer, base: TextLines, side: TextLines) => {
  const gone = new Uint8Array(base.count)
  const from = new Int32Array(side.count).fill(-1)
  const script = differ.diff(base.ids.subarray(0, base.count), side.ids.subarray(0, side.count))
  let a = 0
  let b = 0
  for (let at = 0; at <= script.count; at++) {
    const last = at === script.count
    const nextA = last ? base.count : (script.a0[at] as number)
    while (a < nextA) from[b++] = a++
    if (last) break
    for (; a < (script.a1[at] as number); a++) gone[a] = 1
    b = script.b1[at] as number
  }
  return { gone, from }
}

/**
 * Reads what was taken away as if it stood as far up as equal lines let it: of two lines that are the same, both sides then
 * took away the same one, whatever else they changed beside it.
 */
const liftRemovals = (base: TextLines, { from, gone }: ReturnType<typeof align>): void => {
  const sideOf = new Int32Array(base.count).fill(-1)
  for (const [line, origin] of from.entries()) if (origin >= 0) sideOf[origin] = line
  // Where it stops, it has read some of them so, which is a reading, too.
  let steps = 64 * base.count
  for (let end = 1; end <= base.count; end++) {
    if (gone[end - 1] === 0 || (end < base.count && gone[end] === 1)) continue
    let [top, last] = [end - 1, end - 1]
    while (top > 0 && gone[top - 1] === 1 && steps-- > 0) top--
    while (top > 0 && gone[top - 1] === 0 && base.ids[top - 1] === base.ids[last] && steps-- > 0) {
      const kept = sideOf[top - 1] as number
      gone[top - 1] = 1
      gone[last] = 0
      from[kept] = last
      sideOf[last] = kept
      sideOf[top - 1] = -1
      top--
      last--
      // It has met what stands above it, and goes on with it.
      while (top > 0 && gone[top - 1] === 1 && steps-- > 0) top--
    }
  }
}

const sampleOf = (lines: TextLines, line: number): string => {
  const bytes = sliceLines(lines, line, line + 1).subarray(0, 200)
  return new TextDecoder().decode(bytes).trimEnd()
}

/** The first line of `side`, not taken away by the other, that the output does not have in its place; -1 if none. */
const firstMissing = (side: TextLines, from: Int32Array, goneElsewhere: Uint8Array, output: TextLines): number => {
  let at = 0
  for (let line = 0; line < side.count; line++) {
    const origin = from[line] as number
    if (origin >= 0 && goneElsewhere[origin] === 1) continue
    const id = side.ids[line]
    while (at < output.count && output.ids[at] !== id) at++
    if (at === output.count) return line
    at++
  }
  return -1
}

/** How often each line may stand in the output, at least and at most. */
const bounds = (
  distinct: number,
  base: TextLines,
  sides: ReadonlyArray<{ readonly lines: TextLines; readonly gone: Uint8Array; readonly from: Int32Array }>
): { readonly least: Int32Array; readonly most: Int32Array } => {
  const least = new Int32Array(distinct)
  const most = new Int32Array(distinct)
  const add = (counts: Int32Array, id: number, by: number) => {
    counts[id] = (counts[id] as number) + by
  }
  // Lines that nobody took away cut the texts into gaps; `gap` counts them up to each line of base.
  const gap = new Int32Array(base.count + 1)
  for (let line = 0; line < base.count; line++) {
    const survives = sides.every(({ gone }) => gone[line] === 0)
    gap[line + 1] = (gap[line] as number) + (survives ? 1 : 0)
    if (!survives) continue
    add(least, base.ids[line] as number, 1)
    add(most, base.ids[line] as number, 1)
  }
  // What a side put into a gap is there; where both put the same line into one gap, once may be enough.
  const seen = new Map<number, number>()
  for (const [which, { from, lines }] of sides.entries()) {
    let at = 0
    for (let line = 0; line < lines.count; line++) {
      const origin = from[line] as number
      if (origin >= 0) {
        at = origin + 1
        continue
      }
      const id = lines.ids[line] as number
      const key = (gap[at] as number) * distinct + id
      const matched = which === 1 ? (seen.get(key) ?? 0) : 0
      if (which === 0) seen.set(key, (seen.get(key) ?? 0) + 1)
      else if (matched > 0) seen.set(key, matched - 1)
      add(most, id, 1)
      if (matched === 0) add(least, id, 1)
    }
  }
  return { least, most }
}

const countLines = (lines: TextLines, distinct: number): Int32Array => {
  const counts = new Int32Array(distinct)
  for (let line = 0; line < lines.count; line++) {
    const id = lines.ids[line] as number
    counts[id] = (counts[id] as number) + 1
  }
  return counts
}

const sameLines = (a: TextLines, b: TextLines): boolean => {
  if (a.count !== b.count) return false
  for (let line = 0; line < a.count; line++) if (a.ids[line] !== b.ids[line]) return false
  return true
}

const lineOf = (id: number, ...texts: ReadonlyArray<TextLines>): string => {
  for (const text of texts) {
    const line = text.ids.subarray(0, text.count).indexOf(id)
    if (line >= 0) return sampleOf(text, line)
  }
  return ""
}

/** What is lost if the changes are read as one diff algorithm reads them. */
const lossesUnder = (algorithm: DiffAlgorithm, interned: InternedTexts, lifted = false): ReadonlyArray<Loss> => {
  const [b, o, t, m] = interned.texts as readonly [TextLines, TextLines, TextLines, TextLines]
  const { distinct } = interned
  const differ = new LineDiffer(distinct, algorithm, makeBudget(b.count + o.count + t.count + m.count))
  const ours = { lines: o, ...align(differ, b, o) }
  const theirs = { lines: t, ...align(differ, b, t) }
  if (lifted) for (const { from, gone } of [ours, theirs]) liftRemovals(b, { from, gone })
  const losses: Array<Loss> = []
  const add = (loss: Loss) => {
    if (!losses.some(({ sample, side, what }) => sample === loss.sample && side === loss.side && what === loss.what)) {
      losses.push(loss)
    }
  }
  const missing = (side: "ours" | "theirs", lines: TextLines, from: Int32Array, gone: Uint8Array) => {
    const line = firstMissing(lines, from, gone, m)
    if (line >= 0) add({ side, what: "added", sample: sampleOf(lines, line) })
  }
  missing("ours", o, ours.from, theirs.gone)
  missing("theirs", t, theirs.from, ours.gone)
  const { least, most } = bounds(distinct, b, [ours, theirs])
  const inOutput = countLines(m, distinct)
  const inOurs = countLines(o, distinct)
  const [isOurs, isTheirs] = [sameLines(m, o), sameLines(m, t)]
  for (let id = 0; id < distinct; id++) {
    const there = inOutput[id] as number
    // Whose change it was can be told where the output is the other side, or has the line as often as the other side.
    const side = isOurs || (!isTheirs && there === inOurs[id]) ? "theirs" : "ours"
    if (there > (most[id] as number)) add({ side, what: "removed", sample: lineOf(id, m) })
    else if (there < (least[id] as number)) add({ side, what: "added", sample: lineOf(id, o, t) })
    else continue
    break
  }
  return losses
}

/**
 * Finds the changes that a clean merge lost; an empty list means that both sides' changes are in it.
 *
 * @remarks
 * Which of several equal lines a side took away can be read in more than one way. A change counts as lost only if it is
 * lost however git's two diff algorithms read it, and also where both sides' removals are read from the top. Linear in memory; whether the last line ends in a newline is not looked at.
 *
 * @public
 */
export const findLoss = (
  base: Uint8Array,
  ours: Uint8Array,
  theirs: Uint8Array,
  output: Uint8Array,
  unit: LossUnit = "lines"
): ReadonlyArray<Loss> => {
  const texts = [base, ours, theirs, output]
  const interned = internLines(texts.map(unit === "lines" ? ended : words))
  const losses = lossesUnder("histogram", interned)
  if (losses.length === 0 || lossesUnder("myers", interned).length === 0) return []
  if (lossesUnder("histogram", interned, true).length === 0) return []
  if (unit === "words") return losses
  // A last line without a newline is another line to a line merge, which can change what it aligns with.
  const exact = internLines(texts)
  return lossesUnder("histogram", exact).length === 0 || lossesUnder("myers", exact).length === 0 ? [] : losses
}
