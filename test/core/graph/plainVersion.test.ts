/** What is recognised at a glance is what the schema takes, and nothing else. */
import * as Schema from "effect/Schema"
import { expect, it } from "vitest"
import { makeIsPlainVersion } from "../../../src/core/graph/plainVersion.ts"
import { Version } from "../../../src/model/Version.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const hex = "0123456789abcdef".repeat(4)
const good = {
  id: hex,
  artifact: "skill:pdf",
  parents: [hex, hex],
  tree: hex,
  origin: "merge",
  author: "ada",
  time: 5,
  message: "said",
  metadata: { a: "x", b: null, c: true }
}

const odd: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  -1,
  1.5,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "x",
  "\0",
  "\ud800",
  "ü",
  hex,
  hex.toUpperCase(),
  `${hex}\n`,
  hex.slice(1),
  "skill:",
  "skill:a\nb",
  "Skill:a",
  "skill:b",
  "import",
  [],
  [hex],
  [hex.slice(1)],
  [undefined],
  {},
  { a: 1 },
  { a: Number.NaN },
  { a: undefined },
  { "\0": "x" },
  { "\udfff": "x" },
  { a: ["x"] },
  { a: { b: "\0" } },
  new Map(),
  new Date(0),
  true
]

it(`says yes only to what the schema takes as it is (seed ${runSeed()})`, () => {
  const random = makeRandom(runSeed())
  const isPlain = makeIsPlainVersion()
  const isValid = Schema.is(Version)
  const decode = Schema.decodeUnknownSync(Version)
  const keys = Object.keys(good)
  const counts = { plain: 0, valid: 0, refused: 0 }
  const look = (value: unknown) => {
    const plain = isPlain(value)
    const valid = isValid(value)
    if (plain) expect(decode(value)).toEqual(value)
    expect(plain && !valid, JSON.stringify(value)).toBe(false)
    counts[plain ? "plain" : valid ? "valid" : "refused"]++
  }
  look(good)
  expect(counts.plain).toBe(1)
  for (const key of keys) for (const value of odd) look({ ...good, [key]: value })
  for (const value of odd) look(value)
  for (let i = 0; i < 3000; i++) {
    const made: Record<string, unknown> = { ...good }
    for (let k = random.below(3); k >= 0; k--) {
      const key = random.chance(0.9) ? random.pick(keys) : "another"
      if (random.chance(0.2)) delete made[key]
      else made[key] = random.pick(odd)
    }
    look(made)
  }
  expect(counts.plain).toBeGreaterThan(20)
  expect(counts.refused).toBeGreaterThan(1000)
})
