/** Branches and tags of whole collections. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CollectionId, SnapshotId } from "../../../src/model/Ids.ts"
import { agents, type Engine, onMemory } from "../../support/engine.ts"

const three = Effect.fnUntraced(function* (engine: Engine) {
  const ids: Array<SnapshotId> = []
  for (const text of ["one\n", "two\n", "three\n"]) {
    ids.push((yield* engine.capture({ "agents/a.md": text })).snapshot.id)
  }
  return ids as unknown as readonly [SnapshotId, SnapshotId, SnapshotId]
})

describe("names of collections", () => {
  onMemory("branches are created, listed, moved by compare-and-set, and deleted", (engine) =>
    Effect.gen(function* () {
      const { snapshots } = engine
      const [first, second, third] = yield* three(engine)
      yield* snapshots.moveBranch(agents, "stable", { from: null, to: first, reason: "begin" })
      yield* snapshots.createTag(agents, "v1.0.0", first)
      assert.deepStrictEqual(yield* snapshots.names(agents), [
        { kind: "branch", collection: agents, name: "stable", snapshot: first },
        { kind: "tag", collection: agents, name: "v1.0.0", snapshot: first }
      ])
      const again = yield* Effect.flip(snapshots.moveBranch(agents, "stable", { from: null, to: second }))
      assert.strictEqual(again._tag, "RefConflict")
      yield* snapshots.moveBranch(agents, "stable", { from: first, to: second })
      const late = yield* Effect.flip(snapshots.moveBranch(agents, "stable", { from: first, to: third }))
      assert.deepInclude({ ...late }, { _tag: "RefConflict", expected: first, found: second })
      assert.isNull(yield* snapshots.moveBranch(agents, "stable", { from: second, to: second }))
      yield* snapshots.moveBranch(agents, "stable", { from: second, to: null })
      assert.lengthOf(yield* snapshots.names(agents), 1)
      const positions = (yield* snapshots.positions(agents, "stable")).items
      assert.deepStrictEqual(
        positions.map(({ reason, snapshot }) => [snapshot, reason]),
        [
          [null, ""],
          [second, ""],
          [first, "begin"]
        ]
      )
      yield* snapshots.moveBranch(agents, "stable", { from: null, to: positions[1]?.snapshot ?? null })
      assert.strictEqual(yield* snapshots.resolve(agents, "stable"), second)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("a capture goes to no branch that no expression can name", (engine) =>
    Effect.gen(function* () {
      const files = [{ path: "agents/a.md", bytes: new TextEncoder().encode("one\n") }]
      const before = yield* engine.ledger.head
      for (const branch of ["", "..", "a b", "-x", "a~1", "a\u0000"]) {
        const refused = yield* Effect.flip(engine.snapshots.capture({ collection: agents, files, branch }))
        assert.deepInclude({ ...refused }, { _tag: "InvalidName", name: branch })
      }
      assert.deepStrictEqual(yield* engine.ledger.head, before)
      yield* engine.snapshots.capture({ collection: agents, files, branch: "next/1" })
      const spaced = "My agents" as CollectionId
      yield* engine.snapshots.capture({ collection: spaced, files })
    })
  )

  onMemory("expressions find snapshots, and errors are typed", (engine) =>
    Effect.gen(function* () {
      const { snapshots } = engine
      const [first, second, third] = yield* three(engine)
      yield* snapshots.moveBranch(agents, "stable", { from: null, to: second })
      yield* snapshots.createTag(agents, "v1.0.0", first)
      yield* snapshots.createTag(agents, "v1.2.0", second)
      yield* snapshots.createTag(agents, "v2.0.0", third)
      const found = {
        stable: second,
        "branch:stable": second,
        "tag:v1.0.0": first,
        "stable~": first,
        "v2.0.0~2": first,
        "head^": second,
        head: third,
        "^1.0": second,
        latest: third,
        [third]: third,
        "stable@{2100-01-01}": second
      }
      for (const [expression, id] of Object.entries(found)) {
        assert.strictEqual(yield* snapshots.resolve(agents, expression), id, expression)
      }
      const refused = {
        none: "NameNotFound",
        "tag:stable": "NameNotFound",
        "stable@{1960-01-01}": "NameNotFound",
        "^7": "NameNotFound",
        "v1.0.0~": "SnapshotNotFound",
        "head^2": "MalformedExpression",
        "@{deployed:p}": "MalformedExpression",
        "a..b~x": "MalformedExpression",
        "": "MalformedExpression"
      }
      for (const [expression, tag] of Object.entries(refused)) {
        assert.strictEqual((yield* Effect.flip(snapshots.resolve(agents, expression)))._tag, tag, expression)
      }
      yield* snapshots.moveBranch(agents, "v1.0.0", { from: null, to: third })
      assert.strictEqual((yield* Effect.flip(snapshots.resolve(agents, "v1.0.0")))._tag, "AmbiguousName")
      const other = "other" as CollectionId
      assert.strictEqual((yield* Effect.flip(snapshots.resolve(other, third)))._tag, "SnapshotNotFound")
      const foreign = yield* Effect.flip(snapshots.createTag(other, "v1", third))
      assert.strictEqual(foreign._tag, "SnapshotNotFound")
    })
  )

  onMemory("a tag stays unless it is forced; forcing and moving are undone like everything", (engine) =>
    Effect.gen(function* () {
      const { ledger, snapshots } = engine
      const [first, second] = yield* three(engine)
      yield* snapshots.createTag(agents, "v1", first)
      assert.strictEqual((yield* Effect.flip(snapshots.createTag(agents, "v1", second)))._tag, "RefConflict")
      for (const name of ["", "a b", "a..b", "-x"]) {
        assert.strictEqual((yield* Effect.flip(snapshots.createTag(agents, name, second)))._tag, "InvalidName")
      }
      const forced = yield* snapshots.createTag(agents, "v1", second, { force: true, reason: "wrong one" })
      assert.deepInclude(forced?.details, { forced: true })
      assert.include(ledger.describe(forced as NonNullable<typeof forced>), "moved tag v1 of agents")
      yield* ledger.apply(yield* ledger.planUndo({ operation: (forced as NonNullable<typeof forced>).id }))
      assert.strictEqual(yield* snapshots.resolve(agents, "v1"), first)
      yield* snapshots.removeTag(agents, "v1")
      assert.strictEqual((yield* Effect.flip(snapshots.removeTag(agents, "v1")))._tag, "NameNotFound")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})
