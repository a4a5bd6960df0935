import { assert, describe, it } from "@effect/vitest"
import { canonicalJson, canonicalJsonPieces, type JsonValue } from "../../../src/algo/encoding/canonicalJson.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()

const keys = [
  "",
  "a",
  "b",
  "A",
  "1",
  "10",
  "2",
  "\u20ac",
  "\r",
  "\ufb33",
  "😀",
  "\u0080",
  "ö",
  "__proto__",
  "constructor"
]
const texts = ["", '"', "\\", "/", "\b\f\n\r\t\u0000\u001f\u007f", "\u2028\u2029", "é", "😀", "</script>"]
const numbers = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number("333333333.33333329")
]

const randomValue = (random: Random, depth: number): JsonValue => {
  const what = random.below(depth === 0 ? 4 : 6)
  if (what === 0) return random.pick([null, true, false])
  if (what === 1) return random.pick(numbers)
  if (what <= 3) return random.pick(texts)
  const length = random.below(5)
  if (what === 4) return Array.from({ length }, () => randomValue(random, depth - 1))
  return Object.fromEntries(Array.from({ length }, () => [random.pick(keys), randomValue(random, depth - 1)]))
}

/** The same value with its keys in another order. */
const shuffled = (random: Random, value: JsonValue): JsonValue => {
  if (value === null || typeof value !== "object") return value
  if (Array.isArray(value)) return value.map((item) => shuffled(random, item))
  const entries = Object.entries(value as { readonly [key: string]: JsonValue })
  entries.sort(() => random.next() - 0.5)
  return Object.fromEntries(entries.map(([key, item]) => [key, shuffled(random, item)]))
}

describe(`canonical JSON (seed ${seed})`, () => {
  it("is RFC 8785's own example", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\u002f",
      literals: [null, true, false]
    }
    assert.strictEqual(
      canonicalJson(value),
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`
    )
  })

  it("sorts keys by their UTF-16 units, as RFC 8785's example of sorting has them", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 }
    assert.deepStrictEqual(
      [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, n]) => Number(n)),
      [2, 4, 6, 7, 1, 5, 3]
    )
  })

  it("reads back as the same value, and is one text whatever the order of keys", () => {
    const random = makeRandom(seed)
    for (let i = 0; i < 2000; i++) {
      const value = randomValue(random, 4)
      const text = canonicalJson(value)
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      assert.strictEqual(canonicalJson(shuffled(random, value)), text)
      assert.strictEqual(canonicalJson(JSON.parse(text)), text)
    }
  })

  it("leaves out what is undefined, and has one zero", () => {
    assert.strictEqual(canonicalJson({ b: undefined, a: [-0, undefined] }), '{"a":[0,null]}')
  })

  it("is the same text in pieces, however long its lists are", () => {
    const random = makeRandom(seed)
    for (const length of [0, 1, 499, 500, 501, 1_000, 1_733]) {
      const list = Array.from({ length }, () => randomValue(random, 2))
      const value = {
        z: list,
        none: undefined,
        ...Object.fromEntries(keys.map((key) => [key, randomValue(random, 2)]))
      }
      const pieces = [...canonicalJsonPieces(value)]
      assert.strictEqual(pieces.join(""), canonicalJson(value))
    }
    assert.strictEqual([...canonicalJsonPieces({})].join(""), "{}")
    const many = { many: Array.from({ length: 100_000 }, () => "x") }
    assert.isBelow(Math.max(...[...canonicalJsonPieces(many)].map((piece) => piece.length)), 2_100)
  })
})
