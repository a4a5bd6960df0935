/** Text conflicts with content that markers and parsers find hard. */
import { type CutConflict, cutConflict, type HunkChoice, hunkUses } from "../../../src/algo/conflict/hunks.ts"
import type { Random } from "../../support/random.ts"
import { bytes } from "../text/bytes.ts"
import { makeTriple, type Triple } from "../text/triples.ts"

export const styles = ["merge", "diff3", "zdiff3"] as const

const hard = [
  "<<<<<<<",
  "<<<<<<< local",
  "<<<<<<< local (1/2)",
  "=======",
  "==========",
  "|||||||",
  ">>>>>>> upstream",
  ">>>>>>>>",
  "",
  "}",
  "same",
  "\xff\xfe\x80",
  "a\rb",
  "\0"
]

const line = (random: Random): string => (random.chance(0.6) ? random.pick(hard) : `line ${random.below(6)}`)

const texts = (random: Random): Triple => {
  const eol = random.pick(["\n", "\n", "\r\n"])
  const lines = (count: number) => Array.from({ length: count }, () => line(random))
  const base = lines(random.below(12))
  const side = () => {
    const own = [...base]
    for (let edits = random.between(1, 4); edits > 0; edits--) {
      own.splice(random.below(own.length + 1), random.below(3), ...lines(random.below(3)))
    }
    return random.chance(0.04) ? [] : own
  }
  const write = (own: ReadonlyArray<string>) => {
    const text = own.map((each) => each + (random.chance(0.05) ? "\r\n" : eol)).join("")
    return bytes(random.chance(0.3) ? text.replace(/\r?\n$/, "") : text)
  }
  return { base: random.chance(0.1) ? new Uint8Array() : write(base), ours: write(side()), theirs: write(side()) }
}

/** Draws triples until one conflicts, and cuts it. */
export const nastyConflict = (random: Random): CutConflict => {
  for (;;) {
    const { base, ours, theirs } = random.chance(0.5) ? texts(random) : makeTriple(random, 24)
    const cut = cutConflict(base, ours, theirs, { style: random.pick(styles) })
    if (cut.hunks.length > 0) return cut
  }
}

/** A text of one's own that has none of the view's very markers. */
const custom = (random: Random): Uint8Array => {
  const text = Array.from({ length: random.below(4) }, () => `${line(random)}\n`).join("")
  return bytes(random.chance(0.2) ? text.replace(/\n$/, "") : text)
}

/** A way to decide a hunk. */
export const nastyChoice = (random: Random): HunkChoice =>
  random.chance(0.3) ? { use: "custom", bytes: custom(random) } : { use: random.pick(hunkUses) }

/** Labels that content may resemble, and none. */
export const nastyLabels = (random: Random) =>
  random.pick([{ ours: "local", base: "baseline", theirs: "upstream" }, {}, { ours: "", theirs: "=======" }])
