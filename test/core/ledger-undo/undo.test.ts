import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { DirectoryPath, OperationId } from "../../../src/model/Ids.ts"
import { artifact, dir, type Engine, type Files, onBoth, onMemory, path, shown } from "../../support/engine.ts"

const v1: Files = { "skills/s/f": "1\n2\n3\n4\n5\n", "skills/t/f": "t\n", "README.md": "1\n" }
const v2: Files = { "skills/s/f": "one\n2\n3\n4\n5\n", "skills/t/f": "t\n", "README.md": "2\n", "skills/n/f": "n\n" }

const state = (engine: Engine) => Effect.all([engine.files, engine.names])

describe("undoing", () => {
  onBoth("the first deployment empties the project again, and redo fills it", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ ...v1, "skills/s/empty": dir })
      yield* engine.edit({ "notes/todo.md": "mine\n", kept: dir })
      const before = yield* state(engine)
      const { operation } = yield* engine.deploy()
      const after = yield* state(engine)
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* state(engine), before)
      const redone = yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* state(engine), after)
      assert.deepStrictEqual([undone.operation.kind, redone.operation.kind], ["undo", "redo"])
      assert.deepStrictEqual(undone.operation.reverses, [operation.id])
      // An undo of the redo works like an undo of the deployment.
      yield* engine.undo(redone.operation.id)
      assert.deepStrictEqual(yield* state(engine), before)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("a capture: its names go back, nothing else does, and it can be redone", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      const before = yield* state(engine)
      const { operation, snapshot } = yield* engine.capture(v2)
      const after = yield* state(engine)
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* state(engine), before)
      // The snapshot itself is still there to be read.
      assert.strictEqual((yield* engine.snapshots.get(snapshot.id)).id, snapshot.id)
      assert.deepStrictEqual((yield* engine.planUpdate()).deployments, [])
      yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* state(engine), after)
      assert.strictEqual((yield* engine.planUpdate()).deployments.length, 2)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("the very first capture: the collection is unknown again", (engine) =>
    Effect.gen(function* () {
      const { operation } = yield* engine.capture(v1)
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.names, {})
      assert.strictEqual((yield* Effect.flip(engine.planDeploy()))._tag, "CollectionNotFound")
      yield* engine.capture(v2)
      yield* engine.deploy()
      assert.deepStrictEqual(yield* engine.files, shown(v2))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("an operation whose names moved since names the later one, and nothing happens", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const { operation: deployed } = yield* engine.deploy()
      yield* engine.capture(v2)
      const { operation: updated } = yield* engine.update()
      const before = yield* state(engine)
      const refused = yield* Effect.flip(engine.undo(deployed.id))
      assert.strictEqual(refused._tag, "UndoConflict")
      if (refused._tag === "UndoConflict") {
        assert.strictEqual(refused.operation, deployed.id)
        assert.strictEqual(refused.later, updated.id)
        assert.match(refused.message, /Undo that one first/)
      }
      assert.deepStrictEqual(yield* state(engine), before)
      yield* engine.undo(updated.id)
      yield* engine.undo(deployed.id)
      assert.deepStrictEqual(yield* engine.files, {})
      assert.strictEqual((yield* Effect.flip(engine.undo(updated.id)))._tag, "UndoConflict")
      assert.strictEqual((yield* Effect.flip(engine.undo("f".repeat(64) as OperationId)))._tag, "OperationNotFound")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("keeps edits made since, and asks where they meet what is undone", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.capture(v2)
      const { operation } = yield* engine.update()
      yield* engine.edit({ "skills/s/f": "one\n2\n3\n4\nfive\n", "README.md": "2, edited\n", "new.md": "mine\n" })
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          "skills/s/f": "1\n2\n3\n4\nfive\n",
          "skills/t/f": "t\n",
          "README.md": "2, edited\n",
          "new.md": "mine\n"
        })
      )
      assert.deepStrictEqual(yield* engine.open, ["README.md"])
      yield* engine.resolve({ path: path("README.md"), use: "theirs" })
      assert.strictEqual((yield* engine.files)["README.md"], "f 1\n")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("a restored snapshot: what it wrote is taken back", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture(v1)
      const elsewhere = engine.hands.root("elsewhere")
      engine.hands.edit(elsewhere, { "README.md": "mine\n", "other.md": "other\n" })
      const before = engine.hands.list(elsewhere)
      yield* engine.snapshots.restore(snapshot.id, { root: elsewhere, overwrite: true })
      const after = engine.hands.list(elsewhere)
      assert.deepStrictEqual(after, shown({ ...v1, "other.md": "other\n" }))
      const [operation] = (yield* engine.ledger.list({ kind: "restore" })).items
      assert.ok(operation)
      const plan = yield* engine.ledger.planUndo({ operation: operation.id, root: elsewhere })
      const undone = yield* engine.ledger.apply(plan, { root: elsewhere })
      assert.deepStrictEqual(engine.hands.list(elsewhere), before)
      const again = yield* engine.ledger.planRedo({ operation: undone.operation.id, root: elsewhere })
      yield* engine.ledger.apply(again, { root: elsewhere })
      assert.deepStrictEqual(engine.hands.list(elsewhere), after)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("a plan with files is not carried out without their root", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const { operation } = yield* engine.deploy()
      const before = yield* state(engine)
      const head = yield* engine.ledger.head
      const plan = yield* engine.ledger.planUndo({ operation: operation.id, root: engine.root })
      assert.strictEqual((yield* Effect.flip(engine.ledger.apply(plan)))._tag, "RootNeeded")
      const unplanned = yield* Effect.flip(engine.ledger.planUndo({ operation: operation.id }))
      assert.strictEqual(unplanned._tag, "RootNeeded")
      assert.match(unplanned.message, /give its `root`/)
      assert.deepStrictEqual(yield* state(engine), before)
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onMemory("does not put a deployment back where another one has come to stand", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "s\n", "skills/t/f": "t\n" })
      yield* engine.deploy({ artifacts: [artifact("skill:s")] })
      const { operation } = yield* engine.retire("skill:s")
      yield* engine.deploy({ artifacts: [artifact("skill:t")], targets: { "skill:t": "skills/s" as DirectoryPath } })
      const before = yield* state(engine)
      const refused = yield* Effect.flip(engine.undo(operation.id))
      assert.strictEqual(refused._tag, "TargetOccupied")
      assert.deepStrictEqual(yield* state(engine), before)
      assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "clean" })
    })
  )

  onMemory("an undo that was planned before another operation came is stale", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.capture(v2)
      const { operation } = yield* engine.update()
      const plan = yield* engine.ledger.planUndo({ operation: operation.id, root: engine.root })
      yield* engine.edit({ "README.md": "saved meanwhile\n" })
      const before = yield* state(engine)
      const refused = yield* Effect.flip(engine.ledger.apply(plan, { root: engine.root }))
      assert.strictEqual(refused._tag, "PlanStale")
      assert.deepStrictEqual(yield* state(engine), before)
      const moved = yield* engine.ledger.planUndo({ operation: operation.id, root: engine.root })
      yield* engine.retire("skill:s")
      const late = yield* state(engine)
      const again = yield* Effect.flip(engine.ledger.apply(moved, { root: engine.root }))
      assert.strictEqual(again._tag, "PlanStale")
      assert.deepStrictEqual(yield* state(engine), late)
    })
  )

  onMemory("a plan that was changed after it was made is refused", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const plan = yield* engine.planDeploy()
      const tampered = { ...plan, paths: plan.paths.slice(1) }
      const refused = yield* Effect.flip(engine.deployments.apply(tampered, { root: engine.root }))
      assert.strictEqual(refused._tag, "PlanInvalid")
      assert.deepStrictEqual(yield* engine.files, {})
      // It survives being written down and read again.
      yield* engine.deployments.apply(JSON.parse(JSON.stringify(plan)), { root: engine.root })
      assert.deepStrictEqual(yield* engine.files, shown(v1))
    })
  )

  onBoth("everything, one by one: the store is as empty of names as at the beginning", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": "mine\n2\n3\n4\n5\n" })
      const edited = yield* engine.files
      yield* engine.capture(v2)
      yield* engine.update({ collection: "agents" as never, scope: "collection" })
      yield* engine.resolve({ path: path("skills/s/f"), use: "theirs" })
      yield* engine.retire("skill:n")
      const done = (yield* engine.ledger.list({ direction: "newest" })).items
      assert.deepStrictEqual(
        done.map(({ kind }) => kind),
        ["retire", "resolve", "update", "capture", "deploy", "capture"]
      )
      for (const { id, kind } of done) {
        yield* engine.undo(id)
        if (kind === "update") assert.deepStrictEqual(yield* engine.files, edited)
        assert.deepStrictEqual(yield* engine.findings, [])
      }
      assert.deepStrictEqual(yield* engine.names, {})
      // The user's edit of a file that is not deployed any more is the user's.
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": "mine\n2\n3\n4\n5\n" }))
    })
  )
})
