import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { branchRef, ledgerHead, storeIdentity, tagRef } from "../../../src/core/catalog/names.ts"
import type { LedgerFinding } from "../../../src/core/ledger/LedgerReport.ts"
import type { OperationId, VersionId } from "../../../src/model/Ids.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"

/** A ledger of five operations: three versions on a branch, and a tag that moves. */
const five = Effect.gen(function* () {
  const engine = yield* graphEngine
  const { graph, ledger } = engine
  const versions: Array<VersionId> = []
  for (const [i, text] of ["a", "b", "c"].entries()) {
    yield* TestClock.setTime(i * 1000)
    const { version } = yield* graph.append({
      artifact: pdf,
      parents: versions.slice(-1),
      tree: yield* engine.tree({ f: text }),
      origin: "local",
      message: text,
      branch: { name: "main" }
    })
    versions.push(version.id)
  }
  yield* TestClock.setTime(3000)
  yield* graph.createTag(pdf, "v1", versions[0] as VersionId)
  yield* TestClock.setTime(4000)
  yield* graph.createTag(pdf, "v1", versions[1] as VersionId, { force: true })
  const { items } = yield* ledger.list({ direction: "oldest" })
  return { ...engine, versions, operations: items.map(({ id }) => id) }
})

const read = Effect.fnUntraced(function* (catalog: CatalogStorageService, kind: string, id: string | undefined) {
  return (yield* catalog.records(kind, [id ?? ""])).get(id ?? "") as StoredRecord
})

/** Does to the catalog what no service would: behind the ledger's back. */
const tamper = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  change: {
    readonly remove?: ReadonlyArray<StoredRecord>
    readonly add?: ReadonlyArray<StoredRecord>
    readonly refs?: ReadonlyArray<RefUpdate>
  }
) {
  const head = (yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null
  const still: RefUpdate = { name: ledgerHead, expected: head, next: head }
  if (change.remove !== undefined) yield* catalog.commit({ remove: change.remove, refs: [still] })
  const [first = still, ...others] = change.refs ?? []
  const result = yield* catalog.commit({ records: change.add, refs: [first, ...others] })
  assert.strictEqual(result._tag, "Committed")
})

const replace = (catalog: CatalogStorageService, record: StoredRecord, changes: Partial<StoredRecord>) =>
  tamper(catalog, { remove: [record], add: [{ ...record, ...changes }] })

const found = (engine: Pick<GraphEngine, "ledger">, knownHead?: OperationId) =>
  Effect.map(engine.ledger.verify({ knownHead }), ({ findings }) => findings)

const tags = (findings: ReadonlyArray<LedgerFinding>) => findings.map(({ _tag }) => _tag)

describe("verifying the ledger", () => {
  it.effect("finds nothing in a sound one, and says that a cut tail could not be seen", () =>
    Effect.gen(function* () {
      const { ledger, operations } = yield* five
      const report = yield* ledger.verify()
      assert.deepStrictEqual(report, {
        head: operations[4] as OperationId,
        operations: 5,
        records: 5,
        refs: 2,
        tail: "unknown",
        findings: []
      })
      const known = yield* ledger.verify({ knownHead: operations[2] as OperationId })
      assert.deepStrictEqual([known.tail, known.findings], ["checked", []])
      const empty = yield* (yield* graphEngine).ledger.verify()
      assert.deepStrictEqual([empty.head, empty.operations, empty.findings], [null, 0, []])
    })
  )

  it.effect("sees an operation that was rewritten", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const record = yield* read(engine.catalog, "operation", engine.operations[2])
      yield* replace(engine.catalog, record, { body: record.body.replace('"actor":"unknown"', '"actor":"mallory"') })
      assert.deepStrictEqual(tags(yield* found(engine)), ["OperationAltered", "TermsWrong"])
    })
  )

  it.effect("sees an operation that cannot be read any more, and checks the others", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const record = yield* read(engine.catalog, "operation", engine.operations[3])
      yield* replace(engine.catalog, record, { body: "{}" })
      const findings = yield* found(engine)
      assert.deepStrictEqual(findings[0], { _tag: "OperationAltered", operation: record.id })
      // The tag's first move is in it: the second one seems to come from nowhere.
      assert.deepStrictEqual(tags(findings), ["OperationAltered", "RefBroken"])
    })
  )

  it.effect("sees an operation that was dropped", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const [, second, third] = engine.operations
      yield* tamper(engine.catalog, { remove: [yield* read(engine.catalog, "operation", second)] })
      const findings = yield* found(engine)
      assert.deepStrictEqual(findings[0], {
        _tag: "OperationMissing",
        operation: second as OperationId,
        namedBy: third as OperationId
      })
      assert.deepStrictEqual(tags(findings), ["OperationMissing", "RefBroken"])
    })
  )

  it.effect("sees operations whose order was changed", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const one = yield* read(engine.catalog, "operation", engine.operations[1])
      const two = yield* read(engine.catalog, "operation", engine.operations[2])
      yield* tamper(engine.catalog, {
        remove: [one, two],
        add: [
          { ...one, at: two.at },
          { ...two, at: one.at }
        ]
      })
      const findings = yield* found(engine)
      // Above its raw time it should have a term that says so.
      assert.deepStrictEqual(new Set(tags(findings)), new Set(["TermsWrong", "Misplaced"]))
      assert.isAbove(findings.length, 1)
    })
  )

  it.effect("sees an operation that was slipped in beside the chain", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const record = yield* read(engine.catalog, "operation", engine.operations[2])
      const id = "e".repeat(64)
      yield* tamper(engine.catalog, { add: [{ ...record, id, body: record.body.replace(record.id, id) }] })
      assert.deepStrictEqual(yield* found(engine), [{ _tag: "OperationUnchained", operation: id }])
    })
  )

  it.effect("sees a cut tail when it is told a head from before", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const [, , , fourth, fifth] = engine.operations as [
        OperationId,
        OperationId,
        OperationId,
        OperationId,
        OperationId
      ]
      const [one, two] = engine.versions as [VersionId, VersionId]
      // Whoever cuts carefully puts the names back, too.
      yield* tamper(engine.catalog, {
        remove: [yield* read(engine.catalog, "operation", fifth)],
        refs: [
          { name: ledgerHead, expected: fifth, next: fourth },
          { name: tagRef(pdf, "v1"), expected: two, next: one }
        ]
      })
      const blind = yield* engine.ledger.verify()
      assert.deepStrictEqual([blind.tail, blind.findings], ["unknown", []])
      const seeing = yield* engine.ledger.verify({ knownHead: fifth })
      assert.deepStrictEqual(
        [seeing.tail, seeing.findings],
        ["checked", [{ _tag: "OperationMissing", operation: fifth, namedBy: null }]]
      )
    })
  )

  it.effect("sees a head that was turned back carelessly even without being told", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const [, , , fourth, fifth] = engine.operations as [
        OperationId,
        OperationId,
        OperationId,
        OperationId,
        OperationId
      ]
      yield* tamper(engine.catalog, { refs: [{ name: ledgerHead, expected: fifth, next: fourth }] })
      assert.deepStrictEqual(tags(yield* found(engine)), ["OperationUnchained", "RefMoved"])
    })
  )

  it.effect("sees a head that names nothing", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const last = engine.operations[4] as OperationId
      yield* tamper(engine.catalog, { remove: [yield* read(engine.catalog, "operation", last)] })
      const findings = yield* found(engine)
      assert.deepStrictEqual(findings[0], { _tag: "OperationMissing", operation: last, namedBy: null })
      assert.deepStrictEqual(tags(findings), ["OperationMissing", "RefMoved"])
    })
  )

  it.effect("sees records that are gone, changed, misplaced, or found by the wrong terms", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const [one, two, three] = yield* Effect.forEach(engine.versions, (id) => read(engine.catalog, "version", id))
      assert.isDefined(one)
      assert.isDefined(two)
      assert.isDefined(three)
      yield* tamper(engine.catalog, { remove: [three] })
      assert.deepStrictEqual(yield* found(engine), [
        { _tag: "RecordMissing", operation: engine.operations[2] as OperationId, kind: "version", id: three.id }
      ])
      yield* tamper(engine.catalog, { add: [{ ...three, at: three.at + 1 }] })
      assert.deepStrictEqual(yield* found(engine), [{ _tag: "Misplaced", kind: "version", id: three.id }])
      yield* replace(engine.catalog, { ...three, at: three.at + 1 }, { at: three.at, terms: ["artifact/skill:x"] })
      const wrong = yield* found(engine)
      assert.deepStrictEqual(tags(wrong), ["TermsWrong"])
      assert.deepStrictEqual(wrong[0]?._tag === "TermsWrong" ? wrong[0].extra : [], ["artifact/skill:x"])
      yield* replace(engine.catalog, three, { body: three.body.replace('"message":"c"', '"message":"C"') })
      assert.deepStrictEqual(tags(yield* found(engine)), ["RecordAltered"])
    })
  )

  it.effect("sees the place and the terms of every kind of record, and what names the store", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const version = yield* read(engine.catalog, "version", engine.versions[1])
      const path = version.terms.find((term) => term.startsWith("artifact+path/")) ?? ""
      assert.notStrictEqual(path, "")
      // Only the trees know the path's terms: the operation's sum still tells.
      yield* replace(engine.catalog, version, { terms: version.terms.filter((term) => term !== path) })
      assert.deepStrictEqual(yield* found(engine), [
        { _tag: "TermsWrong", kind: "version", id: version.id, missing: [], extra: [] }
      ])
      yield* replace(engine.catalog, version, {})
      const [tag] = yield* engine.catalog.scan({ kind: "tag", term: `artifact/${pdf}`, direction: "forward", limit: 1 })
      assert.isDefined(tag)
      yield* replace(engine.catalog, tag, { at: tag.at + 1 })
      assert.deepStrictEqual(yield* found(engine), [{ _tag: "Misplaced", kind: "tag", id: tag.id }])
      yield* replace(engine.catalog, tag, {})
      const identity = yield* engine.log.storeId
      assert.deepStrictEqual(yield* found(engine), [])
      const other = `f${identity.slice(1)}`
      yield* tamper(engine.catalog, { refs: [{ name: storeIdentity, expected: identity, next: other }] })
      assert.deepStrictEqual(yield* found(engine), [{ _tag: "IdentityAltered", found: other }])
    })
  )

  it.effect("takes a record that two operations stored for what the older one stored", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const one = engine.versions[0] as VersionId
      // The same tag again in the same millisecond is the same record, though it comes after its own removal.
      yield* engine.graph.createTag(pdf, "twice", one)
      yield* engine.graph.removeTag(pdf, "twice")
      yield* engine.graph.createTag(pdf, "twice", one)
      assert.deepStrictEqual(yield* found(engine), [])
    })
  )

  it.effect("sees names that moved, came or went without an operation", () =>
    Effect.gen(function* () {
      const engine = yield* five
      const [one, , three] = engine.versions as [VersionId, VersionId, VersionId]
      const main = branchRef(pdf, "main")
      const last = engine.operations[2] as OperationId
      yield* tamper(engine.catalog, { refs: [{ name: main, expected: three, next: one }] })
      assert.deepStrictEqual(yield* found(engine), [
        { _tag: "RefMoved", name: main, operation: last, expected: three, found: one }
      ])
      yield* tamper(engine.catalog, { refs: [{ name: main, expected: one, next: null }] })
      assert.deepStrictEqual(yield* found(engine), [
        { _tag: "RefMoved", name: main, operation: last, expected: three, found: null }
      ])
      const stray = branchRef(pdf, "stray")
      yield* tamper(engine.catalog, {
        refs: [
          { name: main, expected: null, next: three },
          { name: stray, expected: null, next: one }
        ]
      })
      assert.deepStrictEqual(yield* found(engine), [{ _tag: "RefUnrecorded", name: stray, found: one }])
    })
  )

  it.effect(
    "is not misled by operations that are appended while it goes on",
    () =>
      Effect.gen(function* () {
        const engine = yield* five
        const { graph, ledger, versions } = engine
        const writer = Effect.forEach(Array.from({ length: 30 }), (_, i) =>
          Effect.andThen(Effect.yieldNow, graph.createTag(pdf, `busy-${i}`, versions[0] as VersionId))
        )
        const [findings] = yield* Effect.all(
          [Effect.forEach(Array.from({ length: 5 }), () => found({ ledger })), writer],
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual(findings.flat(), [])
      }),
    60_000
  )

  it.effect(
    "reads a long ledger in pages",
    () =>
      Effect.gen(function* () {
        const engine = yield* five
        for (let i = 0; i < 500; i++) yield* engine.graph.createTag(pdf, `t${i}`, engine.versions[i % 3] as VersionId)
        engine.reads.calls = 0
        const report = yield* engine.ledger.verify()
        assert.deepStrictEqual([report.operations, report.findings], [505, []])
        assert.isAtMost(engine.reads.calls, 12)
      }),
    60_000
  )
})
