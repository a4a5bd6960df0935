import { describe, expect, it } from "vitest"
import {
  aheadBehindWalk,
  isAncestorWalk,
  mergeBasesWalk,
  reachableWalk,
  type Walk,
  type WalkEnds
} from "../../../src/algo/graph/graphWalks.ts"
import { PartialGraph } from "../../../src/algo/graph/PartialGraph.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { ancestorsOf, type RandomGraph, randomGraph, truthOf } from "../../support/randomGraph.ts"

const seed = runSeed()

interface Node {
  readonly id: string
  readonly at: number
  readonly parents: ReadonlyArray<string>
}

/** The graph as a store has it: ids that say nothing of the order, corrected times with ties. */
const storeOf = (graph: RandomGraph, random: Random) => {
  const word = () => random.below(0x1_0000_0000).toString(16).padStart(8, "0")
  const ids = graph.parents.map(() => Array.from({ length: 8 }, word).join(""))
  const ats: Array<number> = []
  const nodes = graph.parents.map((parents, i): Node => {
    const at = parents.reduce((least, parent) => Math.max(least, (ats[parent] as number) + 1), graph.times[i] as number)
    ats.push(at)
    return { id: ids[i] as string, at, parents: parents.map((parent) => ids[parent] as string) }
  })
  return { ids, nodes: new Map(nodes.map((node) => [node.id, node])) }
}

/** Drives a walk of a graph to which things become known when asked for; sometimes more than was asked for. */
const drive = <A>(store: ReadonlyMap<string, Node>, random: Random, graph: PartialGraph, walk: Walk<A>): A => {
  const all = [...store.values()]
  const add = ({ at, id, parents }: Node) => graph.add(id, at, parents)
  for (;;) {
    const step = walk.next()
    if (step.done === true) return step.value
    expect(step.value.ids.length).toBeGreaterThan(0)
    for (const id of step.value.ids) {
      const node = store.get(id) as Node
      expect(graph.isKnown(graph.slot(id))).toBe(false)
      expect(node.at).toBeLessThanOrEqual(step.value.below)
      add(node)
    }
    for (let k = random.chance(0.2) ? 5 : 0; k > 0; k--) add(random.pick(all))
  }
}

const modest: Random = { ...makeRandom(1), chance: () => false }

describe("a graph that is partly known", () => {
  it("keeps ids, places and parents, and grows", () => {
    const random = makeRandom(2)
    const parents = Array.from({ length: 3000 }, (_, i) => (i === 0 ? [] : [i - 1, random.below(i)]))
    const { ids, nodes } = storeOf({ parents, times: parents.map((_, i) => i), honest: true }, random)
    const graph = new PartialGraph()
    for (const id of ids.toReversed()) {
      const { at, parents: own } = nodes.get(id) as Node
      const slot = graph.add(id, at, own)
      expect(graph.id(slot)).toBe(id)
    }
    expect(graph.known).toBe(3000)
    expect(graph.size).toBe(3000)
    for (const id of ids) {
      const slot = graph.find(id)
      const node = nodes.get(id) as Node
      expect(graph.at(slot)).toBe(node.at)
      const own = Array.from({ length: graph.parentCount(slot) }, (_, k) => graph.id(graph.parent(slot, k)))
      expect(own).toEqual(node.parents)
    }
    expect(graph.find("0".repeat(64))).toBe(-1)
  })

  it("orders by place, then by id", () => {
    const graph = new PartialGraph()
    const [a, b, c] = ["a", "b", "0"].map((digit, i) => graph.add(digit.repeat(64), i === 2 ? 6 : 5, [])) as [
      number,
      number,
      number
    ]
    expect([graph.isAbove(c, b), graph.isAbove(b, a), graph.isAbove(a, b), graph.isAbove(a, a)]).toEqual([
      true,
      true,
      false,
      false
    ])
  })
})

describe("walks of a graph that is not known yet", () => {
  it(`answer as the definitions say (seed ${seed})`, { timeout: 60_000 }, () => {
    const random = makeRandom(seed)
    for (let round = 0; round < 500; round++) {
      const given = randomGraph(random)
      const { ids, nodes } = storeOf(given, random)
      let graph = new PartialGraph()
      for (let k = 0; k < 3; k++) {
        if (random.chance(0.3)) graph = new PartialGraph()
        const [a, b] = [random.below(ids.length), random.below(ids.length)]
        const [left, right] = [graph.slot(ids[a] as string), graph.slot(ids[b] as string)]
        const run = <A>(walk: Walk<A>) => drive(nodes, random, graph, walk)
        const truth = truthOf(given, a, b)
        const note = JSON.stringify({ a, b, given })
        const bases = run(mergeBasesWalk(graph, left, right)).map((slot) => graph.id(slot))
        expect(new Set(bases), note).toEqual(new Set(truth.mergeBases.map((i) => ids[i])))
        const counts = run(aheadBehindWalk(graph, left, right))
        expect(counts, note).toEqual({ ahead: truth.ahead, behind: truth.behind })
        const { at, parents } = nodes.get(ids[a] as string) as Node
        graph.add(ids[a] as string, at, parents)
        expect(run(isAncestorWalk(graph, left, right)), note).toBe(truth.isAncestor)
      }
    }
  })

  it(`list what is reachable from some and not from others, in pieces or at once (seed ${seed})`, {
    timeout: 60_000
  }, () => {
    const random = makeRandom(seed + 1)
    for (let round = 0; round < 400; round++) {
      const given = randomGraph(random)
      const { ids, nodes } = storeOf(given, random)
      const graph = new PartialGraph()
      const some = (most: number) => Array.from({ length: random.between(0, most) }, () => random.below(ids.length))
      const [include, exclude] = [[random.below(ids.length), ...some(2)], some(2)]
      const slots = (versions: ReadonlyArray<number>) => versions.map((i) => graph.slot(ids[i] as string))
      const piece = random.between(1, 7)

      const listed: Array<number> = []
      let ends: WalkEnds = { include: slots(include), exclude: slots(exclude) }
      while (ends.include.length > 0) {
        let left = piece
        const walk: Walk<WalkEnds> = reachableWalk(graph, ends.include, ends.exclude, (slot) => {
          listed.push(slot)
          return --left === 0 ? "stop" : "on"
        })
        ends = drive(nodes, random, graph, walk)
      }
      const without = new Set(exclude.flatMap((i) => [...ancestorsOf(given, i)]))
      const expected = new Set(include.flatMap((i) => [...ancestorsOf(given, i)]).filter((i) => !without.has(i)))
      expect(new Set(listed.map((slot) => graph.id(slot)))).toEqual(new Set([...expected].map((i) => ids[i])))
      expect(listed.length).toBe(expected.size)
      for (const [k, slot] of listed.entries()) {
        if (k > 0) expect(graph.isAbove(listed[k - 1] as number, slot)).toBe(true)
      }
    }
  })

  it("can go on at once, and leave nothing behind for the next", () => {
    const random = makeRandom(seed + 2)
    for (let round = 0; round < 100; round++) {
      const given = randomGraph(random)
      const { ids, nodes } = storeOf(given, random)
      const graph = new PartialGraph()
      const pairs = Array.from({ length: 4 }, () => [random.below(ids.length), random.below(ids.length)] as const)
      const walks = pairs.map(([a, b]) =>
        mergeBasesWalk(graph, graph.slot(ids[a] as string), graph.slot(ids[b] as string))
      )
      const answers: Array<ReadonlyArray<number> | undefined> = pairs.map(() => undefined)
      while (answers.includes(undefined)) {
        const k = random.below(walks.length)
        const step = answers[k] === undefined ? walks[k]?.next() : undefined
        if (step?.done === true) answers[k] = step.value
        for (const id of step?.done === false ? step.value.ids : []) {
          const node = nodes.get(id) as Node
          graph.add(id, node.at, node.parents)
        }
      }
      for (const [k, [a, b]] of pairs.entries()) {
        const bases = new Set(answers[k]?.map((slot) => graph.id(slot)))
        expect(bases).toEqual(new Set(truthOf(given, a, b).mergeBases.map((i) => ids[i])))
      }
      expect(graph.takeScratch().every((byte) => byte === 0)).toBe(true)
    }
  })

  it("ask for no more than the distance between near versions", () => {
    const parents = Array.from({ length: 5000 }, (_, i) => (i === 0 ? [] : [i - 1]))
    parents[4999] = [4990]
    const { ids, nodes } = storeOf({ parents, times: parents.map((_, i) => i * 10), honest: true }, makeRandom(1))
    const near = new PartialGraph()
    const walk = mergeBasesWalk(near, near.slot(ids[4998] as string), near.slot(ids[4999] as string))
    expect(drive(nodes, modest, near, walk).map((slot) => near.id(slot))).toEqual([ids[4990]])
    expect(near.known).toBeLessThanOrEqual(10)
    const side = new PartialGraph()
    const { at, parents: own } = nodes.get(ids[4997] as string) as Node
    const above = side.add(ids[4997] as string, at, own)
    expect(drive(nodes, modest, side, isAncestorWalk(side, above, side.slot(ids[4999] as string)))).toBe(false)
    expect(side.known).toBe(3)
  })
})
