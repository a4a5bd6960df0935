/**
 * The same merges by git and by this library, on texts that diff algorithms find hard.
 *
 * About a minute of it by default; `TIDEMARK_FULL=1` runs 100,000 of each kind. `TIDEMARK_SEED` runs a seed again.
 */
import { describe, expect, it } from "vitest"
import { type MergeTextOptions, mergeText } from "../../../src/algo/text/mergeText.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { text } from "./bytes.ts"
import { type GitMerge, gitMergeFiles, gitMergeTrees, gitVersion } from "./gitMerges.ts"
import { makeTriple, type Triple, tripleSize } from "./triples.ts"

const full = process.env.TIDEMARK_FULL !== undefined
const git = gitVersion()
const seed = runSeed()

/** The smallest triple that differs, readable; null where none does. */
class Differences {
  compared = 0
  count = 0
  private size = Number.POSITIVE_INFINITY
  private smallest: unknown = null

  compare(triple: Triple, options: MergeTextOptions, expected: GitMerge, conflictsOf: (count: number) => number): void {
    this.compared++
    const merged = mergeText(triple.base, triple.ours, triple.theirs, options)
    const same =
      conflictsOf(merged.conflicts) === expected.conflicts && Buffer.compare(merged.bytes, expected.bytes) === 0
    if (same) return
    this.count++
    const size = triple.base.length + triple.ours.length + triple.theirs.length
    if (size >= this.size) return
    this.size = size
    this.smallest = {
      seed,
      options,
      base: text(triple.base),
      ours: text(triple.ours),
      theirs: text(triple.theirs),
      git: [expected.conflicts, text(expected.bytes)],
      here: [merged.conflicts, text(merged.bytes)]
    }
  }

  verify(kind: string): void {
    console.log(`${kind}: ${this.compared} merges compared with git ${git}, ${this.count} differ, seed ${seed}`)
    expect(this.smallest).toBeNull()
  }
}

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

const labels = { ours: "ours", base: "base", theirs: "theirs" }
/** An exit status tells no more than 127 conflicts. */
const asStatus = (conflicts: number): number => Math.min(conflicts, 127)
const asConflicted = (conflicts: number): number => Math.min(conflicts, 1)

const triples = (random: ReturnType<typeof makeRandom>, count: number): ReadonlyArray<Triple> =>
  Array.from({ length: count }, () => makeTriple(random, tripleSize(random)))

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
  it("of files in every style give what git merge-file gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeFiles(0, full ? 100_000 : 3000, fileVariants).verify("files")
  })

  it("of files with a preference or a marker size give what git merge-file gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeFiles(1, full ? 10_000 : 40, favorVariants).verify("files with options")
  })

  it("of trees in every style give what git merge-tree gives", (context) => {
    if (git === undefined) return context.skip("needs git")
    mergeTrees(2, full ? 100_000 : 12_000).verify("trees")
  })
})
