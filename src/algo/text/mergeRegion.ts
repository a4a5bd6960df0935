/**
 * The structure of a merge: what stands where, and who changed it.
 */

/**
 * A half-open range of lines, counted from zero.
 *
 * @public
 */
export interface LineRange {
  readonly start: number
  readonly end: number
}

/** The lines of a region on each of the three sides. @public */
export interface ThreeRanges {
  readonly base: LineRange
  readonly ours: LineRange
  readonly theirs: LineRange
}

/**
 * Lines that are the same on all three sides.
 *
 * @public
 */
export interface UnchangedRegion extends ThreeRanges {
  readonly _tag: "Unchanged"
}

/**
 * Lines that one side changed, or that both sides changed to the same lines.
 *
 * @remarks
 * Where a conflict was narrowed down to its core, the lines around the core that both sides agree on are `"both"`
 * regions.
 *
 * @public
 */
export interface ChangedRegion extends ThreeRanges {
  readonly _tag: "Changed"
  readonly by: "ours" | "theirs" | "both"
}

/**
 * Lines that both sides changed, each in another way.
 *
 * @public
 */
export interface ConflictRegion extends ThreeRanges {
  readonly _tag: "Conflict"
}

/**
 * A part of a three-way merge. The regions of a merge follow each other without gap or overlap on all three sides.
 *
 * @remarks
 * The lines that a region without conflict puts into the result are those of `theirs` where it was changed by theirs,
 * and those of `ours` otherwise.
 *
 * @public
 */
export type MergeRegion = UnchangedRegion | ChangedRegion | ConflictRegion
