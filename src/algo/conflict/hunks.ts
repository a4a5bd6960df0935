/** The hunks of a text conflict as data: what disagrees, what surrounds it, and what becomes of it once decided. */

import { joinBytes } from "../../model/joinBytes.ts"
import { makeBudget } from "../text/budget.ts"
import { internLines } from "../text/internLines.ts"
import type { ConflictRegion, MergeRegion, ThreeRanges } from "../text/mergeRegion.ts"
import { type ConflictStyle, mergeRegions } from "../text/mergeRegions.ts"
import { type MergeFavor, renderRegions } from "../text/renderRegions.ts"
import { sliceLines, type TextLines } from "../text/textLines.ts"
import { applyTextPolicy, type TextPolicy } from "../text/textPolicy.ts"

/** A way to decide a hunk by what its sides hold. @public */
export type HunkUse = "ours" | "theirs" | "base" | "ours-then-theirs" | "theirs-then-ours"

/** How one hunk is decided: by its sides, or by text of one's own. @public */
export type HunkChoice = { readonly use: HunkUse } | { readonly use: "custom"; readonly bytes: Uint8Array }

/**
 * One place where two texts disagree. The ranges are lines of the three texts; `before` and `after` are the merged lines
 * around it, at most three each.
 *
 * @public
 */
export interface Hunk extends ThreeRanges {
  readonly index: number
  readonly baseBytes: Uint8Array
  readonly ourBytes: Uint8Array
  readonly theirBytes: Uint8Array
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/**
 * A text conflict, cut into hunks and the merged text around them: `gaps[i]` stands before hunk `i`, and the last gap
 * after the last hunk. Which hunks there are depends on the style, as it does for git, and on the text policy.
 *
 * @public
 */
export interface CutConflict {
  readonly style: ConflictStyle
  readonly textPolicy: TextPolicy
  readonly base: TextLines
  readonly ours: TextLines
  readonly theirs: TextLines
  readonly regions: ReadonlyArray<MergeRegion>
  readonly hunks: ReadonlyArray<Hunk>
  readonly gaps: ReadonlyArray<Uint8Array>
}

/**
 * How far a conflict is decided: the text that stands for a hunk, by its index, and the text that stands for a gap that
 * was edited.
 *
 * @public
 */
export interface HunkProgress {
  readonly settled: ReadonlyMap<number, Uint8Array>
  readonly edits: ReadonlyMap<number, Uint8Array>
}

/** Nothing is decided yet. @public */
export const noProgress: HunkProgress = { settled: new Map(), edits: new Map() }

/** The ways to decide a hunk by its sides, in the order in which a decision is recognised. @public */
export const hunkUses: ReadonlyArray<HunkUse> = ["ours", "theirs", "base", "ours-then-theirs", "theirs-then-ours"]

const NEWLINE = 0x0a
const CONTEXT = 3

const swapped = ({ base, ours, theirs }: ThreeRanges): ConflictRegion => ({
  _tag: "Conflict",
  base,
  ours: theirs,
  theirs: ours
})

/** A conflict region written with a preference, by the rules of whole merges. */
const favored = ({ base, ours, theirs }: CutConflict, hunk: ThreeRanges, favor: MergeFavor, swap = false) =>
  swap
    ? renderRegions(base, theirs, ours, [swapped(hunk)], options(favor))
    : renderRegions(base, ours, theirs, [{ ...hunk, _tag: "Conflict" }], options(favor))

const options = (favor: MergeFavor | undefined) => ({ style: "diff3" as const, favor, labels: {}, markerSize: 7 })

const firstLines = (bytes: Uint8Array): Uint8Array => {
  let end = 0
  for (let line = 0; line < CONTEXT && end < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, end)
    end = newline < 0 ? bytes.length : newline + 1
  }
  return bytes.subarray(0, end)
}

const lastLines = (bytes: Uint8Array): Uint8Array => {
  let start = bytes.length
  for (let line = 0; line < CONTEXT && start > 0; line++) start = bytes.lastIndexOf(NEWLINE, start - 2) + 1
  return bytes.subarray(start)
}

/**
 * Cuts a conflict into its hunks. A merge without conflict has none.
 *
 * @public
 */
export const cutConflict = (
  base: Uint8Array,
  ours: Uint8Array,
  theirs: Uint8Array,
  { style = "merge", textPolicy = "none" }: { readonly style?: ConflictStyle; readonly textPolicy?: TextPolicy } = {}
): CutConflict => {
  const inputs = applyTextPolicy(base, ours, theirs, textPolicy)
  const interned = internLines([inputs.base, inputs.ours, inputs.theirs])
  const [baseLines, ourLines, theirLines] = interned.texts as readonly [TextLines, TextLines, TextLines]
  const budget = makeBudget(baseLines.count + ourLines.count + theirLines.count)
  const regions = mergeRegions(interned, "git-ort", style, budget)
  const render = (some: ReadonlyArray<MergeRegion>) =>
    renderRegions(baseLines, ourLines, theirLines, some, options(undefined))
  const gaps: Array<Uint8Array> = []
  const found: Array<ThreeRanges> = []
  let from = 0
  for (const [at, region] of regions.entries()) {
    if (region._tag !== "Conflict") continue
    gaps.push(render(regions.slice(from, at)))
    found.push({ base: region.base, ours: region.ours, theirs: region.theirs })
    from = at + 1
  }
  gaps.push(render(regions.slice(from)))
  const hunks = found.map(
    (ranges, index): Hunk => ({
      index,
      ...ranges,
      baseBytes: sliceLines(baseLines, ranges.base.start, ranges.base.end),
      ourBytes: sliceLines(ourLines, ranges.ours.start, ranges.ours.end),
      theirBytes: sliceLines(theirLines, ranges.theirs.start, ranges.theirs.end),
      before: lastLines(gaps[index] ?? new Uint8Array()),
      after: firstLines(gaps[index + 1] ?? new Uint8Array())
    })
  )
  return { style, textPolicy, base: baseLines, ours: ourLines, theirs: theirLines, regions, hunks, gaps }
}

/** The newline that a line written at a hunk ends in: what the markers there would end in. */
const newlineAt = ({ base, ours, theirs }: CutConflict, hunk: Hunk): Uint8Array => {
  const marked = renderRegions(base, ours, theirs, [{ ...hunk, _tag: "Conflict" }], options(undefined))
  return marked.at(-2) === 0x0d ? Uint8Array.of(0x0d, NEWLINE) : Uint8Array.of(NEWLINE)
}

/** What a choice says, as it is. */
const chosenText = (cut: CutConflict, hunk: Hunk, choice: HunkChoice): Uint8Array => {
  switch (choice.use) {
    case "custom":
      return choice.bytes
    case "ours":
      return hunk.ourBytes
    case "theirs":
      return hunk.theirBytes
    case "base":
      return hunk.baseBytes
    case "ours-then-theirs":
      return favored(cut, hunk, "union")
    case "theirs-then-ours":
      return favored(cut, hunk, "union", true)
  }
}

/**
 * The text that a choice puts in place of a hunk.
 *
 * @remarks
 * Of two sides after each other, the first is given the newline that its last line may lack; and so is any text that does
 * not end the file. No two lines ever run together.
 *
 * @public
 */
export const hunkText = (cut: CutConflict, hunk: Hunk, choice: HunkChoice): Uint8Array => {
  const text = chosenText(cut, hunk, choice)
  const endsFile = hunk.index === cut.hunks.length - 1 && cut.gaps.at(-1)?.length === 0
  if (endsFile || text.length === 0 || text.at(-1) === NEWLINE) return text
  return joinBytes([text, newlineAt(cut, hunk)])
}

/** Whether two byte strings are equal. @public */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Names the choice that gives this text: of several the first, in the order of {@link HunkUse}; else `custom`. @public */
export const recogniseUse = (cut: CutConflict, hunk: Hunk, text: Uint8Array): HunkUse | "custom" =>
  hunkUses.find((use) => equalBytes(hunkText(cut, hunk, { use }), text)) ?? "custom"

/** The text of a gap, edited or not. @public */
export const gapText = (cut: CutConflict, progress: HunkProgress, gap: number): Uint8Array =>
  progress.edits.get(gap) ?? cut.gaps[gap] ?? new Uint8Array()

/** Puts a conflict together again, with the text that is given for each hunk that is still open. @internal */
export const assemble = (
  cut: CutConflict,
  progress: HunkProgress,
  open: (hunk: Hunk) => Uint8Array
): ReadonlyArray<Uint8Array> => [
  gapText(cut, progress, 0),
  ...cut.hunks.flatMap((hunk) => [
    progress.settled.get(hunk.index) ?? open(hunk),
    gapText(cut, progress, hunk.index + 1)
  ])
]

/** The text in which every hunk is decided; `undefined` while one is open. @public */
export const resolvedText = (cut: CutConflict, progress: HunkProgress): Uint8Array | undefined =>
  cut.hunks.every(({ index }) => progress.settled.has(index))
    ? joinBytes(assemble(cut, progress, () => new Uint8Array()))
    : undefined

/** Adds decisions to what is decided already. A hunk that was decided before is decided anew. @public */
export const settleHunks = (
  cut: CutConflict,
  progress: HunkProgress,
  choices: Iterable<readonly [hunk: number, choice: HunkChoice]>
): HunkProgress => {
  const settled = new Map(progress.settled)
  for (const [index, choice] of choices) {
    const hunk = cut.hunks[index]
    if (hunk !== undefined) settled.set(index, hunkText(cut, hunk, choice))
  }
  return { settled, edits: progress.edits }
}
