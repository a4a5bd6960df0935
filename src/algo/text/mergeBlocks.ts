/**
 * Which changes of the two sides stand alone, which agree, and which collide.
 *
 * This is the diff3 of Khanna, Kunal and Pierce, "A Formal Investigation of Diff3" (2007), with git's rule for
 * touching: changes belong together when their base ranges overlap or merely touch, since then no line that both sides
 * kept separates them.
 */
import type { EditScript } from "./editScript.ts"
import type { TextLines } from "./textLines.ts"

/**
 * A maximal group of changes that touch each other, as line ranges on the three sides.
 *
 * @public
 */
export interface MergeBlock {
  kind: "ours" | "theirs" | "both" | "conflict"
  base0: number
  base1: number
  ours0: number
  ours1: number
  theirs0: number
  theirs1: number
  /** Whether conflicts on the two sides of this block must stay apart when near conflicts are joined. */
  separates: boolean
}

const sameLines = (a: TextLines, a0: number, a1: number, b: TextLines, b0: number, b1: number): boolean => {
  if (a1 - a0 !== b1 - b0) return false
  for (let i = a0, j = b0; i < a1; i++, j++) {
    if (a.ids[i] !== b.ids[j]) return false
  }
  return true
}

/**
 * Groups the changes of both sides against the same base into blocks, in ascending order. Linear.
 *
 * @public
 */
export const mergeBlocks = (
  ours: TextLines,
  theirs: TextLines,
  ourScript: EditScript,
  theirScript: EditScript
): Array<MergeBlock> => {
  const blocks: Array<MergeBlock> = []
  let i = 0
  let j = 0
  // How far either side's line numbers are ahead of the base's, before the next change.
  let ourShift = 0
  let theirShift = 0
  while (i < ourScript.count || j < theirScript.count) {
    const i0 = i
    const j0 = j
    const ourStart = i < ourScript.count ? (ourScript.a0[i] as number) : Number.POSITIVE_INFINITY
    const theirStart = j < theirScript.count ? (theirScript.a0[j] as number) : Number.POSITIVE_INFINITY
    const start = Math.min(ourStart, theirStart)
    const oursBefore = start + ourShift
    const theirsBefore = start + theirShift
    let end = start
    for (;;) {
      if (i < ourScript.count && (ourScript.a0[i] as number) <= end) {
        end = Math.max(end, ourScript.a1[i] as number)
        ourShift = (ourScript.b1[i] as number) - (ourScript.a1[i] as number)
        i++
      } else if (j < theirScript.count && (theirScript.a0[j] as number) <= end) {
        end = Math.max(end, theirScript.a1[j] as number)
        theirShift = (theirScript.b1[j] as number) - (theirScript.a1[j] as number)
        j++
      } else break
    }
    const block: MergeBlock = {
      kind: "conflict",
      base0: start,
      base1: end,
      ours0: oursBefore,
      ours1: end + ourShift,
      theirs0: theirsBefore,
      theirs1: end + theirShift,
      separates: false
    }
    if (j === j0) block.kind = "ours"
    else if (i === i0) block.kind = "theirs"
    else if (
      i === i0 + 1 &&
      j === j0 + 1 &&
      ourScript.a0[i0] === theirScript.a0[j0] &&
      ourScript.a1[i0] === theirScript.a1[j0] &&
      sameLines(ours, block.ours0, block.ours1, theirs, block.theirs0, block.theirs1)
    ) {
      block.kind = "both"
    }
    block.separates = block.kind === "ours" || block.kind === "theirs"
    blocks.push(block)
  }
  return blocks
}
