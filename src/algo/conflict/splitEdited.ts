/** Finding, in edited text without markers, which part stands for which hunk. */

import { joinBytes } from "../../model/joinBytes.ts"
import { makeBudget } from "../text/budget.ts"
import { internLines } from "../text/internLines.ts"
import { LineDiffer } from "../text/lineDiffer.ts"
import { sliceLines, type TextLines } from "../text/textLines.ts"

/** What was there: text, or a hunk with the texts that may stand for it, the likeliest first. @internal */
export type ExpectedPiece = { readonly text: Uint8Array } | { readonly candidates: ReadonlyArray<Uint8Array> }

/** So many ways are followed at once; more only arise where texts repeat without end. */
const MANY = 64

const startsWith = (text: Uint8Array, piece: Uint8Array, at: number): boolean => {
  if (at + piece.length > text.length) return false
  for (let i = 0; i < piece.length; i++) if (text[at + i] !== piece[i]) return false
  return true
}

interface Way {
  readonly at: number
  readonly cut: Uint8Array
  readonly previous: Way | undefined
}

/** The split in which no text was edited and every hunk has one of its candidates. */
const exactSplit = (
  edited: Uint8Array,
  pieces: ReadonlyArray<ExpectedPiece>
): ReadonlyArray<Uint8Array> | undefined => {
  let ways = new Map<number, Way | undefined>([[0, undefined]])
  for (const piece of pieces) {
    const next = new Map<number, Way>()
    const candidates = "text" in piece ? [piece.text] : piece.candidates
    for (const [at, previous] of ways) {
      for (const candidate of candidates) {
        const end = at + candidate.length
        if (next.size < MANY && !next.has(end) && startsWith(edited, candidate, at)) {
          next.set(end, { at: end, cut: candidate, previous })
        }
      }
    }
    if (next.size === 0) return undefined
    ways = next
  }
  const cuts: Array<Uint8Array> = []
  const last = ways.get(edited.length)
  if (last === undefined && !(pieces.length === 0 && edited.length === 0)) return undefined
  for (let way = last; way !== undefined; way = way.previous) cuts.push(way.cut)
  return cuts.reverse()
}

const countLines = (bytes: Uint8Array): number => {
  let lines = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++
  return lines
}

/** The split by a line diff: what was put at a hunk, or in place of its lines, is the hunk's. */
const diffSplit = (edited: Uint8Array, pieces: ReadonlyArray<ExpectedPiece>): ReadonlyArray<Uint8Array> => {
  const guesses = pieces.map((piece) => ("text" in piece ? piece.text : (piece.candidates[0] ?? new Uint8Array())))
  const interned = internLines([joinBytes(guesses), edited])
  const [expected, found] = interned.texts as readonly [TextLines, TextLines]
  const differ = new LineDiffer(interned.distinct, "histogram", makeBudget(expected.count + found.count))
  const script = differ.diff(expected.ids, found.ids)
  /** Where a boundary went. A change across it, or an insertion at it, goes to the hunk, on whichever side that is. */
  const moved = (line: number, hunkFollows: boolean): number => {
    let shift = 0
    for (let i = 0; i < script.count; i++) {
      const [a0, a1] = [script.a0[i] as number, script.a1[i] as number]
      const [b0, b1] = [script.b0[i] as number, script.b1[i] as number]
      if (a0 > line) break
      const inserted = a0 === a1
      if (a1 < line || (a1 === line && !inserted)) shift = b1 - a1
      else if (a0 === line && !inserted) return b0
      else return hunkFollows ? b0 : b1
    }
    return line + shift
  }
  const cuts: Array<Uint8Array> = []
  let line = 0
  let from = 0
  for (const [index, guess] of guesses.entries()) {
    line = Math.min(line + countLines(guess), expected.count)
    const last = index === guesses.length - 1
    const next = pieces[index + 1]
    const to = last ? found.count : moved(line, next !== undefined && "candidates" in next)
    const end = Math.max(from, Math.min(to, found.count))
    cuts.push(sliceLines(found, from, end))
    from = end
  }
  return cuts
}

/**
 * Splits edited text into as many parts as there are pieces; joined, they are the text again. Exact where the texts
 * between hunks are untouched and each hunk became one of its candidates; else a line diff tells.
 *
 * @internal
 */
export const splitEdited = (edited: Uint8Array, pieces: ReadonlyArray<ExpectedPiece>): ReadonlyArray<Uint8Array> =>
  exactSplit(edited, pieces) ?? diffSplit(edited, pieces)
