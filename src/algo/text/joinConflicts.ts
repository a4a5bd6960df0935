/**
 * Joining conflicts that are so near to each other that a reader is better served by one.
 */
import type { MergeBlock } from "./mergeBlocks.ts"
import type { TextLines } from "./textLines.ts"

/** Conflicts with no more lines than this between them are joined. */
const NEAR = 3

/** Whether a line has an ASCII letter or digit. */
const hasAlphanumeric = (lines: TextLines, start: number, end: number): boolean => {
  const to = lines.starts[end] as number
  for (let at = lines.starts[start] as number; at < to; at++) {
    const byte = lines.bytes[at] as number
    const lower = byte | 0x20
    if ((lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39)) return true
  }
  return false
}

/**
 * Joins conflicts with at most three lines between them, unless a change of one side stands between.
 *
 * @param acrossBlank - also join conflicts when nothing between them has a letter or digit, however many lines it is
 *
 * @public
 */
export const joinConflicts = (
  blocks: ReadonlyArray<MergeBlock>,
  ours: TextLines,
  acrossBlank: boolean
): Array<MergeBlock> => {
  const joined: Array<MergeBlock> = []
  // The position in `joined` of a conflict that the next one may be joined to.
  let open = -1
  for (const block of blocks) {
    const previous = open < 0 ? undefined : joined[open]
    if (block.kind === "conflict" && previous !== undefined) {
      const near =
        block.ours0 - previous.ours1 <= NEAR || (acrossBlank && !hasAlphanumeric(ours, previous.ours1, block.ours0))
      if (near) {
        joined.length = open
        joined.push({ ...previous, base1: block.base1, ours1: block.ours1, theirs1: block.theirs1 })
        continue
      }
    }
    if (block.separates) open = -1
    else if (block.kind === "conflict") open = joined.length
    joined.push(block)
  }
  return joined
}
