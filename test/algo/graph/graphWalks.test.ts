import { describe, expect, it } from "vitest"
import { compareNodes, type GraphNode } from "../../../src/algo/graph/Frontier.ts"
import {
  aheadBehindWalk,
  ancestorsWalk,
  differenceWalk,
  isAncestorWalk,
  mergeBasesWalk,
  type Walk
} from "../../../src/algo/graph/graphWalks.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { ancestorsOf, type RandomGraph, randomGraph, truthOf } from "../../support/randomGraph.ts"

const seed = runSeed()

/** The graph as a store has it: ids that say nothing of the order, corrected times with ties. */
const storeOf = (graph: RandomGraph, random: Random) => {
  const ids = graph.parents.map((_, i) => `${random.below(1_000_000)}-${i}`)
  const ats: Array<number> = []
  const nodes = graph.parents.map((parents, i): GraphNode => {
    const at = parents.reduce((least, parent) => Math.max(least, (ats[parent] as number) + 1), graph.times[i] as number)
    ats.push(at)
    return { id: ids[i] as string, at, parents: parents.map((parent) => ids[parent] as string) }
  })
  return { ids, nodes: new Map(nodes.map((node) => [node.id, node])) }
}

/** Drives a walk that knows nothing at first; sometimes more becomes known than was asked for. */
const drive = <A>(
  nodes: ReadonlyMap<string, GraphNode>,
  random: Random,
  begin: (known: ReadonlyMap<string, GraphNode>) => Walk<A>
) => {
  const known = new Map<string, GraphNode>()
  const all = [...nodes.values()]
  const walk = begin(known)
  let asked = 0
  for (;;) {
    const step = walk.next()
    if (step.done === true) return { answer: step.value, asked, known: known.size }
    asked++
    expect(step.value.ids.length).toBeGreaterThan(0)
    for (const id of step.value.ids) {
      const node = nodes.get(id) as GraphNode
      expect(known.has(id)).toBe(false)
      expect(node.at).toBeLessThanOrEqual(step.value.below)
      known.set(id, node)
    }
    for (let k = random.chance(0.2) ? 5 : 0; k > 0; k--) {
      const other = random.pick(all)
      known.set(other.id, other)
    }
  }
}

describe("walks of a graph that is not known yet", () => {
  it(`answer as the definitions say (seed ${seed})`, () => {
    const random = makeRandom(seed)
    for (let round = 0; round < 500; round++) {
      const graph = randomGraph(random)
      const { ids, nodes } = storeOf(graph, random)
      for (let k = 0; k < 3; k++) {
        const [a, b] = [random.below(ids.length), random.below(ids.length)]
        const [idA, idB] = [ids[a] as string, ids[b] as string]
        const truth = truthOf(graph, a, b)
        const note = JSON.stringify({ a, b, graph })
        const bases = drive(nodes, random, (known) => mergeBasesWalk(known, idA, idB)).answer
        expect(new Set(bases), note).toEqual(new Set(truth.mergeBases.map((i) => ids[i])))
        const counts = drive(nodes, random, (known) => aheadBehindWalk(known, idA, idB)).answer
        expect(counts, note).toEqual({ ahead: truth.ahead, behind: truth.behind })
        const related = drive(nodes, random, (known) => isAncestorWalk(known, idA, idB)).answer
        expect(related, note).toBe(truth.isAncestor)
      }
    }
  })

  it(`list ancestors and differences in their order, in pieces or at once (seed ${seed})`, () => {
    const random = makeRandom(seed + 1)
    for (let round = 0; round < 300; round++) {
      const graph = randomGraph(random)
      const { ids, nodes } = storeOf(graph, random)
      const [a, b] = [random.below(ids.length), random.below(ids.length)]
      const sorted = (versions: Iterable<number>) =>
        [...versions]
          .map((i) => nodes.get(ids[i] as string) as GraphNode)
          .sort((x, y) => compareNodes(y, x))
          .map(({ at }) => at)
      const ofB = ancestorsOf(graph, b)
      const piece = random.between(1, 7)

      const listed: Array<GraphNode> = []
      for (let from: ReadonlyArray<string> = [ids[a] as string]; from.length > 0; ) {
        let left = piece
        from = drive(nodes, random, (known) =>
          ancestorsWalk(known, from, (node) => {
            listed.push(node)
            return --left === 0 ? "stop" : "on"
          })
        ).answer
      }
      expect(listed.map(({ at }) => at)).toEqual(sorted(ancestorsOf(graph, a)))
      expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length)

      const between: Array<GraphNode> = []
      let ends = {
        include: [ids[a] as string] as ReadonlyArray<string>,
        exclude: [ids[b] as string] as ReadonlyArray<string>
      }
      while (ends.include.length > 0) {
        let left = piece
        const { exclude, include } = ends
        ends = drive(nodes, random, (known) =>
          differenceWalk(known, include, exclude, (node) => {
            between.push(node)
            return --left === 0 ? "stop" : "on"
          })
        ).answer
      }
      const expected = [...ancestorsOf(graph, a)].filter((i) => !ofB.has(i))
      expect(between.map(({ at }) => at)).toEqual(sorted(expected))
    }
  })

  it("ask for no more than the distance between near versions", () => {
    const random = makeRandom(1)
    const parents = Array.from({ length: 5000 }, (_, i) => (i === 0 ? [] : [i - 1]))
    parents[4999] = [4990]
    const { ids, nodes } = storeOf(
      { parents, times: parents.map((_, i) => i * 10), honest: true },
      { ...random, chance: () => false }
    )
    const near = drive(nodes, { ...random, chance: () => false }, (known) =>
      mergeBasesWalk(known, ids[4998] as string, ids[4999] as string)
    )
    expect(near.answer).toEqual([ids[4990]])
    expect(near.known).toBeLessThanOrEqual(10)
    const ancestry = drive(nodes, { ...random, chance: () => false }, (known) =>
      isAncestorWalk(known, ids[4997] as string, ids[4999] as string)
    )
    expect(ancestry.answer).toBe(false)
    expect(ancestry.known).toBe(3)
  })
})
