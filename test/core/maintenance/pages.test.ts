/** What an operation of very many records leads to is checked and counted like anything else. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { listedRecords } from "../../../src/core/ledger/recordPages.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"

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
