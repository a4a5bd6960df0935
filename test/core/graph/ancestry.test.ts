import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { ancestorsOf, type RandomGraph, randomGraph, truthOf } from "../../support/randomGraph.ts"

const nowhere = "f".repeat(64) as VersionId

/** Imports a graph; its clocks may lie. */
const load = Effect.fnUntraced(function* (
  engine: GraphEngine,
  { parents, times }: Pick<RandomGraph, "parents" | "times">,
  artifact: ArtifactId = pdf
) {
  const tree = yield* engine.tree({ f: "x" })
  const versions = parents.map((list, i) => ({ artifact, parents: list, tree, message: `${i}`, time: times[i] }))
  return (yield* engine.graph.appendMany({ versions })).ids
})

const chain = (length: number) => ({
  parents: Array.from({ length }, (_, i) => (i === 0 ? [] : [i - 1])),
  times: Array.from({ length }, (_, i) => i * 1000)
})

describe("ancestry", () => {
  const seed = runSeed()

  it.effect(
    `is answered as the definitions say, whatever is remembered already (seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        for (let round = 0; round < 60; round++) {
          const given = randomGraph(random)
          const engine = yield* graphEngine
          const ids = yield* load(engine, given)
          for (let k = 0; k < 5; k++) {
            const { graph } = random.chance(0.5) ? engine : yield* engine.reopen
            const [i, j] = [random.below(ids.length), random.below(ids.length)]
            const [a, b] = [ids[i] as VersionId, ids[j] as VersionId]
            const truth = truthOf(given, i, j)
            const note = JSON.stringify({ i, j, given })
            const bases = yield* graph.mergeBases(a, b)
            assert.deepStrictEqual(
              new Set<string>(bases),
              new Set<string>(truth.mergeBases.map((n) => ids[n] as string)),
              note
            )
            assert.deepStrictEqual(yield* graph.aheadBehind(a, b), { ahead: truth.ahead, behind: truth.behind }, note)
            assert.strictEqual(yield* graph.isAncestor(a, b), truth.isAncestor, note)
          }
          const { graph } = engine
          const start = random.below(ids.length)
          const expected = ancestorsOf(given, start)
          expected.delete(start)
          const above = yield* Stream.runCollect(graph.ancestors(ids[start] as VersionId))
          assert.deepStrictEqual(
            above.map(({ message }) => Number(message)).sort((x, y) => x - y),
            [...expected].sort((x, y) => x - y)
          )
          const below = yield* Stream.runCollect(graph.descendants(ids[start] as VersionId))
          assert.deepStrictEqual(
            below.map(({ message }) => Number(message)).sort((x, y) => x - y),
            given.parents.flatMap((_, n) => (n !== start && ancestorsOf(given, n).has(start) ? [n] : []))
          )
        }
      }),
    60_000
  )

  it.effect("knows parents in their order, and children", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const ids = yield* load(engine, { parents: [[], [], [0], [0, 1], [1, 0]], times: [0, 1, 2, 3, 4] })
      const { graph } = engine
      const messages = (versions: ReadonlyArray<{ readonly message: string }>) => versions.map(({ message }) => message)
      assert.deepStrictEqual(messages(yield* graph.parents(ids[4] as VersionId)), ["1", "0"])
      assert.deepStrictEqual(messages(yield* graph.parents(ids[0] as VersionId)), [])
      const first = yield* graph.children(ids[0] as VersionId, { limit: 2 })
      assert.deepStrictEqual(messages(first.versions), ["2", "3"])
      const second = yield* graph.children(ids[0] as VersionId, { limit: 2, cursor: first.cursor })
      assert.deepStrictEqual([messages(second.versions), second.cursor], [["4"], null])
    })
  )

  it.effect("goes across artifacts where a version has a parent in another", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const [root, tip] = yield* load(engine, chain(2))
      const tree = yield* engine.tree({ f: "fork" })
      const fork = yield* engine.graph.append({
        artifact: "skill:fork" as ArtifactId,
        parents: [root as VersionId],
        tree,
        origin: "local",
        message: "fork"
      })
      const { graph } = yield* engine.reopen
      assert.deepStrictEqual(yield* graph.mergeBases(tip as VersionId, fork.version.id), [root as VersionId])
      assert.deepStrictEqual(yield* graph.aheadBehind(fork.version.id, tip as VersionId), { ahead: 1, behind: 1 })
    })
  )

  it.effect("of a version that is not stored is an error", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const [id = nowhere] = yield* load(engine, chain(1))
      const { graph } = engine
      const errors = [
        yield* Effect.flip(graph.get(nowhere)),
        yield* Effect.flip(graph.parents(nowhere)),
        yield* Effect.flip(graph.children(nowhere)),
        yield* Effect.flip(graph.mergeBases(id, nowhere)),
        yield* Effect.flip(graph.isAncestor(nowhere, id)),
        yield* Effect.flip(graph.aheadBehind(nowhere, id)),
        yield* Effect.flip(Stream.runCollect(graph.ancestors(nowhere))),
        yield* Effect.flip(Stream.runCollect(graph.descendants(nowhere)))
      ]
      assert.deepStrictEqual(new Set<string>(errors.map(({ _tag }) => _tag)), new Set(["VersionNotFound"]))
      assert.strictEqual((yield* graph.getMany([id, nowhere])).size, 1)
    })
  )
})

describe("what a question reads", () => {
  it.effect(
    "is little between near versions, and few batches between far ones",
    () =>
      Effect.gen(function* () {
        const engine = yield* graphEngine
        const { reads } = engine
        const size = 5000
        const given = chain(size)
        // Two lines that part near the end, and one that parted long ago.
        given.parents.push([size - 10], [100])
        given.times.push(size * 1000, size * 1000 + 1)
        const ids = yield* load(engine, given)
        const id = (i: number) => ids[i] as VersionId
        const cost = Effect.fnUntraced(function* <A, E>(
          question: (graph: GraphEngine["graph"]) => Effect.Effect<A, E>
        ) {
          const { graph } = yield* engine.reopen
          reads.calls = 0
          reads.records = 0
          yield* question(graph)
          return { ...reads }
        })
        const near = yield* cost((graph) => graph.mergeBases(id(size - 1), id(size)))
        assert.isAtMost(near.records, 60)
        const parent = yield* cost((graph) => graph.isAncestor(id(size - 2), id(size - 1)))
        assert.isAtMost(parent.records, 2)
        const far = yield* cost((graph) => graph.mergeBases(id(size - 1), id(size + 1)))
        assert.isAtMost(far.calls, 25)
        assert.isAtMost(far.records, 1.2 * size)
      }),
    60_000
  )

  it.effect(
    "does not grow with what other branches hold",
    () =>
      Effect.gen(function* () {
        const engine = yield* graphEngine
        const { reads } = engine
        // A hundred lines side by side, each one version in a hundred.
        const lines = 100
        const parents = Array.from({ length: lines * 60 }, (_, i) => (i < lines ? [] : [i - lines]))
        const ids = yield* load(engine, { parents, times: parents.map((_, i) => i * 1000) })
        const { graph } = yield* engine.reopen
        reads.records = 0
        const last = parents.length - 1
        assert.strictEqual(yield* graph.isAncestor(ids[last - 50 * lines] as VersionId, ids[last] as VersionId), true)
        assert.isAtMost(reads.records, 300)
      }),
    60_000
  )
})

describe("a graph", () => {
  it.effect("is data with names and edges, and drawn as text", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const { graph } = engine
      const ids = yield* load(engine, { parents: [[], [0], [0], [1, 2]], times: [0, 1, 2, 3] })
      yield* graph.createBranch(pdf, "main", ids[3] as VersionId)
      yield* graph.createTag(pdf, "v1", ids[1] as VersionId)
      const whole = yield* graph.graph({ artifact: pdf })
      assert.strictEqual(whole.nodes.length, 4)
      assert.strictEqual(whole.edges.length, 4)
      assert.deepStrictEqual(whole.names, [
        { kind: "branch", name: "main", version: ids[3] as VersionId },
        { kind: "tag", name: "v1", version: ids[1] as VersionId }
      ])
      const label = (version: { readonly message: string }, names: ReadonlyArray<{ readonly name: string }>) =>
        [version.message, ...names.map(({ name }) => name)].join(" ")
      assert.strictEqual(
        graph.text(whole, { label }),
        ["●    3 main", "├─╮", "│ ●  2", "● │  1 v1", "├─╯", "○  0"].join("\n")
      )
      assert.match(graph.text(whole), /^● {4}[0-9a-f]{8} \(main\) 3 · unknown, 1970-01-01\n/)
      const part = yield* graph.graph({ artifact: pdf, limit: 2 })
      assert.strictEqual(part.nodes.length, 2)
      assert.deepStrictEqual(
        part.names.map(({ name }) => name),
        ["main"]
      )
      assert.isNotNull(part.cursor)
      assert.strictEqual(graph.text(part, { label }), ["●    3 main", "├─╮", "│ ●  2"].join("\n"))
    })
  )
})
