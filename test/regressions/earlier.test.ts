/**
 * What went wrong in an earlier system of this kind, one test a defect: each name says what happened there. None of it may
 * happen here.
 */
import * as Effect from "effect/Effect"
import { describe, expect } from "vitest"
import { artifact, type Engine, exe, link, onBoth, path, shown } from "../support/engine.ts"

const skill = (text: string) => ({ "skills/pdf/SKILL.md": text })
const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")
const five = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`)
  for (const [n, line] of changes) lines[n - 1] = line
  return text(...lines)
}
const conflicting = Effect.fnUntraced(function* (engine: Engine) {
  yield* engine.capture(skill(five()))
  yield* engine.deploy()
  yield* engine.edit(skill(five([3, "mine"])))
  yield* engine.capture(skill(five([3, "theirs"])))
  yield* engine.update()
})

describe("data was lost or damaged there", () => {
  onBoth(
    "a restore deleted the collection before it had read the archive, so a damaged one left nothing",
    Effect.fnUntraced(function* (engine: Engine) {
      const { snapshot } = yield* engine.capture(skill("one\n"))
      const target = engine.hands.root("target")
      engine.hands.put(target, { "mine.txt": "mine\n" })
      const unknown = yield* Effect.flip(engine.snapshots.restore("nothing" as never, { root: target }))
      expect(unknown._tag).toBe("SnapshotNotFound")
      expect(engine.hands.list(target)).toEqual(shown({ "mine.txt": "mine\n" }))
      yield* engine.snapshots.restore(snapshot.id, { root: target })
      expect(engine.hands.list(target)).toEqual(shown({ "mine.txt": "mine\n", ...skill("one\n") }))
    })
  )

  onBoth(
    "restoring into another directory destroyed the live collection of the archived name",
    Effect.fnUntraced(function* (engine: Engine) {
      const { snapshot } = yield* engine.capture(skill("one\n"))
      const live = engine.hands.root("collection-agents")
      engine.hands.edit(live, skill("newer\n"))
      yield* engine.snapshots.restore(snapshot.id, { root: engine.hands.root("elsewhere") })
      expect(engine.hands.list(live)).toEqual(shown(skill("newer\n")))
      const refused = yield* Effect.flip(engine.snapshots.restore(snapshot.id, { root: live }))
      expect(refused._tag).toBe("TargetOccupied")
      expect(engine.hands.list(live)).toEqual(shown(skill("newer\n")))
    })
  )

  onBoth(
    "members named with `..` were written outside the target",
    Effect.fnUntraced(function* (engine: Engine) {
      const file = { path: "../out.txt", bytes: new TextEncoder().encode("x") }
      const refused = yield* Effect.flip(engine.snapshots.capture({ collection: "agents" as never, files: [file] }))
      expect(refused._tag).toBe("InvalidPath")
      expect(yield* engine.ledger.head).toBeNull()
    })
  )

  onBoth(
    "a merge that failed half-way unlinked the user's files; a stale plan here changes nothing",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture({ ...skill("one\n"), "skills/pdf/other.md": "other\n" })
      yield* engine.deploy()
      yield* engine.capture({ ...skill("two\n"), "skills/pdf/other.md": "changed\n" })
      const plan = yield* engine.planUpdate()
      yield* engine.edit({ "skills/pdf/other.md": "saved meanwhile\n" })
      const before = yield* engine.files
      const head = yield* engine.ledger.head
      expect((yield* Effect.flip(engine.sync.apply(plan, { root: engine.root })))._tag).toBe("PlanStale")
      expect(yield* engine.files).toEqual(before)
      expect(yield* engine.ledger.head).toBe(head)
    })
  )

  onBoth(
    "an update by merge deleted every file of the artifact that had not changed",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture({ ...skill("one\n"), "skills/pdf/same.md": "same\n" })
      yield* engine.deploy()
      yield* engine.capture({ ...skill("two\n"), "skills/pdf/same.md": "same\n" })
      yield* engine.update()
      expect(yield* engine.files).toEqual(shown({ ...skill("two\n"), "skills/pdf/same.md": "same\n" }))
    })
  )

  onBoth(
    "a merge damaged text that is not UTF-8, turned CRLF into LF, lost modes and flattened symlinks",
    Effect.fnUntraced(function* (engine: Engine) {
      const odd = Uint8Array.of(0x63, 0xe9, 0x0d, 0x0a, 0x6c, 0x0a)
      const files = {
        "skills/pdf/odd.txt": odd,
        "skills/pdf/run.sh": exe("#!/bin/sh\n"),
        "skills/pdf/link": link("run.sh")
      }
      yield* engine.capture({ ...files, ...skill("one\n") })
      yield* engine.deploy()
      yield* engine.edit(skill("one\nmine\n"))
      yield* engine.capture({ ...files, ...skill("zero\none\n") })
      yield* engine.update()
      const now = yield* engine.files
      for (const [name, what] of Object.entries(shown(files))) expect([name, now[name]]).toEqual([name, what])
    })
  )

  onBoth(
    "`theirs` took the project's copy for the collection's; a missing base let the project win in silence",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* conflicting(engine)
      yield* engine.resolve({ path: path("skills/pdf/SKILL.md"), use: "theirs" })
      expect(yield* engine.files).toEqual(shown(skill(five([3, "theirs"]))))
      const tip = yield* engine.graph.branches(artifact("skill:pdf"))
      expect(tip.length).toBe(1)
    })
  )

  onBoth(
    "conflict markers were written into live files, and even reported as success",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* conflicting(engine)
      expect(yield* engine.files).toEqual(shown(skill(five([3, "mine"]))))
      expect(yield* engine.open).toEqual(["skills/pdf/SKILL.md"])
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "conflicted" })
    })
  )

  onBoth(
    "snapshots that were made at once lost each other's records",
    Effect.fnUntraced(function* (engine: Engine) {
      const one = engine.hands.root("one")
      engine.hands.put(one, skill("one\n"))
      const names = Array.from({ length: 8 }, (_, n) => `collection${n}`)
      yield* Effect.forEach(
        names,
        (collection) => engine.snapshots.capture({ collection: collection as never, root: one }),
        {
          concurrency: "unbounded"
        }
      )
      for (const collection of names) {
        expect((yield* engine.snapshots.list({ collection: collection as never })).items.length).toBe(1)
      }
      expect(yield* engine.findings).toEqual([])
    })
  )
})

describe("results were wrong there", () => {
  onBoth(
    "two edits fifteen lines apart in one file were one conflict of the whole file",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill(five()))
      yield* engine.deploy()
      yield* engine.edit(skill(five([2, "mine"])))
      yield* engine.capture(skill(five([17, "theirs"])))
      yield* engine.update()
      expect(yield* engine.open).toEqual([])
      expect(yield* engine.files).toEqual(shown(skill(five([2, "mine"], [17, "theirs"]))))
    })
  )

  onBoth(
    "a rollback that keeps changes rolled nothing back: local always won",
    Effect.fnUntraced(function* (engine: Engine) {
      const { snapshot } = yield* engine.capture({ ...skill(five()), "skills/pdf/a.md": "a\n" })
      yield* engine.deploy()
      yield* engine.edit(skill(five([2, "mine"])))
      yield* engine.capture({ ...skill(five([17, "theirs"])), "skills/pdf/a.md": "b\n", "skills/pdf/new.md": "new\n" })
      yield* engine.update()
      yield* engine.roll({ to: { snapshot: snapshot.id } })
      expect(yield* engine.files).toEqual(shown({ ...skill(five([2, "mine"])), "skills/pdf/a.md": "a\n" }))
    })
  )

  onBoth(
    "a rollback of some paths restored all the others instead",
    Effect.fnUntraced(function* (engine: Engine) {
      const { snapshot } = yield* engine.capture({ ...skill("1\n"), "skills/pdf/a.md": "1\n" })
      yield* engine.deploy()
      yield* engine.capture({ ...skill("2\n"), "skills/pdf/a.md": "2\n" })
      yield* engine.update()
      yield* engine.roll({ to: { snapshot: snapshot.id }, paths: [path("skills/pdf/a.md")] })
      expect(yield* engine.files).toEqual(shown({ ...skill("2\n"), "skills/pdf/a.md": "1\n" }))
    })
  )

  onBoth(
    "deletions upstream never reached a project",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture({ ...skill("one\n"), "skills/pdf/old.md": "old\n" })
      yield* engine.deploy()
      yield* engine.capture(skill("one\n"))
      expect((yield* engine.classes())["skills/pdf/old.md"]).toBe("removedUpstream")
      yield* engine.update()
      expect(yield* engine.files).toEqual(shown(skill("one\n")))
    })
  )

  onBoth(
    "a binary conflict left no file at all, or said twice that the file was deleted",
    Effect.fnUntraced(function* (engine: Engine) {
      const binary = (n: number) => Uint8Array.of(0, 1, 2, n)
      yield* engine.capture({ "skills/pdf/logo.png": binary(0) })
      yield* engine.deploy()
      yield* engine.edit({ "skills/pdf/logo.png": binary(1) })
      yield* engine.capture({ "skills/pdf/logo.png": binary(2) })
      yield* engine.update()
      expect(yield* engine.files).toEqual(shown({ "skills/pdf/logo.png": binary(1) }))
      const both = yield* engine.conflicts.show({ project: "project" as never, path: path("skills/pdf/logo.png") })
      expect([both.ours, both.theirs].map((bytes) => [...(bytes ?? [])])).toEqual([
        [0, 1, 2, 1],
        [0, 1, 2, 2]
      ])
    })
  )

  onBoth(
    "a file that became a directory aborted the whole merge",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture({ ...skill("one\n"), "skills/pdf/x": "file\n" })
      yield* engine.deploy()
      yield* engine.capture({ ...skill("two\n"), "skills/pdf/x/y.md": "inside\n" })
      yield* engine.update()
      expect(yield* engine.files).toEqual(shown({ ...skill("two\n"), "skills/pdf/x/y.md": "inside\n" }))
    })
  )

  onBoth(
    "artifacts that are single files were always reported as removed",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture({ "commands/go.md": "go\n", "agents/ann.md": "ann\n" })
      yield* engine.deploy()
      expect(yield* engine.classes()).toEqual({ "agents/ann.md": "clean", "commands/go.md": "clean" })
    })
  )

  onBoth(
    "a copy that was deleted in the project was reported as clean",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\n"))
      yield* engine.deploy()
      yield* engine.edit({ "skills/pdf/SKILL.md": null })
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "deleted" })
    })
  )

  onBoth(
    "the same change on both sides was a conflict",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\n"))
      yield* engine.deploy()
      yield* engine.edit(skill("two\n"))
      yield* engine.capture(skill("two\n"))
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "converged" })
      yield* engine.update()
      expect(yield* engine.open).toEqual([])
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "clean" })
    })
  )

  onBoth(
    "a check for drift wrote records",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\n"))
      yield* engine.deploy()
      yield* engine.edit(skill("two\n"))
      const [head, names] = [yield* engine.ledger.head, yield* engine.names]
      yield* engine.classes()
      expect(yield* engine.ledger.head).toBe(head)
      expect(yield* engine.names).toEqual(names)
    })
  )

  onBoth(
    "the baseline was not moved by an update, so the same conflict came back for ever",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* conflicting(engine)
      yield* engine.resolve({ path: path("skills/pdf/SKILL.md"), use: "ours" })
      const plan = yield* engine.planUpdate()
      expect(plan.paths.map(({ action }) => action)).toEqual(["keep"])
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "modified" })
    })
  )

  onBoth(
    "a stale copy was taken for an edit",
    Effect.fnUntraced(function* (engine: Engine) {
      const first = yield* engine.capture(skill("one\n"))
      yield* engine.capture(skill("two\n"))
      yield* engine.deploy()
      yield* engine.edit(skill("one\n"))
      const found = yield* engine.drift.check({ project: "project" as never, root: engine.root })
      expect(found.paths.map(({ exactly }) => exactly)).toEqual([first.versions[0]?.id])
    })
  )

  onBoth(
    "a checkout with CRLF was a modified one",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\ntwo\n"))
      yield* engine.deploy()
      yield* engine.edit(skill("one\r\ntwo\r\n"))
      expect(yield* engine.classes()).toEqual({ "skills/pdf/SKILL.md": "eolOnly" })
    })
  )
})

describe("identity and history were unsound there", () => {
  onBoth(
    "going back to earlier content made no version: A, B, A were two",
    Effect.fnUntraced(function* (engine: Engine) {
      for (const content of ["a\n", "b\n", "a\n"]) yield* engine.capture(skill(content))
      const { versions } = yield* engine.graph.history({ artifact: artifact("skill:pdf") })
      expect(versions.length).toBe(3)
      expect(versions[0]?.tree).toBe(versions[2]?.tree)
      expect(versions[0]?.parents).toEqual([versions[1]?.id])
    })
  )

  onBoth(
    "two artifacts with equal content shared one row",
    Effect.fnUntraced(function* (engine: Engine) {
      const { versions } = yield* engine.capture({ "skills/a/S.md": "same\n", "skills/b/S.md": "same\n" })
      expect(new Set(versions.map(({ id }) => id)).size).toBe(2)
      expect(new Set(versions.map(({ tree }) => tree)).size).toBe(1)
    })
  )

  onBoth(
    "{a: bc} and {ab: c} had one hash",
    Effect.fnUntraced(function* (engine: Engine) {
      const one = yield* engine.capture({ "skills/x/a": "bc" })
      const other = yield* engine.capture({ "skills/x/ab": "c" })
      expect(one.snapshot.tree).not.toBe(other.snapshot.tree)
    })
  )

  onBoth(
    "two entries of the audit trail within a second had one id, and the trail said nobody's name",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\n"))
      yield* engine.capture(skill("one\n"))
      const { items } = yield* engine.ledger.list()
      expect(new Set(items.map(({ id }) => id)).size).toBe(2)
      for (const { actor } of items) expect(actor).not.toBe("")
    })
  )

  onBoth(
    "moving the project to another place broke its records",
    Effect.fnUntraced(function* (engine: Engine) {
      yield* engine.capture(skill("one\n"))
      yield* engine.deploy()
      const moved = engine.hands.root("moved")
      engine.hands.put(moved, skill("one\n"))
      const found = yield* engine.drift.check({ project: "project" as never, root: moved })
      expect(found.counts.clean).toBe(1)
    })
  )

  onBoth(
    "the common ancestor of two versions was the root of their history",
    Effect.fnUntraced(function* (engine: Engine) {
      const versions = []
      for (const content of ["1\n", "2\n", "3\n"]) versions.push((yield* engine.capture(skill(content))).versions[0])
      const [, second, third] = versions
      expect(yield* engine.graph.mergeBases(second?.id as never, third?.id as never)).toEqual([second?.id])
    })
  )
})
