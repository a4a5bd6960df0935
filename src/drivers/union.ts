/** The union driver: where both sides changed the same lines, it takes the lines of both. */
import { isBinary } from "../algo/text/isBinary.ts"
import { mergeText } from "../algo/text/mergeText.ts"
import type { MergeDriver } from "../core/merge/MergeDriver.ts"

/**
 * A driver for lists of lines whose order does not matter: change logs, ignore files. Declines what is binary.
 *
 * @public
 */
export const unionDriver: MergeDriver = {
  name: "union",
  merge: ({ base, ours, theirs }) => {
    if (isBinary(ours) || isBinary(theirs) || (base !== null && isBinary(base))) return { _tag: "Declined" }
    const { bytes } = mergeText(base ?? new Uint8Array(), ours, theirs, { favor: "union" })
    return { _tag: "Merged", bytes, reason: "the lines of both sides are taken" }
  }
}
