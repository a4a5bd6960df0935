/** Run by `graph.ts`: what loading an index costs in memory, and its farthest questions in time. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { makeDagQueries } from "../../src/algo/graph/dagQueries.ts"
import { IndexedGraph } from "../../src/algo/graph/IndexedGraph.ts"
import { makeRandom } from "../../test/support/random.ts"
import { ms, quantile, time } from "./report.ts"

const before = process.memoryUsage().rss
const start = performance.now()
const decoded = IndexedGraph.decode(readFileSync(process.argv[2] ?? ""), (bytes) =>
  createHash("sha256").update(bytes).digest("hex")
)
if (decoded === undefined) throw new Error("the index was refused")
const { graph } = decoded
const queries = makeDagQueries(graph.dag())
const loading = performance.now() - start
const random = makeRandom(1)
const far = Array.from({ length: 30 }, () => {
  const [a, b] = [graph.size - 1 - random.below(100), random.below(100)]
  return [
    time(() => void queries.mergeBases(a, b)),
    time(() => void queries.aheadBehind(a, b)),
    time(() => void queries.isAncestor(b, a)),
    time(() => void queries.descendants(b, [a]))
  ]
}).flat()
const after = process.memoryUsage().rss
console.log(
  `${((after - before) / 2 ** 20).toFixed(0)} MiB more in ${ms(loading)}; farthest questions ${ms(quantile(far, 0.5))} p50, ${ms(quantile(far, 1))} most`
)
