/** Histories of trees: lines that part, come together, and return to what was. */
import type { Random } from "../Random.ts"
import { type DrawnTree, drawTree, editTree } from "./trees.ts"

/** One version of a drawn history. `parents` are the places of earlier ones in it; `time` is in milliseconds. @public */
export interface DrawnVersion {
  readonly parents: ReadonlyArray<number>
  readonly tree: DrawnTree
  readonly author: string
  readonly message: string
  readonly time: number
}

const authors = ["ann", "bob", "Zoë", "", "a@b <c>"]
const messages = ["", "first", "fix\n\nwith a body\n", "réécrit 😀", "x".repeat(300), "Revert"]

/**
 * Draws a history of `size + 1` versions in an order that has parents first: several roots, forks, merges of two and more,
 * criss-crosses, content that returns to what it was, equal times and clocks that jump back and far ahead.
 *
 * @public
 */
export const drawHistory = (random: Random, size: number): ReadonlyArray<DrawnVersion> => {
  const history: Array<DrawnVersion> = []
  let clock = 1_700_000_000_000
  for (let n = 0; n <= size; n++) {
    // Near ones are likelier, so that lines are long.
    const near = () => Math.max(0, n - 1 - Math.floor(random.next() ** 2 * Math.min(n, 8)))
    const count = n === 0 || random.chance(0.05) ? 0 : random.pick([1, 1, 1, 1, 1, 2, 2, 3])
    const parents = [...new Set(Array.from({ length: count }, near))]
    const from = history[parents[0] ?? -1]
    const earlier = random.chance(0.15) && n > 0 ? history[random.below(n)] : undefined
    const tree = earlier?.tree ?? (from === undefined ? drawTree(random, 4) : editTree(random, from.tree, 2))
    clock += random.pick([0, 0, 1, 1000, 86_400_000, -3_600_000])
    const time = random.chance(0.02) ? 4_102_444_800_000 : clock
    history.push({ parents, tree, author: random.pick(authors), message: random.pick(messages), time })
  }
  return history
}
