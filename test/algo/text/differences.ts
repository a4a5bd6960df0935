/** What tests that merge the same as git share: how differences are told. */
import { expect } from "vitest"
import { type MergeTextOptions, mergeText } from "../../../src/algo/text/mergeText.ts"
import { type makeRandom, runSeed } from "../../support/random.ts"
import { text } from "./bytes.ts"
import { type GitMerge, gitVersion } from "./gitMerges.ts"
import { makeTriple, type Triple, tripleSize } from "./triples.ts"

export const full = process.env.TIDEMARK_FULL !== undefined
export const git = gitVersion()
export const seed = runSeed()

/** The smallest triple that differs, readable; null where none does. */
export class Differences {
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

export const labels = { ours: "ours", base: "base", theirs: "theirs" }
/** An exit status tells no more than 127 conflicts. */
export const asStatus = (conflicts: number): number => Math.min(conflicts, 127)
export const asConflicted = (conflicts: number): number => Math.min(conflicts, 1)

export const triples = (random: ReturnType<typeof makeRandom>, count: number): ReadonlyArray<Triple> =>
  Array.from({ length: count }, () => makeTriple(random, tripleSize(random)))
