/** The law of no silent loss: a driver that drops a side's change is caught, and honest merges are not. */
import { describe, expect, it } from "vitest"
import { findLoss } from "../../../src/algo/merge/findLoss.ts"
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { makeRandom } from "../../support/random.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** Three texts whose sides edit the base here and there: few distinct lines, so that alignments are ambiguous. */
const triple = (seed: number) => {
  const { next: random } = makeRandom(seed)
  const pick = (n: number) => Math.floor(random() * n)
  const words = ["a", "b", "}", "", "  x", "{", "end"]
  const line = () => (random() < 0.5 ? `${words[pick(words.length)]}\n` : `line ${pick(40)}\n`)
  const base = Array.from({ length: 3 + pick(25) }, line)
  const edit = (lines: ReadonlyArray<string>) => {
    const out = [...lines]
    for (let n = 1 + pick(3); n > 0; n--) {
      const at = pick(out.length + 1)
      const what = random()
      if (what < 0.4) out.splice(at, 0, ...Array.from({ length: 1 + pick(2) }, line))
      else if (what < 0.7) out.splice(at, 1 + pick(3))
      else if (what < 0.9) out.splice(at, 1, `changed ${pick(1000)}\n`)
      else out.splice(at, 0, ...out.splice(pick(out.length + 1), 2))
    }
    if (random() < 0.1 && out.length > 0) out[out.length - 1] = (out.at(-1) ?? "").trimEnd()
    return out
  }
  return [base, edit(base), edit(base)].map((lines) => bytes(lines.join(""))) as [Uint8Array, Uint8Array, Uint8Array]
}

const seed = Number(process.env.TIDEMARK_SEED ?? 20_261_122)
const runs = process.env.TIDEMARK_FULL === undefined ? 6000 : 200_000

describe("no silent loss", () => {
  it(`finds no loss in honest merges (${runs} from seed ${seed})`, () => {
    let clean = 0
    for (let n = 0; n < runs; n++) {
      const [base, ours, theirs] = triple(seed + n)
      for (const profile of ["git-ort", "git-merge-file"] as const) {
        const merged = mergeText(base, ours, theirs, { profile })
        if (merged.conflicts > 0) continue
        clean++
        expect([n, profile, findLoss(base, ours, theirs, merged.bytes)]).toEqual([n, profile, []])
      }
    }
    expect(clean).toBeGreaterThan(runs / 2)
  })

  it("takes removals that each side has read in another place for one", () => {
    const [before, after] = [
      ["end", "", "36", "}", "", "26", "end", "b", ""],
      ["", "a", "end", "14"]
    ]
    const [base, ours, theirs] = [
      ["7", "35", "{", "", "5"],
      ["7", "35", "{"],
      ["35", "35", "7", "{", "{"]
    ].map((lines) => bytes([...before, ...lines, ...after].map((line) => `${line}\n`).join(""))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array
    ]
    const merged = mergeText(base, ours, theirs, { profile: "git-ort" })
    expect(merged.conflicts).toBe(0)
    expect(findLoss(base, ours, theirs, merged.bytes)).toEqual([])
  })

  it("catches a driver that takes one side and drops the other, every time", () => {
    let caught = 0
    const missed: Array<number> = []
    for (let n = 0; n < runs / 3; n++) {
      const [base, ours, theirs] = triple(seed + n)
      const merged = mergeText(base, ours, theirs)
      if (merged.conflicts > 0) continue
      for (const [kept, dropped] of [
        [ours, "theirs"],
        [theirs, "ours"]
      ] as const) {
        // Where the kept side already holds the other's change nothing is dropped.
        if (Buffer.from(merged.bytes).equals(kept)) continue
        // Which lines moved past which can be read in two ways; what git's other diff makes of it is an honest merge too.
        if (Buffer.from(mergeText(base, ours, theirs, { profile: "git-merge-file" }).bytes).equals(kept)) continue
        // A merge that differs from the kept side in its last newline alone is not what this check is about.
        if (Buffer.from(merged.bytes).toString().trimEnd() === Buffer.from(kept).toString().trimEnd()) continue
        const losses = findLoss(base, ours, theirs, kept)
        if (losses.length === 0) missed.push(n)
        else expect([n, losses.map(({ side }) => side)]).toEqual([n, expect.arrayContaining([dropped])])
        caught++
      }
    }
    expect(caught).toBeGreaterThan(100)
    // In some ten thousand there is one whose moves can be read so that the kept side is an honest merge.
    expect(missed.slice(Math.floor(runs / 20_000))).toEqual([])
  })

  it("sees a removed line come back, and a moved block stay where it was", () => {
    const base = bytes("a\nb\nc\nd\ne\n")
    expect(findLoss(base, bytes("a\nc\nd\ne\n"), base, base)).toMatchObject([
      { side: "ours", what: "removed", sample: "b" }
    ])
    const moved = bytes("d\na\nb\nc\ne\n")
    expect(findLoss(base, base, moved, base)).toMatchObject([{ side: "theirs" }])
  })

  it("looks at words, not at layout, where a driver asks for that", () => {
    const base = bytes('{"a": 1,\n "b": 2}\n')
    const ours = bytes('{"a": 10,\n "b": 2}\n')
    const theirs = bytes('{"a": 1,\n "b": 20}\n')
    const laidOut = bytes('{\n  "a": 10,\n  "b": 20\n}\n')
    expect(findLoss(base, ours, theirs, laidOut, "words")).toEqual([])
    expect(findLoss(base, ours, theirs, bytes('{ "a": 10, "b": 2 }'), "words")).toMatchObject([
      { side: "theirs", what: "added", sample: "20" },
      { side: "theirs", what: "removed", sample: "2" }
    ])
  })
})
