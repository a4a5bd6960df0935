/** Packed terms say what was packed, and a changed character of them is noticed. */
import { describe, expect, it } from "vitest"
import { countTerms, packTerms, unpackTerms } from "../../../src/adapters/sql/packedTerms.ts"
import { makeTermKey } from "../../../src/adapters/sql/termKeys.ts"
import { hostileTexts } from "../../../src/testkit/samples.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()

describe(`packed terms (seed ${seed})`, () => {
  const random = makeRandom(seed)
  const names = [
    ...hostileTexts,
    "ab".repeat(32),
    "deadbeef".repeat(8),
    "skill:graph",
    "often",
    "",
    "😀x",
    "😁x",
    "\u{10ffff}"
  ]
  /** Terms whose parts are drawn from few names, and a body that has some of them somewhere. */
  const draw = () => {
    const parts = () => Array.from({ length: random.between(1, 4) }, () => random.pick(names)).join("/")
    const terms = [...new Set(Array.from({ length: random.pick([0, 1, 3, 7, 8, 9, 40]) }, parts))]
    const body = JSON.stringify(Array.from({ length: random.below(60) }, () => random.pick(names)))
    return { body, terms }
  }

  it("give back every list of terms in its order, whatever the body", () => {
    let referred = 0
    for (let i = 0; i < 1_000; i++) {
      const { body, terms } = draw()
      const packed = packTerms(terms, body)
      expect(packed.isWellFormed() && !packed.includes("\0")).toBe(true)
      expect(unpackTerms(packed, body)).toEqual(terms)
      expect(countTerms(packed)).toBe(terms.length)
      if (packed.length < packTerms(terms, "").length) referred++
    }
    expect(referred).toBeGreaterThan(100)
  })

  it("are told for damaged when a character is another, missing or too much", () => {
    for (let i = 0; i < 300; i++) {
      const { body, terms } = draw()
      const packed = packTerms(terms, body)
      const at = random.below(packed.length)
      const other = String.fromCharCode(packed.charCodeAt(at) ^ (1 << random.below(7)))
      const changes = [
        packed.slice(0, at) + other + packed.slice(at + 1),
        packed.slice(0, at) + packed.slice(at + 1),
        `${packed}!`
      ]
      for (const changed of changes) {
        if (changed === packed) continue
        expect(unpackTerms(changed, body)).toBe(null)
        expect(countTerms(changed)).toBe(null)
      }
    }
  })

  it("end on any text that pretends to be whole, and on another body", () => {
    for (let i = 0; i < 300; i++) {
      const { body, terms } = draw()
      const others = unpackTerms(packTerms(terms, body), body.slice(0, random.below(body.length + 1)))
      expect(others?.length ?? terms.length).toBe(terms.length)
    }
  })

  it("take less than a third of their JSON for the terms of a version", () => {
    const [id, parent, tree] = ["4", "5", "6"].map((digit) => digit.repeat(64))
    const artifact = "skill:graph"
    const body = `{"artifact":"${artifact}","author":"often","id":"${id}","message":"1","metadata":{},"origin":"import","parents":["${parent}"],"time":1600000000000,"tree":"${tree}"}`
    const terms = [
      `artifact/${artifact}`,
      `artifact+author/${artifact}/often`,
      `artifact+origin/${artifact}/import`,
      `artifact+id/${artifact}/444`,
      `parent/${parent}`,
      `tree/${tree}`
    ]
    expect(packTerms(terms, body).length).toBeLessThan(JSON.stringify(terms).length / 3)
  })
})

describe("keys of terms", () => {
  it("are as short whatever the term, and differ where terms do", () => {
    const keyOf = makeTermKey()
    const id = "0123456789abcdef".repeat(4)
    const terms = [
      ...hostileTexts,
      "",
      `parent/${id}`,
      `tree/${id}`,
      id,
      `parent/${id.toUpperCase()}`,
      `x/${id}x`,
      `parent/1${id.slice(1)}`
    ]
    const keys = terms.map((term) => Buffer.from(keyOf(term)).toString("hex"))
    expect(new Set(keys).size).toBe(terms.length)
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(40)
    // Remembered or not, a term has one key.
    expect(terms.map((term) => Buffer.from(makeTermKey()(term)).toString("hex"))).toEqual(keys)
  })
})
