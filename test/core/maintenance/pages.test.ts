/** What an operation of very many records leads to is checked and counted like anything else. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { listedRecords } from "../../../src/core/ledger/recordPages.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { snapshotRecord } from "../../../src/core/snapshots/snapshotRecord.ts"
import type { ObjectId, SnapshotId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { onMemory } from "../../support/engine.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { dump, type Storage } from "../../support/maintenance/smallStore.ts"

describe("maintenance of a large import", () => {
  it.effect("counts its records, finds nothing wrong, and names a list that is gone", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const tree = yield* engine.tree({ f: "x" })
      const count = listedRecords + 1
      const versions = Array.from({ length: count }, (_, i) => ({ artifact: pdf, parents: [], tree, message: `${i}` }))
      const { operation } = yield* engine.graph.appendMany({ versions })
      const storage = Layer.mergeAll(
        Layer.succeed(CatalogStorage, engine.catalog),
        Layer.succeed(ObjectStorage, engine.objectStorage)
      )
      const check = Effect.gen(function* () {
        const maintenance = yield* Maintenance
        return { report: yield* maintenance.verify(), statistics: yield* maintenance.statistics() }
      }).pipe(
        Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
      )
      const { report, statistics } = yield* check
      assert.deepStrictEqual(report.findings, [])
      assert.strictEqual(report.records, count)
      assert.strictEqual(statistics.records.version?.count, count)
      const page = operation.pages?.[0] as ObjectId
      yield* engine.objectStorage.remove([page], { storedBefore: Number.MAX_SAFE_INTEGER })
      const broken = yield* Effect.flip(check)
      assert.include(broken.message, page)
      const damaged = yield* Effect.gen(function* () {
        return yield* (yield* Maintenance).verify()
      }).pipe(
        Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
      )
      assert.isTrue(damaged.findings.some(({ _tag }) => _tag === "RecordListDamaged"))
      assert.isTrue(damaged.affected.some(({ id, objects }) => id === operation.id && objects.includes(page)))
    })
  )
})

const storageOf = ({ catalog, objectStorage }: Pick<GraphEngine, "catalog" | "objectStorage">): Storage =>
  Layer.mergeAll(Layer.succeed(CatalogStorage, catalog), Layer.succeed(ObjectStorage, objectStorage))
const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
  )
const everything = { grace: 0, window: { age: 0, operations: 0 } }
const clean = Effect.fnUntraced(function* (storage: Storage) {
  const { affected, findings } = yield* using(storage, ({ verify }) => verify())
  assert.deepStrictEqual([findings, affected], [[], []])
})

/** A store from which many versions, imported and led to by nothing, were collected. */
const collected = Effect.fnUntraced(function* (count: number) {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ f: "x" })
  const kept = yield* engine.graph.append({ artifact: pdf, parents: [], tree, origin: "local", message: "kept" })
  yield* engine.graph.createBranch(pdf, "main", kept.version.id)
  const versions = Array.from({ length: count }, (_, i) => ({ artifact: pdf, parents: [], tree, message: `${i}` }))
  const imported = yield* engine.graph.appendMany({ versions })
  const storage = storageOf(engine)
  yield* TestClock.adjust(1000)
  const report = yield* using(storage, ({ collect }) => collect(everything))
  assert.strictEqual(report.versions, count)
  if (report.operation === null) return assert.fail("nothing was collected")
  const operation = yield* engine.ledger.get(report.operation)
  return { ...engine, ids: imported.ids, kept: kept.version.id, operation, storage }
})

describe("maintenance that takes very many records away", () => {
  it.effect("makes a small operation, after which the store is whole, and so is its backup", () =>
    Effect.gen(function* () {
      const count = 9000
      const { catalog, graph, ids, indexed, kept, objectStorage, operation, storage } = yield* collected(count)
      assert.isFalse("removes" in operation)
      assert.strictEqual(operation.pages?.length, 3)
      const record = (yield* catalog.records("operation", [operation.id])).get(operation.id)
      assert.isBelow(record?.body.length ?? 0, 2000)
      assert.strictEqual((yield* catalog.records("version", ids)).size, 0)
      yield* clean(storage)
      const { records } = yield* using(storage, ({ statistics }) => statistics())
      assert.strictEqual(records.version?.count, 1)

      // Its own lists stay, however often it is collected later.
      yield* TestClock.adjust(1000)
      yield* using(storage, ({ collect }) => collect(everything))
      assert.strictEqual((yield* objectStorage.get(operation.pages ?? [])).size, 3)
      yield* clean(storage)
      const repaired = yield* using(storage, ({ repair }) => repair())
      assert.deepStrictEqual([repaired.findings, repaired.operation], [0, null])

      // An index learns from the lists that nothing is missing, and so is whole enough to be kept.
      let saved = 0
      const index = yield* indexed({
        load: Effect.succeed(null),
        save: () =>
          Effect.sync(() => {
            saved += 1
          })
      })
      assert.deepStrictEqual(yield* index.graph.mergeBases(kept, kept), [kept])
      assert.strictEqual(saved, 1)
      assert.strictEqual((yield* graph.get(kept)).id, kept)

      const archive = yield* using(storage, ({ backup }) => Stream.runCollect(backup))
      const before = yield* dump(storage)
      const targets: ReadonlyArray<Storage> = [(yield* Memory.make).layer, Sqlite.layer({ file: ":memory:" })]
      for (const into of targets) {
        yield* Effect.gen(function* () {
          const services = Layer.mergeAll(
            Layer.succeed(CatalogStorage, yield* CatalogStorage),
            Layer.succeed(ObjectStorage, yield* ObjectStorage)
          )
          yield* using(services, ({ restore }) => restore(Stream.fromIterable(archive)))
          yield* clean(services)
          assert.deepStrictEqual((yield* dump(services)).refs, before.refs)
          assert.strictEqual((yield* dump(services)).records.length, before.records.length)
        }).pipe(Effect.provide(into, { local: true }))
      }
    })
  )

  it.effect("lists them in the operation as long as they are few", () =>
    Effect.gen(function* () {
      const { operation } = yield* collected(listedRecords)
      assert.strictEqual(operation.removes?.length, listedRecords)
      assert.isFalse("pages" in operation)
    })
  )

  it.effect("says which list is gone", () =>
    Effect.gen(function* () {
      const { objectStorage, operation, storage } = yield* collected(listedRecords + 1)
      const page = operation.pages?.[0] as ObjectId
      yield* objectStorage.remove([page], { storedBefore: Number.MAX_SAFE_INTEGER })
      const { findings } = yield* using(storage, ({ verify }) => verify())
      assert.isTrue(findings.some((one) => one._tag === "RecordListDamaged" && one.page === page))
    })
  )
})

onMemory(
  "very many snapshots are pruned by one small operation",
  ({ capture, catalog, ledger, log, maintenance, objects }) =>
    Effect.gen(function* () {
      const count = listedRecords + 1
      // One is captured; the others are recorded as if the same had been captured again and again.
      const { snapshot } = yield* capture({ "skills/a/SKILL.md": "first\n" })
      const copies = Array.from({ length: count - 1 }, (_, i) => {
        const id = objects.identify(new TextEncoder().encode(`snapshot ${i}`)) as string as SnapshotId
        return snapshotRecord({ ...snapshot, id, previous: snapshot.id, time: snapshot.time }, null)
      })
      yield* log.append({ kind: "capture", reason: "", subjects: [], refs: [], records: copies })
      yield* capture({ "skills/a/SKILL.md": "last\n" })
      const told = yield* maintenance.prune({ last: 1 }, { dryRun: true })
      const done = yield* maintenance.prune({ last: 1 })
      assert.deepStrictEqual(done, { ...told, dryRun: false, operation: done.operation })
      assert.strictEqual(done.pruned, count)
      const operation = yield* ledger.get(done.operation ?? assert.fail("nothing was pruned"))
      assert.strictEqual(operation.pages?.length, 1)
      const record = (yield* catalog.records("operation", [operation.id])).get(operation.id)
      assert.isBelow(record?.body.length ?? 0, 2000)
      assert.strictEqual((yield* maintenance.prune({ last: 1 })).pruned, 0)
      yield* maintenance.collect(everything)
      const { affected, findings } = yield* maintenance.verify()
      assert.deepStrictEqual([findings, affected], [[], []])
    })
)
