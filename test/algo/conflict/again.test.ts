/** Merging what is in conflict again: nothing nests, nothing is lost, and forward and back is where it was. */
import { assert, describe, it } from "@effect/vitest"
import { encodeConflict } from "../../../src/algo/conflict/conflictEncoding.ts"
import { conflictKeyBytes, hunkKeyBytes } from "../../../src/algo/conflict/conflictKeys.ts"
import { cutConflict } from "../../../src/algo/conflict/hunks.ts"
import { combine, simplify, type Terms } from "../../../src/algo/conflict/simplify.ts"
import type { Conflict, Term } from "../../../src/model/Conflict.ts"
import type { BlobId, ObjectId } from "../../../src/model/Ids.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { text } from "../text/bytes.ts"
import { makeTriple } from "../text/triples.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 2000 : 100_000

const term = (name: string): Term => ({ kind: "file", id: name.padEnd(64, "0") as ObjectId, size: 1 })
const universe: ReadonlyArray<Term | null> = [null, term("a"), term("b"), term("c"), term("d"), term("e")]

const keyOf = (at: Term | null) => at?.id ?? ""
/** Terms as a sum: what they mean, whatever their order. */
const sumOf = ({ bases, sides }: Terms) => [sides.map(keyOf).sort(), bases.map(keyOf).sort()]

const asConflict = (terms: Terms): Conflict | Term | null => {
  const [only = null] = terms.sides
  return terms.bases.length === 0 ? only : { kind: "content", ...terms }
}

const shuffled = <A>(random: Random, items: ReadonlyArray<A>): Array<A> => {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0] as A)
}

const randomTerms = (random: Random): Terms => {
  const bases = Array.from({ length: random.below(5) }, () => random.pick(universe))
  return { bases, sides: Array.from({ length: bases.length + 1 }, () => random.pick(universe)) }
}

const operand = (random: Random) => (random.chance(0.5) ? random.pick(universe) : asConflict(randomTerms(random)))

describe(`merging a conflict again (seed ${seed})`, () => {
  it("simplifying is confluent: in whatever order terms stand and cancel, the same is left", () => {
    const random = makeRandom(seed)
    for (let round = 0; round < rounds; round++) {
      const terms = randomTerms(random)
      const left = simplify(terms)
      const other = { bases: shuffled(random, terms.bases), sides: shuffled(random, terms.sides) }
      assert.deepStrictEqual(sumOf(simplify(other)), sumOf(left))
      // Cancelling one pair first, by hand, changes nothing.
      const at = terms.bases.findIndex((base) => terms.sides.some((side) => keyOf(side) === keyOf(base)))
      if (at >= 0) {
        const base = terms.bases[at] ?? null
        const side = terms.sides.findLastIndex((candidate) => keyOf(candidate) === keyOf(base))
        const once = { bases: terms.bases.toSpliced(at, 1), sides: terms.sides.toSpliced(side, 1) }
        assert.deepStrictEqual(sumOf(simplify(once)), sumOf(left))
      }
    }
  })

  it("flattening first or last is the same", () => {
    const random = makeRandom(seed + 1)
    for (let round = 0; round < rounds; round++) {
      const [base, ours, theirs, next, last] = Array.from({ length: 5 }, () => operand(random)) as [
        Conflict | Term | null,
        Conflict | Term | null,
        Conflict | Term | null,
        Conflict | Term | null,
        Conflict | Term | null
      ]
      // (theirs' change, then next's) on ours, one after the other or at once.
      const steps = combine(theirs, asConflict(combine(base, ours, theirs)), next)
      assert.deepStrictEqual(sumOf(steps), sumOf(combine(base, ours, next)))
      const more = combine(next, asConflict(steps), last)
      assert.deepStrictEqual(sumOf(more), sumOf(combine(base, ours, last)))
    }
  })

  it("never nests, and holds every side and base that did not cancel", () => {
    const random = makeRandom(seed + 2)
    for (let round = 0; round < rounds; round++) {
      const [base, ours, theirs] = [operand(random), operand(random), operand(random)]
      const terms = combine(base, ours, theirs)
      for (const each of [...terms.sides, ...terms.bases]) assert.notStrictEqual(each?.kind, "conflict")
      for (const each of terms.bases) assert.ok(!terms.sides.some((side) => keyOf(side) === keyOf(each)))
      assert.strictEqual(terms.sides.length, terms.bases.length + 1)
    }
  })

  it("forward and back is identity, through any number of conflicts", () => {
    const random = makeRandom(seed + 3)
    for (let round = 0; round < rounds; round++) {
      const start = asConflict(simplify(randomTerms(random)))
      const path = [operand(random), ...Array.from({ length: random.between(1, 4) }, () => operand(random))]
      let at: Conflict | Term | null = start
      for (let i = 1; i < path.length; i++) at = asConflict(combine(path[i - 1] ?? null, at, path[i] ?? null))
      for (let i = path.length - 1; i > 0; i--) at = asConflict(combine(path[i] ?? null, at, path[i - 1] ?? null))
      const sum = (x: Conflict | Term | null) => sumOf(x !== null && "sides" in x ? x : { bases: [], sides: [x] })
      assert.deepStrictEqual(sum(at), sum(start))
    }
  })

  it("what both sides did is one thing, and the order of the sides does not matter", () => {
    const random = makeRandom(seed + 4)
    for (let round = 0; round < rounds; round++) {
      const [base, ours, theirs] = [operand(random), operand(random), operand(random)]
      assert.deepStrictEqual(sumOf(combine(base, ours, theirs)), sumOf(combine(base, theirs, ours)))
      assert.deepStrictEqual(sumOf(combine(base, base, theirs)), sumOf(combine(null, null, theirs)))
    }
  })
})

describe("what is decided of a conflict", () => {
  const plain: Conflict = { kind: "content", bases: [term("b")], sides: [term("o"), term("t")] }
  const id = "0".repeat(64) as BlobId
  const settled = {
    style: "merge",
    textPolicy: "none",
    hunks: [{ hunk: 0, use: "ours", text: id }],
    edits: []
  } as const

  it("is in its encoding only where there is something: other conflicts keep their ids", () => {
    const decode = (conflict: Conflict) => new TextDecoder().decode(encodeConflict(conflict))
    assert.ok(!decode(plain).includes("settled"))
    assert.ok(
      decode({ ...plain, settled }).includes(`"settled":{"edits":[],"hunks":[{"hunk":0,"text":"${id}","use":"ours"}]`)
    )
  })

  it("is not part of what the conflict is about", () => {
    assert.deepStrictEqual(conflictKeyBytes({ ...plain, settled }), conflictKeyBytes(plain))
    const turned = { ...plain, sides: [term("t"), term("o")] }
    assert.deepStrictEqual(conflictKeyBytes(turned), conflictKeyBytes(plain))
    assert.notDeepEqual(conflictKeyBytes({ ...plain, bases: [term("t")] }), conflictKeyBytes(plain))
  })

  it("is known by its hunk's contents, in either order, and by nothing else", () => {
    const random = makeRandom(seed + 5)
    const seen = new Map<string, string>()
    for (let round = 0; round < 300; round++) {
      const { base, ours, theirs } = makeTriple(random, 12)
      const one = cutConflict(base, ours, theirs)
      for (const hunk of one.hunks) {
        const key = text(hunkKeyBytes(hunk))
        const content = JSON.stringify([hunk.baseBytes, ...[hunk.ourBytes, hunk.theirBytes].map(text).sort()])
        assert.strictEqual(seen.get(key) ?? content, content)
        seen.set(key, content)
        const turned = { ...hunk, ourBytes: hunk.theirBytes, theirBytes: hunk.ourBytes }
        assert.strictEqual(text(hunkKeyBytes(turned)), key)
      }
    }
  })
})
