import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { ArtifactLayout } from "../../../src/core/references/ArtifactLayout.ts"
import { IgnoreRules } from "../../../src/core/references/IgnoreRules.ts"
import type { ArtifactId, CollectionId, SnapshotId } from "../../../src/model/Ids.ts"
import {
  agents,
  artifact,
  dir,
  exe,
  type Files,
  link,
  onBoth,
  onMemory,
  path,
  project,
  shown
} from "../../support/engine.ts"

const v1: Files = {
  "skills/pdf/SKILL.md": "one\n",
  "skills/pdf/run.sh": exe("run\n"),
  "skills/pdf/latest": link("SKILL.md"),
  "skills/pdf/cache": dir,
  "skills/\\xff\\\\é": "odd\n",
  "agents/a.md": Uint8Array.of(0, 255),
  "README.md": ""
}

describe("capturing", () => {
  onBoth("gives a snapshot of every path, and restores it byte for byte somewhere else", (engine) =>
    Effect.gen(function* () {
      const captured = yield* engine.capture(v1, { message: "first" })
      assert.strictEqual(captured.paths, 7)
      assert.strictEqual(captured.versions.length, 3)
      assert.deepStrictEqual(
        captured.artifacts.map(({ artifact, root, shape }) => `${artifact} ${shape} ${root}`),
        ["agent:a file agents", "rest:files rest ", "skill:pdf directory skills/pdf"]
      )
      const elsewhere = engine.hands.root("elsewhere")
      assert.deepStrictEqual(yield* engine.snapshots.restore(captured.snapshot.id, { root: elsewhere }), {
        written: 7,
        unchanged: 0,
        ignored: 0
      })
      assert.deepStrictEqual(engine.hands.list(elsewhere), shown(v1))
      assert.deepStrictEqual(yield* engine.snapshots.restore(captured.snapshot.id, { root: elsewhere }), {
        written: 0,
        unchanged: 7,
        ignored: 0
      })
      const target = yield* engine.snapshots.read(captured.snapshot.id, "skills/pdf/latest")
      assert.strictEqual(new TextDecoder().decode(target), "SKILL.md")
      assert.strictEqual((yield* engine.snapshots.paths(captured.snapshot.id)).size, 7)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("again makes versions of what changed alone, and stores what is new alone", (engine) =>
    Effect.gen(function* () {
      const first = yield* engine.capture(v1)
      const same = yield* engine.capture(v1)
      assert.deepStrictEqual([same.versions.length, same.stored], [0, 0])
      assert.strictEqual(same.snapshot.tree, first.snapshot.tree)
      assert.strictEqual(same.snapshot.previous, first.snapshot.id)
      const changed = yield* engine.capture({ ...v1, "skills/pdf/SKILL.md": "two\n" })
      assert.deepStrictEqual(
        changed.versions.map(({ artifact }) => artifact),
        [artifact("skill:pdf")]
      )
      // The file, its directory, the two above, and the list of artifacts.
      assert.ok(changed.stored <= 5, String(changed.stored))
      const back = yield* engine.capture(v1)
      assert.strictEqual(back.versions.length, 1)
      assert.strictEqual(back.versions[0]?.tree, first.versions.find(({ artifact }) => artifact === "skill:pdf")?.tree)
      assert.strictEqual((yield* engine.graph.history({ artifact: artifact("skill:pdf") })).versions.length, 3)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("files in memory are the same snapshot as the same files in a directory", (engine) =>
    Effect.gen(function* () {
      const files: Files = {
        "skills/pdf/SKILL.md": "one\n",
        "skills/pdf/run.sh": exe("run\n"),
        "skills/pdf/l": link("x")
      }
      const first = yield* engine.capture(files)
      const encode = (text: string) => new TextEncoder().encode(text)
      const second = yield* engine.snapshots.capture({
        collection: agents,
        files: [
          { path: "skills/pdf/l", bytes: encode("x"), kind: "symlink" },
          { path: "skills/pdf/run.sh", bytes: encode("run\n"), kind: "executable" },
          { path: "skills/pdf/SKILL.md", bytes: encode("one\n") }
        ]
      })
      assert.strictEqual(second.snapshot.tree, first.snapshot.tree)
      assert.strictEqual(second.versions.length, 0)
    })
  )

  onMemory("refuses paths in memory that are none, before anything is stored", (engine) =>
    Effect.gen(function* () {
      const bytes = new Uint8Array()
      const refused = Effect.fnUntraced(function* (...paths: ReadonlyArray<string>) {
        const error = yield* Effect.flip(
          engine.snapshots.capture({ collection: agents, files: paths.map((path) => ({ path, bytes })) })
        )
        assert.strictEqual(error._tag, "InvalidPath", JSON.stringify(paths))
        return error.message
      })
      for (const bad of ["", "/a", "../a", "a/../../b", "a//b", "a/", ".", "a\0", "\\x2e\\x2e/x", "a\ud800"])
        yield* refused(bad)
      assert.match(yield* refused("a", "a"), /given twice/)
      assert.match(yield* refused("a/b", "a"), /is a file/)
      assert.match(yield* refused(Array.from({ length: 1001 }, () => "d").join("/")), /deeper than 1000/)
      assert.strictEqual(yield* engine.ledger.head, null)
      assert.deepStrictEqual(yield* engine.objectStorage.list({ limit: 10 }), [])
    })
  )

  onMemory("takes names of every kind, and as deep as a thousand folders", (engine) =>
    Effect.gen(function* () {
      const names = [
        "a b",
        "a\tb",
        "a\nb",
        "*?[]",
        "é",
        "e\u0301",
        "😀",
        "CON",
        "a:b",
        "-rf",
        "%2F",
        "\\\\",
        "\\xfe",
        "..a",
        "'\"`$(x)",
        "x".repeat(255)
      ]
      const deep = Array.from({ length: 1000 }, (_, i) => `d${i % 7}`).join("/")
      const files = [...names.map((name) => `skills/s/${name}`), deep].map((path) => ({
        path,
        bytes: new TextEncoder().encode(path)
      }))
      const { snapshot } = yield* engine.snapshots.capture({ collection: "odd / % names" as CollectionId, files })
      for (const { bytes, path } of files)
        assert.deepStrictEqual(yield* engine.snapshots.read(snapshot.id, path), bytes)
      const page = yield* engine.snapshots.list({ collection: "odd / % names" as CollectionId })
      assert.deepStrictEqual(page.items, [snapshot])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("two places that form one artifact: DuplicateArtifact, and nothing is stored", (engine) =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(engine.capture({ "skills/pdf/a": "1", ".claude/skills/pdf/a": "2" }))
      assert.strictEqual(refused._tag, "DuplicateArtifact")
      assert.match(refused.message, /"\.claude\/skills\/pdf" and "skills\/pdf" form the artifact skill:pdf/)
      assert.strictEqual(yield* engine.ledger.head, null)
      assert.deepStrictEqual(yield* engine.objectStorage.list({ limit: 10 }), [])
    })
  )

  onMemory(
    "without rules everything is one artifact; an artifact that no collection has any more ends in a version",
    (engine) =>
      Effect.gen(function* () {
        const whole = "bundle:all" as ArtifactId
        const first = yield* engine.capture(v1).pipe(Effect.provideService(ArtifactLayout, { rules: [], rest: whole }))
        assert.deepStrictEqual(
          first.artifacts.map(({ artifact }) => artifact),
          [whole]
        )
        assert.strictEqual(first.artifacts[0]?.tree, first.snapshot.tree)
        const second = yield* engine.capture(v1)
        assert.strictEqual(second.versions.length, 4)
        const [last] = (yield* engine.graph.history({ artifact: whole, branch: agents })).versions
        assert.strictEqual(last?.metadata.removed, true)
        assert.ok(!second.artifacts.some(({ artifact }) => artifact === whole))
        const empty = yield* engine.capture({})
        assert.deepStrictEqual([empty.paths, empty.artifacts.length], [0, 0])
        assert.deepStrictEqual(yield* engine.findings, [])
      })
  )

  onBoth("leaves out what is ignored", (engine) =>
    Effect.gen(function* () {
      const files: Files = {
        "skills/s/a": "a",
        "skills/s/.DS_Store": "IGNORED",
        ".git/config": "IGNORED",
        "skills/s/keep.log": "log"
      }
      const { snapshot } = yield* engine.capture(files)
      assert.deepStrictEqual([...(yield* engine.snapshots.paths(snapshot.id)).keys()].sort(), [
        "skills/s/a",
        "skills/s/keep.log"
      ])
      const logs = yield* engine
        .capture(files, { collection: "logs" as CollectionId })
        .pipe(Effect.provideService(IgnoreRules, ["*.log", "!keep.log", ".git", ".DS_Store"]))
      assert.ok((yield* engine.snapshots.paths(logs.snapshot.id)).has(path("skills/s/keep.log")))
      assert.isFalse(yield* engine.stores("IGNORED"))
    }).pipe(Effect.provideService(IgnoreRules, [".git", ".DS_Store"]))
  )
})

describe("snapshots", () => {
  onBoth("are listed newest first, page by page, whatever the clock does", (engine) =>
    Effect.gen(function* () {
      const ids: Array<SnapshotId> = []
      for (const [i, time] of [5000, 5000, 4_102_444_800_000, 6000, 6000].entries()) {
        yield* TestClock.setTime(time)
        const { snapshot } = yield* engine.snapshots.capture({
          collection: agents,
          files: [{ path: "f", bytes: Uint8Array.of(i) }]
        })
        assert.strictEqual(snapshot.time, time)
        ids.unshift(snapshot.id)
      }
      const all = yield* engine.snapshots.list({ collection: agents })
      assert.deepStrictEqual([all.items.map(({ id }) => id), all.cursor], [ids, null])
      const pages: Array<SnapshotId> = []
      for (let cursor: string | undefined; ; ) {
        const page: typeof all = yield* engine.snapshots.list({ collection: agents, limit: 2, cursor })
        pages.push(...page.items.map(({ id }) => id))
        if (page.cursor === null) break
        cursor = page.cursor
      }
      assert.deepStrictEqual(pages, ids)
      assert.deepStrictEqual((yield* engine.snapshots.list({ collection: "none" as CollectionId })).items, [])
      for (const cursor of ["", "x", "1", ":", "1:", "1e3:a", "12345678901234567890:a"]) {
        const invalid = yield* Effect.flip(engine.snapshots.list({ collection: agents, cursor }))
        assert.strictEqual(invalid._tag, "InvalidCursor", cursor)
      }
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("differ in the paths that differ", (engine) =>
    Effect.gen(function* () {
      const one = yield* engine.capture({ "a/b/c": "1", "a/d": "1", e: "1", "f/g": "1" })
      const two = yield* engine.capture({ "a/b/c": "2", "a/d": exe("1"), h: "1", f: "1" })
      const changes = yield* engine.snapshots.diff(one.snapshot.id, two.snapshot.id)
      const letter = (kind: string | undefined) => kind?.slice(0, 1) ?? "-"
      assert.deepStrictEqual(
        changes.map(({ after, before, path }) => `${path} ${letter(before?.kind)}${letter(after?.kind)}`).sort(),
        ["a/b/c ff", "a/d fe", "e f-", "f df", "f/g f-", "h -f"]
      )
      assert.deepStrictEqual(yield* engine.snapshots.diff(one.snapshot.id, one.snapshot.id), [])
    })
  )

  onMemory("that are unknown, and paths that they do not have, are named in errors", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture(v1)
      const nowhere = "nowhere" as SnapshotId
      for (const asked of [
        engine.snapshots.get(nowhere),
        engine.snapshots.artifacts(nowhere),
        engine.snapshots.paths(nowhere),
        engine.snapshots.read(nowhere, "a"),
        engine.snapshots.diff(nowhere, snapshot.id),
        engine.snapshots.diff(snapshot.id, nowhere),
        engine.snapshots.restore(nowhere, { root: engine.root })
      ] as ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>>) {
        const error = yield* Effect.flip(asked)
        assert.strictEqual(error._tag, "SnapshotNotFound")
        assert.match(error.message, /"nowhere".*SnapshotStore\.list/)
      }
      for (const missing of ["none", "skills", "skills/pdf/cache", "README.md/x"]) {
        const error = yield* Effect.flip(engine.snapshots.read(snapshot.id, missing))
        assert.strictEqual(error._tag, "PathNotFound", missing)
      }
      assert.strictEqual((yield* Effect.flip(engine.snapshots.read(snapshot.id, "../x")))._tag, "InvalidPath")
    })
  )

  onBoth("are not restored onto other files unless that is asked for, and never over strangers in the way", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "a/b": "b", "c/d": "d", e: "e" })
      const before: Files = { "a/b/mine": "1", c: "2", e: "3", other: "4" }
      yield* engine.edit({ e: "3", other: "4" })
      const refused = yield* Effect.flip(engine.snapshots.restore(snapshot.id, { root: engine.root }))
      assert.strictEqual(refused._tag, "TargetOccupied")
      assert.deepStrictEqual(yield* engine.files, shown({ e: "3", other: "4" }))
      yield* engine.edit(before)
      for (const overwrite of [false, true]) {
        const inTheWay = yield* Effect.flip(engine.snapshots.restore(snapshot.id, { root: engine.root, overwrite }))
        assert.strictEqual(inTheWay._tag, "TargetOccupied")
        assert.deepStrictEqual(yield* engine.files, shown(before))
      }
      yield* engine.edit({ "a/b/mine": null, "a/b": null, c: null })
      yield* engine.snapshots.restore(snapshot.id, { root: engine.root, overwrite: true })
      assert.deepStrictEqual(yield* engine.files, shown({ "a/b": "b", "c/d": "d", e: "e", other: "4" }))
      const [operation] = (yield* engine.ledger.list({ kind: "restore" })).items
      const safety = operation?.effect?.safety as SnapshotId
      assert.deepStrictEqual(yield* engine.snapshots.read(safety, "e"), new TextEncoder().encode("3"))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("of a project, taken for safety, are found by project, and are no upstream", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1" })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": "2" })
      const { operation } = yield* engine.update()
      const { items } = yield* engine.snapshots.list({ project })
      assert.deepStrictEqual(
        items.map(({ id, reason }) => [id, reason]),
        [[operation.effect?.safety, "safety"]] as never
      )
      assert.deepStrictEqual(yield* engine.snapshots.artifacts(items[0]?.id as SnapshotId), [])
      for (const options of [{ collection: agents }, {}]) {
        const refused = yield* Effect.flip(engine.planUpdate({ ...options, snapshot: items[0]?.id as SnapshotId }))
        assert.strictEqual(refused._tag, "SnapshotNotFound")
      }
    })
  )

  onMemory("can be pinned: an update to an older one goes back, without its collection being named", (engine) =>
    Effect.gen(function* () {
      const first = yield* engine.capture({ "skills/s/f": "1", "README.md": "1" })
      yield* engine.capture({ "skills/s/f": "2", "README.md": "1", "skills/new/f": "new" })
      yield* engine.deploy()
      yield* engine.update({ snapshot: first.snapshot.id })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": "1", "README.md": "1" }))
      const other = yield* engine.capture({ "skills/o/f": "o" }, { collection: "other" as CollectionId })
      const refused = yield* Effect.flip(engine.planUpdate({ collection: agents, snapshot: other.snapshot.id }))
      assert.strictEqual(refused._tag, "SnapshotNotFound")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})
