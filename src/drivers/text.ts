/** The text driver: the line-level merge, as a value that can be given rules or put before others. */
import { isBinary } from "../algo/text/isBinary.ts"
import { type MergeTextOptions, mergeText } from "../algo/text/mergeText.ts"
import type { MergeDriver } from "../core/merge/MergeDriver.ts"

/**
 * Makes a driver that merges texts line by line and declines what is binary.
 *
 * @public
 */
export const textDriver = (
  options: Omit<MergeTextOptions, "favor" | "labels" | "markerSize" | "style"> = {}
): MergeDriver => ({
  name: "text",
  merge: ({ base, ours, theirs }) => {
    if (isBinary(ours) || isBinary(theirs) || (base !== null && isBinary(base))) return { _tag: "Declined" }
    const merged = mergeText(base ?? new Uint8Array(), ours, theirs, options)
    return merged.conflicts === 0
      ? { _tag: "Merged", bytes: merged.bytes, reason: "both sides changed it in different places" }
      : { _tag: "Conflicted", conflicts: merged.conflicts, reason: "both sides changed the same lines" }
  }
})
