import { assert, it } from "@effect/vitest"
import { IdSet } from "../../../src/algo/retention/IdSet.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()

it(`holds what a set of strings holds (seed ${seed})`, () => {
  const random = makeRandom(seed)
  const digits = "0123456789abcdef"
  const ids = Array.from({ length: 6000 }, () => Array.from({ length: 64 }, () => random.pick([...digits])).join(""))
  // Ids that crowd one slot, and those that have a word of zeros.
  for (let i = 0; i < 300; i++) ids.push(`00000400${"0".repeat(48)}${i.toString(16).padStart(8, "0")}`)
  ids.push("0".repeat(64), "f".repeat(64), `${"0".repeat(63)}1`)
  const plain = new Set<string>()
  const set = new IdSet()
  for (let i = 0; i < 20_000; i++) {
    const id = random.pick(ids)
    assert.strictEqual(set.has(id), plain.has(id))
    if (random.chance(0.6)) {
      assert.strictEqual(set.add(id), !plain.has(id))
      plain.add(id)
    }
    assert.strictEqual(set.size, plain.size)
  }
  for (const id of ids) assert.strictEqual(set.has(id), plain.has(id))
})
