/** The real version graph: 81,966 versions, and git's answers to 2,000 questions about it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { makeDag } from "../../src/algo/graph/Dag.ts"
import { makeDagQueries } from "../../src/algo/graph/dagQueries.ts"
import { type SkippableContext, sharedPath } from "../support/shared.ts"

interface Answer {
  readonly a: number
  readonly b: number
  readonly mergeBases: ReadonlyArray<number>
  readonly onlyA: number
  readonly onlyB: number
}

const readGraph = (context: SkippableContext) => {
  const folder = sharedPath(context, "graph")
  const text = (name: string) => gunzipSync(readFileSync(join(folder, name))).toString("utf8")
  const rows = text("dag.tsv.gz")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"))
  return {
    seconds: rows.map(([, time]) => Number(time)),
    parents: rows.map(([, , list = ""]) => (list === "" ? [] : list.split(" ").map(Number))),
    answers: JSON.parse(text("answers.json.gz")) as ReadonlyArray<Answer>
  }
}

describe("the real version graph", () => {
  it("has every answer that git gave, in memory", { timeout: 60_000 }, (context) => {
    const { answers, parents } = readGraph(context)
    expect(parents).toHaveLength(81_966)
    expect(answers).toHaveLength(2000)
    const queries = makeDagQueries(makeDag(parents))
    const wrong = answers.filter(({ a, b, mergeBases, onlyA, onlyB }) => {
      const bases = queries.mergeBases(a, b)
      const { ahead, behind } = queries.aheadBehind(a, b)
      const expected = [...mergeBases].sort((x, y) => y - x)
      return ahead !== onlyA || behind !== onlyB || JSON.stringify(bases) !== JSON.stringify(expected)
    })
    expect(wrong).toEqual([])
  })
})
