/** The graphs that are measured. */
import { makeRandom } from "../../test/support/random.ts"

export interface BenchGraph {
  readonly name: string
  /** Parents come first. */
  readonly parents: ReadonlyArray<ReadonlyArray<number>>
  /** Milliseconds since 1970. */
  readonly times: ReadonlyArray<number>
}

export const realGraph = (text: string, limit?: number): BenchGraph => {
  const rows = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .slice(0, limit)
    .map((line) => line.split("\t"))
  return {
    name: "real",
    parents: rows.map(([, , list = ""]) => (list === "" ? [] : list.split(" ").map(Number))),
    times: rows.map(([, seconds]) => Number(seconds) * 1000)
  }
}

/** A main line into which branches of 1 to 40 versions are merged, some thirty of them open at any time. */
export const syntheticGraph = (size: number): BenchGraph => {
  const random = makeRandom(size)
  const parents: Array<ReadonlyArray<number>> = [[]]
  const open: Array<{ tip: number; left: number }> = []
  let main = 0
  for (let i = 1; i < size; i++) {
    const branch = random.chance(0.7) && open.length > 0 ? random.pick(open) : undefined
    if (branch === undefined) {
      if (open.length < 30 && random.chance(0.5)) {
        open.push({ tip: i, left: random.between(1, 40) })
        parents.push([main])
      } else {
        parents.push([main])
        main = i
      }
    } else if (branch.left > 0) {
      branch.left--
      parents.push([branch.tip])
      branch.tip = i
    } else {
      parents.push([main, branch.tip])
      open.splice(open.indexOf(branch), 1)
      main = i
    }
  }
  return { name: "synthetic", parents, times: parents.map((_, i) => 1_600_000_000_000 + i * 60_000) }
}
