/** Who each changed region of a merged text comes from. */

import type { CutConflict } from "../../algo/conflict/hunks.ts"
import type { ThreeRanges } from "../../algo/text/mergeRegion.ts"
import type { PlannedRegion, PlannedRegions } from "../../model/Plan.ts"

/** So many regions of a path are listed; the others are only counted. */
const MOST = 200

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
