import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeWorkingTree } from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { WorkingTree } from "../../../src/core/WorkingTree.ts"
import type { Oddity } from "../../../src/model/Drift.ts"
import type { OperationId, SnapshotId, VersionId } from "../../../src/model/Ids.ts"
import {
  agents,
  artifact,
  type Engine,
  type Files,
  onMemory,
  path,
  project,
  scenario,
  shown,
  type TestPorts
} from "../../support/engine.ts"

const v1: Files = { "skills/s/f": "one\n", "skills/s/d/g": "two\n", "agents/a.md": "a\n", "README.md": "1\n" }
const v2: Files = { "skills/s/f": "ONE\n", "skills/s/d/g": "TWO\n", "agents/a.md": "a\n", "README.md": "2\n" }

const sqliteOnly = (file: string): TestPorts => Layer.mergeAll(Sqlite.layer({ file }), makeWorkingTree().layer)

const state = (engine: Engine) => Effect.all([engine.files, engine.names, engine.ledger.head])

/** Everything a host may ask of a project at some root. */
const requests = (
  engine: Engine,
  root: string,
  target: { readonly operation: OperationId; readonly snapshot: SnapshotId }
) => ({
  capture: engine.snapshots.capture({ collection: agents, root }),
  deploy: engine.deployments.plan({ project, root, collection: agents }),
  retire: engine.deployments.planRetire({ project, root, artifacts: [artifact("skill:s")] }),
  drift: engine.drift.check({ project, root }),
  update: engine.sync.plan({ project, root }),
  resolve: engine.conflicts.plan({ project, root, resolutions: [{ path: path("skills/s/f"), use: "ours" }] }),
  rollback: engine.rollback.plan({ project, root, to: { snapshot: target.snapshot } }),
  undo: engine.ledger.planUndo({ operation: target.operation, root }),
  restore: engine.snapshots.restore(target.snapshot, { root })
})

const updated = Effect.fnUntraced(function* (engine: Engine) {
  const { snapshot } = yield* engine.capture(v1)
  yield* engine.deploy()
  yield* engine.edit({ "skills/s/f": "mine\n" })
  yield* engine.capture(v2)
  const { operation } = yield* engine.update()
  return { operation: operation.id, snapshot: snapshot.id }
})

describe("what a host is told", () => {
  it.effect("a root that is not there, or is a file, is named, and nothing happens", () =>
    scenario("disk", (engine) =>
      Effect.gen(function* () {
        const target = yield* updated(engine)
        const before = yield* state(engine)
        for (const [root, failure] of [
          [`${engine.root}/nowhere`, "not-found"],
          [`${engine.root}/README.md`, "not-a-directory"]
        ] as const) {
          for (const [name, request] of Object.entries(requests(engine, root, target))) {
            const error = yield* Effect.flip(
              request as Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
            )
            assert.strictEqual(error._tag, "WorkingTreeError", name)
            assert.ok(error.message.includes(root), name)
            assert.strictEqual((error as unknown as { readonly failure: string }).failure, failure, name)
          }
        }
        assert.deepStrictEqual(yield* state(engine), before)
      })
    )
  )

  /** A project in which something cannot be read. Real ones are the file system adapter's to test. */
  const odd =
    (oddity: Oddity, armed: { now: boolean }) =>
    (ports: TestPorts): TestPorts =>
      Layer.effect(
        WorkingTree,
        Effect.map(WorkingTree, (tree) => ({
          ...tree,
          scan: (root: string, options: Parameters<typeof tree.scan>[1]) =>
            Effect.map(tree.scan(root, options), (scan) => {
              if (!armed.now || options.ignore.includes("*")) return scan
              const hidden = (at: string) => at === oddity.path || at.startsWith(`${oddity.path}/`)
              return {
                ...scan,
                entries: scan.entries.filter((entry) => !hidden(entry.path)),
                oddities: [...scan.oddities, oddity]
              }
            })
        }))
      ).pipe(Layer.provideMerge(ports))

  for (const [what, at] of [
    ["unreadable", "skills/s/f"],
    ["unreadable", "skills/s/d"],
    ["fifo", "skills/s/f"]
  ] as const) {
    it.effect(`something ${what} at ${at} is reported, and stops whatever would have to know it`, () => {
      const armed = { now: false }
      const oddity: Oddity = { path: path(at), what, reason: "EACCES" }
      return scenario(
        "memory",
        (engine) =>
          Effect.gen(function* () {
            const target = yield* updated(engine)
            yield* engine.capture({ ...v2, "skills/s/d/g": "three\n", "README.md": "3\n" })
            const before = yield* state(engine)
            armed.now = true
            const drift = yield* engine.drift.check({ project, root: engine.root })
            assert.deepStrictEqual(drift.oddities, [oddity])
            // Nothing is said about what nobody could read; above all not that it was deleted.
            assert.deepStrictEqual(
              drift.paths.filter((row) => row.path === at || row.path.startsWith(`${at}/`)),
              []
            )
            const all = requests(engine, engine.root, target)
            for (const name of ["deploy", "retire", "update", "rollback", "undo"] as const) {
              const request = all[name] as Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
              const error = yield* Effect.flip(request)
              assert.strictEqual(error._tag, "WorkingTreeError", name)
              assert.ok(error.message.includes(JSON.stringify(at)), name)
            }
            // What does not need it goes on.
            yield* engine.update({ artifacts: [artifact("rest:files")] })
            assert.strictEqual((yield* engine.files)["README.md"], "f 3\n")
            armed.now = false
            assert.strictEqual((yield* state(engine))[0]["skills/s/f"], before[0]["skills/s/f"])
            assert.deepStrictEqual(yield* engine.findings, [])
          }),
        odd(oddity, armed)
      )
    })
  }

  it.effect("a collection with an unreadable file is not captured without it", () => {
    const armed = { now: false }
    return scenario(
      "memory",
      (engine) =>
        Effect.gen(function* () {
          yield* engine.capture(v1)
          const head = yield* engine.ledger.head
          armed.now = true
          const error = yield* Effect.flip(engine.capture(v2))
          assert.strictEqual(error._tag, "WorkingTreeError")
          assert.match(error.message, /capture: "skills\/s\/f" .* check its permissions/)
          assert.strictEqual(yield* engine.ledger.head, head)
        }),
      odd({ path: path("skills/s/f"), what: "unreadable", reason: "EACCES" }, armed)
    )
  })

  it.effect(
    "a file that is saved while it is compared is named, even where it becomes another local file's twin",
    () => {
      const twin = { save: () => {} }
      const wrap = (ports: TestPorts): TestPorts =>
        Layer.effect(
          WorkingTree,
          Effect.map(WorkingTree, (tree) => ({
            ...tree,
            read: (root: string, paths: Parameters<typeof tree.read>[1]) =>
              Effect.suspend(() => {
                twin.save()
                return tree.read(root, paths)
              })
          }))
        ).pipe(Layer.provideMerge(ports))
      return scenario(
        "memory",
        (engine) =>
          Effect.gen(function* () {
            yield* updated(engine)
            yield* engine.edit({ "skills/s/f": "mine, one\n", "skills/s/d/g": "mine, two\n" })
            yield* engine.capture({ ...v2, "skills/s/f": "3\n", "skills/s/d/g": "3\n" })
            twin.save = () => engine.hands.edit(engine.root, { "skills/s/f": "mine, two\n" })
            const error = yield* Effect.flip(engine.planUpdate())
            assert.strictEqual(error._tag, "WorkingTreeError")
            assert.match(error.message, /"skills\/s\/f".*changed while it was being compared; try again/)
            yield* engine.planUpdate()
          }),
        wrap
      )
    }
  )

  it.effect("a store with a flipped byte is named to the object, and nothing is done with what is left", () =>
    scenario("disk", (engine) =>
      Effect.gen(function* () {
        yield* engine.capture(v1)
        const id = engine.objects.identify(new TextEncoder().encode("two\n"))
        const database = new DatabaseSync(`${engine.root}/../store.db`)
        const row = database
          .prepare(
            "SELECT c.content, c.bytes, o.start FROM tidemark_contents c JOIN tidemark_objects o USING (content) WHERE hex(o.id) = upper(?)"
          )
          .get(id) as { content: number; bytes: Uint8Array; start: number }
        const at = row.start + 4
        const bytes = row.bytes.with(at, (row.bytes[at] ?? 0) ^ 4)
        database.prepare("UPDATE tidemark_contents SET bytes = ? WHERE content = ?").run(bytes, row.content)
        database.close()
        const before = yield* state(engine)
        const plan = yield* engine.planDeploy()
        for (const asked of [
          engine.deployments.apply(plan, { root: engine.root }),
          engine.snapshots.read(
            (yield* engine.snapshots.list({ collection: agents })).items[0]?.id as SnapshotId,
            "skills/s/d/g"
          )
        ] as ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>>) {
          const error = yield* Effect.flip(asked)
          assert.strictEqual(error._tag, "StorageError")
          assert.ok(error.message.includes(`damaged at object ${id}`), error.message)
          assert.match(error.message, /Restore it from a backup/)
        }
        assert.deepStrictEqual(yield* state(engine), before)
        assert.deepStrictEqual(yield* engine.files, {})
      })
    )
  )

  it.effect("a store that a later version has written is not opened", () =>
    scenario("disk", (engine) =>
      Effect.gen(function* () {
        yield* engine.capture(v1)
        const file = `${engine.root}/../store.db`
        const database = new DatabaseSync(file)
        database.prepare("INSERT INTO tidemark_schema (version, name, applied_at) VALUES (999, 'later', 0)").run()
        database.close()
        const error = yield* Effect.flip(
          scenario(
            "disk",
            () => Effect.void,
            () => sqliteOnly(file)
          )
        )
        assert.strictEqual(error.reason._tag, "StorageSchemaNewer")
        assert.match(error.message, /schema 999; this Tidemark knows schemas up to \d+\. Upgrade tidemark/)
      })
    )
  )

  onMemory("ids that are unknown, or of another kind of thing, are named as what they were taken for", (engine) =>
    Effect.gen(function* () {
      const target = yield* updated(engine)
      const version = (yield* engine.deployments.current(project))[0]?.version as VersionId
      const deployment = (yield* engine.deployments.current(project))[0]?.id ?? ""
      const before = yield* state(engine)
      const told = Effect.fnUntraced(function* (
        tag: string,
        asked: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
      ) {
        const error = yield* Effect.flip(asked)
        assert.strictEqual(error._tag, tag)
        return error.message
      })
      for (const id of ["", "x", version, target.operation, deployment]) {
        const snapshot = id as SnapshotId
        assert.ok((yield* told("SnapshotNotFound", engine.snapshots.get(snapshot))).includes(JSON.stringify(id)))
        yield* told("SnapshotNotFound", engine.planUpdate({ collection: agents, snapshot }))
        yield* told("SnapshotNotFound", engine.planRollback({ to: { snapshot } }))
      }
      for (const id of ["", "x", version, target.snapshot, "f".repeat(64)]) {
        const operation = id as OperationId
        assert.match(yield* told("OperationNotFound", engine.ledger.get(operation)), /Ledger\.list/)
        yield* told("OperationNotFound", engine.ledger.planUndo({ operation, root: engine.root }))
        yield* told("OperationNotFound", engine.planRollback({ to: { operation } }))
      }
      for (const id of ["x", target.operation, target.snapshot]) {
        const asked = id as VersionId
        assert.match(yield* told("VersionNotFound", engine.graph.get(asked)), /VersionGraph\.history/)
        yield* told("VersionNotFound", engine.planRollback({ to: { version: asked } }))
        yield* told("VersionNotFound", engine.merge.versions(version, asked))
      }
      for (const cursor of ["", "nonsense", "1", "::"]) {
        yield* told("InvalidCursor", engine.ledger.list({ cursor }))
        yield* told("InvalidCursor", engine.snapshots.list({ collection: agents, cursor }))
        yield* told("InvalidCursor", engine.deployments.history({ project, cursor }))
      }
      assert.deepStrictEqual(yield* state(engine), before)
    })
  )

  onMemory("the moment of a capture is one of the project, unless nothing stood there yet", (engine) =>
    Effect.gen(function* () {
      const { operation } = yield* engine.capture(v1)
      yield* engine.deploy()
      const error = yield* Effect.flip(engine.planRollback({ to: { operation: operation.id } }))
      assert.strictEqual(error._tag, "NotDeployed")
      assert.deepStrictEqual(yield* engine.files, shown(v1))
      const second = yield* engine.capture({ ...v1, "agents/a.md": "two\n" })
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown({ ...v1, "agents/a.md": "two\n" }))
      const plan = yield* engine.planRollback({ to: { operation: second.operation.id } })
      yield* engine.rollback.apply(plan, { root: engine.root })
      assert.deepStrictEqual(yield* engine.files, shown(v1))
    })
  )
})
