/** The binary driver: never combines, so both sides stay whole. */
import { isBinary } from "../algo/text/isBinary.ts"
import type { MergeDriver } from "../core/merge/MergeDriver.ts"

/**
 * A driver for what must not be merged line by line. `always` takes texts for binary too: lock files, generated code.
 *
 * @public
 */
export const binaryDriver = (options: { readonly always?: boolean | undefined } = {}): MergeDriver => ({
  name: "binary",
  merge: ({ base, ours, theirs }) =>
    options.always === true || isBinary(ours) || isBinary(theirs) || (base !== null && isBinary(base))
      ? { _tag: "Conflicted", conflicts: 1, reason: "both sides changed a file that is not merged line by line" }
      : { _tag: "Declined" }
})
