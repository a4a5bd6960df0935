/** Inputs made to cost much: counted in steps, not in time, so that the machine does not matter. */
import { describe, expect, it } from "vitest"
import { type Budget, makeBudget } from "../../../src/algo/text/budget.ts"
import { internLines } from "../../../src/algo/text/internLines.ts"
import { LineCutter } from "../../../src/algo/text/lineCutter.ts"
import { type DiffAlgorithm, LineDiffer } from "../../../src/algo/text/lineDiffer.ts"
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { nameBySorting } from "../../../src/algo/text/nameBySorting.ts"
import type { TextLines } from "../../../src/algo/text/textLines.ts"
import { makeRandom, type Random } from "../../support/random.ts"
import { numbered } from "./bytes.ts"
import { makeTriple, tripleSize } from "./triples.ts"

const profiles = ["git-merge-file", "git-ort"] as const

const newlines = (count: number): Uint8Array => new Uint8Array(count).fill(10)

const plain = numbered(25_000, (i) => `this is line number ${i}`)

const hostile: ReadonlyArray<readonly [string, Uint8Array, Uint8Array, Uint8Array]> = [
  [
    "25,000 lines cut to 10,000 bytes",
    plain,
    plain.slice(0, 10_000),
    numbered(25_000, (i) => `this is line number ${i % 99 ? i : -i}`)
  ],
  [
    "20,000 lines all rewritten",
    numbered(20_000, (i) => `a${i}`),
    numbered(20_000, (i) => `b${i}`),
    numbered(20_000, (i) => `c${i}`)
  ],
  ["a million empty lines", newlines(1_000_000), newlines(1_000_007), newlines(999_995)],
  [
    "lines that repeat",
    numbered(50_000, (i) => `r${i % 7}`),
    numbered(50_000, (i) => `r${i % 11}`),
    numbered(50_000, (i) => `r${i % 5}`)
  ],
  [
    "every other line changed",
    numbered(20_000, (i) => `a${i}`),
    numbered(20_000, (i) => (i % 2 ? `a${i}` : `b${i}`)),
    numbered(20_000, (i) => (i % 3 ? `a${i}` : `c${i}`))
  ],
  [
    "lines in reverse",
    numbered(20_000, (i) => `a${i}`),
    numbered(20_000, (i) => `a${20_000 - i}`),
    numbered(20_000, (i) => `a${i}`)
  ]
]

describe("merging hostile texts", { timeout: 60_000 }, () => {
  it.each(hostile)("of %s is exact", (_, base, ours, theirs) => {
    for (const profile of profiles) {
      const merged = mergeText(base, ours, theirs, { profile })
      expect(merged.coarse).toBe(false)
      expect(mergeText(base, ours, ours, { profile }).bytes.length).toBe(ours.length)
    }
  })

  it("of one line of 50 MB", () => {
    const base = new Uint8Array(50_000_000).fill(97)
    const theirs = base.slice()
    theirs[25_000_000] = 98
    const merged = mergeText(base, base, theirs)
    expect([merged.conflicts, merged.regions.length, merged.bytes.length]).toEqual([0, 1, 50_000_000])
    expect(merged.bytes[25_000_000]).toBe(98)
  })

  it("that needs more steps than it may take is cut short, says so, and still covers every line", () => {
    const random = makeRandom(7)
    const repetitive = (): Uint8Array => numbered(60_000, () => `r${random.below(40)}`)
    const [base, ours, theirs] = [repetitive(), repetitive(), repetitive()]
    const merged = mergeText(base, ours, theirs, { profile: "git-merge-file" })
    expect(merged.coarse).toBe(true)
    expect(merged.regions.at(-1)?.theirs.end).toBe(60_000)
    const alone = mergeText(base, base, theirs, { profile: "git-merge-file" })
    expect(Buffer.compare(alone.bytes, theirs)).toBe(0)
  })
})

/** The steps that comparing two sequences takes, without a bound. */
const steps = (algorithm: DiffAlgorithm, a: Int32Array, b: Int32Array, distinct: number): number => {
  const budget: Budget = { left: Number.MAX_SAFE_INTEGER, coarse: false }
  new LineDiffer(distinct, algorithm, budget).diff(a, b)
  return Number.MAX_SAFE_INTEGER - budget.left
}

/** A sequence, and the same with every so many of its names replaced by new ones. */
const edited = (length: number, every: (i: number) => boolean): readonly [Int32Array, Int32Array, number] => {
  const a = Int32Array.from({ length }, (_, i) => i)
  return [a, a.map((id, i) => (every(i) ? length + id : id)), 2 * length]
}

describe("the steps of a comparison", () => {
  it.each([
    ["histogram", "one line in a hundred, at random", (random: Random) => () => random.chance(0.01)],
    ["histogram", "every other line", () => (i: number) => i % 2 === 0],
    ["histogram", "every third line", () => (i: number) => i % 3 === 0],
    ["myers", "one line in a hundred, at random", (random: Random) => () => random.chance(0.01)],
    ["myers", "every other line", () => (i: number) => i % 2 === 0]
  ] as const)("by %s grow little faster than the lines: %s", (algorithm, _, rule) => {
    const once = steps(algorithm, ...edited(20_000, rule(makeRandom(3))))
    const twice = steps(algorithm, ...edited(40_000, rule(makeRandom(3))))
    // Not quite twice as many at random places: the longest stretch is split off first, and the depth of that grows
    // too.
    expect(twice / Math.max(once, 1)).toBeLessThan(3)
    expect(twice).toBeLessThan(40 * 40_000)
  })

  it.each([2, 4, 16, 200, 5000])(
    "suffice to merge unrelated texts of 10,000 lines, %i of them different",
    (distinct) => {
      const random = makeRandom(distinct)
      const sequence = (): Int32Array => Int32Array.from({ length: 10_000 }, () => random.below(distinct))
      const [a, b] = [sequence(), sequence()]
      for (const algorithm of ["myers", "histogram"] as const) {
        expect(steps(algorithm, a, b, distinct)).toBeLessThan(makeBudget(30_000).left / 3)
      }
    }
  )

  it("end when they are used up, whatever is left to compare", () => {
    const random = makeRandom(1)
    const sequence = (): Int32Array => Int32Array.from({ length: 30_000 }, () => random.below(3000))
    const [a, b] = [sequence(), sequence()]
    for (const algorithm of ["myers", "histogram"] as const) {
      const budget: Budget = { left: 1000, coarse: false }
      const script = new LineDiffer(3000, algorithm, budget).diff(a, b)
      expect(budget.coarse).toBe(true)
      // What is not changed is equal: the script is a true one.
      let [i, j] = [0, 0]
      for (let change = 0; change <= script.count; change++) {
        const end = script.a0[change] ?? a.length
        for (; i < end; i++, j++) expect(a[i]).toBe(b[j])
        expect(j).toBe(script.b0[change] ?? b.length)
        i = script.a1[change] ?? 0
        j = script.b1[change] ?? 0
      }
    }
  })
})

const sameNames = (a: ReadonlyArray<TextLines>, b: ReadonlyArray<TextLines>): void => {
  for (const [i, lines] of a.entries()) {
    expect(Array.from(lines.ids)).toEqual(Array.from(b[i]?.ids ?? []))
    expect(Array.from(lines.starts)).toEqual(Array.from(b[i]?.starts ?? []))
  }
}

describe("naming lines", () => {
  it("by sorting gives the names that hashing gives", () => {
    const random = makeRandom(11)
    for (let round = 0; round < 500; round++) {
      const { base, ours, theirs } = makeTriple(random, tripleSize(random))
      const [hashed, sorted] = [internLines([base, ours, theirs]), nameBySorting([base, ours, theirs])]
      expect(hashed.distinct).toBe(sorted.distinct)
      sameNames(hashed.texts, sorted.texts)
    }
  })

  it("survives lines made to collide", () => {
    // The hash takes every other word of four bytes into one chain, so a third word can undo what the first did to it.
    const mixed = (hash: number, word: number): number => {
      const product = Math.imul(hash ^ word, 0x01000193)
      return product ^ (product >>> 15)
    }
    const lines: Array<string> = []
    for (let first = 0x30303030; lines.length < 20_000; first++) {
      const third = mixed(0x811c9dc5 | 0, first) ^ 0x12345678
      const line = Buffer.alloc(17, "-")
      line.writeInt32LE(first, 0)
      line.writeInt32LE(third, 8)
      line[16] = 10
      if (line.indexOf(10) === 16) lines.push(line.toString("latin1"))
    }
    const colliding = Buffer.from(lines.join(""), "latin1")
    const cutter = new LineCutter(colliding)
    const hashes = new Set<number>()
    for (let start = 0; start < colliding.length; start = cutter.end) {
      cutter.scan(start)
      hashes.add(cutter.hash)
    }
    expect(hashes.size).toBe(1)
    const { distinct, texts } = internLines([colliding, colliding.subarray(17 * 500), colliding.subarray(0, 17 * 900)])
    expect(distinct).toBe(20_000)
    expect(texts.map(({ count }) => count)).toEqual([20_000, 19_500, 900])
    expect(mergeText(colliding, colliding.subarray(17), colliding.subarray(0, -17)).conflicts).toBe(0)
  })
})
