/** Ways in which an earlier system lost or damaged its users' files. Each test's name says what went wrong there. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { encodeTree } from "../../src/algo/tree/treeEncoding.ts"
import { flattenTree } from "../../src/core/objects/treeWalk.ts"
import type { CollectionId, ObjectId, TreeId } from "../../src/model/Ids.ts"
import { ObjectStorage } from "../../src/storage/ObjectStorage.ts"
import { StorageError, StorageFull } from "../../src/storage/StorageError.ts"
import {
  agents,
  exe,
  type Files,
  link,
  onBoth,
  onMemory,
  path,
  project,
  scenario,
  show,
  shown,
  type TestPorts
} from "../support/engine.ts"

const lines = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const all = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  for (const [at, text] of changes) all[at] = text
  return `${all.join("\n")}\n`
}

/** Objects that cannot be read, or not be put, from a moment on. */
const failing = (what: "get" | "put") => {
  const armed = { now: false }
  const error = new StorageError({ reason: new StorageFull({ operation: what }) })
  const wrap = (ports: TestPorts): TestPorts =>
    Layer.effect(
      ObjectStorage,
      Effect.map(ObjectStorage, (storage) => ({
        ...storage,
        get: (ids) => (armed.now && what === "get" ? Effect.fail(error) : storage.get(ids)),
        put: (objects) => (armed.now && what === "put" ? Effect.fail(error) : storage.put(objects))
      }))
    ).pipe(Layer.provideMerge(ports))
  return { armed, wrap }
}

describe("losing files", () => {
  it.effect("a restore cleared the target before it read the archive: what cannot be read left nothing behind", () => {
    const { armed, wrap } = failing("get")
    return scenario(
      "memory",
      (engine) =>
        Effect.gen(function* () {
          const { snapshot } = yield* engine.capture({ "skills/s/f": "1\n", "README.md": "1\n" })
          yield* engine.edit({ "README.md": "mine\n", "notes.md": "mine\n" })
          const before = yield* engine.files
          armed.now = true
          const restore = engine.snapshots.restore(snapshot.id, { root: engine.root, overwrite: true })
          assert.strictEqual((yield* Effect.flip(restore))._tag, "StorageError")
          assert.deepStrictEqual(yield* engine.files, before)
          armed.now = false
          yield* restore
          assert.deepStrictEqual(
            yield* engine.files,
            shown({ "skills/s/f": "1\n", "README.md": "1\n", "notes.md": "mine\n" })
          )
        }),
      wrap
    )
  })

  onBoth("a restore into another directory replaced the live collection of that name", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "skills/s/f": "1\n" })
      yield* engine.capture({ "skills/s/f": "2\n", "skills/t/f": "2\n" })
      const live = engine.hands.root("collection-agents")
      const before = engine.hands.list(live)
      const beside = engine.hands.root("collection-agents-restored")
      yield* engine.snapshots.restore(snapshot.id, { root: beside })
      assert.deepStrictEqual(engine.hands.list(live), before)
      assert.deepStrictEqual(engine.hands.list(beside), shown({ "skills/s/f": "1\n" }))
    })
  )

  onBoth("an archive whose names climb with `..` wrote outside of the target", (engine) =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode("evil\n")
      const id = engine.objects.identify(bytes)
      for (const name of ["..", "../evil", "a/../../evil", "\\x2e\\x2e", "/evil"]) {
        const tree = encodeTree([{ name, kind: "file", id, size: bytes.length }])
        const root = engine.objects.identify(tree) as ObjectId as TreeId
        yield* engine.objects.put([
          { id, bytes },
          { id: root, bytes: tree }
        ])
        // However such a tree came to be stored, it cannot be read, so nothing can be written from it.
        const refused = yield* Effect.flip(
          engine.merge
            .trees({ base: null, ours: root, theirs: root })
            .pipe(Effect.andThen(engine.objects.trees([root])))
        )
        assert.strictEqual(refused._tag, "StorageError", name)
        const captured = yield* Effect.flip(
          engine.snapshots.capture({
            collection: agents,
            files: [{ path: name.includes("x2e") ? `${name}/evil` : name, bytes }]
          })
        )
        assert.strictEqual(captured._tag, "InvalidPath", name)
      }
    })
  )

  it.effect("a merge that failed half-way removed the user's files that it had merged so far", () => {
    const { armed, wrap } = failing("put")
    return scenario(
      "memory",
      (engine) =>
        Effect.gen(function* () {
          const files = (n: number): Files =>
            Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`skills/s/${i}`, lines([0, `v${n}`])]))
          yield* engine.capture(files(1))
          yield* engine.deploy()
          yield* engine.edit(
            Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`skills/s/${i}`, lines([0, "v1"], [19, "mine"])]))
          )
          yield* engine.capture(files(2))
          const before = yield* engine.files
          const plan = yield* engine.planUpdate()
          armed.now = true
          for (const asked of [engine.sync.apply(plan, { root: engine.root }), engine.update()]) {
            assert.strictEqual(
              (yield* Effect.flip(asked as Effect.Effect<unknown, { readonly _tag: string }>))._tag,
              "StorageError"
            )
            assert.deepStrictEqual(yield* engine.files, before)
          }
          armed.now = false
          yield* engine.sync.apply(plan, { root: engine.root })
          assert.strictEqual((yield* engine.files)["skills/s/3"], show(lines([0, "v2"], [19, "mine"])))
          assert.strictEqual((yield* engine.files)["skills/s/15"], show(lines([0, "v2"])))
        }),
      wrap
    )
  })

  onMemory("an update with the strategy merge deleted every file that nobody had changed", (engine) =>
    Effect.gen(function* () {
      const v1 = { "skills/s/a": "a\n", "skills/s/b": "b\n", "skills/s/c": "c\n" }
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.capture({ ...v1, "skills/s/c": "c2\n" })
      yield* engine.update({ strategy: "merge" })
      assert.deepStrictEqual(yield* engine.files, shown({ ...v1, "skills/s/c": "c2\n" }))
    })
  )

  onBoth("a merge damaged text that is not UTF-8, turned line endings, dropped bits and flattened links", (engine) =>
    Effect.gen(function* () {
      const latin = (first: string, last: string) => Buffer.from(`${first}\nb\nc\nd\ne\nf\n${last}\n`, "latin1")
      const v1: Files = {
        "skills/s/latin": latin("caf\xe9", "end"),
        "skills/s/crlf": lines().replaceAll("\n", "\r\n"),
        "skills/s/run": exe(lines()),
        "skills/s/link": link("latin"),
        "skills/s/dangling": link("../../nowhere")
      }
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({
        "skills/s/latin": latin("caf\xe9", "fin \xff"),
        "skills/s/crlf": lines([19, "mine"]).replaceAll("\n", "\r\n"),
        "skills/s/run": exe(lines([19, "mine"]))
      })
      yield* engine.capture({
        ...v1,
        "skills/s/latin": latin("th\xe9", "end"),
        "skills/s/crlf": lines([0, "theirs"]).replaceAll("\n", "\r\n"),
        "skills/s/run": exe(lines([0, "theirs"]))
      })
      yield* engine.update()
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          ...v1,
          "skills/s/latin": latin("th\xe9", "fin \xff"),
          "skills/s/crlf": lines([0, "theirs"], [19, "mine"]).replaceAll("\n", "\r\n"),
          "skills/s/run": exe(lines([0, "theirs"], [19, "mine"]))
        })
      )
    })
  )

  onMemory(
    "a strategy named for one side took the other, and a merge without a base let the project win in silence",
    (engine) =>
      Effect.gen(function* () {
        yield* engine.capture({ "skills/s/f": "base\n" })
        yield* engine.deploy()
        yield* engine.edit({ "skills/s/f": "mine\n", "skills/s/added": "mine\n" })
        const theirs: Files = { "skills/s/f": "theirs\n", "skills/s/added": "theirs\n" }
        yield* engine.capture(theirs)
        yield* engine.update()
        // Both are asked about, the one without a base too.
        assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/added", "skills/s/f"])
        yield* engine.resolve(
          { path: path("skills/s/f"), use: "theirs" },
          { path: path("skills/s/added"), use: "ours" }
        )
        assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": "theirs\n", "skills/s/added": "mine\n" }))
        yield* engine.update({ strategy: "overwrite" })
        assert.deepStrictEqual(yield* engine.files, shown(theirs))
        // And upstream is what it was: no strategy writes there.
        assert.deepStrictEqual(engine.hands.list(engine.hands.root("collection-agents")), shown(theirs))
      })
  )

  onMemory("conflict markers were committed into the collection and the project, and reported as success", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": lines() })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([0, "mine"]) })
      yield* engine.capture({ "skills/s/f": lines([0, "theirs"]) })
      const collection = engine.hands.list(engine.hands.root("collection-agents"))
      const plan = yield* engine.planUpdate()
      assert.deepStrictEqual(
        plan.paths.map(({ action }) => action),
        ["conflict"]
      )
      const { versions } = yield* engine.update()
      assert.strictEqual((yield* engine.files)["skills/s/f"], show(lines([0, "mine"])))
      assert.deepStrictEqual(engine.hands.list(engine.hands.root("collection-agents")), collection)
      // The version that the project is recorded at has the conflict in it, with all its sides: nobody has decided.
      const flat = yield* flattenTree(engine.objects, versions[0]?.tree as TreeId)
      assert.strictEqual(flat.get(path("f"))?.kind, "conflict")
      assert.isFalse(yield* engine.stores("<<<<<<<"))
      const artifacts = (yield* engine.drift.check({ project, root: engine.root })).artifacts
      assert.strictEqual(artifacts[0]?.class, "conflicted")
    })
  )

  onBoth("snapshots taken at the same time lost each other's rows", (engine) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 8 }, (_, i) => `collection ${i}` as CollectionId)
      yield* Effect.forEach(
        names,
        (collection, i) =>
          engine.snapshots.capture({
            collection,
            files: [{ path: `skills/s${i}/f`, bytes: new TextEncoder().encode(collection) }]
          }),
        { concurrency: "unbounded" }
      )
      for (const collection of names) {
        assert.strictEqual((yield* engine.snapshots.list({ collection })).items.length, 1)
      }
      const report = yield* engine.ledger.verify()
      assert.deepStrictEqual([report.operations, report.findings], [8, []])
    })
  )

  onMemory("deploying emptied the target's directory first, and with it what the user had added", (engine) =>
    Effect.gen(function* () {
      yield* engine.edit({ "skills/s/notes.md": "mine\n", "skills/s/data/x": "mine\n" })
      yield* engine.capture({ "skills/s/f": "1\n" })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": "2\n" })
      yield* engine.update({ strategy: "overwrite" })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/s/f": "2\n", "skills/s/notes.md": "mine\n", "skills/s/data/x": "mine\n" })
      )
    })
  )
})
