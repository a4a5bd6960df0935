/**
 * The same merges of files by git and by this library, on texts that diff algorithms find hard.
 *
 * Some seconds of it by default; `TIDEMARK_FULL=1` runs 100,000 of each kind. `TIDEMARK_SEED` runs a seed again.
 */
import { describe, it } from "vitest"
import type { MergeTextOptions } from "../../../src/algo/text/mergeText.ts"
import { makeRandom } from "../../support/random.ts"
import { asStatus, Differences, full, git, labels, seed, triples } from "./differences.ts"
import { type GitMerge, gitMergeFiles } from "./gitMerges.ts"

const fileVariants: ReadonlyArray<{ readonly args: ReadonlyArray<string>; readonly options: MergeTextOptions }> = [
  { args: [], options: { style: "merge" } },
  { args: ["--diff3"], options: { style: "diff3" } },
  { args: ["--zdiff3"], options: { style: "zdiff3" } }
]

const favorVariants: typeof fileVariants = [
  { args: ["--ours"], options: { favor: "ours" } },
  { args: ["--theirs"], options: { favor: "theirs" } },
  { args: ["--union"], options: { favor: "union" } },
  { args: ["--ours", "--diff3"], options: { favor: "ours", style: "diff3" } },
  { args: ["--union", "--zdiff3"], options: { favor: "union", style: "zdiff3" } },
  { args: ["--marker-size=3"], options: { markerSize: 3 } },
  { args: ["--marker-size=0", "--diff3"], options: { markerSize: 0, style: "diff3" } },
  { args: ["--marker-size=40", "--zdiff3"], options: { markerSize: 40, style: "zdiff3" } }
]

const mergeFiles = (seedOffset: number, count: number, variants: typeof fileVariants): Differences => {
  const random = makeRandom(seed + seedOffset)
  const differences = new Differences()
  for (let done = 0; done < count; done += 250) {
    const batch = triples(random, Math.min(250, count - done))
    const expected = gitMergeFiles(
      batch,
      variants.map(({ args }) => args)
    )
    batch.forEach((triple, i) => {
      variants.forEach(({ options }, v) => {
        const merge = expected[i]?.[v] as GitMerge
        differences.compare(triple, { profile: "git-merge-file", labels, ...options }, merge, asStatus)
      })
    })
  }
  return differences
}

describe("merges on hard texts", { timeout: full ? 14_400_000 : 600_000 }, () => {
  it("of files in every style give what git merge-file gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeFiles(0, full ? 100_000 : 3000, fileVariants).verify("files")
  })

  it("of files with a preference or a marker size give what git merge-file gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeFiles(1, full ? 10_000 : 40, favorVariants).verify("files with options")
  })
})
