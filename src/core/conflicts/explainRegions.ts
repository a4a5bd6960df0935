/** Who each changed region of a merged text comes from. */

import type { CutConflict } from "../../algo/conflict/hunks.ts"
import type { ThreeRanges } from "../../algo/text/mergeRegion.ts"
import type { PlannedRegion, PlannedRegions } from "../../model/Plan.ts"
import type { ConflictTexts } from "./readCut.ts"

/** So many regions of a path are listed; the others are only counted. */
const MOST = 200

const linesIn = (text: Uint8Array | undefined): number => {
  if (text === undefined) return 0
  let lines = text.length > 0 && text.at(-1) !== 0x0a ? 1 : 0
  for (const byte of text) if (byte === 0x0a) lines++
  return lines
}

/** A whole file that a rule or a driver made of three; without texts, where they are none. @internal */
export const explainWhole = (from: "rule" | "driver", texts?: ConflictTexts): PlannedRegions => {
  const whole = (side: keyof ConflictTexts) => ({ start: 0, end: linesIn(texts?.[side]) })
  return { total: 1, shown: [{ from, base: whole("base"), ours: whole("ours"), theirs: whole("theirs") }] }
}

/** Lists the changed regions of a cut merge; hunks in `recorded` were decided before. @internal */
export const explainRegions = (cut: CutConflict, recorded: ReadonlySet<number>): PlannedRegions => {
  const shown: Array<PlannedRegion> = []
  let total = 0
  let hunk = 0
  const add = (from: PlannedRegion["from"], { base, ours, theirs }: ThreeRanges) => {
    total++
    if (shown.length < MOST) shown.push({ from, base, ours, theirs })
  }
  for (const region of cut.regions) {
    if (region._tag === "Changed") add(region.by, region)
    else if (region._tag === "Conflict") add(recorded.has(hunk++) ? "recorded" : "conflict", region)
  }
  return { total, shown }
}
