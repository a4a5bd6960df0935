/** Reading an edited view back: which hunks are still open, what became of the others, and what else was edited. */
import {
  type CutConflict,
  equalBytes,
  gapText,
  type Hunk,
  type HunkProgress,
  hunkText,
  hunkUses,
  noProgress
} from "./hunks.ts"
import { type MarkerOptions, markerBlocks, markerBytes } from "./markers.ts"
import { type ExpectedPiece, splitEdited } from "./splitEdited.ts"

/** What an edited view says. `line` counts from one. @public */
export type ParsedMarkers =
  | { readonly _tag: "Parsed"; readonly open: ReadonlyArray<number>; readonly progress: HunkProgress }
  | {
      readonly _tag: "Malformed"
      readonly hunk: number
      readonly line: number
      readonly reason: "changed" | "incomplete" | "moved" | "twice"
    }

const NEWLINE = 0x0a

const firstLine = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.indexOf(NEWLINE) + 1)
const lastLine = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1)

const trimmed = (line: Uint8Array): Uint8Array => {
  let end = line.length
  while (end > 0 && (line[end - 1] === NEWLINE || line[end - 1] === 0x0d)) end--
  return line.subarray(0, end)
}

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

/** The markers within a block: as long as its first one, which no line of the texts is. */
const middlesOf = (block: Uint8Array): ReadonlyArray<Uint8Array> => {
  const first = block[0] as number
  let size = 0
  while (block[size] === first) size++
  const middles: Array<Uint8Array> = []
  for (let at = 0; at < block.length; ) {
    const newline = block.indexOf(NEWLINE, at)
    const next = newline < 0 ? block.length : newline + 1
    const character = block[at]
    let run = at
    while (run < next && block[run] === character) run++
    if (run - at === size && (character === 0x3d || character === 0x7c)) middles.push(trimmed(block.subarray(at, next)))
    at = next
  }
  return middles
}

/** The first open hunk after one. */
const nextOf = (blocks: ReadonlyMap<number, Uint8Array>, hunk = -1): number =>
  [...blocks.keys()].find((index) => index > hunk) ?? Math.max(hunk, 0)

interface Block {
  readonly hunk: number
  readonly start: number
  readonly end: number
}

/** Finds the untouched blocks of open hunks; a marker of ours anywhere else is a mistake that must not become content. */
const findBlocks = (
  edited: Uint8Array,
  blocks: ReadonlyMap<number, Uint8Array>
): ReadonlyArray<Block> | (ParsedMarkers & { readonly _tag: "Malformed" }) => {
  const starts = new Map<string, number>()
  const ends = new Map<string, number>()
  const middles = new Set<string>()
  let longest = 0
  for (const [hunk, block] of blocks) {
    const [start, end] = [trimmed(firstLine(block)), trimmed(lastLine(block))]
    starts.set(latin1(start), hunk)
    ends.set(latin1(end), hunk)
    for (const marker of middlesOf(block)) {
      middles.add(latin1(marker))
      longest = Math.max(longest, marker.length)
    }
    longest = Math.max(longest, start.length, end.length)
  }
  const found: Array<Block> = []
  const malformed = (hunk: number, line: number, reason: "changed" | "incomplete" | "moved" | "twice") =>
    ({ _tag: "Malformed", hunk, line, reason }) as const
  let line = 1
  for (let at = 0; at < edited.length; line++) {
    const newline = edited.indexOf(NEWLINE, at)
    const next = newline < 0 ? edited.length : newline + 1
    const isMarker = markerBytes.has(edited[at] as number) && next - at <= longest + 2
    const text = isMarker ? latin1(trimmed(edited.subarray(at, next))) : ""
    const hunk = text === "" ? undefined : starts.get(text)
    if (hunk === undefined) {
      const ended = text === "" ? undefined : ends.get(text)
      if (ended !== undefined) return malformed(ended, line, "incomplete")
      if (middles.has(text)) return malformed(nextOf(blocks, found.at(-1)?.hunk), line, "incomplete")
      at = next
      continue
    }
    const block = blocks.get(hunk) ?? new Uint8Array()
    // An editor may take the very last newline of a file away.
    const open = at + block.length - 1 === edited.length ? block.subarray(0, -1) : block
    if (!equalBytes(edited.subarray(at, at + open.length), open)) return malformed(hunk, line, "changed")
    const last = found.at(-1)
    if (last !== undefined && last.hunk >= hunk) return malformed(hunk, line, last.hunk === hunk ? "twice" : "moved")
    found.push({ hunk, start: at, end: at + open.length })
    for (const byte of open) if (byte === NEWLINE) line++
    line--
    at += open.length
  }
  return found
}

/**
 * Reads back what somebody made of a view. The options and the progress must be those that the view was rendered with.
 *
 * @remarks
 * A hunk whose markers stand untouched is still open. A hunk without its markers is decided: by the text that stands in
 * its place. Text outside hunks that differs is kept, as an edit. Whatever the edit, rendering the outcome gives the edited
 * bytes (but for a newline missing behind the last marker). Markers that were changed but not taken out are reported, so that they never become content.
 *
 * @public
 */
export const parseMarkers = (
  cut: CutConflict,
  edited: Uint8Array,
  options: MarkerOptions = {},
  progress: HunkProgress = noProgress
): ParsedMarkers => {
  const block = markerBlocks(cut, options, progress)
  const unsettled = cut.hunks.filter(({ index }) => !progress.settled.has(index))
  const found = findBlocks(edited, new Map(unsettled.map((hunk) => [hunk.index, block(hunk)])))
  if ("_tag" in found) return found
  const settled = new Map<number, Uint8Array>()
  const edits = new Map<number, Uint8Array>()
  const candidates = (hunk: Hunk): ReadonlyArray<Uint8Array> => {
    const before = progress.settled.get(hunk.index)
    const uses = hunkUses.map((use) => hunkText(cut, hunk, { use }))
    return before === undefined ? uses : [before, ...uses]
  }
  /** Reads the text between two open hunks. */
  const read = (text: Uint8Array, after: number, before: number) => {
    const pieces: Array<ExpectedPiece> = [{ text: gapText(cut, progress, after + 1) }]
    const between = cut.hunks.slice(after + 1, before)
    for (const hunk of between) {
      pieces.push({ candidates: candidates(hunk) }, { text: gapText(cut, progress, hunk.index + 1) })
    }
    for (const [index, part] of splitEdited(text, pieces).entries()) {
      const at = after + 1 + Math.floor(index / 2)
      if (index % 2 === 1) settled.set(at, part)
      else if (!equalBytes(part, cut.gaps[at] ?? new Uint8Array())) edits.set(at, part)
    }
  }
  let from = 0
  let after = -1
  for (const { end, hunk, start } of found) {
    read(edited.subarray(from, start), after, hunk)
    from = end
    after = hunk
  }
  read(edited.subarray(from), after, cut.hunks.length)
  return { _tag: "Parsed", open: found.map(({ hunk }) => hunk), progress: { settled, edits } }
}
