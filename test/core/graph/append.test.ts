import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import { CurrentActor } from "../../../src/core/references/CurrentActor.ts"
import type { ArtifactId, TreeId, VersionId } from "../../../src/model/Ids.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"

const nowhere = "f".repeat(64)

describe("appending", () => {
  it.effect("stores a version with its parents, author, origin, time and metadata, as one operation", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      yield* TestClock.setTime(1000)
      const first = yield* graph.append({
        artifact: pdf,
        parents: [],
        tree: yield* tree({ "SKILL.md": "one" }),
        origin: "local",
        message: "begin"
      })
      yield* TestClock.setTime(2000)
      const second = yield* graph
        .append({
          artifact: pdf,
          parents: [first.version.id],
          tree: yield* tree({ "SKILL.md": "two" }),
          origin: "merge",
          message: "go on",
          metadata: { ticket: 7 },
          branch: { name: "main", from: null },
          reason: "because"
        })
        .pipe(Effect.provideService(CurrentActor, "alice"))
      const read = yield* graph.get(second.version.id)
      assert.deepStrictEqual(read, second.version)
      assert.strictEqual(read.author, "alice")
      assert.strictEqual(read.time, 2000)
      assert.deepStrictEqual(read.parents, [first.version.id])
      assert.deepStrictEqual(read.metadata, { ticket: 7 })
      assert.deepStrictEqual(yield* graph.branches(pdf), [{ artifact: pdf, name: "main", version: read.id }])
      const { items } = yield* ledger.list({ direction: "oldest" })
      assert.deepStrictEqual(
        items.map(({ kind, subjects, reason }) => ({ kind, subjects, reason })),
        [
          { kind: "append", subjects: [pdf], reason: "" },
          { kind: "append", subjects: [pdf], reason: "because" }
        ]
      )
      assert.strictEqual(ledger.describe(items[1] ?? second.operation).startsWith("alice appended version"), true)
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )

  it.effect("A, B and A again are three versions with two contents", () =>
    Effect.gen(function* () {
      const { graph, tree } = yield* graphEngine
      const [a, b] = [yield* tree({ f: "A" }), yield* tree({ f: "B" })]
      const ids: Array<VersionId> = []
      const trees: Array<TreeId> = []
      for (const content of [a, b, a]) {
        const { version } = yield* graph.append({
          artifact: pdf,
          parents: ids.slice(-1),
          tree: content,
          origin: "local",
          message: "",
          branch: { name: "main" }
        })
        ids.push(version.id)
        trees.push(version.tree)
      }
      assert.strictEqual(new Set(ids).size, 3)
      assert.deepStrictEqual(trees, [a, b, a])
      const { versions } = yield* graph.history({ artifact: pdf, branch: "main" })
      assert.deepStrictEqual(
        versions.map(({ id }) => id),
        ids.toReversed()
      )
    })
  )

  it.effect("refuses parents and trees that are not stored, and stores nothing", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const draft = { artifact: pdf, origin: "local", message: "" } as const
      const noParent = yield* Effect.flip(
        graph.append({ ...draft, parents: [nowhere as VersionId], tree: yield* tree({ f: "x" }) })
      )
      assert.strictEqual(noParent._tag, "VersionNotFound")
      const noTree = yield* Effect.flip(graph.append({ ...draft, parents: [], tree: nowhere as TreeId }))
      assert.strictEqual(noTree._tag, "TreeNotFound")
      assert.strictEqual(yield* ledger.head, null)
    })
  )

  it.effect("moves a branch only from where the caller saw it, and names both values when it is elsewhere", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const draft = { artifact: pdf, origin: "local", message: "", tree: yield* tree({ f: "x" }) } as const
      const root = yield* graph.append({ ...draft, parents: [], branch: { name: "main" } })
      const mine = yield* graph.append({
        ...draft,
        parents: [root.version.id],
        message: "mine",
        branch: { name: "main" }
      })
      const head = yield* ledger.head
      const theirs = yield* Effect.flip(
        graph.append({ ...draft, parents: [root.version.id], message: "theirs", branch: { name: "main" } })
      )
      assert.strictEqual(theirs._tag, "RefConflict")
      if (theirs._tag === "RefConflict") {
        assert.strictEqual(theirs.expected, root.version.id)
        assert.strictEqual(theirs.found, mine.version.id)
      }
      assert.strictEqual(yield* ledger.head, head)
      assert.strictEqual((yield* graph.history({ artifact: pdf })).versions.length, 2)
    })
  )

  it.effect("is a defect where a text could not be read again, and stores nothing", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const draft = { artifact: pdf, parents: [], tree: yield* tree({ f: "x" }), origin: "local" } as const
      const attempts = [
        graph.append({ ...draft, message: "a\0b" }),
        graph.append({ ...draft, message: "half \ud800" }),
        graph.append({ ...draft, message: "", reason: "a\0b" }),
        graph.append({ ...draft, message: "" }).pipe(Effect.provideService(CurrentActor, "")),
        graph.append({ ...draft, message: "", metadata: { "\0": 1 } }),
        graph.appendMany({ versions: [{ ...draft, message: "a\0b" }] }),
        graph.appendMany({ versions: [{ ...draft, message: "", time: 0.5 }] })
      ]
      for (const attempt of attempts) {
        const exit: Exit.Exit<unknown, unknown> = yield* Effect.exit(attempt as Effect.Effect<unknown, unknown>)
        assert.strictEqual(exit._tag === "Failure" && Cause.hasDies(exit.cause), true)
      }
      assert.strictEqual(yield* ledger.head, null)
      assert.deepStrictEqual((yield* graph.history({ artifact: pdf })).versions, [])
    })
  )

  it.effect("refuses a branch name that no expression could say", () =>
    Effect.gen(function* () {
      const { graph, tree } = yield* graphEngine
      const wrong = yield* Effect.flip(
        graph.append({
          artifact: pdf,
          parents: [],
          tree: yield* tree({}),
          origin: "local",
          message: "",
          branch: { name: "a~b" }
        })
      )
      assert.strictEqual(wrong._tag, "InvalidName")
    })
  )
})

describe("importing", () => {
  it.effect("appends many versions as one operation, with branches, all or none", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const [x, y] = [yield* tree({ f: "x" }), yield* tree({ f: "y" })]
      const { ids, operation } = yield* graph.appendMany({
        reason: "from elsewhere",
        versions: [
          { artifact: pdf, parents: [], tree: x, message: "0", time: 100, author: "bob" },
          { artifact: pdf, parents: [0], tree: y, message: "1", time: 50 },
          { artifact: pdf, parents: [0], tree: x, message: "2", time: 200 },
          { artifact: pdf, parents: [1, 2], tree: y, message: "3", time: 10, origin: "merge" }
        ],
        branches: [{ artifact: pdf, name: "main", from: null, to: 3 }]
      })
      assert.strictEqual(new Set(ids).size, 4)
      assert.strictEqual(operation.records.length, 4)
      assert.strictEqual((yield* ledger.list()).items.length, 1)
      const tip = yield* graph.resolve(pdf, "main")
      assert.strictEqual(tip, ids[3])
      const merge = yield* graph.get(tip)
      assert.deepStrictEqual(merge.parents, ids.slice(1, 3))
      assert.strictEqual(merge.time, 10)
      const order = (yield* graph.history({ artifact: pdf, direction: "oldest" })).versions.map(
        ({ message }) => message
      )
      assert.deepStrictEqual(order, ["0", "1", "2", "3"])
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])

      const refused = yield* Effect.flip(
        graph.appendMany({
          versions: [{ artifact: pdf, parents: [tip], tree: x, message: "4" }],
          branches: [{ artifact: pdf, name: "main", from: null, to: 0 }]
        })
      )
      assert.strictEqual(refused._tag, "RefConflict")
      assert.strictEqual((yield* graph.history({ artifact: pdf })).versions.length, 4)
    })
  )

  it.effect("gives the ids that appending one by one would give", () =>
    Effect.gen(function* () {
      const one = yield* graphEngine
      const many = yield* graphEngine
      const other = "skill:other" as ArtifactId
      yield* TestClock.setTime(5)
      const [x, y] = [yield* one.tree({ "a/b": "x", c: "c" }), yield* one.tree({ "a/b": "y" })]
      yield* many.tree({ "a/b": "x", c: "c" })
      yield* many.tree({ "a/b": "y" })
      const a = yield* one.graph.append({ artifact: other, parents: [], tree: x, origin: "import", message: "a" })
      const b = yield* one.graph.append({
        artifact: other,
        parents: [a.version.id],
        tree: y,
        origin: "import",
        message: "b"
      })
      const { ids } = yield* many.graph.appendMany({
        versions: [
          { artifact: other, parents: [], tree: x, message: "a" },
          { artifact: other, parents: [0], tree: y, message: "b" }
        ]
      })
      assert.deepStrictEqual(ids, [a.version.id, b.version.id])
      const records = (engine: typeof one) => engine.catalog.records("version", ids)
      assert.deepStrictEqual([...(yield* records(many)).values()], [...(yield* records(one)).values()])
    })
  )
})
