import { assert, describe, it } from "@effect/vitest"
import {
  cutConflict,
  equalBytes,
  type HunkProgress,
  hunkText,
  noProgress,
  recogniseUse,
  resolvedText,
  settleHunks
} from "../../../src/algo/conflict/hunks.ts"
import { type MarkerOptions, markerBlocks, markerSizeFor, renderMarkers } from "../../../src/algo/conflict/markers.ts"
import { parseMarkers } from "../../../src/algo/conflict/parseMarkers.ts"
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { bytes, text } from "../text/bytes.ts"
import { makeTriple } from "../text/triples.ts"
import { nastyChoice, nastyConflict, nastyLabels, styles } from "./nastyConflicts.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 1500 : 100_000

const plain = (progress: HunkProgress) => ({
  settled: [...progress.settled].map(([hunk, bytes]) => [hunk, text(bytes)] as const).sort(([a], [b]) => a - b),
  edits: [...progress.edits].map(([gap, bytes]) => [gap, text(bytes)] as const).sort(([a], [b]) => a - b)
})

const optionsOf = (random: Random): MarkerOptions => ({
  style: random.pick([undefined, ...styles]),
  labels: nastyLabels(random),
  markerSize: random.pick([undefined, 1, 7, 12])
})

const parsed = (...args: Parameters<typeof parseMarkers>) => {
  const result = parseMarkers(...args)
  if (result._tag === "Malformed") throw new Error(`malformed: ${JSON.stringify(result)}`)
  return result
}

/** Decides each hunk with a probability. */
const someChoices = (random: Random, count: number, probability: number) =>
  Array.from({ length: count }, (_, index) => [index, nastyChoice(random)] as const).filter(() =>
    random.chance(probability)
  )

describe(`views of conflicts (seed ${seed})`, { timeout: 3_600_000 }, () => {
  it("parse ∘ render = identity, with anything decided before", () => {
    const random = makeRandom(seed)
    for (let round = 0; round < rounds; round++) {
      const cut = nastyConflict(random)
      const options = optionsOf(random)
      const progress = settleHunks(cut, noProgress, someChoices(random, cut.hunks.length, random.pick([0, 0.5])))
      const read = parsed(cut, renderMarkers(cut, options, progress), options, progress)
      assert.deepStrictEqual(plain(read.progress), plain(progress))
      const open = cut.hunks.map(({ index }) => index).filter((index) => !progress.settled.has(index))
      assert.deepStrictEqual(read.open, open)
    }
  })

  it("render, decide, parse gives the decided bytes, for any choice of hunks and ways", () => {
    const random = makeRandom(seed + 1)
    for (let round = 0; round < rounds; round++) {
      const cut = nastyConflict(random)
      const options = optionsOf(random)
      const choices = someChoices(random, cut.hunks.length, random.pick([0.5, 1]))
      const chosen = settleHunks(cut, noProgress, choices)
      // What somebody makes of the view: each decided hunk's block is replaced in the text.
      const blocks = markerBlocks(cut, options, noProgress)
      const pieces = [cut.gaps[0]]
      for (const hunk of cut.hunks) {
        pieces.push(chosen.settled.get(hunk.index) ?? blocks(hunk), cut.gaps[hunk.index + 1])
      }
      const file = bytes(pieces.map((piece) => text(piece ?? new Uint8Array())).join(""))
      const read = parseMarkers(cut, file, options)
      // A text of one's own may hold the view's very markers; then the view is refused, and nothing is guessed.
      if (read._tag === "Malformed") {
        assert.ok(choices.some(([, choice]) => choice.use === "custom"))
        continue
      }
      const open = cut.hunks.map(({ index }) => index).filter((index) => !chosen.settled.has(index))
      assert.deepStrictEqual(read.open, open)
      assert.deepStrictEqual([...read.progress.settled.keys()].sort(), [...chosen.settled.keys()].sort())
      const whole = resolvedText(cut, read.progress)
      if (open.length === 0) assert.strictEqual(text(whole ?? new Uint8Array()), text(file))
      else assert.strictEqual(whole, undefined)
      if (choices.every(([, choice]) => choice.use !== "custom")) {
        assert.deepStrictEqual(read.progress.edits.size, 0)
        for (const [index, settled] of chosen.settled) {
          const found = read.progress.settled.get(index)
          const hunk = cut.hunks[index]
          if (found === undefined || hunk === undefined) throw new Error("lost")
          // Where texts repeat, the same file may have come about in more than one way; each hunk is still a known way.
          if (!equalBytes(found, settled)) assert.notStrictEqual(recogniseUse(cut, hunk, found), "custom")
        }
      }
    }
  })

  it("whatever is edited, nothing of it is lost or doubled", () => {
    const random = makeRandom(seed + 2)
    for (let round = 0; round < rounds; round++) {
      const cut = nastyConflict(random)
      const options: MarkerOptions = { labels: { ours: "local", theirs: "upstream" }, style: random.pick(styles) }
      const lines = text(renderMarkers(cut, options)).split(/(?<=\n)/)
      for (let edits = random.between(1, 5); edits > 0; edits--) {
        const own = Array.from({ length: random.below(3) }, () => random.pick(["mine\n", "}\n", "same\n", "\n"]))
        lines.splice(random.below(lines.length + 1), random.below(8), ...own)
      }
      const edited = bytes(lines.join(""))
      const read = parseMarkers(cut, edited, options)
      if (read._tag === "Malformed") continue
      const size = markerSizeFor([cut.base.bytes, cut.ours.bytes, cut.theirs.bytes])
      const again = renderMarkers(cut, { ...options, markerSize: size }, read.progress)
      const same = text(again) === text(edited) || text(again) === `${text(edited)}\n`
      assert.ok(same, `${JSON.stringify(text(edited))} became ${JSON.stringify(text(again))}`)
    }
  })

  it("one hunk without anything that looks like a marker is written as git writes it", () => {
    const random = makeRandom(seed + 3)
    let compared = 0
    for (let round = 0; round < rounds; round++) {
      const { base, ours, theirs } = makeTriple(random, 20)
      const style = random.pick(styles)
      const labels = { ours: "local", base: "baseline", theirs: "upstream" }
      const cut = cutConflict(base, ours, theirs, { style })
      if (cut.hunks.length > 1) continue
      compared++
      assert.strictEqual(
        text(renderMarkers(cut, { labels })),
        text(mergeText(base, ours, theirs, { style, labels }).bytes)
      )
    }
    assert.isAbove(compared, rounds / 5)
  })

  it("all hunks decided one way are the merge that favours it", () => {
    const random = makeRandom(seed + 4)
    for (let round = 0; round < rounds; round++) {
      const { base, ours, theirs } = makeTriple(random, 20)
      const style = random.pick(styles)
      const cut = cutConflict(base, ours, theirs, { style })
      for (const [use, favor] of [
        ["ours", "ours"],
        ["theirs", "theirs"],
        ["ours-then-theirs", "union"]
      ] as const) {
        const all = settleHunks(
          cut,
          noProgress,
          cut.hunks.map(({ index }) => [index, { use }])
        )
        const merged = mergeText(base, ours, theirs, { style, favor }).bytes
        assert.strictEqual(text(resolvedText(cut, all) ?? new Uint8Array()), text(merged))
      }
    }
  })
})

describe("a view by hand", () => {
  const lines = (...all: ReadonlyArray<string>) => bytes(all.map((line) => `${line}\n`).join(""))
  const middle = ["m", "n", "o", "p", "q"]
  const cut = cutConflict(lines("a", ...middle, "b"), lines("A", ...middle, "B"), lines("1", ...middle, "2"))

  it("numbers its hunks, and shows what is decided as decided", () => {
    const labels = { ours: "local", theirs: "upstream" }
    const view = renderMarkers(cut, { labels }, settleHunks(cut, noProgress, [[0, { use: "theirs-then-ours" }]]))
    assert.strictEqual(text(view), "1\nA\nm\nn\no\np\nq\n<<<<<<< local (2/2)\nB\n=======\n2\n>>>>>>> upstream (2/2)\n")
  })

  it("lengthens its markers past every line that looks like one", () => {
    const long = cutConflict(lines("x"), lines("=========="), lines("y"))
    assert.strictEqual(
      text(renderMarkers(long)),
      `${"<".repeat(11)}\n==========\n${"=".repeat(11)}\ny\n${">".repeat(11)}\n`
    )
  })

  it.each([
    ["a changed side", (view: string) => view.replace("A\n", "AA\n"), 0, "changed"],
    ["a middle marker taken out", (view: string) => view.replace("=======\n", ""), 0, "changed"],
    ["a first marker taken out", (view: string) => view.replace("<<<<<<< (1/2)\n", ""), 0, "incomplete"],
    ["a block twice", (view: string) => view.replace("m\n", `${view.slice(0, view.indexOf("m\n"))}m\n`), 0, "twice"]
  ])("refuses %s", (_, edit, hunk, reason) => {
    const result = parseMarkers(cut, bytes(edit(text(renderMarkers(cut)))))
    assert.strictEqual(result._tag, "Malformed")
    if (result._tag === "Malformed") assert.deepStrictEqual([result.hunk, result.reason], [hunk, reason])
  })

  it("keeps an edit outside hunks beside an open hunk", () => {
    const view = text(renderMarkers(cut)).replace("n\n", "n!\n")
    const read = parsed(cut, bytes(view))
    assert.deepStrictEqual(plain(read.progress), { settled: [], edits: [[1, "m\nn!\no\np\nq\n"]] })
    assert.deepStrictEqual(read.open, [0, 1])
  })

  it("recognises every way to decide a hunk", () => {
    const [hunk] = cut.hunks
    if (hunk === undefined) throw new Error("no hunk")
    for (const use of ["ours", "theirs", "base", "ours-then-theirs", "theirs-then-ours"] as const) {
      assert.strictEqual(recogniseUse(cut, hunk, hunkText(cut, hunk, { use })), use)
    }
    assert.strictEqual(recogniseUse(cut, hunk, lines("else")), "custom")
    assert.deepStrictEqual([text(hunk.before), text(hunk.after)], ["", "m\nn\no\n"])
  })
})
