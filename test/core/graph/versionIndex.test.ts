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
  const state: { bytes: Uint8Array | null; saves: number; loads: number } = { bytes: null, saves: 0, loads: 0 }
  const storage: VersionIndexStorageService = {
    load: Effect.sync(() => {
      state.loads++
      return state.bytes
    }),
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

/** A main line, from which every fifth version begins a branch of three that is merged again. */
const wide = (length: number): RandomGraph => {
  const parents: Array<ReadonlyArray<number>> = [[]]
  let [main, side] = [0, 0]
  for (let i = 1; i < length; i++) {
    const place = i % 5
    parents.push(place === 4 ? [main, side] : place === 1 || place === 2 ? [side] : [main])
    if (place === 4 || place === 0 || place === 3) main = i
    if (place !== 3) side = place === 1 || place === 2 ? i : main
  }
  return { parents, times: parents.map((_, i) => i * 1000), honest: true }
}

describe("an index that a store keeps by itself", () => {
  it.effect(`is kept by an import, and loaded once walks have cost as much (seed ${seed})`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const size = 14_000
      const given = wide(size)
      const plain = yield* graphEngine
      const { state, storage } = kept()
      const ids: Array<VersionId> = []
      // What comes before a large import is taken in with it.
      yield* append(plain, given, ids, 500)
      yield* append(yield* plain.automatic(storage), given, ids, 13_000)
      assert.deepStrictEqual({ loads: state.loads, saves: state.saves }, { loads: 1, saves: 1 })
      yield* append(yield* plain.automatic(storage), given, ids, size)
      assert.strictEqual(state.saves, 1)

      const engine = yield* plain.automatic(storage)
      const other = yield* plain.reopen
      const id = (n: number) => ids[n] as VersionId
      const ask = Effect.fnUntraced(function* (a: number, b: number) {
        const note = JSON.stringify({ a, b, seed })
        assert.deepStrictEqual(
          yield* engine.graph.mergeBases(id(a), id(b)),
          yield* other.graph.mergeBases(id(a), id(b)),
          note
        )
        assert.deepStrictEqual(
          yield* engine.graph.aheadBehind(id(a), id(b)),
          yield* other.graph.aheadBehind(id(a), id(b)),
          note
        )
        assert.strictEqual(
          yield* engine.graph.isAncestor(id(a), id(b)),
          yield* other.graph.isAncestor(id(a), id(b)),
          note
        )
      })
      const before = state.loads
      yield* ask(6000, 6003)
      assert.strictEqual(state.loads, before, "near versions are found by walking")
      engine.reads.records = 0
      yield* engine.graph.aheadBehind(id(12_990), id(3))
      assert.strictEqual(state.loads, before + 1)
      // The walk up to its limit with the page it was in, and the operation that the index knows.
      assert.isBelow(engine.reads.records, 2500)
      engine.reads.records = 0
      yield* engine.graph.mergeBases(id(1), id(12_000))
      assert.deepStrictEqual(engine.reads.records, 2)
      // Those it does not know yet are walked to, or bring it up to date.
      for (let k = 0; k < 60; k++) {
        const near = random.chance(0.5)
        const a = random.chance(0.3) ? random.between(13_000, size - 1) : random.below(size)
        yield* ask(a, near ? Math.max(0, a - random.below(9)) : random.below(size))
      }
      assert.strictEqual(state.loads, before + 1)
      for (const k of [3, 700, 12_995, 13_999]) yield* engine.graph.createTag(pdf, `t${k}`, id(k))
      for (const k of [5, 6000, 13_500]) {
        assert.deepStrictEqual(yield* engine.graph.containing(id(k)), yield* other.graph.containing(id(k)))
      }
    })
  )

  it.effect("is not made for a small graph, and not believed where it lies", () =>
    Effect.gen(function* () {
      const plain = yield* graphEngine
      const given = wide(3000)
      const ids: Array<VersionId> = []
      const { state, storage } = kept()
      const engine = yield* plain.automatic(storage)
      yield* append(engine, given, ids, 3000)
      for (const [a, b] of [
        [2999, 1],
        [2000, 4],
        [2500, 1700]
      ] as const) {
        const pair = [ids[a] as VersionId, ids[b] as VersionId] as const
        assert.deepStrictEqual(yield* engine.graph.aheadBehind(...pair), yield* plain.graph.aheadBehind(...pair))
      }
      assert.strictEqual(state.saves, 0)
      const lying = new IndexedGraph()
      for (const [k, id] of ids.entries()) lying.add(id, k * 1000, k === 0 ? [] : [ids[k - 1] as VersionId])
      const head = yield* plain.ledger.list({ limit: 1 })
      const [record] = (yield* plain.catalog.records("operation", [head.items[0]?.id ?? ""])).values()
      state.bytes = lying.encode(JSON.stringify({ at: record?.at, id: record?.id }), sum)
      const deceived = yield* plain.automatic(storage)
      const pair = [ids[2999] as VersionId, ids[2] as VersionId] as const
      assert.deepStrictEqual(yield* deceived.graph.aheadBehind(...pair), yield* plain.graph.aheadBehind(...pair))
    })
  )

  it.effect("can be made where versions were removed that nothing led to", () =>
    Effect.gen(function* () {
      const plain = yield* graphEngine
      const given = chain(60)
      const ids: Array<VersionId> = []
      yield* append(plain, given, ids, 60)
      const removes = ids.slice(50).map((id) => ({ kind: "version", id }))
      yield* plain.log.append({ kind: "collect", reason: "", subjects: [], refs: [], records: [], removes })
      const { state, storage } = kept()
      const engine = yield* plain.indexed(storage)
      const pair = [ids[49] as VersionId, ids[2] as VersionId] as const
      assert.deepStrictEqual(yield* engine.graph.aheadBehind(...pair), { ahead: 47, behind: 0 })
      assert.strictEqual(state.saves, 1)
    })
  )
})

/** The graph as it was when it had this many versions. */
const prefix = ({ honest, parents, times }: RandomGraph, size: number): RandomGraph => ({
  honest,
  parents: parents.slice(0, size),
  times: times.slice(0, size)
})
