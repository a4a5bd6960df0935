/** Operations of very many records list them in objects, and nothing of them changes unseen all the same. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ledgerHead } from "../../../src/core/catalog/names.ts"
import { listedRecords } from "../../../src/core/ledger/recordPages.ts"
import type { ObjectId, RefName } from "../../../src/model/Ids.ts"
import type { StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"

const imported = Effect.fnUntraced(function* (count: number) {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ f: "x" })
  const versions = Array.from({ length: count }, (_, i) => ({
    artifact: pdf,
    parents: i === 0 ? [] : [i - 1],
    tree,
    message: `${i}`,
    time: i
  }))
  return { ...engine, ...(yield* engine.graph.appendMany({ versions })) }
})

describe("an import of very many versions", () => {
  it.effect("makes a small operation, which the ledger checks as any other", () =>
    Effect.gen(function* () {
      const { catalog, ledger, operation } = yield* imported(9000)
      assert.deepStrictEqual(operation.records, [])
      assert.strictEqual(operation.pages?.length, 3)
      const record = (yield* catalog.records("operation", [operation.id])).get(operation.id)
      assert.isBelow(record?.body.length ?? 0, 2000)
      const report = yield* ledger.verify()
      assert.deepStrictEqual(report.findings, [])
      assert.strictEqual(report.records, 9000)
      assert.deepStrictEqual(yield* ledger.get(operation.id), operation)
    })
  )

  it.effect("lists them itself as long as they are few", () =>
    Effect.gen(function* () {
      const { operation } = yield* imported(listedRecords)
      assert.strictEqual(operation.records.length, listedRecords)
      assert.isFalse("pages" in operation)
    })
  )

  it.effect("shows a record that was changed, moved, found by other terms, or removed", () =>
    Effect.gen(function* () {
      const { catalog, ids, ledger, operation } = yield* imported(listedRecords + 1)
      const changes: ReadonlyArray<readonly [string, string, (record: StoredRecord) => StoredRecord | null]> = [
        [ids[7] ?? "", "RecordAltered", (one) => ({ ...one, body: one.body.replace('"7"', '"8"') })],
        [ids[2000] ?? "", "Misplaced", (one) => ({ ...one, at: one.at + 1 })],
        [ids[9] ?? "", "TermsWrong", (one) => ({ ...one, terms: one.terms.slice(1) })],
        [ids[10] ?? "", "RecordMissing", () => null]
      ]
      const refs = [{ name: ledgerHead as RefName, expected: operation.id, next: operation.id }] as const
      for (const [id, , change] of changes) {
        const record = (yield* catalog.records("version", [id])).get(id) as StoredRecord
        const next = change(record)
        yield* catalog.commit({ remove: [record], refs })
        if (next !== null) yield* catalog.commit({ records: [next], refs })
      }
      const { findings } = yield* ledger.verify()
      for (const [id, tag] of changes) {
        assert.isTrue(
          findings.some((finding) => finding._tag === tag && "id" in finding && finding.id === id),
          `${tag} of ${id}: ${JSON.stringify(findings)}`
        )
      }
    })
  )

  it.effect("shows a list that is gone", () =>
    Effect.gen(function* () {
      const { ledger, objectStorage, operation } = yield* imported(listedRecords + 1)
      const page = operation.pages?.[0] as ObjectId
      yield* objectStorage.remove([page], { storedBefore: Number.MAX_SAFE_INTEGER })
      const { findings } = yield* ledger.verify()
      assert.deepStrictEqual(findings, [{ _tag: "RecordListDamaged", operation: operation.id, page }])
    })
  )
})
