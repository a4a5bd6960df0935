/**
 * Narrowing conflicts down to the lines that really differ.
 */
import { BasePositions } from "./basePositions.ts"
import type { EditScript } from "./editScript.ts"
import type { LineDiffer } from "./lineDiffer.ts"
import type { MergeBlock } from "./mergeBlocks.ts"
import type { TextLines } from "./textLines.ts"

/**
 * Compares the two sides of each conflict with each other and keeps only their differences as conflicts.
 *
 * @remarks
 * This is git's "zealous" level. The lines in between become blocks changed by both. A conflict in which one side is
 * empty stays as it is; one whose sides prove equal becomes a block changed by both, which keeps its neighbours apart.
 *
 * @public
 */
export const refineConflicts = (
  blocks: ReadonlyArray<MergeBlock>,
  ours: TextLines,
  theirs: TextLines,
  ourScript: EditScript,
  theirScript: EditScript,
  differ: LineDiffer
): Array<MergeBlock> => {
  const refined: Array<MergeBlock> = []
  const positions = new BasePositions(ourScript, theirScript)
  for (const block of blocks) {
    const { ours0, ours1, theirs0, theirs1, base0, base1 } = block
    if (block.kind !== "conflict" || ours0 === ours1 || theirs0 === theirs1) {
      refined.push(block)
      continue
    }
    const script = differ.diff(ours.ids.subarray(ours0, ours1), theirs.ids.subarray(theirs0, theirs1))
    if (script.count === 0) {
      refined.push({ ...block, kind: "both", separates: true })
      continue
    }
    let oursAt = ours0
    let theirsAt = theirs0
    let baseAt = base0
    const push = (kind: "both" | "conflict", oursTo: number, theirsTo: number): void => {
      if (oursTo === oursAt && theirsTo === theirsAt) return
      const atEnd = oursTo === ours1 && theirsTo === theirs1
      const baseTo = atEnd ? base1 : positions.at(block, oursTo, theirsTo)
      refined.push({
        kind,
        base0: baseAt,
        base1: baseTo,
        ours0: oursAt,
        ours1: oursTo,
        theirs0: theirsAt,
        theirs1: theirsTo,
        separates: false
      })
      oursAt = oursTo
      theirsAt = theirsTo
      baseAt = baseTo
    }
    for (let i = 0; i < script.count; i++) {
      push("both", ours0 + (script.a0[i] as number), theirs0 + (script.b0[i] as number))
      push("conflict", ours0 + (script.a1[i] as number), theirs0 + (script.b1[i] as number))
    }
    push("both", ours1, theirs1)
  }
  return refined
}

/**
 * Takes the lines that both sides of a conflict start or end with out of it; the base stays whole.
 *
 * @remarks
 * This is what git does in the style "zdiff3", where the base is shown and has nothing that would match a finer
 * division.
 *
 * @public
 */
export const trimConflicts = (
  blocks: ReadonlyArray<MergeBlock>,
  ours: TextLines,
  theirs: TextLines
): Array<MergeBlock> => {
  const trimmed: Array<MergeBlock> = []
  for (const block of blocks) {
    let { ours0, ours1, theirs0, theirs1 } = block
    if (block.kind !== "conflict") {
      trimmed.push(block)
      continue
    }
    while (ours0 < ours1 && theirs0 < theirs1 && ours.ids[ours0] === theirs.ids[theirs0]) {
      ours0++
      theirs0++
    }
    while (ours0 < ours1 && theirs0 < theirs1 && ours.ids[ours1 - 1] === theirs.ids[theirs1 - 1]) {
      ours1--
      theirs1--
    }
    if (ours0 > block.ours0) {
      trimmed.push({ ...block, kind: "both", base1: block.base0, ours1: ours0, theirs1: theirs0 })
    }
    trimmed.push({ ...block, ours0, ours1, theirs0, theirs1 })
    if (ours1 < block.ours1) {
      trimmed.push({ ...block, kind: "both", base0: block.base1, ours0: ours1, theirs0: theirs1 })
    }
  }
  return trimmed
}
