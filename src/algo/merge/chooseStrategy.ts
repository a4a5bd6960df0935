/** Which way two versions are brought together: decided from the graph, drift and policy alone, with reasons. */
import type { VersionId } from "../../model/Ids.ts"

/** What the decision is made from. `bases` are all best common ancestors. @public */
export interface StrategyFacts {
  readonly ours: VersionId
  readonly theirs: VersionId
  readonly bases: ReadonlyArray<VersionId>
  /** Whether what stands locally differs from `ours`. */
  readonly edited: boolean
  /** Whether a version may be taken as it is when the other side has none of its own. */
  readonly fastForward?: boolean | undefined
}

/**
 * The way, and why. `upToDate`: nothing to do; `localOnly`: only local edits; `fastForward`: theirs as it is;
 * `upstreamOnly`: the same by a merge, because fast-forwards are not wanted; `threeWay` and `crissCross`: merge from one
 * base, or from several merged first; `unrelated`: no common ground.
 *
 * @public
 */
export interface StrategyChoice {
  readonly strategy: "upToDate" | "localOnly" | "fastForward" | "upstreamOnly" | "threeWay" | "crissCross" | "unrelated"
  readonly reasons: ReadonlyArray<string>
}

/**
 * Chooses how to merge `theirs` into `ours`.
 *
 * @public
 */
export const chooseStrategy = ({ bases, edited, fastForward = true, ours, theirs }: StrategyFacts): StrategyChoice => {
  const choice = (strategy: StrategyChoice["strategy"], ...reasons: ReadonlyArray<string>) => ({ strategy, reasons })
  const local = edited ? "local edits are there" : "there are no local edits"
  if (ours === theirs) {
    return edited
      ? choice("localOnly", "both sides are the same version", local)
      : choice("upToDate", "both sides are the same version", local)
  }
  if (bases.includes(theirs)) {
    return edited
      ? choice("localOnly", "ours already contains theirs", local)
      : choice("upToDate", "ours already contains theirs", local)
  }
  if (bases.length === 0) return choice("unrelated", "the two versions share no ancestor")
  if (bases.length > 1) {
    return choice("crissCross", `the two versions have ${bases.length} best common ancestors, which are merged first`)
  }
  if (bases.includes(ours)) {
    const ahead = "theirs is ahead of ours, which has no versions of its own"
    if (edited) return choice("threeWay", ahead, "local edits are there, so they are merged with it")
    return fastForward
      ? choice("fastForward", ahead, local)
      : choice("upstreamOnly", ahead, local, "fast-forwards are not wanted")
  }
  return choice("threeWay", "both sides have versions of their own since one common ancestor")
}
