/**
 * The same merges of trees by git and by this library, on texts that diff algorithms find hard.
 *
 * Most of a minute of it by default; `TIDEMARK_FULL=1` runs 100,000 of each kind. `TIDEMARK_SEED` runs a seed again.
 */
import { describe, it } from "vitest"
import { makeRandom } from "../../support/random.ts"
import { asConflicted, Differences, full, git, labels, seed, triples } from "./differences.ts"
import { type GitMerge, gitMergeTrees } from "./gitMerges.ts"

const styles = ["merge", "diff3", "zdiff3"] as const

const mergeTrees = (seedOffset: number, count: number): Differences => {
  const random = makeRandom(seed + seedOffset)
  const differences = new Differences()
  for (let done = 0; done < count; done += 1000) {
    const batch = triples(random, Math.min(1000, count - done))
    const { baseLabel, merges } = gitMergeTrees(batch, styles)
    batch.forEach((triple, i) => {
      styles.forEach((style, s) => {
        const options = { profile: "git-ort", style, labels: { ...labels, base: baseLabel } } as const
        differences.compare(triple, options, merges[i]?.[s] as GitMerge, asConflicted)
      })
    })
  }
  return differences
}

describe("merges on hard texts", { timeout: full ? 14_400_000 : 600_000 }, () => {
  it("of trees in every style give what git merge-tree gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeTrees(2, full ? 100_000 : 12_000).verify("trees")
  })
})
