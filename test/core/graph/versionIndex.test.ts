/** The index changes how fast questions are answered, and never what the answer is. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { IndexedGraph } from "../../../src/algo/graph/IndexedGraph.ts"
import type { VersionId } from "../../../src/model/Ids.ts"
import { StorageError, StorageFull } from "../../../src/storage/StorageError.ts"
import { type VersionIndexStorageService, versionIndexInMemory } from "../../../src/storage/VersionIndexStorage.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { type RandomGraph, randomGraph, truthOf } from "../../support/randomGraph.ts"

const sum = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const seed = runSeed()

/** Keeps an index where a test can reach it. */
const kept = () => {
  const state: { bytes: Uint8Array | null; saves: number } = { bytes: null, saves: 0 }
  const storage: VersionIndexStorageService = {
    load: Effect.sync(() => state.bytes),
    save: (bytes) =>
      Effect.sync(() => {
        state.bytes = bytes
        state.saves++
      })
  }
  return { state, storage }
}

/** Appends the versions of a graph from one number to another. */
const append = Effect.fnUntraced(function* (
  engine: GraphEngine,
  { parents, times }: Pick<RandomGraph, "parents" | "times">,
  ids: Array<VersionId>,
  end: number
) {
  const tree = yield* engine.tree({ f: "x" })
  const start = ids.length
  const versions = parents.slice(start, end).map((list, i) => ({
    artifact: pdf,
    parents: list.map((parent) => (parent < start ? (ids[parent] as VersionId) : parent - start)),
    tree,
    message: `${start + i}`,
    time: times[start + i]
  }))
  for (const id of (yield* engine.graph.appendMany({ versions })).ids) ids.push(id)
})

const checkPair = Effect.fnUntraced(function* (
  engine: GraphEngine,
  given: RandomGraph,
  ids: ReadonlyArray<VersionId>,
  i: number,
  j: number
) {
  const [a, b] = [ids[i] as VersionId, ids[j] as VersionId]
  const truth = truthOf(given, i, j)
  const note = JSON.stringify({ i, j, given })
  const plain = yield* engine.reopen
  assert.deepStrictEqual(yield* engine.graph.mergeBases(a, b), yield* plain.graph.mergeBases(a, b), note)
  assert.strictEqual((yield* engine.graph.mergeBases(a, b)).length, truth.mergeBases.length, note)
  assert.deepStrictEqual(yield* engine.graph.aheadBehind(a, b), { ahead: truth.ahead, behind: truth.behind }, note)
  assert.strictEqual(yield* engine.graph.isAncestor(a, b), truth.isAncestor, note)
})

const chain = (length: number): RandomGraph => ({
  parents: Array.from({ length }, (_, i) => (i === 0 ? [] : [i - 1])),
  times: Array.from({ length }, (_, i) => i * 1000),
  honest: true
})

describe("the version index", () => {
  it.effect(`gives the answers of a walk, also about what was appended since (seed ${seed})`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      for (let round = 0; round < 60; round++) {
        const given = randomGraph(random)
        const size = given.parents.length
        const plain = yield* graphEngine
        const { storage } = kept()
        let engine = yield* plain.indexed(storage)
        const ids: Array<VersionId> = []
        while (ids.length < size) {
          // By this engine or behind its back.
          yield* append(random.chance(0.5) ? engine : plain, given, ids, random.between(ids.length + 1, size))
          if (random.chance(0.3)) engine = yield* plain.indexed(random.chance(0.8) ? storage : versionIndexInMemory)
          for (let k = 0; k < 4; k++) {
            yield* checkPair(engine, prefix(given, ids.length), ids, random.below(ids.length), random.below(ids.length))
          }
        }
        for (const [k, id] of ids.entries()) {
          if (random.chance(0.2)) yield* engine.graph.createTag(pdf, `t${k}`, id)
        }
        const asked = random.pick(ids)
        assert.deepStrictEqual(yield* engine.graph.containing(asked), yield* plain.graph.containing(asked))
      }
    })
  )

  it.effect("reads the versions that are asked about, and nothing else", () =>
    Effect.gen(function* () {
      const plain = yield* graphEngine
      const ids: Array<VersionId> = []
      yield* append(plain, chain(3000), ids, 3000)
      const engine = yield* plain.indexed(kept().storage)
      const [first = "" as VersionId, last = "" as VersionId] = [ids[0], ids.at(-1)]
      yield* engine.graph.mergeBases(first, last)
      engine.reads.records = 0
      engine.reads.calls = 0
      assert.deepStrictEqual(yield* engine.graph.aheadBehind(last, first), { ahead: 2999, behind: 0 })
      assert.deepStrictEqual(yield* engine.graph.mergeBases(first, last), [first])
      assert.deepStrictEqual(engine.reads, { records: 4, calls: 2 })
    })
  )

  it.effect("is kept, and extended by what is new alone", () =>
    Effect.gen(function* () {
      const plain = yield* graphEngine
      const ids: Array<VersionId> = []
      const given = chain(3010)
      yield* append(plain, given, ids, 3000)
      const { state, storage } = kept()
      yield* (yield* plain.indexed(storage)).graph.mergeBases(ids[0] as VersionId, ids[5] as VersionId)
      assert.strictEqual(state.saves, 1)
      yield* append(plain, given, ids, 3010)
      const engine = yield* plain.indexed(storage)
      engine.reads.records = 0
      const answer = yield* engine.graph.aheadBehind(ids.at(-1) as VersionId, ids[0] as VersionId)
      assert.deepStrictEqual(answer, { ahead: 3009, behind: 0 })
      assert.isBelow(engine.reads.records, 20)
      assert.strictEqual(state.saves, 1)
    })
  )

  it.effect("is refused with any byte changed, cut off or added, and then made anew", () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const given = randomGraph(random)
      const plain = yield* graphEngine
      const ids: Array<VersionId> = []
      yield* append(plain, given, ids, given.parents.length)
      const { state, storage } = kept()
      yield* checkPair(yield* plain.indexed(storage), given, ids, 0, ids.length - 1)
      const whole = state.bytes ?? new Uint8Array()
      for (let at = 0; at < whole.length; at++) {
        const damaged = whole.slice()
        damaged[at] = (damaged[at] as number) ^ (1 << random.below(8))
        assert.isUndefined(IndexedGraph.decode(damaged, sum), `byte ${at}`)
        assert.isUndefined(IndexedGraph.decode(whole.slice(0, at), sum), `cut at ${at}`)
      }
      assert.isUndefined(IndexedGraph.decode(new Uint8Array([...whole, 0]), sum))
      assert.isDefined(IndexedGraph.decode(whole, sum))
      for (const bytes of [whole.slice(9), new Uint8Array(), new Uint8Array(200), null]) {
        state.bytes = bytes
        yield* checkPair(yield* plain.indexed(storage), given, ids, 0, ids.length - 1)
        assert.deepStrictEqual(state.bytes, whole)
      }
    })
  )

  it.effect("of another store, or one that lies about what is asked, is not believed", () =>
    Effect.gen(function* () {
      const given = chain(20)
      const [one, other] = [yield* graphEngine, yield* graphEngine]
      const [ids, others]: [Array<VersionId>, Array<VersionId>] = [[], []]
      yield* append(one, given, ids, 20)
      yield* append(other, chain(7), others, 7)
      const { state, storage } = kept()
      yield* (yield* other.indexed(storage)).graph.mergeBases(others[0] as VersionId, others[1] as VersionId)
      yield* checkPair(yield* one.indexed(storage), given, ids, 3, 19)
      // A sound file in which the last version has another parent.
      const lying = new IndexedGraph()
      const truth = IndexedGraph.decode(state.bytes ?? new Uint8Array(), sum)
      assert.isDefined(truth)
      for (let i = 0; i < 20; i++) {
        const graph = truth?.graph as IndexedGraph
        lying.add(graph.id(i), graph.at(i), i === 19 ? [graph.id(4)] : graph.parents(i))
      }
      state.bytes = lying.encode(truth?.note ?? "", sum)
      const engine = yield* one.indexed(storage)
      yield* checkPair(engine, given, ids, 3, 19)
      yield* checkPair(engine, given, ids, 3, 18)
    })
  )

  it.effect("that can be neither read nor kept is no error", () =>
    Effect.gen(function* () {
      const given = chain(30)
      const plain = yield* graphEngine
      const ids: Array<VersionId> = []
      yield* append(plain, given, ids, 30)
      const full = Effect.fail(new StorageError({ reason: new StorageFull({ operation: "save" }) }))
      yield* checkPair(yield* plain.indexed({ load: full, save: () => full }), given, ids, 3, 19)
    })
  )
})

/** The graph as it was when it had this many versions. */
const prefix = ({ honest, parents, times }: RandomGraph, size: number): RandomGraph => ({
  honest,
  parents: parents.slice(0, size),
  times: times.slice(0, size)
})
