import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { flattenTree } from "../../../src/core/objects/treeWalk.ts"
import { CapturePolicy } from "../../../src/core/references/CapturePolicy.ts"
import type { ConflictKind } from "../../../src/model/Conflict.ts"
import {
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

const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))

/** One conflict of each kind. */
const v1: Files = {
  "skills/s/content": lines(),
  "skills/s/upstream-removed": lines(),
  "skills/s/local-removed": lines(),
  "skills/s/file-to-dir": lines(),
  "skills/s/dir-to-file/a": lines(),
  "skills/s/dir-to-file/b": lines(),
  "skills/s/link": link("a"),
  "skills/s/type": lines(),
  "skills/s/binary": Uint8Array.of(0, 1)
}
const mine = {
  "skills/s/content": lines([0, "mine"]),
  "skills/s/upstream-removed": lines([0, "mine"]),
  "skills/s/local-removed": null,
  "skills/s/file-to-dir": lines([0, "mine"]),
  "skills/s/dir-to-file/a": lines([0, "mine"]),
  "skills/s/link": link("b"),
  "skills/s/type": link("x"),
  "skills/s/binary": Uint8Array.of(0, 2),
  "skills/s/added": "mine\n",
  "skills/s/bit": exe("same\n")
}
const v2: Files = {
  "skills/s/content": lines([0, "theirs"]),
  "skills/s/local-removed": lines([0, "theirs"]),
  "skills/s/file-to-dir/x": "x\n",
  "skills/s/dir-to-file": "file\n",
  "skills/s/link": link("c"),
  "skills/s/type": lines([0, "theirs"]),
  "skills/s/binary": Uint8Array.of(0, 3),
  "skills/s/added": "theirs\n",
  "skills/s/bit": "same\n"
}
const local: Files = Object.fromEntries(
  Object.entries({ ...v1, ...mine }).filter(([, content]) => content !== null)
) as Files
const kinds: Readonly<Record<string, ConflictKind>> = {
  "skills/s/added": "add/add",
  "skills/s/binary": "binary",
  "skills/s/bit": "mode",
  "skills/s/content": "content",
  "skills/s/dir-to-file": "directory/file",
  "skills/s/file-to-dir": "directory/file",
  "skills/s/link": "symlink",
  "skills/s/local-removed": "modify/delete",
  "skills/s/type": "type",
  "skills/s/upstream-removed": "modify/delete"
}

const conflicted = Effect.fnUntraced(function* (engine: Engine) {
  yield* engine.capture(v1)
  yield* engine.deploy()
  yield* engine.edit(mine)
  yield* engine.capture(v2)
  return yield* engine.update()
})
const resolveAll = (engine: Engine, use: "ours" | "theirs" | "base") =>
  engine.resolve(...Object.keys(kinds).map((at) => ({ path: path(at), use })))

describe("conflicts", () => {
  onBoth("of every kind are data: listed, shown, and the project stays as it is", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      assert.deepStrictEqual(yield* engine.files, shown(local))
      const list = yield* engine.conflicts.list({ project })
      assert.deepStrictEqual(Object.fromEntries(list.map((at) => [at.path, at.conflict.kind])), kinds)
      const content = yield* engine.conflicts.show({ project, path: path("skills/s/content") })
      assert.deepStrictEqual(
        [text(content.base), text(content.ours), text(content.theirs)],
        [lines(), lines([0, "mine"]), lines([0, "theirs"])]
      )
      assert.match(text(content.markers) ?? "", /^<<<<<<< .*\nmine\n[\s\S]*=======\ntheirs\n>>>>>>> /)
      for (const at of Object.keys(kinds)) {
        const shows = yield* engine.conflicts.show({ project, path: path(at) })
        if (/binary|dir|removed/.test(at)) assert.strictEqual(shows.markers, null, at)
      }
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("resolved by theirs: the project has what upstream has, and nothing has drifted", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      const { operation } = yield* resolveAll(engine, "theirs")
      assert.deepStrictEqual(yield* engine.files, shown(v2))
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(new Set(Object.values(yield* engine.classes())), new Set(["clean"]))
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, shown(local))
      assert.deepStrictEqual([...(yield* engine.open)].sort(), Object.keys(kinds))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("resolved by ours: the bytes stay, upstream is the baseline, and undo brings the entries back", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      const names = yield* engine.names
      const { operation } = yield* resolveAll(engine, "ours")
      assert.deepStrictEqual(yield* engine.files, shown(local))
      assert.deepStrictEqual(yield* engine.open, [])
      const classes = yield* engine.classes()
      assert.strictEqual(classes["skills/s/content"], "modified")
      assert.strictEqual(classes["skills/s/local-removed"], "deleted")
      assert.strictEqual(classes["skills/s/upstream-removed"], "localOnly")
      const again = yield* engine.planUpdate()
      assert.deepStrictEqual(
        again.paths.filter(({ action }) => action !== "keep" && action !== "none"),
        []
      )
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.names, names)
      assert.deepStrictEqual([...(yield* engine.open)].sort(), Object.keys(kinds))
      yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("resolved by base: what was deployed stands there again", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      yield* resolveAll(engine, "base")
      assert.deepStrictEqual(yield* engine.files, shown(v1))
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("resolved by content, also where a side is missing or a directory", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      const bytes = new TextEncoder().encode("decided\n")
      yield* engine.resolve(...Object.keys(kinds).map((at) => ({ path: path(at), use: "content" as const, bytes })))
      assert.deepStrictEqual(
        yield* engine.files,
        shown(
          Object.fromEntries(
            Object.keys(kinds).map((at) => [at, at === "skills/s/bit" ? exe("decided\n") : "decided\n"])
          )
        )
      )
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("one by one: the others stay open", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      const open = Object.keys(kinds)
      while (open.length > 0) {
        const at = open.shift() ?? ""
        yield* engine.resolve({ path: path(at), use: "theirs" })
        assert.deepStrictEqual([...(yield* engine.open)].sort(), open)
        assert.deepStrictEqual(yield* engine.findings, [])
      }
      assert.deepStrictEqual(yield* engine.files, shown(v2))
    })
  )

  onMemory("resolved by ours keeps what stands there now, not what stood there when it arose", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      yield* engine.edit({ "skills/s/content": "edited by hand\n", "skills/s/local-removed": "back\n" })
      const drift = yield* engine.drift.check({ project, root: engine.root })
      const row = drift.paths.find((at) => at.path === "skills/s/content")
      assert.strictEqual(row?.class, "conflicted")
      assert.isTrue(row?.changedSince)
      assert.isFalse(drift.paths.find((at) => at.path === "skills/s/link")?.changedSince)
      yield* resolveAll(engine, "ours")
      const files = yield* engine.files
      assert.strictEqual(files["skills/s/content"], show("edited by hand\n"))
      assert.strictEqual(files["skills/s/local-removed"], show("back\n"))
    })
  )

  onMemory("a file edited by hand to what upstream has is settled by the next update", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      yield* engine.edit({ "skills/s/content": lines([0, "theirs"]) })
      yield* engine.update()
      assert.ok(!(yield* engine.open).includes(path("skills/s/content")))
      assert.strictEqual((yield* engine.classes())["skills/s/content"], "clean")
    })
  )

  onBoth("a second update while they are open loses neither the edits nor what upstream did in between", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/a": lines(), "skills/s/b": lines(), "skills/s/c": lines() })
      yield* engine.deploy()
      yield* engine.edit({
        "skills/s/a": lines([0, "mine"]),
        "skills/s/b": lines([0, "mine"]),
        "skills/s/c": lines([0, "mine"])
      })
      yield* engine.capture({
        "skills/s/a": lines([0, "v2"], [6, "v2"]),
        "skills/s/b": lines([0, "v2"], [6, "v2"]),
        "skills/s/c": lines([0, "v2"], [6, "v2"])
      })
      yield* engine.update()
      assert.strictEqual((yield* engine.open).length, 3)
      yield* engine.capture({
        // Changes elsewhere, takes its first change back, and changes the same line again.
        "skills/s/a": lines([0, "v2"], [3, "v3"], [6, "v2"]),
        "skills/s/b": lines([3, "v3"], [6, "v2"]),
        "skills/s/c": lines([0, "v3"], [6, "v2"])
      })
      yield* engine.update()
      const files = yield* engine.files
      assert.strictEqual(files["skills/s/a"], show(lines([0, "mine"])))
      // Nothing disagrees any more about b: all three changes are in it.
      assert.strictEqual(files["skills/s/b"], show(lines([0, "mine"], [3, "v3"], [6, "v2"])))
      assert.strictEqual(files["skills/s/c"], show(lines([0, "mine"])))
      assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/a", "skills/s/c"])
      const a = yield* engine.conflicts.show({ project, path: path("skills/s/a") })
      assert.deepStrictEqual(
        [text(a.base), text(a.ours), text(a.theirs)],
        [lines(), lines([0, "mine"]), lines([0, "v2"], [3, "v3"], [6, "v2"])]
      )
      yield* engine.resolve({ path: path("skills/s/a"), use: "theirs" }, { path: path("skills/s/c"), use: "ours" })
      assert.deepStrictEqual(yield* engine.open, [])
      const classes = yield* engine.classes()
      assert.strictEqual(classes["skills/s/a"], "clean")
      assert.strictEqual(classes["skills/s/c"], "modified")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("about a folder that is empty on one side keep it: as a base, and as a choice", (engine) =>
    Effect.gen(function* () {
      const k: Files = { "skills/s/k": "k" }
      for (const use of ["base", "theirs"] as const) {
        yield* engine.capture({ ...k, "skills/s/base": dir, "skills/s/theirs": "file\n" })
        yield* engine.deploy()
        yield* engine.update({ strategy: "overwrite" })
        yield* engine.edit({ "skills/s/base": "mine\n", "skills/s/theirs": "mine\n" })
        yield* engine.capture({ ...k, "skills/s/base/x": "x\n", "skills/s/theirs": dir })
        yield* engine.update()
        assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/base", "skills/s/theirs"])
        assert.deepStrictEqual((yield* engine.planUpdate()).deployments, [])
        yield* engine.resolve({ path: path("skills/s/base"), use }, { path: path("skills/s/theirs"), use })
        assert.deepStrictEqual(
          yield* engine.files,
          use === "base"
            ? shown({ ...k, "skills/s/base": dir, "skills/s/theirs": "file\n" })
            : shown({ ...k, "skills/s/base/x": "x\n", "skills/s/theirs": dir })
        )
        assert.deepStrictEqual(yield* engine.findings, [])
      }
    })
  )

  onMemory("stay open in the version that the project is recorded at, until they are resolved", (engine) =>
    Effect.gen(function* () {
      const { deployments } = yield* conflicted(engine)
      const [deployment] = deployments
      assert.ok(deployment)
      // Upstream's version is an ancestor of it, and yet nothing of the conflict counts as merged.
      const merged = yield* engine.merge.versions(deployment.result, deployment.version)
      assert.deepStrictEqual(merged.bases, [deployment.version])
      const flat = yield* flattenTree(engine.objects, merged.tree)
      for (const at of Object.keys(kinds)) {
        assert.strictEqual(flat.get(path(at.slice("skills/s/".length)))?.kind, "conflict", at)
      }
      yield* resolveAll(engine, "ours")
      const [current] = yield* engine.deployments.current(project)
      const resolved = yield* flattenTree(engine.objects, (yield* engine.graph.get(current?.result as never)).tree)
      assert.ok([...resolved.values()].every(({ kind }) => kind !== "conflict"))
      assert.strictEqual(resolved.get(path("content"))?.kind, "file")
    })
  )

  onMemory("can be shown and resolved though no versions are captured", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      for (const at of Object.keys(kinds)) yield* engine.conflicts.show({ project, path: path(at) })
      yield* engine.edit({ "skills/s/content": "now\n" })
      yield* engine.update()
      const shows = yield* engine.conflicts.show({ project, path: path("skills/s/content") })
      assert.strictEqual(text(shows.ours), "now\n")
      yield* resolveAll(engine, "theirs")
      assert.deepStrictEqual(yield* engine.files, shown(v2))
    }).pipe(Effect.provideService(CapturePolicy, "never"))
  )

  onMemory(
    "resolving what is no conflict, twice, or after the project changed is refused, and nothing happens",
    (engine) =>
      Effect.gen(function* () {
        yield* conflicted(engine)
        const at = path("skills/s/content")
        const none = yield* Effect.flip(engine.planResolve({ path: path("skills/s/nothing"), use: "ours" }))
        assert.strictEqual(none._tag, "ConflictNotFound")
        assert.match(none.message, /no unresolved conflict at "skills\/s\/nothing"/)
        const stale = yield* engine.planResolve({ path: at, use: "theirs" })
        yield* engine.edit({ [at]: "saved meanwhile\n" })
        const [files, head] = [yield* engine.files, yield* engine.ledger.head]
        const refused = yield* Effect.flip(engine.conflicts.apply(stale, { root: engine.root }))
        assert.strictEqual(refused._tag, "PlanStale")
        if (refused._tag === "PlanStale") assert.deepStrictEqual(refused.paths, [at])
        assert.deepStrictEqual(yield* engine.files, files)
        assert.strictEqual(yield* engine.ledger.head, head)
        yield* engine.resolve({ path: at, use: "theirs" })
        const twice = yield* Effect.flip(engine.planResolve({ path: at, use: "theirs" }))
        assert.strictEqual(twice._tag, "ConflictNotFound")
      })
  )

  onMemory("one path resolved in two ways by one plan: nothing is planned", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      const at = path("skills/s/content")
      const twice = yield* Effect.flip(engine.planResolve({ path: at, use: "theirs" }, { path: at, use: "base" }))
      assert.strictEqual(twice._tag, "InvalidPath")
    })
  )

  onBoth("a stranger's file is not removed by resolving, and one in the way is named", (engine) =>
    Effect.gen(function* () {
      yield* conflicted(engine)
      yield* engine.edit({ "skills/s/dir-to-file/.env": "SECRET" })
      const occupied = yield* Effect.flip(engine.planResolve({ path: path("skills/s/dir-to-file"), use: "theirs" }))
      assert.strictEqual(occupied._tag, "TargetOccupied")
      if (occupied._tag === "TargetOccupied") assert.strictEqual(occupied.path, "skills/s/dir-to-file/.env")
      yield* engine.resolve({ path: path("skills/s/dir-to-file"), use: "ours" })
      assert.strictEqual((yield* engine.files)["skills/s/dir-to-file/.env"], "f SECRET")
      assert.isFalse(yield* engine.stores("SECRET"))
    })
  )
})
