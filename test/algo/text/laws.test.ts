/** What holds for every merge, whatever git does. */
import { describe, expect, it } from "vitest"
import { internLines } from "../../../src/algo/text/internLines.ts"
import type { LineRange, MergeRegion } from "../../../src/algo/text/mergeRegion.ts"
import { type MergeTextOptions, type MergeTextResult, mergeText } from "../../../src/algo/text/mergeText.ts"
import { sliceLines, type TextLines } from "../../../src/algo/text/textLines.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { bytes, text } from "./bytes.ts"
import { makeTriple, type Triple, tripleSize } from "./triples.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 400 : 50_000

const profiles = ["git-merge-file", "git-ort"] as const
const styles = ["merge", "diff3", "zdiff3"] as const
const favors = ["ours", "theirs", "union"] as const

const forMany = (law: (triple: Triple, options: MergeTextOptions, random: Random) => void): void => {
  const random = makeRandom(seed)
  for (let round = 0; round < rounds; round++) {
    const triple = makeTriple(random, tripleSize(random))
    law(triple, { profile: random.pick(profiles), style: random.pick(styles) }, random)
  }
}

const sides = ["base", "ours", "theirs"] as const

const linesOf = (triple: Triple): Readonly<Record<(typeof sides)[number], TextLines>> => {
  const [base, ours, theirs] = internLines([triple.base, triple.ours, triple.theirs]).texts
  return { base, ours, theirs } as Record<(typeof sides)[number], TextLines>
}

const slice = (lines: TextLines, range: LineRange): string => text(sliceLines(lines, range.start, range.end))

/** What a region without conflict puts into the result. */
const taken = (lines: ReturnType<typeof linesOf>, region: MergeRegion): string =>
  region._tag === "Changed" && region.by === "theirs"
    ? slice(lines.theirs, region.theirs)
    : slice(lines.ours, region.ours)

const merge = (triple: Triple, options: MergeTextOptions): MergeTextResult =>
  mergeText(triple.base, triple.ours, triple.theirs, options)

const swapped = (triple: Triple): Triple => ({ base: triple.base, ours: triple.theirs, theirs: triple.ours })

describe(`laws of merging texts, seed ${seed}`, { timeout: 3_600_000 }, () => {
  it("a side without changes gives way", () => {
    forMany(({ base, ours }, options) => {
      expect(text(mergeText(base, base, ours, options).bytes)).toBe(text(ours))
      expect(text(mergeText(base, ours, base, options).bytes)).toBe(text(ours))
      expect(mergeText(base, ours, base, options).conflicts).toBe(0)
    })
  })

  it("two equal sides give that side", () => {
    forMany(({ base, ours }, options) => {
      const merged = mergeText(base, ours, ours, options)
      expect([merged.conflicts, text(merged.bytes)]).toEqual([0, text(ours)])
    })
  })

  it("the order of the sides decides neither whether a merge is clean nor what a clean one gives", () => {
    forMany((triple, options) => {
      const there = merge(triple, options)
      const back = merge(swapped(triple), options)
      expect(there.conflicts === 0).toBe(back.conflicts === 0)
      if (there.conflicts === 0) expect(text(there.bytes)).toBe(text(back.bytes))
    })
  })

  it("where the base is shown, swapping the sides mirrors every region", () => {
    forMany((triple, options) => {
      const style = options.style === "merge" ? "diff3" : options.style
      const mirrored = merge(swapped(triple), { ...options, style }).regions.map((region): MergeRegion => {
        const ranges = { base: region.base, ours: region.theirs, theirs: region.ours }
        if (region._tag !== "Changed") return { ...region, ...ranges }
        return { ...region, ...ranges, by: region.by === "ours" ? "theirs" : region.by === "theirs" ? "ours" : "both" }
      })
      expect(merge(triple, { ...options, style }).regions).toEqual(mirrored)
    })
  })

  it("favouring one side is favouring the other side of the swapped merge", () => {
    forMany((triple, options) => {
      const ours = merge(triple, { ...options, favor: "ours" })
      const theirs = merge(swapped(triple), { ...options, favor: "theirs" })
      expect([ours.conflicts, text(ours.bytes)]).toEqual([0, text(theirs.bytes)])
    })
  })

  it("the regions cover every line of every side once, in order", () => {
    forMany((triple, options) => {
      const lines = linesOf(triple)
      const { regions } = merge(triple, options)
      for (const side of sides) {
        let at = 0
        for (const region of regions) {
          expect(region[side].start).toBe(at)
          expect(region[side].end).toBeGreaterThanOrEqual(at)
          at = region[side].end
        }
        expect(at).toBe(lines[side].count)
      }
    })
  })

  it("each region says what is true of its lines", () => {
    forMany((triple, options) => {
      const lines = linesOf(triple)
      const { regions } = merge(triple, options)
      for (const region of regions) {
        const [base, ours, theirs] = sides.map((side) => slice(lines[side], region[side]))
        if (region._tag === "Unchanged") expect([ours, theirs]).toEqual([base, base])
        else if (region._tag === "Changed" && region.by === "ours") expect(theirs).toBe(base)
        else if (region._tag === "Changed" && region.by === "theirs") expect(ours).toBe(base)
        else if (region._tag === "Changed") expect(theirs).toBe(ours)
      }
    })
  })

  it("the bytes are those of the regions", () => {
    forMany((triple, options) => {
      const lines = linesOf(triple)
      const merged = merge(triple, options)
      const conflicts = merged.regions.filter(({ _tag }) => _tag === "Conflict").length
      expect(merged.conflicts).toBe(conflicts)
      const favored = merge(triple, { ...options, favor: "theirs" })
      expect(favored.regions).toEqual(merged.regions)
      const rebuilt = favored.regions.map((region) =>
        region._tag === "Conflict" ? slice(lines.theirs, region.theirs) : taken(lines, region)
      )
      expect(text(favored.bytes)).toBe(rebuilt.join(""))
      if (conflicts === 0) {
        expect(text(merged.bytes)).toBe(merged.regions.map((region) => taken(lines, region)).join(""))
      }
    })
  })

  it("changes with an untouched line between them never conflict, and all arrive", () => {
    const random = makeRandom(seed)
    for (let round = 0; round < rounds; round++) {
      const base: Array<string> = []
      const ours: Array<string> = []
      const theirs: Array<string> = []
      const both: Array<string> = []
      for (let block = random.between(1, 12); block > 0; block--) {
        const kept = `kept ${round} ${block}\n`
        const old = Array.from({ length: random.below(4) }, (_, i) => `old ${block} ${i}\n`).join("")
        const fresh = Array.from({ length: random.below(4) }, (_, i) => `new ${block} ${i}\n`).join("")
        const side = random.pick([ours, theirs])
        base.push(kept, old)
        for (const each of [ours, theirs]) each.push(kept, each === side ? fresh : old)
        both.push(kept, fresh)
      }
      const options = { profile: random.pick(profiles), style: random.pick(styles) }
      const merged = mergeText(base.join(""), ours.join(""), theirs.join(""), options)
      expect([merged.conflicts, text(merged.bytes)]).toEqual([0, both.join("")])
    }
  })

  it("no bytes and no options make it throw, and nothing is remembered between merges", () => {
    forMany((triple, options, random) => {
      const noise = (): Uint8Array =>
        Uint8Array.from({ length: random.below(60) }, () => random.pick([0, 10, 10, 13, 32, 97, 128, 255]))
      const inputs = [triple.base, noise(), noise()].map((side) => (random.chance(0.1) ? text(side) : side))
      const [base = "", ours = "", theirs = ""] = inputs
      const all: MergeTextOptions = {
        ...options,
        favor: random.chance(0.5) ? undefined : random.pick(favors),
        labels: { ours: random.pick(["", "ours", "\ud800", "\n"]), base: undefined },
        markerSize: random.pick([undefined, 0, -5, 1, 7, 3.7, 500, Number.NaN, Number.POSITIVE_INFINITY]),
        textPolicy: random.pick(["none", "line-endings"] as const)
      }
      const once = mergeText(base, ours, theirs, all)
      const again = mergeText(base, ours, theirs, all)
      expect([text(again.bytes), again.conflicts]).toEqual([text(once.bytes), once.conflicts])
      expect(once.coarse).toBe(false)
    })
  })

  it("inputs are left alone, and the output is an array of its own", () => {
    const [base, ours] = [bytes("a\nb\nc\n"), bytes("a\nB\nc\n")]
    const merged = mergeText(base, ours, base)
    merged.bytes.fill(0)
    expect([text(base), text(ours)]).toEqual(["a\nb\nc\n", "a\nB\nc\n"])
    expect(text(mergeText(base, ours, base).bytes)).toBe("a\nB\nc\n")
  })
})
