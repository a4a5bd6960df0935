/** Wrong answers of an earlier system, and of its peers. Each test's name says what went wrong there. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { IgnoreRules } from "../../src/core/references/IgnoreRules.ts"
import type { CollectionId } from "../../src/model/Ids.ts"
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
  show,
  shown
} from "../support/engine.ts"

const lines = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const all = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  for (const [at, text] of changes) all[at] = text
  return `${all.join("\n")}\n`
}

describe("rolling back", () => {
  onMemory("kept every edit and rolled nothing back, because target and base were one", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "skills/s/f": lines(), "skills/s/g": lines() })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]), "skills/s/g": lines([0, "v2"]), "skills/s/h": "v2\n" })
      yield* engine.update()
      yield* engine.edit({ "skills/s/f": lines([0, "v2"], [19, "mine"]) })
      yield* engine.roll({ to: { snapshot: snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": lines([19, "mine"]), "skills/s/g": lines() }))
    })
  )

  onMemory("of some paths rolled back all the others", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "skills/s/f": "1\n", "skills/s/g": "1\n", "README.md": "1\n" })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": "2\n", "skills/s/g": "2\n", "README.md": "2\n" })
      yield* engine.update()
      yield* engine.roll({ to: { snapshot: snapshot.id }, paths: [path("skills/s/f")] })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/s/f": "1\n", "skills/s/g": "2\n", "README.md": "2\n" })
      )
    })
  )

  onMemory("was always announced as safe: the plan names what will be a question", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "skills/s/f": lines() })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]) })
      yield* engine.update()
      yield* engine.edit({ "skills/s/f": lines([0, "v2, edited"]) })
      const plan = yield* engine.planRollback({ to: { snapshot: snapshot.id } })
      assert.deepStrictEqual(
        plan.paths.map(({ action, class: drift }) => [action, drift]),
        [["conflict", "both"]]
      )
    })
  )

  onMemory("wrote no audit entry when nothing changed, and entries of one second shared an id", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture({ "skills/s/f": "1\n" })
      yield* engine.deploy()
      const plan = yield* engine.planRollback({ to: { snapshot: snapshot.id } })
      const ids = new Set<string>()
      for (let i = 0; i < 3; i++) ids.add((yield* engine.rollback.apply(plan, { root: engine.root })).operation.id)
      assert.strictEqual(ids.size, 3)
      assert.strictEqual((yield* engine.ledger.list({ kind: "rollback" })).items.length, 3)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})

describe("merging", () => {
  onMemory("made one conflict of a whole file when both sides had changed it, fifteen lines apart", (engine) =>
    Effect.sync(() => {
      const merged = engine.merge.text(lines(), lines([2, "ours"]), lines([17, "theirs"]))
      assert.strictEqual(merged.conflicts, 0)
      assert.strictEqual(new TextDecoder().decode(merged.bytes), lines([2, "ours"], [17, "theirs"]))
    })
  )

  onBoth("never carried a deletion over", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1\n", "skills/s/d/g": "1\n", "skills/t/f": "1\n", "README.md": "" })
      yield* engine.deploy()
      yield* engine.capture({ "skills/s/f": "1\n", "README.md": "" })
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/f": "1\n", "README.md": "" }))
    })
  )

  onMemory("showed a text that became binary as deleted on both sides", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "text\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": "text, edited\n" })
      yield* engine.capture({ "skills/s/f": Uint8Array.of(0, 1, 2) })
      yield* engine.update()
      const shows = yield* engine.conflicts.show({ project, path: path("skills/s/f") })
      assert.strictEqual(shows.conflict.kind, "binary")
      assert.deepStrictEqual(
        [shows.base, shows.ours, shows.theirs].map((bytes) => Buffer.from(bytes ?? []).toString("latin1")),
        ["text\n", "text, edited\n", "\0\x01\x02"]
      )
      assert.strictEqual(shows.markers, null)
    })
  )

  onMemory("stopped altogether where a file had become a directory", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/a": "1\n", "skills/s/b/c": "1\n", "skills/s/k": "1\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/k": "mine\n" })
      yield* engine.capture({ "skills/s/a/x": "2\n", "skills/s/b": "2\n", "skills/s/k": "1\n" })
      yield* engine.update()
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/s/a/x": "2\n", "skills/s/b": "2\n", "skills/s/k": "mine\n" })
      )
    })
  )

  onMemory("failed for a collection that is called base, because of a folder of that name", (engine) =>
    Effect.gen(function* () {
      for (const name of ["base", "ours", "head", "HEAD", "ledger", "..", "a/b", "%2F"]) {
        const collection = name as CollectionId
        const target = `at ${name.replaceAll(/[/.%]/g, "-")}` as never
        const skill = artifact("skill:s")
        yield* engine.capture(
          { "skills/s/f": lines() },
          { collection, root: undefined as never, ...memory("f", lines()) }
        )
        yield* engine.deploy({ collection, artifacts: [skill], targets: { [skill]: target } })
        yield* engine.edit({ [`${target}/f`]: lines([19, name]) })
        yield* engine.capture({}, { collection, root: undefined as never, ...memory("f", lines([0, name])) })
        yield* engine.update({ collection })
        assert.strictEqual((yield* engine.files)[`${target}/f`], show(lines([0, name], [19, name])), name)
      }
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})

const memory = (name: string, text: string) => ({
  files: [{ path: `skills/s/${name}`, bytes: new TextEncoder().encode(text) }]
})

describe("drift", () => {
  onMemory(
    "called everything but skills removed, did not see what was deleted in the project, and took equal changes for a conflict",
    (engine) =>
      Effect.gen(function* () {
        const files: Files = {
          "commands/git/commit.md": "1\n",
          "agents/a.md": "1\n",
          "hooks/h/run.sh": exe("1\n"),
          "plugins/p/skills/s/SKILL.md": "1\n",
          "prompts/x.md": "1\n",
          "skills/s/f": "1\n"
        }
        yield* engine.capture(files)
        yield* engine.deploy()
        const clean = yield* engine.drift.check({ project, root: engine.root })
        assert.deepStrictEqual(new Set(clean.artifacts.map((at) => at.class)), new Set(["clean"]))
        assert.strictEqual(clean.artifacts.length, 6)
        yield* engine.edit({ "commands/git/commit.md": null, "agents/a.md": "2\n" })
        yield* engine.capture({ ...files, "agents/a.md": "2\n" })
        const classes = yield* engine.classes()
        assert.strictEqual(classes["commands/git/commit.md"], "deleted")
        assert.strictEqual(classes["agents/a.md"], "converged")
        yield* engine.update()
        assert.deepStrictEqual(yield* engine.open, [])
      })
  )

  onMemory(
    "found a fresh deployment outdated, because deploying left ignored files out and comparing did not",
    (engine) =>
      Effect.gen(function* () {
        yield* engine.capture({ "skills/s/f": "1\n", "skills/s/x.log": "log", "skills/s/.DS_Store": "x" })
        yield* engine.deploy()
        yield* engine.edit({ "skills/s/y.log": "log" })
        assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "clean" })
      }).pipe(Effect.provideService(IgnoreRules, ["*.log", ".DS_Store"]))
  )

  onMemory("remembered a change that had been taken back", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": "2\n" })
      assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "modified" })
      yield* engine.edit({ "skills/s/f": "1\n" })
      assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "clean" })
    })
  )

  onMemory("asked about the same change at every update, because the baseline never moved", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": lines(), "skills/s/g": lines() })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([19, "mine"]), "skills/s/g": lines([0, "mine"]) })
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]), "skills/s/g": lines([0, "v2"]) })
      yield* engine.update()
      yield* engine.resolve({ path: path("skills/s/g"), use: "ours" })
      yield* engine.capture({ "skills/s/f": lines([0, "v3"]), "skills/s/g": lines([0, "v2"], [19, "v3"]) })
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/s/f": lines([0, "v3"], [19, "mine"]), "skills/s/g": lines([0, "mine"], [19, "v3"]) })
      )
    })
  )

  onMemory("pinned a stale copy forever, because whatever is not the baseline was taken for an edit", (engine) =>
    Effect.gen(function* () {
      const { artifacts } = yield* engine.capture({ "skills/s/f": "v1\n" })
      yield* engine.capture({ "skills/s/f": "v2\n" })
      yield* engine.deploy()
      // Somebody copied an old version over it: no edit of anybody's.
      yield* engine.edit({ "skills/s/f": "v1\n" })
      yield* engine.capture({ "skills/s/f": "v3\n" })
      const { artifacts: found, paths } = yield* engine.drift.check({ project, root: engine.root })
      assert.strictEqual(paths[0]?.exactly, artifacts[0]?.version)
      assert.strictEqual(found[0]?.exactly, artifacts[0]?.version)
    })
  )

  onMemory("took a checkout with CRLF for a change of every file", (engine) =>
    Effect.gen(function* () {
      const names = ["a", "b", "c"].map((name) => `skills/s/${name}`)
      yield* engine.capture(Object.fromEntries(names.map((name) => [name, lines()])))
      yield* engine.deploy()
      yield* engine.edit(Object.fromEntries(names.map((name) => [name, lines().replaceAll("\n", "\r\n")])))
      assert.deepStrictEqual(new Set(Object.values(yield* engine.classes())), new Set(["eolOnly"]))
      yield* engine.capture(Object.fromEntries(names.map((name) => [name, lines([0, "v2"])])))
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.open, [])
      assert.strictEqual((yield* engine.files)["skills/s/a"], show(lines([0, "v2"]).replaceAll("\n", "\r\n")))
    })
  )
})

describe("identity and history", () => {
  onMemory(
    "two directories had one hash where names and contents ran into each other, or differed in bits, links, empty folders",
    (engine) =>
      Effect.gen(function* () {
        const directories: ReadonlyArray<Files> = [
          { "skills/s/a": "bc" },
          { "skills/s/ab": "c" },
          { "skills/s/a": "b", "skills/s/c": "" },
          { "skills/s/a/b": "c" },
          { "skills/s/a\\\\b": "c" },
          { "skills/s/a": exe("bc") },
          { "skills/s/a": link("bc") },
          { "skills/s/a": "bc", "skills/s/d": dir },
          { "skills/s/a": "bc", "skills/s/d/e": dir },
          { "skills/s/A": "bc" },
          { "skills/s": dir }
        ]
        const trees = new Set<string>()
        for (const files of directories) trees.add((yield* engine.capture(files)).artifacts[0]?.tree ?? "")
        assert.strictEqual(trees.size, directories.length)
      })
  )

  onMemory(
    "content was the key of a version: coming back to old content, or equal content of two artifacts, was lost",
    (engine) =>
      Effect.gen(function* () {
        for (const text of ["A", "B", "A"]) yield* engine.capture({ "skills/s/f": text, "skills/t/f": text })
        const history = Effect.fnUntraced(function* (id: string) {
          return (yield* engine.graph.history({ artifact: artifact(id), branch: agents })).versions
        })
        const [s, t] = [yield* history("skill:s"), yield* history("skill:t")]
        assert.deepStrictEqual([s.length, t.length], [3, 3])
        assert.strictEqual(new Set([...s, ...t].map(({ id }) => id)).size, 6)
        assert.strictEqual(new Set([...s, ...t].map(({ tree }) => tree)).size, 2)
        // Newest first, each with the one before it as its parent, and nothing to be guessed from an order of rows.
        assert.deepStrictEqual(
          s.map(({ parents }) => parents),
          [[s[1]?.id], [s[2]?.id], []] as never
        )
      })
  )

  onMemory("no version was ever written by what users do: deploying, merging, rolling back", (engine) =>
    Effect.gen(function* () {
      const first = yield* engine.capture({ "skills/s/f": lines() })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([19, "mine"]) })
      const second = yield* engine.capture({ "skills/s/f": lines([0, "v2"]) })
      const { versions } = yield* engine.update()
      assert.strictEqual(versions.length, 1)
      const [merged] = versions
      assert.deepStrictEqual(merged?.parents, [first.artifacts[0]?.version, second.artifacts[0]?.version] as never)
      assert.strictEqual(merged?.origin, "merge")
      const rolled = yield* engine.roll({ to: { snapshot: first.snapshot.id } })
      assert.strictEqual(rolled.versions[0]?.origin, "rollback")
      assert.deepStrictEqual(
        yield* engine.graph.mergeBases(merged?.id as never, second.artifacts[0]?.version as never),
        [second.artifacts[0]?.version] as never
      )
    })
  )

  onBoth("a project that was moved was unknown, because paths on disk were its name", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": lines() })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": lines([19, "mine"]) })
      yield* engine.capture({ "skills/s/f": lines([0, "v2"]) })
      const moved = engine.hands.root("moved")
      engine.hands.edit(moved, { "skills/s/f": lines([19, "mine"]) })
      const plan = yield* engine.sync.plan({ project, root: moved })
      const { operation } = yield* engine.sync.apply(plan, { root: moved })
      assert.deepStrictEqual(engine.hands.list(moved), shown({ "skills/s/f": lines([0, "v2"], [19, "mine"]) }))
      const undo = yield* engine.ledger.planUndo({ operation: operation.id, root: moved })
      yield* engine.ledger.apply(undo, { root: moved })
      assert.deepStrictEqual(engine.hands.list(moved), shown({ "skills/s/f": lines([19, "mine"]) }))
    })
  )
})
