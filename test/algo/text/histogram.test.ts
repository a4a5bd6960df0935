/** The short cuts of the histogram diff change nothing: it is compared with the plain rule, written down naively. */
import { expect, it } from "vitest"
import type { ChangedLines } from "../../../src/algo/text/changedLines.ts"
import { histogramDiff } from "../../../src/algo/text/histogram.ts"
import { HistogramIndex } from "../../../src/algo/text/histogramIndex.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

type Ids = ReadonlyArray<number>
type Fallback = (a0: number, a1: number, b0: number, b1: number) => void

/** Splits at the best run, found anew in every range; `"frequent"` ranges go to the fallback. */
const plainly = (a: Ids, b: Ids, changed: ChangedLines, fallback: Fallback): void => {
  const split = (a0: number, a1: number, b0: number, b1: number): void => {
    const times = (id: number | undefined): number => a.slice(a0, a1).filter((each) => each === id).length
    let best = { a: 0, b: 0, length: 1, occurrences: 65 }
    let common = false
    for (let j = b0; j < b1; ) {
      const own = times(b[j])
      let resume = j + 1
      let past = own <= best.occurrences ? a0 : a1
      for (let at = a0; at < a1; at++) {
        if (a[at] !== b[j] || at < past) continue
        let [start, end] = [0, 1]
        while (at + start > a0 && j + start > b0 && a[at + start - 1] === b[j + start - 1]) start--
        while (at + end < a1 && j + end < b1 && a[at + end] === b[j + end]) end++
        const occurrences = Math.min(...a.slice(at + start, at + end).map(times))
        if (end - start > best.length || occurrences < best.occurrences) {
          best = { a: at + start, b: j + start, length: end - start, occurrences }
        }
        resume = Math.max(resume, j + end)
        past = at + end
      }
      common ||= own > 0
      j = resume
    }
    if (!common) {
      changed.a.fill(1, a0, a1)
      changed.b.fill(1, b0, b1)
    } else if (best.occurrences > 64) fallback(a0, a1, b0, b1)
    else {
      split(a0, best.a, b0, best.b)
      split(best.a + best.length, a1, best.b + best.length, b1)
    }
  }
  split(0, a.length, 0, b.length)
}

const edited = (random: Random, ids: Ids, distinct: number): Ids => {
  const result = [...ids]
  for (let edits = random.below(8); edits > 0; edits--) {
    const fresh = Array.from({ length: random.below(3) }, () => random.below(distinct))
    const moved = result.splice(random.below(result.length + 1), random.below(5))
    result.splice(random.below(result.length + 1), 0, ...(random.chance(0.4) ? moved : fresh))
  }
  return result
}

it("the histogram diff with its short cuts is the plain one", { timeout: 3_600_000 }, () => {
  const seed = runSeed()
  const random = makeRandom(seed)
  for (let round = process.env.TIDEMARK_FULL === undefined ? 2000 : 100_000; round > 0; round--) {
    const distinct = random.pick([1, 2, 3, 5, 8, 15, 30, 60])
    const length = random.chance(0.02) ? random.between(60, 200) : random.below(40)
    const a = Array.from({ length }, () => random.below(distinct))
    const b = random.chance(0.8) ? edited(random, a, distinct) : Array.from(a, () => random.below(distinct))
    const [expected, found] = [0, 1].map(() => ({
      a: new Uint8Array(a.length),
      b: new Uint8Array(b.length)
    })) as [ChangedLines, ChangedLines]
    // Ranges without an anchor are told apart from changed ones.
    const into =
      (changed: ChangedLines): Fallback =>
      (a0, a1, b0, b1) => {
        changed.a.fill(2, a0, a1)
        changed.b.fill(2, b0, b1)
      }
    plainly(a, b, expected, into(expected))
    const budget = { left: 1_000_000_000, coarse: false }
    const index = new HistogramIndex(new Int32Array(distinct), budget)
    histogramDiff(Int32Array.from(a), Int32Array.from(b), index, found, budget, into(found))
    expect({ seed, a, b, changed: [[...found.a], [...found.b]] }).toEqual({
      seed,
      a,
      b,
      changed: [[...expected.a], [...expected.b]]
    })
  }
})
