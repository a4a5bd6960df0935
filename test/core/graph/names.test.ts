import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { tagRef } from "../../../src/core/catalog/names.ts"
import { CurrentActor } from "../../../src/core/references/CurrentActor.ts"
import type { Actor, VersionId } from "../../../src/model/Ids.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"

/** An engine with three versions in a row, none of them named. */
const three = Effect.gen(function* () {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ f: "x" })
  const versions = [0, 1, 2].map((i) => ({ artifact: pdf, parents: i === 0 ? [] : [i - 1], tree, message: `${i}` }))
  const { ids } = yield* engine.graph.appendMany({ versions })
  const [a, b, c] = ids as [VersionId, VersionId, VersionId]
  return { ...engine, a, b, c }
})

const operationKinds = (engine: Pick<GraphEngine, "ledger">) =>
  Effect.map(engine.ledger.list({ direction: "oldest" }), ({ items }) => items.map(({ kind }) => kind))

describe("branches", () => {
  it.effect("are created, moved, renamed and deleted, each by one operation", () =>
    Effect.gen(function* () {
      const engine = yield* three
      const { a, b, graph, ledger } = engine
      yield* graph.createBranch(pdf, "main", a)
      yield* graph.moveBranch(pdf, "main", { from: a, to: b })
      yield* graph.renameBranch(pdf, "main", "trunk")
      assert.deepStrictEqual(yield* graph.branches(pdf), [{ artifact: pdf, name: "trunk", version: b }])
      yield* graph.deleteBranch(pdf, "trunk", { expected: b })
      assert.deepStrictEqual(yield* graph.branches(pdf), [])
      assert.deepStrictEqual(yield* operationKinds(engine), ["append", "branch", "branch", "branch", "branch"])
      const { items } = yield* ledger.list({ kind: "branch", direction: "oldest" })
      assert.deepStrictEqual(
        items.map((operation) => ledger.describe(operation)),
        [
          `unknown created branch main of ${pdf} at ${a.slice(0, 8)}`,
          `unknown moved branch main of ${pdf} from ${a.slice(0, 8)} to ${b.slice(0, 8)}`,
          `unknown renamed branch main of ${pdf} to trunk`,
          `unknown deleted branch trunk of ${pdf}, which was at ${b.slice(0, 8)}`
        ]
      )
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )

  it.effect("move only from where they were seen; a conflict names both values, and nothing changes", () =>
    Effect.gen(function* () {
      const { a, b, c, graph, ledger } = yield* three
      yield* graph.createBranch(pdf, "main", b)
      const head = yield* ledger.head
      const conflicts = [
        yield* Effect.flip(graph.moveBranch(pdf, "main", { from: a, to: c })),
        yield* Effect.flip(graph.createBranch(pdf, "main", c)),
        yield* Effect.flip(graph.deleteBranch(pdf, "main", { expected: c })),
        yield* Effect.flip(graph.moveBranch(pdf, "main", { from: a, to: a })),
        yield* Effect.flip(graph.moveBranch(pdf, "other", { from: a, to: b }))
      ]
      assert.deepStrictEqual(
        conflicts.map((error) =>
          error._tag === "RefConflict" ? [error.name, error.expected, error.found] : error._tag
        ),
        [
          ["branch/skill:pdf/main", a, b],
          ["branch/skill:pdf/main", null, b],
          ["branch/skill:pdf/main", c, b],
          ["branch/skill:pdf/main", a, b],
          ["branch/skill:pdf/other", a, null]
        ]
      )
      assert.strictEqual(yield* ledger.head, head)
    })
  )

  it.effect("staying where they are writes nothing", () =>
    Effect.gen(function* () {
      const { a, graph, ledger } = yield* three
      yield* graph.createBranch(pdf, "main", a)
      const head = yield* ledger.head
      assert.strictEqual(yield* graph.moveBranch(pdf, "main", { from: a, to: a }), null)
      assert.strictEqual(yield* graph.renameBranch(pdf, "main", "main"), null)
      assert.strictEqual(yield* ledger.head, head)
    })
  )

  it.effect("of several writers at once, exactly one moves it", () =>
    Effect.gen(function* () {
      const { a, b, c, graph } = yield* three
      yield* graph.createBranch(pdf, "main", a)
      const results = yield* Effect.forEach(
        [b, c, b, c],
        (to) => Effect.result(graph.moveBranch(pdf, "main", { from: a, to })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
    })
  )

  it.effect("refuse versions that are not stored, names that cannot be said, and renaming what is not there", () =>
    Effect.gen(function* () {
      const { a, graph } = yield* three
      const nowhere = "f".repeat(64) as VersionId
      assert.strictEqual((yield* Effect.flip(graph.createBranch(pdf, "main", nowhere)))._tag, "VersionNotFound")
      assert.strictEqual((yield* Effect.flip(graph.createBranch(pdf, "a b", a)))._tag, "InvalidName")
      assert.strictEqual((yield* Effect.flip(graph.renameBranch(pdf, "x", "y")))._tag, "NameNotFound")
      assert.strictEqual((yield* Effect.flip(graph.deleteBranch(pdf, "x")))._tag, "NameNotFound")
    })
  )

  it.effect("with odd names survive the way through the catalog, sorted by their bytes", () =>
    Effect.gen(function* () {
      const { a, graph } = yield* three
      const names = ["%2F", "Zoë", "a/b", "a/b/c", "team%20", "z", "𝒜", "\uff5e"]
      for (const name of names.toReversed()) yield* graph.createBranch(pdf, name, a)
      assert.deepStrictEqual(
        (yield* graph.branches(pdf)).map(({ name }) => name),
        names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
      )
    })
  )
})

describe("tags", () => {
  it.effect("keep who put them there, when, and what they said", () =>
    Effect.gen(function* () {
      const engine = yield* three
      const { a, b, graph } = engine
      yield* TestClock.setTime(77)
      yield* graph
        .createTag(pdf, "v1.0.0", a, { message: "first release", reason: "the board said so" })
        .pipe(Effect.provideService(CurrentActor, "alice"))
      yield* graph.createTag(pdf, "v1.1.0", b)
      assert.deepStrictEqual(yield* graph.tags(pdf), [
        { artifact: pdf, name: "v1.0.0", version: a, message: "first release", author: "alice" as Actor, time: 77 },
        { artifact: pdf, name: "v1.1.0", version: b, message: "", author: "unknown" as Actor, time: 77 }
      ])
      assert.deepStrictEqual(yield* operationKinds(engine), ["append", "tag", "tag"])
      assert.deepStrictEqual((yield* engine.ledger.verify()).findings, [])
    })
  )

  it.effect("do not move, unless forced; the ledger keeps where they were", () =>
    Effect.gen(function* () {
      const { a, b, graph, ledger } = yield* three
      yield* graph.createTag(pdf, "v1", a, { message: "one" })
      const refused = yield* Effect.flip(graph.createTag(pdf, "v1", b))
      assert.strictEqual(refused._tag, "TagExists")
      if (refused._tag === "TagExists") assert.strictEqual(refused.version, a)
      const forced = yield* graph.createTag(pdf, "v1", b, { force: true, message: "two" })
      assert.deepStrictEqual(forced.refs, [{ name: tagRef(pdf, "v1"), before: a, after: b }])
      assert.strictEqual((yield* graph.tags(pdf))[0]?.message, "two")
      // Even when the clock has gone back, what was said last counts.
      yield* TestClock.setTime(-5000)
      yield* graph.createTag(pdf, "v1", a, { force: true, message: "three" })
      assert.strictEqual((yield* graph.tags(pdf))[0]?.message, "three")
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )

  it.effect("are taken away once", () =>
    Effect.gen(function* () {
      const { a, graph } = yield* three
      yield* graph.createTag(pdf, "v1", a)
      yield* graph.removeTag(pdf, "v1")
      assert.deepStrictEqual(yield* graph.tags(pdf), [])
      assert.strictEqual((yield* Effect.flip(graph.removeTag(pdf, "v1")))._tag, "NameNotFound")
    })
  )

  it.effect("of two writers at once, one puts it", () =>
    Effect.gen(function* () {
      const { a, b, graph } = yield* three
      const results = yield* Effect.forEach(
        [a, b, a],
        (version) => Effect.result(graph.createTag(pdf, "v1", version)),
        {
          concurrency: "unbounded"
        }
      )
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
    })
  )

  it.effect("can be undone and redone", () =>
    Effect.gen(function* () {
      const { a, b, graph, ledger } = yield* three
      yield* graph.createTag(pdf, "v1", a, { message: "one" })
      const forced = yield* graph.createTag(pdf, "v1", b, { force: true, message: "two" })
      yield* ledger.apply(yield* ledger.planUndo({ operation: forced.id }))
      const [tag] = yield* graph.tags(pdf)
      assert.deepStrictEqual([tag?.version, tag?.message], [a, "one"])
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )
})
