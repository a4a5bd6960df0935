import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CollectionId, SnapshotId, VersionId } from "../../../src/model/Ids.ts"
import {
  artifact,
  dir,
  type Engine,
  exe,
  type Files,
  link,
  onBoth,
  onMemory,
  path,
  project,
  show,
  shown
} from "../../support/engine.ts"

const lines = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const all = ["one", "two", "three", "four", "five", "six", "seven"]
  for (const [at, text] of changes) all[at] = text
  return `${all.join("\n")}\n`
}
const names = ["clean", "outdated", "modified", "both", "clash", "converged", "deleted", "removed", "gone", "edited"]
const v1: Files = {
  ...Object.fromEntries(names.map((name) => [`skills/s/${name}`, lines()])),
  "skills/s/bit": lines(),
  "skills/s/link": link("clean"),
  "skills/s/to-dir": lines(),
  "skills/s/to-file/x": lines(),
  "skills/s/empty": dir,
  "agents/a.md": lines(),
  "README.md": lines()
}
const v2: Files = {
  ...Object.fromEntries(Object.entries(v1).filter(([at]) => !/removed|gone|edited|to-dir|to-file|empty/.test(at))),
  "skills/s/outdated": lines([0, "v2"]),
  "skills/s/both": lines([0, "v2"]),
  "skills/s/clash": lines([0, "v2"]),
  "skills/s/converged": lines([0, "v2"]),
  "skills/s/bit": exe(lines()),
  "skills/s/link": link("outdated"),
  "skills/s/to-dir/x": "x\n",
  "skills/s/to-file": "file\n",
  "skills/s/added": lines(),
  "skills/new/SKILL.md": "new\n",
  "agents/a.md": lines([0, "v2"]),
  "README.md": lines([0, "v2"])
}
const edits = {
  "skills/s/modified": lines([6, "mine"]),
  "skills/s/both": lines([6, "mine"]),
  "skills/s/clash": lines([0, "mine"]),
  "skills/s/converged": lines([0, "v2"]),
  "skills/s/deleted": null,
  "skills/s/gone": null,
  "skills/s/edited": lines([6, "mine"]),
  "skills/s/.env": "SECRET\n",
  "README.md": lines([0, "v2"], [6, "mine"])
}
const updated = Effect.fnUntraced(function* (engine: Engine) {
  const first = yield* engine.capture(v1)
  const deployed = yield* engine.deploy()
  yield* engine.edit(edits)
  const before = yield* engine.files
  const second = yield* engine.capture(v2)
  const update = yield* engine.update({ collection: "agents" as CollectionId, scope: "collection" })
  return { first, deployed, before, second, update }
})

describe("rolling back", () => {
  onBoth("right after an update: every file is as it was before it, and undo brings the update back", (engine) =>
    Effect.gen(function* () {
      const { before, first } = yield* updated(engine)
      const [after, refs, open] = [yield* engine.files, yield* engine.names, yield* engine.open]
      assert.ok(open.length > 0)
      const { operation } = yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, before)
      assert.deepStrictEqual(yield* engine.open, [])
      const current = yield* engine.deployments.current(project)
      assert.deepStrictEqual(
        current.map(({ artifact, version }) => [artifact, version]),
        first.artifacts.map(({ artifact, version }) => [artifact, version])
      )
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, after)
      assert.deepStrictEqual(yield* engine.names, refs)
      assert.deepStrictEqual(yield* engine.open, open)
      yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* engine.files, before)
      assert.isFalse(yield* engine.stores("SECRET"))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("edits made since the update survive, whatever the update had done to the file", (engine) =>
    Effect.gen(function* () {
      const { before, first } = yield* updated(engine)
      const later = {
        "skills/s/clean": lines([6, "later"]),
        "skills/s/outdated": lines([0, "v2"], [6, "later"]),
        "skills/s/modified": lines([3, "later"], [6, "mine"]),
        "skills/s/both": lines([0, "v2"], [3, "later"], [6, "mine"]),
        "skills/s/clash": lines([0, "mine"], [6, "later"]),
        "skills/s/converged": lines([0, "v2"], [6, "later"]),
        "skills/s/deleted": "back\n",
        "skills/s/local": "new\n"
      }
      yield* engine.edit(later)
      yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, {
        ...before,
        ...shown({
          ...later,
          "skills/s/outdated": lines([6, "later"]),
          "skills/s/both": lines([3, "later"], [6, "mine"]),
          // This line was the user's own before upstream had it too: it is not the update's to take back.
          "skills/s/converged": lines([0, "v2"], [6, "later"])
        })
      })
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("where an edit and the way back meet, the file stays and is a conflict, which can be resolved", (engine) =>
    Effect.gen(function* () {
      const { before, first } = yield* updated(engine)
      yield* engine.edit({
        "skills/s/outdated": lines([0, "v2, edited"]),
        "skills/s/added": lines([0, "edited"]),
        "skills/s/to-file": "file, edited\n",
        "skills/s/to-dir/x": "x, edited\n",
        "skills/s/removed": "my own\n",
        "skills/new/SKILL.md": "new, edited\n"
      })
      const local = yield* engine.files
      const plan = yield* engine.planRollback({ to: { snapshot: first.snapshot.id } })
      const { operation } = yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      const files = yield* engine.files
      for (const at of ["outdated", "added", "to-file", "to-dir/x", "removed"]) {
        assert.strictEqual(files[`skills/s/${at}`], local[`skills/s/${at}`], at)
      }
      // Its artifact is not deployed any more, so nobody will ask: it is kept, and the plan says so.
      assert.strictEqual(files["skills/new/SKILL.md"], "f new, edited\n")
      assert.ok(plan.notes.some((note) => note.includes("skills/new/SKILL.md")))
      const open = ["added", "outdated", "removed", "to-dir", "to-file"].map((at) => path(`skills/s/${at}`))
      assert.deepStrictEqual([...(yield* engine.open)].sort(), open)
      for (const at of open) yield* engine.conflicts.show({ project, path: at })
      yield* engine.resolve(...open.map((at) => ({ path: at, use: "theirs" as const })))
      assert.deepStrictEqual(yield* engine.files, { ...before, "skills/new/SKILL.md": "f new, edited\n" })
      assert.deepStrictEqual(yield* engine.open, [])
      assert.strictEqual(operation.kind, "rollback")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("to an operation, and to a version: what stood there right after it", (engine) =>
    Effect.gen(function* () {
      const { before, deployed, first, update } = yield* updated(engine)
      const after = yield* engine.files
      yield* engine.roll({ to: { operation: deployed.operation.id } })
      assert.deepStrictEqual(yield* engine.files, before)
      yield* engine.roll({ to: { operation: update.operation.id } })
      assert.deepStrictEqual(yield* engine.files, after)
      const version = first.artifacts.find((at) => at.artifact === "agent:a")?.version as VersionId
      yield* engine.roll({ to: { version } })
      assert.deepStrictEqual(yield* engine.files, { ...after, "agents/a.md": show(lines()) })
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("over several updates, with edits before, between and after them", (engine) =>
    Effect.gen(function* () {
      const captured = [yield* engine.capture({ "skills/s/f": lines(), "skills/s/g": lines() })]
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([1, "before"]) })
      captured.push(
        yield* engine.capture({ "skills/s/f": lines([3, "v2"]), "skills/s/g": lines([3, "v2"]), "skills/s/h": "h\n" })
      )
      yield* engine.update()
      yield* engine.edit({ "skills/s/f": lines([1, "before"], [3, "v2"], [5, "between"]) })
      captured.push(yield* engine.capture({ "skills/s/f": lines([3, "v3"]), "skills/s/h": "h3\n" }))
      yield* engine.update()
      assert.strictEqual((yield* engine.files)["skills/s/f"], show(lines([1, "before"], [3, "v3"], [5, "between"])))
      yield* engine.edit({ "skills/s/f": lines([0, "after"], [1, "before"], [3, "v3"], [5, "between"]) })
      const latest = yield* engine.files
      const to = (n: number) => ({ to: { snapshot: captured[n]?.snapshot.id as SnapshotId } })
      yield* engine.roll(to(1))
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          "skills/s/f": lines([0, "after"], [1, "before"], [3, "v2"], [5, "between"]),
          "skills/s/g": lines([3, "v2"]),
          "skills/s/h": "h\n"
        })
      )
      const { operation } = yield* engine.roll(to(0))
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/s/f": lines([0, "after"], [1, "before"], [5, "between"]), "skills/s/g": lines() })
      )
      yield* engine.undo(operation.id)
      // An update brings v3 back as if nothing had happened.
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, latest)
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("of one artifact leaves the others, also those whose files stand around or below it", (engine) =>
    Effect.gen(function* () {
      const { before, first } = yield* updated(engine)
      const after = yield* engine.files
      yield* engine.roll({ to: { snapshot: first.snapshot.id }, artifacts: [artifact("rest:files")] })
      assert.deepStrictEqual(yield* engine.files, { ...after, "README.md": before["README.md"] ?? "" })
      yield* engine.roll({ to: { snapshot: first.snapshot.id }, artifacts: [artifact("skill:s")] })
      assert.deepStrictEqual(yield* engine.files, {
        ...before,
        "agents/a.md": show(lines([0, "v2"])),
        "skills/new/SKILL.md": "f new\n"
      })
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("of one path leaves the other paths, and what is deployed, alone", (engine) =>
    Effect.gen(function* () {
      const { first } = yield* updated(engine)
      const after = yield* engine.files
      const before = yield* engine.deployments.current(project)
      const at = path("skills/s/outdated")
      const { deployments } = yield* engine.roll({ to: { snapshot: first.snapshot.id }, paths: [at] })
      assert.deepStrictEqual(yield* engine.files, { ...after, [at]: show(lines()) })
      // Only its own artifact gets a record, and even that stays at its version: the next update offers the change again.
      assert.deepStrictEqual(
        deployments.map((one) => one.artifact),
        [artifact("skill:s")]
      )
      assert.deepStrictEqual(
        (yield* engine.deployments.current(project)).map(({ artifact, version }) => [artifact, version]),
        before.map(({ artifact, version }) => [artifact, version])
      )
      assert.strictEqual((yield* engine.classes())[at], "outdated")
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, after)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("of a path of an artifact that is newer than the target takes the path out, not the artifact", (engine) =>
    Effect.gen(function* () {
      const first = yield* engine.capture({ "README.md": "1" })
      yield* engine.deploy()
      yield* engine.capture({ "README.md": "1", "skills/new/a": "a", "skills/new/b": "b" })
      yield* engine.deploy()
      yield* engine.roll({ to: { snapshot: first.snapshot.id }, paths: [path("skills/new/a")] })
      assert.deepStrictEqual(yield* engine.files, shown({ "README.md": "1", "skills/new/b": "b" }))
      assert.strictEqual((yield* engine.deployments.whereDeployed(artifact("skill:new"))).length, 1)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("past a resolution, a retirement and a deployment: each is taken back", (engine) =>
    Effect.gen(function* () {
      const { before, deployed } = yield* updated(engine)
      yield* engine.resolve(
        { path: path("skills/s/clash"), use: "theirs" },
        { path: path("skills/s/edited"), use: "ours" }
      )
      yield* engine.retire("agent:a")
      yield* engine.deploy({ artifacts: [artifact("agent:a")] })
      yield* engine.roll({ to: { operation: deployed.operation.id } })
      assert.deepStrictEqual(yield* engine.files, before)
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("what is rolled back can be updated again, without a question", (engine) =>
    Effect.gen(function* () {
      const { first } = yield* updated(engine)
      const after = yield* engine.files
      const open = yield* engine.open
      yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      yield* engine.update({ collection: "agents" as CollectionId, scope: "collection" })
      assert.deepStrictEqual(yield* engine.files, after)
      assert.deepStrictEqual(yield* engine.open, open)
    })
  )

  onMemory("to where it is already does nothing", (engine) =>
    Effect.gen(function* () {
      const { second } = yield* updated(engine)
      const plan = yield* engine.planRollback({ to: { snapshot: second.snapshot.id } })
      assert.deepStrictEqual([plan.paths, plan.deployments], [[], []])
    })
  )

  onMemory("beside another collection's deployments takes back its own collection's alone", (engine) =>
    Effect.gen(function* () {
      const other = "other" as CollectionId
      yield* engine.capture({ "skills/o/f": "1\n" }, { collection: other })
      yield* engine.deploy({ collection: other })
      const first = yield* engine.capture({ "skills/s/f": lines() })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([6, "mine"]) })
      yield* engine.capture({ "skills/o/f": "2\n" }, { collection: other })
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]) })
      yield* engine.update()
      yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": lines([6, "mine"]), "skills/o/f": "2\n" }))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("to a snapshot that never stood here: its versions are merged in, and what it lacks goes", (engine) =>
    Effect.gen(function* () {
      const first = yield* engine.capture({ "skills/s/f": lines(), "README.md": "1\n" })
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]), "README.md": "2\n", "skills/new/f": "new\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([0, "v2"], [6, "mine"]) })
      yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": lines([6, "mine"]), "README.md": "1\n" }))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("to what is unknown, or never stood here, is refused, and nothing happens", (engine) =>
    Effect.gen(function* () {
      const { second, update } = yield* updated(engine)
      const [files, head] = [yield* engine.files, yield* engine.ledger.head]
      const refusals = {
        SnapshotNotFound: [
          { snapshot: "none" },
          { snapshot: update.operation.id },
          { snapshot: update.operation.effect?.safety ?? "" }
        ],
        OperationNotFound: [{ operation: "none" }, { operation: second.snapshot.id }],
        VersionNotFound: [{ version: "f".repeat(64) }, { version: second.snapshot.id }]
      }
      for (const [tag, targets] of Object.entries(refusals)) {
        for (const to of targets) {
          const refused = yield* Effect.flip(engine.planRollback({ to: to as never }))
          assert.strictEqual(refused._tag, tag, JSON.stringify(to))
        }
      }
      yield* engine.capture({ ...v2, "agents/a.md": "v3\n" })
      const tip = (yield* engine.graph.history({ artifact: artifact("agent:a"), branch: "agents" })).versions[0]
      const never = yield* Effect.flip(engine.planRollback({ to: { version: tip?.id as VersionId } }))
      assert.strictEqual(never._tag, "NotDeployed")
      assert.deepStrictEqual(yield* engine.files, files)
      assert.notStrictEqual(yield* engine.ledger.head, head)
    })
  )
})
