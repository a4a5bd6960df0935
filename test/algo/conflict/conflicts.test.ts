import { assert, describe, it } from "@effect/vitest"
import { decodeConflict, encodeConflict, sameTerm } from "../../../src/algo/conflict/conflictEncoding.ts"
import { combine, simplify, type Terms } from "../../../src/algo/conflict/simplify.ts"
import type { Conflict, Term } from "../../../src/model/Conflict.ts"
import type { FilePath, ObjectId } from "../../../src/model/Ids.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()

const term = (name: string, more: Partial<Term> = {}): Term => ({
  kind: "file",
  id: name.padEnd(64, "0") as ObjectId,
  size: 1,
  ...more
})

const universe: ReadonlyArray<Term | null> = [
  null,
  term("a"),
  term("b"),
  term("c"),
  term("a", { kind: "executable" }),
  term("a", { path: "old" as FilePath }),
  term("d", { kind: "directory", size: 0 })
]

const randomTerms = (random: Random): Terms => {
  const bases = Array.from({ length: random.below(4) }, () => random.pick(universe))
  return { bases, sides: Array.from({ length: bases.length + 1 }, () => random.pick(universe)) }
}

const operand = (random: Random): Term | Conflict | null => {
  if (random.chance(0.5)) return random.pick(universe)
  return { kind: "content", ...randomTerms(random) }
}

/** How often each term counts: sides add, bases take away. What a conflict means is this sum and nothing else. */
const sumOf = (...parts: ReadonlyArray<readonly [Terms, 1 | -1]>): ReadonlyArray<readonly [string, number]> => {
  const counts = new Map<string, number>()
  const count = (term: Term | null, by: number) => {
    const key = term === null ? "" : `${term.kind} ${term.id} ${term.path ?? ""}`
    counts.set(key, (counts.get(key) ?? 0) + by)
  }
  for (const [{ bases, sides }, sign] of parts) {
    for (const side of sides) count(side, sign)
    for (const base of bases) count(base, -sign)
  }
  return [...counts].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1))
}

const asTerms = (x: Term | Conflict | null): Terms => (x !== null && "sides" in x ? x : { bases: [], sides: [x] })

describe(`the algebra of conflicts (seed ${seed})`, () => {
  it("simplifying changes no sum, leaves nothing to cancel, and is done once", () => {
    const random = makeRandom(seed)
    for (let i = 0; i < 2000; i++) {
      const terms = randomTerms(random)
      const simple = simplify(terms)
      assert.deepStrictEqual(sumOf([simple, 1]), sumOf([terms, 1]))
      assert.strictEqual(simple.sides.length, simple.bases.length + 1)
      for (const base of simple.bases) assert.ok(!simple.sides.some((side) => sameTerm(side, base)))
      assert.deepStrictEqual(simplify(simple), simple)
    }
  })

  it("combining is ours minus base plus theirs, however nested they are", () => {
    const random = makeRandom(seed + 1)
    for (let i = 0; i < 2000; i++) {
      const [base, ours, theirs] = [operand(random), operand(random), operand(random)]
      const combined = combine(base, ours, theirs)
      assert.deepStrictEqual(sumOf([combined, 1]), sumOf([asTerms(ours), 1], [asTerms(base), -1], [asTerms(theirs), 1]))
      assert.strictEqual(combined.sides.length, combined.bases.length + 1)
    }
  })

  it("a side that did not change gives way to the other, also where both are conflicts", () => {
    const random = makeRandom(seed + 2)
    for (let i = 0; i < 500; i++) {
      const [base, other] = [operand(random), operand(random)]
      const expected = sumOf([asTerms(other), 1])
      assert.deepStrictEqual(sumOf([combine(base, base, other), 1]), expected)
      assert.deepStrictEqual(sumOf([combine(base, other, base), 1]), expected)
    }
  })

  it("a conflict merged again with one of its sides' own change does not nest", () => {
    const [b, o, t, u] = [term("b"), term("1"), term("2"), term("3")]
    const open: Conflict = { kind: "content", bases: [b], sides: [o, t] }
    // Upstream moves from t to u: the conflict is then between o and u over b.
    assert.deepStrictEqual(combine(t, open, u), { bases: [b], sides: [o, u] })
    // Upstream comes round to what ours did: o remains twice over b, nothing is lost.
    assert.deepStrictEqual(combine(t, open, o), { bases: [b], sides: [o, o] })
    // Upstream takes its change back.
    assert.deepStrictEqual(combine(t, open, b), { bases: [], sides: [o] })
  })
})

describe("the encoding of a conflict", () => {
  it("is the same for the same conflict, in whatever order it was written down", () => {
    const conflict: Conflict = { kind: "content", bases: [term("b")], sides: [term("a"), null] }
    const again = { sides: [{ size: 1, id: term("a").id, kind: "file" }, null], bases: [term("b")], kind: "content" }
    assert.deepStrictEqual(encodeConflict(again as Conflict), encodeConflict(conflict))
    assert.strictEqual(
      new TextDecoder().decode(encodeConflict(conflict)),
      `tidemark conflict 1\n{"bases":[{"id":"${term("b").id}","kind":"file","size":1}],"kind":"content","sides":[{"id":"${term("a").id}","kind":"file","size":1},null]}`
    )
  })

  it("gives back every conflict, and differs between different ones", () => {
    const random = makeRandom(seed + 3)
    const seen = new Map<string, string>()
    for (let i = 0; i < 1000; i++) {
      const conflict: Conflict = { kind: random.pick(["content", "add/add", "mode"]), ...randomTerms(random) }
      const bytes = encodeConflict(conflict)
      assert.deepStrictEqual(decodeConflict(bytes), conflict)
      const text = new TextDecoder().decode(bytes)
      const key = JSON.stringify(conflict)
      assert.strictEqual(seen.get(text) ?? key, key)
      seen.set(text, key)
    }
  })

  it("is nothing where the bytes are none", () => {
    const bytes = encodeConflict({ kind: "content", bases: [null], sides: [null, null] })
    for (const wrong of [
      new Uint8Array(),
      bytes.slice(1),
      bytes.slice(0, -1),
      Uint8Array.of(...bytes, 0x7d),
      Uint8Array.of(...bytes.slice(0, 25), 0xff, ...bytes.slice(26)),
      new TextEncoder().encode("tidemark conflict 2\n{}")
    ]) {
      assert.strictEqual(decodeConflict(wrong), undefined)
    }
  })
})
