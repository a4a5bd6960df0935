/** Our own drivers keep the laws of merge drivers; drivers with a planted mistake do not. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { MergeDriver } from "../../src/core/merge/MergeDriver.ts"
import { binaryDriver } from "../../src/drivers/binary.ts"
import { textDriver } from "../../src/drivers/text.ts"
import { unionDriver } from "../../src/drivers/union.ts"
import { type MergeDriverFixture, mergeDriverLaws, mergeDriverSuite } from "../../src/testkit/index.ts"
import { runSeed } from "../support/random.ts"

const seed = runSeed()
const runs = process.env.TIDEMARK_FULL !== undefined ? 20_000 : 200
const runner = { describe, it, skip: (name: string) => it.skip(name, () => {}) }

describe(`our drivers (${runs} inputs a law, TIDEMARK_SEED=${seed})`, () => {
  mergeDriverSuite({ driver: textDriver(), promises: { symmetric: true, lossless: true }, seed, runs }, runner)
  mergeDriverSuite({ driver: binaryDriver(), promises: { symmetric: true, lossless: true }, seed, runs }, runner)
  mergeDriverSuite(
    { driver: binaryDriver({ always: true }), promises: { symmetric: true, lossless: true }, seed, runs },
    runner
  )
  mergeDriverSuite({ driver: unionDriver, promises: { symmetric: false, lossless: false }, seed, runs }, runner)
})

const text = textDriver()
let calls = 0

/** What is done wrong, the law that must notice, and the driver that does it. */
const mistakes: ReadonlyArray<readonly [string, string, MergeDriver["merge"]]> = [
  [
    "it throws on what is no UTF-8",
    "a driver answers on any bytes, and never throws",
    (input) => {
      new TextDecoder("utf-8", { fatal: true }).decode(input.ours)
      return { _tag: "Declined" }
    }
  ],
  [
    "it counts no conflicts",
    "a driver answers on any bytes, and never throws",
    (input) => {
      const result = text.merge(input)
      return result._tag === "Conflicted" ? { ...result, conflicts: 0 } : result
    }
  ],
  [
    "its reason cannot be stored",
    "a driver answers on any bytes, and never throws",
    (input) => {
      const reason = `it began with ${String.fromCharCode(0xd800 + (input.ours[0] ?? 0))}`
      return { _tag: "Conflicted", conflicts: 1, reason }
    }
  ],
  [
    "it works on its input in place",
    "a driver leaves what it was given as it was",
    (input) => {
      input.theirs.fill(0x0a, input.theirs.length - 1)
      return text.merge(input)
    }
  ],
  [
    "it counts",
    "the same input always has the same answer",
    (input) => (++calls % 50 === 0 ? { _tag: "Declined" } : text.merge(input))
  ],
  [
    "it prefers the base to a side that is empty",
    "a side without changes gives way, and equal sides give that side",
    (input) =>
      input.ours.length === 0
        ? { _tag: "Merged", bytes: input.base ?? input.theirs, reason: "kept" }
        : text.merge(input)
  ],
  [
    "it adds a newline at the end",
    "a side without changes gives way, and equal sides give that side",
    (input) => {
      const result = text.merge(input)
      if (result._tag !== "Merged" || result.bytes.at(-1) === 0x0a) return result
      return { ...result, bytes: Uint8Array.from([...result.bytes, 0x0a]) }
    }
  ],
  [
    "it takes ours where both changed the same lines",
    "what is merged has in it what both sides added",
    (input) => {
      const result = text.merge(input)
      return result._tag === "Conflicted" ? { _tag: "Merged", bytes: input.ours, reason: "ours is best" } : result
    }
  ],
  [
    "it brings back what was removed",
    "what is merged passes the check for loss",
    (input) => {
      const result = text.merge(input)
      if (result._tag !== "Merged" || input.ours.length >= (input.base?.length ?? 0)) return result
      return { ...result, bytes: input.base ?? input.ours }
    }
  ],
  [
    "it asks which side is longer",
    "which side is called ours changes nothing",
    (input) => {
      const result = text.merge(input)
      return result._tag === "Conflicted" && input.ours.length > input.theirs.length ? { _tag: "Declined" } : result
    }
  ]
]

describe("the merge driver suite", () => {
  const brokenLaws = (fixture: MergeDriverFixture) =>
    mergeDriverLaws.flatMap((law) => (Effect.runSyncExit(law.run(fixture))._tag === "Failure" ? [law.name] : []))

  for (const [mistake, law, merge] of mistakes) {
    it(`notices that ${mistake}`, () => {
      const fixture = {
        driver: { name: "planted", merge },
        promises: { symmetric: true, lossless: true },
        seed,
        runs: 300
      }
      expect(brokenLaws(fixture)).toContain(law)
    })
  }

  it("tries a driver on its own kind of content", () => {
    const bytes = (value: string) => new TextEncoder().encode(value)
    const samples = [{ path: "n" as never, base: bytes("5"), ours: bytes("6"), theirs: bytes("8") }]
    // The one of the guide: what it merges holds neither side's number.
    const counter: MergeDriver = {
      name: "counter",
      merge: ({ base, ours, theirs }) => {
        const read = (given: Uint8Array | null) => Number(new TextDecoder().decode(given ?? new Uint8Array()) || "?")
        const [b, o, t] = [base, ours, theirs].map(read) as [number, number, number]
        if (![b, o, t].every(Number.isInteger)) return { _tag: "Declined" }
        return { _tag: "Merged", bytes: bytes(`${o + t - b}`), reason: "the differences add up" }
      }
    }
    const fixture = { driver: counter, promises: { symmetric: true, lossless: true }, samples, seed }
    expect(brokenLaws(fixture)).toContain("what is merged has in it what both sides added")
  })

  it("leaves out only the laws of promises that are not made, and says so", () => {
    const [run, skipped]: [Array<string>, Array<string>] = [[], []]
    mergeDriverSuite(
      { driver: text, promises: { symmetric: false, lossless: true } },
      { describe: (_, body) => body(), it: (name) => void run.push(name), skip: (name) => void skipped.push(name) }
    )
    expect([run.length, skipped]).toEqual([
      mergeDriverLaws.length - 1,
      ["which side is called ours changes nothing (not promised: symmetric)"]
    ])
  })
})
