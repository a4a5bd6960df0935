import { expect, it } from "vitest"
import { SortedList } from "../../../src/adapters/memory/SortedList.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

it("a sorted list is what a sorted array of the same items is", () => {
  const seed = runSeed()
  const random = makeRandom(seed)
  const list = new SortedList<number>((a, b) => a - b)
  const items = new Set<number>()
  // It grows to some thousand items, over several blocks, and then shrinks to none.
  for (const [steps, growth] of [
    [8_000, 0.8],
    [12_000, 0.1]
  ] as const) {
    for (let step = 0; step < steps; step++) {
      const item = random.below(6_000)
      if (random.chance(growth)) {
        list.add(item)
        items.add(item)
      } else {
        list.delete(item)
        items.delete(item)
      }
      if (step % 400 > 0) continue
      const sorted = [...items].sort((a, b) => a - b)
      const from = random.below(6_000)
      expect(list.size, `TIDEMARK_SEED=${seed}`).toBe(sorted.length)
      expect([...list.ascend((n) => n < from)], `TIDEMARK_SEED=${seed}`).toEqual(sorted.filter((n) => n >= from))
      const down = sorted.filter((n) => n <= from).reverse()
      expect([...list.descend((n) => n > from)], `TIDEMARK_SEED=${seed}`).toEqual(down)
    }
  }
  for (const item of items) list.delete(item)
  expect([list.size, [...list.ascend(() => false)], [...list.descend(() => false)]]).toEqual([0, [], []])
})
