import { describe, expect, it } from "vitest"
import { DagBuilder, makeDag, parentsOf } from "../../../src/algo/graph/Dag.ts"
import { makeDagQueries } from "../../../src/algo/graph/dagQueries.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { askGit, type GitQuestion, gitVersion, randomGraph, truthOf } from "../../support/randomGraph.ts"

const full = process.env.TIDEMARK_FULL === "1"
const seed = runSeed()

describe("Dag", () => {
  it("keeps parents in their order", () => {
    const dag = makeDag([[], [0], [1, 0], []])
    expect([...parentsOf(dag, 2)]).toEqual([1, 0])
    expect([...parentsOf(dag, 3)]).toEqual([])
    expect(dag.size).toBe(4)
  })

  it("grows beyond its first room and is not changed by what comes later", () => {
    const builder = new DagBuilder()
    for (let i = 0; i < 5000; i++) builder.add(i === 0 ? [] : i === 1 ? [0] : [i - 1, i - 2])
    const dag = builder.build()
    builder.add([7])
    expect(dag.size).toBe(5000)
    expect([...parentsOf(dag, 4999)]).toEqual([4998, 4997])
  })

  it("refuses a parent that does not come first", () => {
    expect(() => makeDag([[], [1]])).toThrow(RangeError)
    expect(() => makeDag([[0]])).toThrow(RangeError)
  })
})

describe("questions about a graph", () => {
  it("finds both bases of a criss-cross", () => {
    const { mergeBases } = makeDagQueries(makeDag([[], [0], [0], [1, 2], [2, 1]]))
    expect(mergeBases(3, 4)).toEqual([2, 1])
  })

  it("finds nothing where nothing is shared", () => {
    const queries = makeDagQueries(makeDag([[], [0], [], [2]]))
    expect(queries.mergeBases(1, 3)).toEqual([])
    expect(queries.aheadBehind(1, 3)).toEqual({ ahead: 2, behind: 2 })
    expect(queries.isAncestor(0, 3)).toBe(false)
  })

  it("a version is its own ancestor and its own base", () => {
    const queries = makeDagQueries(makeDag([[], [0]]))
    expect(queries.mergeBases(1, 1)).toEqual([1])
    expect(queries.isAncestor(1, 1)).toBe(true)
    expect(queries.aheadBehind(1, 1)).toEqual({ ahead: 0, behind: 0 })
  })

  it("refuses what is not in the graph", () => {
    const queries = makeDagQueries(makeDag([[]]))
    expect(() => queries.mergeBases(0, 1)).toThrow(RangeError)
    expect(() => queries.isAncestor(-1, 0)).toThrow(RangeError)
  })

  it(`answers as the definitions say (seed ${seed})`, () => {
    const random = makeRandom(seed)
    for (let round = 0; round < 600; round++) {
      const graph = randomGraph(random)
      // The questions share their scratch space: one after another must not disturb each other.
      const queries = makeDagQueries(makeDag(graph.parents))
      for (let k = 0; k < 6; k++) {
        const a = random.below(graph.parents.length)
        const b = random.below(graph.parents.length)
        const truth = truthOf(graph, a, b)
        const answer = {
          mergeBases: queries.mergeBases(a, b),
          ...queries.aheadBehind(a, b),
          isAncestor: queries.isAncestor(a, b)
        }
        expect(answer, JSON.stringify({ a, b, parents: graph.parents })).toEqual(truth)
      }
    }
  })

  it(`answers as git does (seed ${seed})`, { timeout: full ? 3_600_000 : 120_000 }, (context) => {
    const git = gitVersion()
    if (git === undefined) context.skip("there is no git program here to compare with")
    const random = makeRandom(seed + 1)
    const graphs = Array.from({ length: full ? 1000 : 500 }, () => randomGraph(random))
    const questions: Array<GitQuestion> = []
    for (const [graph, { parents }] of graphs.entries()) {
      for (let k = 0; k < (full ? 4 : 1); k++) {
        const last = parents.length - 1
        questions.push({ graph, a: last - random.below(Math.min(3, last + 1)), b: random.below(parents.length) })
      }
    }
    const answers = askGit(graphs, questions)
    let differences = 0
    let misled = 0
    for (const [k, { a, b, graph }] of questions.entries()) {
      const given = graphs[graph] as (typeof graphs)[number]
      const queries = makeDagQueries(makeDag(given.parents))
      const ours = { mergeBases: queries.mergeBases(a, b), ...queries.aheadBehind(a, b) }
      const theirs = answers[k] as (typeof answers)[number]
      if (JSON.stringify(ours) === JSON.stringify(theirs)) continue
      // Without a commit-graph git goes by dates: where they lie it may count wrong, and says so in its manual.
      const { ahead, behind, mergeBases } = truthOf(given, a, b)
      if (!given.honest && JSON.stringify(ours) === JSON.stringify({ mergeBases, ahead, behind })) misled++
      else differences++
    }
    console.log(
      `${graphs.length} graphs, ${questions.length} questions, git ${git}: ${differences} differences, ` +
        `git misled by its clock ${misled} times`
    )
    expect(differences).toBe(0)
  })
})
