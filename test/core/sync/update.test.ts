import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  artifact,
  dir,
  type Engine,
  exe,
  type Files,
  link,
  onBoth,
  project,
  show,
  shown
} from "../../support/engine.ts"

const lines = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const all = ["one", "two", "three", "four", "five", "six", "seven"]
  for (const [at, text] of changes) all[at] = text
  return `${all.join("\n")}\n`
}
const crlf = (text: string) => text.replaceAll("\n", "\r\n")

/** One file for each way of drifting, all in one skill. */
const v1: Files = {
  "skills/s/clean.md": lines(),
  "skills/s/outdated.md": lines(),
  "skills/s/modified.md": lines(),
  "skills/s/both.md": lines(),
  "skills/s/clash.md": lines(),
  "skills/s/converged.md": lines(),
  "skills/s/eol.md": lines(),
  "skills/s/deleted.md": lines(),
  "skills/s/removed.md": lines(),
  "skills/s/gone.md": lines(),
  "skills/s/removed-edited.md": lines(),
  "skills/s/bit.sh": lines(),
  "skills/s/link": link("clean.md")
}
const v2: Files = {
  ...Object.fromEntries(Object.entries(v1).filter(([path]) => !/removed|gone/.test(path))),
  "skills/s/outdated.md": lines([0, "ONE"]),
  "skills/s/both.md": lines([0, "ONE"]),
  "skills/s/clash.md": lines([0, "ONE"]),
  "skills/s/converged.md": lines([3, "FOUR"]),
  "skills/s/bit.sh": exe(lines()),
  "skills/s/link": link("outdated.md"),
  "skills/s/added.md": "added\n",
  "skills/s/deep/er/added.md": "added\n"
}
const edits = {
  "skills/s/modified.md": lines([6, "mine"]),
  "skills/s/both.md": lines([6, "mine"]),
  "skills/s/clash.md": lines([0, "mine"]),
  "skills/s/converged.md": lines([3, "FOUR"]),
  "skills/s/eol.md": crlf(lines()),
  "skills/s/deleted.md": null,
  "skills/s/gone.md": null,
  "skills/s/removed-edited.md": lines([6, "mine"]),
  "skills/s/bit.sh": lines([6, "mine"]),
  "skills/s/.env": "SECRET\n",
  "notes.md": "mine\n"
}

const drifted = (engine: Engine) =>
  Effect.gen(function* () {
    yield* engine.capture(v1)
    yield* engine.deploy()
    yield* engine.edit(edits)
    yield* engine.capture(v2)
  })

const settled = {
  "skills/s/clean.md": lines(),
  "skills/s/outdated.md": lines([0, "ONE"]),
  "skills/s/modified.md": lines([6, "mine"]),
  "skills/s/converged.md": lines([3, "FOUR"]),
  "skills/s/eol.md": crlf(lines()),
  "skills/s/link": link("outdated.md"),
  "skills/s/added.md": "added\n",
  "skills/s/deep/er/added.md": "added\n",
  "skills/s/.env": "SECRET\n",
  "notes.md": "mine\n"
}

describe("updating", () => {
  onBoth("finds each way of drifting, and changes nothing by looking", (engine) =>
    Effect.gen(function* () {
      yield* drifted(engine)
      const before = [yield* engine.files, yield* engine.names, yield* engine.ledger.head]
      assert.deepStrictEqual(yield* engine.classes(), {
        "skills/s/.env": "localOnly",
        "skills/s/added.md": "addedUpstream",
        "skills/s/bit.sh": "both",
        "skills/s/both.md": "both",
        "skills/s/clash.md": "both",
        "skills/s/clean.md": "clean",
        "skills/s/converged.md": "converged",
        "skills/s/deep/er/added.md": "addedUpstream",
        "skills/s/deleted.md": "deleted",
        "skills/s/eol.md": "eolOnly",
        "skills/s/gone.md": "converged",
        "skills/s/link": "outdated",
        "skills/s/modified.md": "modified",
        "skills/s/outdated.md": "outdated",
        "skills/s/removed-edited.md": "both",
        "skills/s/removed.md": "removedUpstream"
      })
      assert.deepStrictEqual([yield* engine.files, yield* engine.names, yield* engine.ledger.head], before)
    })
  )

  onBoth("merge combines, leaves conflicts as they stand, and says why for every path", (engine) =>
    Effect.gen(function* () {
      yield* drifted(engine)
      const plan = yield* engine.planUpdate({ reason: "to v2" })
      for (const { path, reason } of plan.paths) assert.ok(reason.length > 10, path)
      const actions = Object.fromEntries(plan.paths.map(({ action, path }) => [path, action]))
      assert.strictEqual(actions["skills/s/clean.md"], "none")
      assert.strictEqual(actions["skills/s/modified.md"], "keep")
      assert.strictEqual(actions["skills/s/both.md"], "write")
      assert.strictEqual(actions["skills/s/removed.md"], "remove")
      assert.strictEqual(actions["skills/s/clash.md"], "conflict")
      const { operation } = yield* engine.update({ reason: "to v2" })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          ...settled,
          "skills/s/both.md": lines([0, "ONE"], [6, "mine"]),
          "skills/s/bit.sh": exe(lines([6, "mine"])),
          "skills/s/clash.md": lines([0, "mine"]),
          "skills/s/removed-edited.md": lines([6, "mine"])
        })
      )
      assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/clash.md", "skills/s/removed-edited.md"])
      assert.strictEqual(operation.reason, "to v2")
      assert.isFalse(yield* engine.stores("SECRET"))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("a second time plans no write and records nothing", (engine) =>
    Effect.gen(function* () {
      yield* drifted(engine)
      for (const strategy of ["merge", "keep", "overwrite"] as const) {
        yield* engine.update({ strategy })
        const again = yield* engine.planUpdate({ strategy })
        assert.deepStrictEqual(
          again.paths.filter(({ action }) => action === "write" || action === "remove"),
          [],
          strategy
        )
        assert.deepStrictEqual(again.deployments, [], strategy)
      }
    })
  )

  onBoth("overwrite takes upstream's content everywhere, and keeps what it replaced", (engine) =>
    Effect.gen(function* () {
      yield* drifted(engine)
      const before = yield* engine.files
      const { operation } = yield* engine.update({ strategy: "overwrite" })
      const after = yield* engine.files
      assert.deepStrictEqual(after, shown({ ...v2, "skills/s/.env": "SECRET\n", "notes.md": "mine\n" }))
      assert.deepStrictEqual(yield* engine.open, [])
      const safety = operation.effect?.safety
      assert.ok(safety)
      const kept = yield* engine.snapshots.paths(safety)
      for (const [path, what] of Object.entries(before)) {
        if (after[path] !== what) assert.ok(kept.has(path as never), path)
      }
      assert.isFalse(yield* engine.stores("SECRET"))
      const { operation: undone } = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, before)
      yield* engine.undo(undone.id, "redo")
      assert.deepStrictEqual(yield* engine.files, after)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("keep takes upstream's changes, but local's file wherever both sides changed one", (engine) =>
    Effect.gen(function* () {
      yield* drifted(engine)
      yield* engine.update({ strategy: "keep" })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          ...settled,
          "skills/s/both.md": lines([6, "mine"]),
          "skills/s/clash.md": lines([0, "mine"]),
          "skills/s/bit.sh": lines([6, "mine"]),
          "skills/s/removed-edited.md": lines([6, "mine"])
        })
      )
      assert.deepStrictEqual(yield* engine.open, [])
      // What was kept differs from what is deployed now: a local change like any other.
      const classes = yield* engine.classes()
      assert.strictEqual(classes["skills/s/clash.md"], "modified")
      assert.strictEqual(classes["skills/s/bit.sh"], "modified")
    })
  )

  onBoth("only what is selected: the rest stays, and a later update brings it along", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/a/f": "1", "skills/b/f": "1", "agents/x.md": "1" })
      yield* engine.deploy()
      yield* engine.capture({ "skills/a/f": "2", "skills/b/f": "2", "agents/x.md": "2", "skills/new/f": "2" })
      yield* engine.update({ artifacts: [artifact("skill:b")] })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/a/f": "1", "skills/b/f": "2", "agents/x.md": "1" }))
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/a/f": "2", "skills/b/f": "2", "agents/x.md": "2" }))
      yield* engine.update({ collection: "agents" as never, scope: "collection" })
      assert.strictEqual((yield* engine.files)["skills/new/f"], "f 2")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("an artifact removed upstream goes, but for what was edited in it, and comes back", (engine) =>
    Effect.gen(function* () {
      const both: Files = { "skills/a/f": "f\n", "skills/a/g": "g\n", "skills/b/f": "1\n" }
      yield* engine.capture(both)
      yield* engine.deploy()
      yield* engine.edit({ "skills/a/g": "g, edited\n" })
      yield* engine.capture({ "skills/b/f": "1\n" })
      assert.strictEqual((yield* engine.classes())["skills/a/f"], "removedUpstream")
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/a/g": "g, edited\n", "skills/b/f": "1\n" }))
      assert.deepStrictEqual(yield* engine.open, ["skills/a/g"])
      yield* engine.resolve({ path: "skills/a/g" as never, use: "theirs" })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/b/f": "1\n" }))
      assert.deepStrictEqual(
        (yield* engine.deployments.current(project)).map(({ artifact }) => artifact),
        [artifact("skill:b")]
      )
      yield* engine.capture({ ...both, "skills/a/f": "f, again\n" })
      yield* engine.update({ collection: "agents" as never, scope: "collection" })
      assert.deepStrictEqual(yield* engine.files, shown({ ...both, "skills/a/f": "f, again\n" }))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("an artifact that is removed upstream and comes back before the next update is just updated", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/a/f": lines(), "README.md": "" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/a/f": lines([6, "mine"]) })
      yield* engine.capture({ "README.md": "" })
      yield* engine.capture({ "skills/a/f": lines([0, "ONE"]), "README.md": "" })
      yield* engine.update()
      assert.strictEqual((yield* engine.files)["skills/a/f"], show(lines([0, "ONE"], [6, "mine"])))
      const history = yield* engine.graph.history({ artifact: artifact("skill:a"), branch: "agents" })
      assert.strictEqual(history.versions.length, 3)
    })
  )

  onBoth("files become directories and directories files, where nobody changed them", (engine) =>
    Effect.gen(function* () {
      const before: Files = {
        "skills/s/a": "a",
        "skills/s/b/c": "c",
        "skills/s/b/d": "d",
        "skills/s/e": dir,
        "skills/s/l": link("a")
      }
      const after: Files = { "skills/s/a/x/y": "y", "skills/s/b": "b", "skills/s/e": "e", "skills/s/l/m": "m" }
      yield* engine.capture(before)
      yield* engine.deploy()
      yield* engine.capture(after)
      const { operation } = yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown(after))
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, shown(before))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("files become directories where they were changed: conflicts, and what was changed stays", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/a": "a", "skills/s/b/c": "c", "skills/s/k": "k" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/a": "a, edited", "skills/s/b/c": "c, edited" })
      yield* engine.capture({ "skills/s/a/x": "x", "skills/s/b": "b", "skills/s/k": "k2" })
      const { operation } = yield* engine.update()
      const mine = shown({ "skills/s/a": "a, edited", "skills/s/b/c": "c, edited", "skills/s/k": "k2" })
      assert.deepStrictEqual(yield* engine.files, mine)
      assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/a", "skills/s/b"])
      yield* engine.resolve(
        { path: "skills/s/a" as never, use: "theirs" },
        { path: "skills/s/b" as never, use: "theirs" }
      )
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/a/x": "x", "skills/s/b": "b", "skills/s/k": "k2" }))
      assert.deepStrictEqual(new Set(Object.values(yield* engine.classes())), new Set(["clean"]))
      assert.strictEqual(operation.kind, "update")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("local files in a directory that becomes a file stay, and are not stored", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/b/c": "c", "skills/s/k": "k" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/b/.env": "SECRET", "skills/s/mine/.env": "SECRET" })
      yield* engine.capture({ "skills/s/b": "b", "skills/s/k": "k2", "skills/s/mine": "theirs" })
      yield* engine.update()
      const files = yield* engine.files
      assert.strictEqual(files["skills/s/b/.env"], "f SECRET")
      assert.strictEqual(files["skills/s/mine/.env"], "f SECRET")
      assert.strictEqual(files["skills/s/k"], "f k2")
      assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/b", "skills/s/mine"])
      assert.isFalse(yield* engine.stores("SECRET"))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})
