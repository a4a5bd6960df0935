/** Whatever is damaged in a store is found, with all that suffers from it. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import { type Dump, dump, fill, load } from "../../support/maintenance/smallStore.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined
const verify = (store: Memory.MemoryStore) =>
  Effect.flatMap(Maintenance, ({ verify }) => verify()).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([store.layer, Memory.layerWorkingTree()])), { local: true })
  )

const small = Effect.gen(function* () {
  const store = yield* Memory.make
  yield* fill(store.layer, Memory.makeWorkingTree())
  return yield* dump(store.layer)
})

it.effect("finds nothing in a sound store", () =>
  Effect.gen(function* () {
    const parts = yield* small
    const report = yield* verify(yield* load(parts))
    assert.deepStrictEqual([report.findings, report.affected], [[], []])
    assert.strictEqual(report.objects, parts.objects.length)
    assert.strictEqual(report.operations + report.records, parts.records.length)
    assert.strictEqual(
      report.terms,
      parts.records.reduce((sum, { terms }) => sum + terms.length, 0)
    )
    const empty = yield* verify(yield* load({ objects: [], records: [], refs: [] }))
    assert.deepStrictEqual([empty.findings, empty.head], [[], null])
  })
)

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** A flipped byte of a text, as a storage of texts would give it back. */
const flipText = (text: string, at: number, bit: number) => {
  const bytes = encoder.encode(text)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  return decoder.decode(bytes)
}
const length = (text: string) => encoder.encode(text).length
const swap = <A>(items: ReadonlyArray<A>, at: number, item: A) => items.with(at, item)

/** Every byte of a store, each as what becomes of the store when it is flipped. */
function* flips(parts: Dump, bit: () => number): Generator<readonly [what: string, () => Dump]> {
  for (const [i, object] of parts.objects.entries()) {
    for (let at = 0; at < object.bytes.length; at++) {
      yield [
        "object",
        () => {
          const bytes = object.bytes.slice()
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit())
          return { ...parts, objects: swap(parts.objects, i, { ...object, bytes }) }
        }
      ]
    }
    for (let at = 0; at < 64; at++) {
      yield [
        "object id",
        () => ({
          ...parts,
          objects: swap(parts.objects, i, { ...object, id: flipText(object.id, at, bit()) as never })
        })
      ]
    }
  }
  for (const [i, record] of parts.records.entries()) {
    for (const key of ["body", "id", "kind"] as const) {
      for (let at = 0; at < length(record[key]); at++) {
        yield [
          `record ${key}`,
          () => ({ ...parts, records: swap(parts.records, i, { ...record, [key]: flipText(record[key], at, bit()) }) })
        ]
      }
    }
    for (let b = 0; b < 48; b++) {
      yield [
        "record at",
        () => {
          const at = Math.floor(record.at / 2 ** b) % 2 === 0 ? record.at + 2 ** b : record.at - 2 ** b
          return { ...parts, records: swap(parts.records, i, { ...record, at }) }
        }
      ]
    }
    for (const [j, term] of record.terms.entries()) {
      for (let at = 0; at < length(term); at++) {
        yield [
          "term",
          () => {
            const terms = swap(record.terms, j, flipText(term, at, bit()))
            return { ...parts, records: swap(parts.records, i, { ...record, terms }) }
          }
        ]
      }
    }
  }
  for (const [i, [name, value]] of parts.refs.entries()) {
    for (let at = 0; at < length(name); at++) {
      yield ["ref", () => ({ ...parts, refs: swap(parts.refs, i, [flipText(name, at, bit()) as never, value]) })]
    }
    for (let at = 0; at < length(value); at++) {
      yield ["ref value", () => ({ ...parts, refs: swap(parts.refs, i, [name, flipText(value, at, bit())]) })]
    }
  }
}

it.effect(
  "finds every flipped byte of an object, a record, a term, a ref (memory)",
  () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const parts = yield* small
      const all = [...flips(parts, () => random.below(8))]
      const share = full ? 1 : Math.min(1, 250 / all.length)
      const counts: Record<string, number> = {}
      for (const [what, damage] of all) {
        if (!random.chance(share)) continue
        const damaged = damage()
        const loaded = yield* Effect.result(load(damaged))
        // An id that became that of another record: no storage holds two.
        if (Result.isFailure(loaded)) {
          assert.include(loaded.failure.message, "a record of this id is stored")
          counts.impossible = (counts.impossible ?? 0) + 1
          continue
        }
        const { findings } = yield* verify(loaded.success)
        if (findings.length === 0) {
          const was = JSON.stringify(damaged, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString() : v))
          assert.fail(`a flipped byte of ${what} was not found (seed ${seed}): ${was}`)
        }
        counts[what] = (counts[what] ?? 0) + 1
      }
      console.info(`memory: flipped bytes found, of ${all.length} (seed ${seed}):`, counts)
    }),
  full ? 3_600_000 : 120_000
)

it.effect(
  "finds everything that was taken away or cut short (memory)",
  () =>
    Effect.gen(function* () {
      const parts = yield* small
      const sound = yield* verify(yield* load(parts))
      const counts = { objects: 0, cut: 0, records: 0, terms: 0, refs: 0, free: 0 }
      for (const [i, object] of parts.objects.entries()) {
        const without = yield* verify(yield* load({ ...parts, objects: parts.objects.toSpliced(i, 1) }))
        // Nothing leads to what a plan stored and nobody applied.
        if (without.findings.length === 0) counts.free += 1
        else {
          assert.deepStrictEqual(without.findings, [{ _tag: "ObjectMissing", object: object.id }])
          assert.isAbove(without.affected.length, 0)
          for (const { objects } of without.affected) assert.deepStrictEqual(objects, [object.id])
          counts.objects += 1
        }
        const cut = { ...object, bytes: object.bytes.slice(0, -1) }
        const report = yield* verify(yield* load({ ...parts, objects: parts.objects.with(i, cut) }))
        assert.deepStrictEqual(
          report.findings.map(({ _tag }) => _tag),
          ["ObjectAltered"]
        )
        counts.cut += 1
      }
      for (const [i, record] of parts.records.entries()) {
        const { affected, findings } = yield* verify(yield* load({ ...parts, records: parts.records.toSpliced(i, 1) }))
        assert.isAbove(findings.length, 0)
        assert.isTrue(affected.some(({ id, isLost, kind }) => isLost && id === record.id && kind === record.kind))
        counts.records += 1
        for (const [j] of record.terms.entries()) {
          const less = { ...record, terms: record.terms.toSpliced(j, 1) }
          const { findings } = yield* verify(yield* load({ ...parts, records: parts.records.with(i, less) }))
          assert.isAbove(findings.length, 0)
          counts.terms += 1
        }
      }
      for (const [i, [name]] of parts.refs.entries()) {
        const { findings } = yield* verify(yield* load({ ...parts, refs: parts.refs.toSpliced(i, 1) }))
        // The store's own name is drawn anew when it is asked for.
        if (name !== "store/identity") assert.isAbove(findings.length, 0)
        counts.refs += 1
      }
      assert.isBelow(counts.free, 3)
      console.info(`memory: taken away or cut, and found:`, counts, "sound:", sound.objects)
    }),
  120_000
)
