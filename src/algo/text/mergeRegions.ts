/**
 * The regions of a three-way merge: from three texts to the list of who changed what.
 */
import type { Budget } from "./budget.ts"
import type { InternedTexts } from "./internLines.ts"
import { joinConflicts } from "./joinConflicts.ts"
import { LineDiffer } from "./lineDiffer.ts"
import { type MergeBlock, mergeBlocks } from "./mergeBlocks.ts"
import type { MergeRegion } from "./mergeRegion.ts"
import { refineConflicts, trimConflicts } from "./refineConflicts.ts"
import type { TextLines } from "./textLines.ts"

/**
 * Whose answers a merge gives: those of the program that merges one file, or those of the strategy that merges trees.
 *
 * @public
 */
export type MergeProfile = "git-merge-file" | "git-ort"

/**
 * How conflicts are shown: two sides; with the base; with the base and the sides' common ends taken out.
 *
 * @public
 */
export type ConflictStyle = "merge" | "diff3" | "zdiff3"

const regionOf = (block: MergeBlock): MergeRegion => {
  const base = { start: block.base0, end: block.base1 }
  const ours = { start: block.ours0, end: block.ours1 }
  const theirs = { start: block.theirs0, end: block.theirs1 }
  return block.kind === "conflict"
    ? { _tag: "Conflict", base, ours, theirs }
    : { _tag: "Changed", by: block.kind, base, ours, theirs }
}

const withUnchanged = (blocks: ReadonlyArray<MergeBlock>, lines: number): Array<MergeRegion> => {
  const regions: Array<MergeRegion> = []
  let base = 0
  let ours = 0
  let theirs = 0
  const unchangedUntil = (end: number): void => {
    const length = end - base
    if (length === 0) return
    regions.push({
      _tag: "Unchanged",
      base: { start: base, end },
      ours: { start: ours, end: ours + length },
      theirs: { start: theirs, end: theirs + length }
    })
  }
  for (const block of blocks) {
    unchangedUntil(block.base0)
    regions.push(regionOf(block))
    base = block.base1
    ours = block.ours1
    theirs = block.theirs1
  }
  unchangedUntil(lines)
  return regions
}

/**
 * Finds the regions of a merge.
 *
 * @remarks
 * The style matters to the structure, not only to how it is shown: git narrows a conflict differently, or not at all,
 * when its base is shown with it.
 *
 * @param interned - base, ours and theirs, in this order
 *
 * @public
 */
export const mergeRegions = (
  interned: InternedTexts,
  profile: MergeProfile,
  style: ConflictStyle,
  budget: Budget
): ReadonlyArray<MergeRegion> => {
  const [base, ours, theirs] = interned.texts as readonly [TextLines, TextLines, TextLines]
  const differ = new LineDiffer(interned.distinct, profile === "git-ort" ? "histogram" : "myers", budget)
  const ourScript = differ.diff(base.ids, ours.ids)
  const theirScript = differ.diff(base.ids, theirs.ids)
  let blocks = mergeBlocks(ours, theirs, ourScript, theirScript)
  if (style === "zdiff3") blocks = trimConflicts(blocks, ours, theirs)
  else if (style === "merge") {
    blocks = refineConflicts(blocks, ours, theirs, ourScript, theirScript, differ)
    blocks = joinConflicts(blocks, ours, profile === "git-merge-file")
  }
  return withUnchanged(blocks, base.count)
}
