/** The conformance suite of merge drivers: every law that binds one, run by any test runner. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { findLoss } from "../algo/merge/findLoss.ts"
import type { MergeDriver, MergeDriverInput, MergeDriverResult } from "../core/merge/MergeDriver.ts"
import { type FilePath, Text } from "../model/Ids.ts"
import { drawContent, editContent } from "./generators/contents.ts"
import { type Draw, forAll } from "./generators/forAll.ts"
import { drawPath } from "./generators/names.ts"
import { drawContentTriple } from "./generators/trees.ts"
import { type Law, LawBroken, type TestRunner } from "./Law.ts"
import type { Random } from "./Random.ts"
import { same, show } from "./same.ts"

/** What a driver may promise beyond what all of them owe. @public */
export interface MergeDriverPromises {
  /** Which side is called ours changes nothing: neither whether it merges, nor into what. */
  readonly symmetric: boolean
  /**
   * What a side did is done in what is merged: added in its place, removed for good. This is the check that the engine makes of every
   * clean result, and without it a conflict is made of it. A union of lines does not promise it: it brings back what a side
   * removed.
   */
  readonly lossless: boolean
}

/**
 * A driver under test.
 *
 * @remarks
 * `samples` are inputs of the kind that the driver is made for: it is tried on them, on what nasty edits make of them, and on
 * contents that have nothing to do with it. `seed` decides the drawn ones, of which there are `runs` for each law (300 where it is
 * not given).
 *
 * @public
 */
export interface MergeDriverFixture {
  readonly driver: MergeDriver
  readonly promises: MergeDriverPromises
  readonly samples?: ReadonlyArray<MergeDriverInput> | undefined
  readonly seed?: number | undefined
  readonly runs?: number | undefined
}

/** A law of merge drivers. @public */
export interface MergeDriverLaw extends Law<keyof MergeDriverPromises> {
  readonly run: (fixture: MergeDriverFixture) => Effect.Effect<void, LawBroken>
}

const copy = ({ base, ours, path, theirs }: MergeDriverInput): MergeDriverInput => ({
  path,
  base: base === null ? null : new Uint8Array(base),
  ours: new Uint8Array(ours),
  theirs: new Uint8Array(theirs)
})

const isText = Schema.is(Text)

/** Why an answer is none, if it is none. */
const malformed = (result: unknown): string | undefined => {
  if (typeof result !== "object" || result === null || !("_tag" in result)) return `the answer ${show(result)}`
  const answer = result as MergeDriverResult
  if (answer._tag === "Declined") return undefined
  if (answer._tag !== "Merged" && answer._tag !== "Conflicted") return `an answer with the tag ${show(answer)}`
  // A reason is kept in the store, which holds no other texts.
  if (!isText(answer.reason) || answer.reason === "") return `the reason ${show(answer.reason)}`
  if (answer._tag === "Merged") return answer.bytes instanceof Uint8Array ? undefined : "a result that is no Uint8Array"
  return Number.isInteger(answer.conflicts) && answer.conflicts > 0 ? undefined : `${answer.conflicts} conflicts`
}

/** One law: what is wrong with a driver's answers on an input, if anything is. */
const driverLaw = (
  name: string,
  problem: (driver: MergeDriver, input: MergeDriverInput) => string | undefined,
  requires: MergeDriverLaw["requires"] = []
): MergeDriverLaw => ({
  name,
  requires,
  run: ({ driver, runs = 300, samples = [], seed = 1 }) => {
    const look = (input: MergeDriverInput) =>
      Effect.suspend(() => {
        const found = tell(() => problem(driver, input))
        return found === undefined ? Effect.void : Effect.fail(`${found}, on ${showInput(input)}`)
      })
    const broken = (detail: string) => new LawBroken({ law: name, detail: `${driver.name}: ${detail}` })
    return Effect.forEach(samples, look, { discard: true }).pipe(
      Effect.mapError(broken),
      Effect.andThen(
        forAll(drawInput(samples), look, { seed, runs, size: 12 }).pipe(
          Effect.mapError((failed) => broken(failed.message))
        )
      ),
      Effect.asVoid
    )
  }
})

/** A driver that throws is told, whatever law looks at it: the laws are on its answers. */
const tell = (problem: () => string | undefined): string | undefined => {
  try {
    return problem()
  } catch (cause) {
    return `it threw ${String(cause)}`
  }
}

const latin = (bytes: Uint8Array | null): string => {
  if (bytes === null) return "null"
  const text = Array.from(bytes.subarray(0, 120), (byte) => String.fromCharCode(byte)).join("")
  return `${JSON.stringify(text)}${bytes.length > 120 ? ` and ${bytes.length - 120} bytes more` : ""}`
}

const showInput = ({ base, ours, path, theirs }: MergeDriverInput): string =>
  `${JSON.stringify(path)}: base ${latin(base)}, ours ${latin(ours)}, theirs ${latin(theirs)}`

/** Samples as they are and edited, and contents that have nothing to do with the driver. */
const drawInput =
  (samples: ReadonlyArray<MergeDriverInput>): Draw<MergeDriverInput> =>
  (random, size) => {
    if (samples.length > 0 && random.chance(0.5)) return editedSample(random, random.pick(samples), size)
    const { base, ours, theirs } = drawContentTriple(random, size)
    const path = drawPath(random)
    const added = random.chance(0.1)
    return { path, base: added ? null : base, ours, theirs: added ? drawContent(random, size) : theirs }
  }

const editedSample = (random: Random, sample: MergeDriverInput, size: number): MergeDriverInput => {
  const edited = (bytes: Uint8Array) => {
    let all = bytes
    for (let n = random.below(Math.min(size, 3) + 1); n > 0; n--) all = editContent(random, all)
    return all
  }
  const { base, ours, theirs } = sample
  return {
    path: sample.path as FilePath,
    base: base === null ? null : edited(base),
    ours: edited(ours),
    theirs: edited(theirs)
  }
}

const none = new Uint8Array()

/** Something that a side has, and the base has not, and the output has nowhere. */
const firstMissing = ({ base, ours, theirs }: MergeDriverInput, output: Uint8Array, between: RegExp) => {
  const pieces = (bytes: Uint8Array) => {
    let text = ""
    for (const byte of bytes) text += String.fromCharCode(byte)
    return text.split(between).map((piece) => piece.replace(/\r+$/, ""))
  }
  const known = new Set([...pieces(base ?? none), ...pieces(output)])
  return [...pieces(ours), ...pieces(theirs)].find((piece) => !known.has(piece) && piece !== "")
}

/** Everything that a merge driver owes, each law on its own. @public */
export const mergeDriverLaws: ReadonlyArray<MergeDriverLaw> = [
  driverLaw("a driver answers on any bytes, and never throws", (driver, input) => {
    const said = malformed(driver.merge(copy(input)))
    return said === undefined ? undefined : `it gave ${said}`
  }),

  driverLaw("a driver leaves what it was given as it was", (driver, input) => {
    const given = copy(input)
    driver.merge(given)
    return same(given, copy(input)) ? undefined : "it changed its input"
  }),

  driverLaw("the same input always has the same answer", (driver, input) => {
    const first = driver.merge(copy(input))
    // Something else in between, which it must not remember.
    driver.merge({ path: input.path, base: null, ours: input.theirs.slice(0, 3), theirs: none })
    const again = driver.merge(copy(input))
    return same(first, again) ? undefined : `it gave ${show(first)}, then ${show(again)}`
  }),

  driverLaw(
    "a side without changes gives way, and equal sides give that side",
    (driver, { base, ours, path, theirs }) => {
      const cases = [
        { base, ours, theirs: ours, expected: ours },
        ...(base === null
          ? []
          : [
              { base, ours, theirs: base, expected: ours },
              { base, ours: base, theirs, expected: theirs },
              { base, ours: base, theirs: base, expected: base }
            ])
      ]
      for (const { expected, ...sides } of cases) {
        const result = driver.merge(copy({ path, ...sides }))
        // To leave it to people loses nothing; whoever merges has nothing to add.
        if (result._tag !== "Merged" || same(result.bytes, expected)) continue
        const laidOutAnew =
          driver.unit === "words" &&
          findLoss(sides.base ?? none, sides.ours, sides.theirs, result.bytes, "words").length === 0
        if (!laidOutAnew) return `it merged ${showInput({ path, ...sides })} into ${latin(result.bytes)}`
      }
      return undefined
    }
  ),

  driverLaw("what is merged has in it what both sides added", (driver, input) => {
    const result = driver.merge(copy(input))
    if (result._tag !== "Merged") return undefined
    const line = firstMissing(input, result.bytes, driver.unit === "words" ? /[^\p{L}\p{N}]+/u : /[\r\n]*\n/)
    return line === undefined ? undefined : `it lost ${JSON.stringify(line)}`
  }),

  driverLaw(
    "what is merged passes the check for loss",
    (driver, input) => {
      const result = driver.merge(copy(input))
      if (result._tag !== "Merged") return undefined
      const [loss] = findLoss(input.base ?? none, input.ours, input.theirs, result.bytes, driver.unit)
      if (loss === undefined) return undefined
      const what = loss.what === "added" ? "lost" : "brought back"
      return `it ${what} what ${loss.side} ${loss.what}: ${JSON.stringify(loss.sample)}`
    },
    ["lossless"]
  ),

  driverLaw(
    "which side is called ours changes nothing",
    (driver, input) => {
      const one = driver.merge(copy(input))
      const other = driver.merge(copy({ ...input, ours: input.theirs, theirs: input.ours }))
      return same(one, other) ? undefined : `it gave ${show(one)}, and ${show(other)} the other way round`
    },
    ["symmetric"]
  )
]

/**
 * Declares a test for each law.
 *
 * @remarks
 * A law that needs a promise the driver does not make is shown as skipped, with the promise it needs. No other law can be
 * left out. The engine itself trusts no driver: a clean result that lost something becomes a conflict, and one that throws has declined.
 * The suite tells an author before that happens to a user.
 *
 * @public
 */
export const mergeDriverSuite = (fixture: MergeDriverFixture, runner: TestRunner): void => {
  runner.describe(`merge driver: ${fixture.driver.name}`, () => {
    for (const law of mergeDriverLaws) {
      const missing = law.requires.filter((promise) => !fixture.promises[promise])
      if (missing.length > 0) runner.skip(`${law.name} (not promised: ${missing.join(", ")})`)
      else runner.it(law.name, () => Effect.runPromise(law.run(fixture)))
    }
  })
}
