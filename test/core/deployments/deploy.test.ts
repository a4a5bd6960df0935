import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CollectionId, DirectoryPath } from "../../../src/model/Ids.ts"
import { agents, artifact, dir, exe, type Files, link, onBoth, onMemory, project, shown } from "../../support/engine.ts"

const v1: Files = {
  "skills/pdf/SKILL.md": "one\ntwo\nthree\n",
  "skills/pdf/run.sh": exe("#!/bin/sh\n"),
  "skills/pdf/latest": link("SKILL.md"),
  "skills/pdf/cache": dir,
  "skills/docx/SKILL.md": "docx\n",
  "agents/reviewer.md": "review\n",
  "README.md": "read me\n"
}

describe("deploying", () => {
  onBoth("puts a whole collection into an empty project, byte for byte, and knows what stands where", (engine) =>
    Effect.gen(function* () {
      const captured = yield* engine.capture(v1)
      const { deployments, operation } = yield* engine.deploy()
      assert.deepStrictEqual(yield* engine.files, shown(v1))
      const current = yield* engine.deployments.current(project)
      assert.deepStrictEqual(
        current.map(({ artifact, shape, target }) => `${artifact} ${shape} ${target}`),
        [
          "agent:reviewer file agents",
          "rest:files rest ",
          "skill:docx directory skills/docx",
          "skill:pdf directory skills/pdf"
        ]
      )
      assert.strictEqual(deployments.length, 4)
      for (const { artifact, version, result } of current) {
        assert.strictEqual(captured.artifacts.find((at) => at.artifact === artifact)?.version, version)
        assert.strictEqual(result, version)
      }
      assert.deepStrictEqual(new Set(Object.values(yield* engine.classes())), new Set(["clean"]))
      assert.strictEqual(operation.kind, "deploy")
      // Nothing was replaced, so there is nothing to keep.
      assert.strictEqual(operation.effect?.safety, null)
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("a second time does nothing at all", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      const plan = yield* engine.planDeploy()
      assert.deepStrictEqual(
        plan.paths.filter(({ action }) => action !== "none"),
        []
      )
      assert.deepStrictEqual(plan.deployments, [])
    })
  )

  onBoth("adopts equal files, makes different ones conflicts, and overwrites nothing", (engine) =>
    Effect.gen(function* () {
      const before: Files = {
        "skills/pdf/SKILL.md": "one\ntwo\nthree\n",
        "skills/docx/SKILL.md": "mine\n",
        "skills/docx/notes.md": "my notes\n",
        "README.md": "read me\r\n",
        ".env": "SECRET\n"
      }
      yield* engine.edit(before)
      yield* engine.capture(v1)
      const plan = yield* engine.planDeploy()
      const action = (path: string) => plan.paths.find((at) => at.path === path)?.action
      assert.strictEqual(action("skills/docx/SKILL.md"), "conflict")
      assert.strictEqual(action("README.md"), "keep")
      assert.strictEqual(action("skills/pdf/run.sh"), "write")
      assert.strictEqual(action("skills/docx/notes.md"), undefined)
      const { operation } = yield* engine.deploy()
      assert.strictEqual(operation.effect?.safety, null)
      assert.deepStrictEqual(yield* engine.files, shown({ ...v1, ...before }))
      assert.deepStrictEqual(yield* engine.open, ["skills/docx/SKILL.md"])
      const [conflict] = yield* engine.conflicts.list({ project })
      assert.strictEqual(conflict?.conflict.kind, "add/add")
      assert.deepStrictEqual(conflict?.conflict.bases, [null])
      const shows = yield* engine.conflicts.show({ project, path: "skills/docx/SKILL.md" as never })
      assert.strictEqual(new TextDecoder().decode(shows.ours ?? undefined), "mine\n")
      assert.strictEqual(new TextDecoder().decode(shows.theirs ?? undefined), "docx\n")
      const classes = yield* engine.classes()
      assert.strictEqual(classes["skills/docx/SKILL.md"], "conflicted")
      assert.strictEqual(classes["README.md"], "eolOnly")
      assert.strictEqual(classes["skills/docx/notes.md"], "localOnly")
      assert.isFalse(yield* engine.stores("SECRET"))
      assert.isFalse(yield* engine.stores("my notes"))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("onto a directory, a file or a link in the way: conflicts, and everything stays", (engine) =>
    Effect.gen(function* () {
      const before: Files = {
        "skills/pdf/SKILL.md/inner.md": "a directory where a file is to be\n",
        "skills/docx/scripts": "a file where a directory is to be\n",
        "README.md": link("elsewhere"),
        "agents/reviewer.md": exe("review\n")
      }
      yield* engine.edit(before)
      yield* engine.capture({ ...v1, "skills/docx/scripts/run.sh": "run\n" })
      yield* engine.deploy()
      const after = yield* engine.files
      for (const [path, content] of Object.entries(shown(before))) assert.strictEqual(after[path], content, path)
      assert.deepStrictEqual([...(yield* engine.open)].sort(), [
        "README.md",
        "agents/reviewer.md",
        "skills/docx/scripts",
        "skills/pdf/SKILL.md"
      ])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("where an artifact's own directory is to be stands a file: TargetOccupied, and nothing is done", (engine) =>
    Effect.gen(function* () {
      yield* engine.edit({ "skills/docx": "a file\n" })
      yield* engine.capture(v1)
      const head = yield* engine.ledger.head
      const occupied = yield* Effect.flip(engine.planDeploy())
      assert.strictEqual(occupied._tag, "TargetOccupied")
      if (occupied._tag === "TargetOccupied") assert.strictEqual(occupied.path, "skills/docx")
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/docx": "a file\n" }))
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onBoth("one artifact at two targets: each is updated and retired for itself", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const pdf = artifact("skill:pdf")
      yield* engine.deploy({ artifacts: [pdf] })
      yield* engine.deploy({ artifacts: [pdf], targets: { [pdf]: "copies/pdf" as DirectoryPath } })
      assert.deepStrictEqual(
        (yield* engine.deployments.whereDeployed(pdf)).map(({ target }) => target),
        ["copies/pdf", "skills/pdf"]
      )
      const files = yield* engine.files
      assert.strictEqual(files["copies/pdf/run.sh"], files["skills/pdf/run.sh"])
      yield* engine.edit({ "copies/pdf/SKILL.md": "one\ntwo\nthree, edited\n" })
      yield* engine.capture({ ...v1, "skills/pdf/SKILL.md": "ONE\ntwo\nthree\n" })
      yield* engine.update()
      const updated = yield* engine.files
      assert.strictEqual(updated["skills/pdf/SKILL.md"], "f ONE\ntwo\nthree\n")
      assert.strictEqual(updated["copies/pdf/SKILL.md"], "f ONE\ntwo\nthree, edited\n")
      yield* engine.tick
      const plan = yield* engine.deployments.planRetire({
        project,
        root: engine.root,
        artifacts: [pdf],
        target: "skills/pdf" as DirectoryPath
      })
      yield* engine.deployments.apply(plan, { root: engine.root })
      assert.deepStrictEqual(
        (yield* engine.deployments.current(project)).map(({ target }) => target),
        ["copies/pdf"]
      )
      assert.deepStrictEqual(
        Object.keys(yield* engine.files).filter((path) => path.startsWith("skills/")),
        []
      )
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("one artifact at two targets that come to the same: one version says so", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const pdf = artifact("skill:pdf")
      yield* engine.deploy({ artifacts: [pdf] })
      yield* engine.deploy({ artifacts: [pdf], targets: { [pdf]: "copy" as DirectoryPath } })
      yield* engine.edit({ "skills/pdf/SKILL.md": "one\ntwo\nmine\n", "copy/SKILL.md": "one\ntwo\nmine\n" })
      yield* engine.capture({ ...v1, "skills/pdf/SKILL.md": "ONE\ntwo\nthree\n" })
      const { deployments, versions } = yield* engine.update()
      assert.strictEqual(versions.length, 1)
      assert.deepStrictEqual(
        deployments.map(({ result }) => result),
        [versions[0]?.id, versions[0]?.id] as never
      )
      assert.strictEqual((yield* engine.files)["copy/SKILL.md"], "f ONE\ntwo\nmine\n")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("two artifacts that want one path: TargetOccupied, and nothing is done", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy({ artifacts: [artifact("skill:pdf")] })
      const [before, head] = [yield* engine.files, yield* engine.ledger.head]
      const occupied = yield* Effect.flip(
        engine.planDeploy({
          artifacts: [artifact("skill:docx")],
          targets: { "skill:docx": "skills/pdf" as DirectoryPath }
        })
      )
      assert.strictEqual(occupied._tag, "TargetOccupied")
      if (occupied._tag === "TargetOccupied") {
        assert.strictEqual(occupied.path, "skills/pdf/SKILL.md")
        assert.strictEqual(occupied.owner, "skill:pdf")
        assert.strictEqual(occupied.wanted, "skill:docx")
      }
      assert.deepStrictEqual(yield* engine.files, before)
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onBoth("an artifact below another's file, or a file where another's directory is: TargetOccupied", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy({ artifacts: [artifact("skill:pdf")] })
      const below = yield* Effect.flip(
        engine.planDeploy({
          artifacts: [artifact("skill:docx")],
          targets: { "skill:docx": "skills/pdf/SKILL.md" as DirectoryPath }
        })
      )
      assert.strictEqual(below._tag, "TargetOccupied")
      // Both new, in one plan.
      const both = yield* Effect.flip(
        engine.planDeploy({
          artifacts: [artifact("skill:docx"), artifact("agent:reviewer")],
          targets: { "skill:docx": "x/reviewer.md" as DirectoryPath, "agent:reviewer": "x" as DirectoryPath }
        })
      )
      assert.strictEqual(both._tag, "TargetOccupied")
    })
  )

  onBoth("a second collection leaves what the first one deployed where it is", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.capture({ ...v1, "README.md": "read me again\n" })
      const more = "more" as CollectionId
      yield* engine.capture({ "skills/xlsx/SKILL.md": "xlsx\n" }, { collection: more })
      const { deployments } = yield* engine.deploy({ collection: more })
      assert.deepStrictEqual(
        deployments.map(({ artifact }) => artifact),
        [artifact("skill:xlsx")]
      )
      assert.deepStrictEqual(yield* engine.files, shown({ ...v1, "skills/xlsx/SKILL.md": "xlsx\n" }))
    })
  )

  onBoth(
    "an artifact that one collection deployed is not another's to update, unless it gets a target of its own",
    (engine) =>
      Effect.gen(function* () {
        yield* engine.capture(v1)
        yield* engine.deploy()
        const fork = "fork" as CollectionId
        yield* engine.capture({ "skills/pdf/SKILL.md": "the fork's\n" }, { collection: fork })
        const pdf = { collection: fork, artifacts: [artifact("skill:pdf")] }
        const head = yield* engine.ledger.head
        for (const refused of [
          yield* Effect.flip(engine.planDeploy(pdf)),
          yield* Effect.flip(engine.planUpdate(pdf))
        ]) {
          assert.strictEqual(refused._tag, "ArtifactNotFound")
          assert.include(refused.message, `from collection "agents", not from collection "fork"`)
        }
        assert.deepStrictEqual(yield* engine.ledger.head, head)
        yield* engine.deploy({ ...pdf, targets: { "skill:pdf": "fork/pdf" as DirectoryPath } })
        assert.deepStrictEqual(yield* engine.files, shown({ ...v1, "fork/pdf/SKILL.md": "the fork's\n" }))
      })
  )

  onBoth("a chosen place for the whole collection, and unknown artifacts and collections", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/pdf/SKILL.md": "pdf\n", "README.md": "read me\n" })
      yield* engine.deploy({ at: "vendor/agents" as DirectoryPath })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "vendor/agents/skills/pdf/SKILL.md": "pdf\n", "vendor/agents/README.md": "read me\n" })
      )
      const head = yield* engine.ledger.head
      const unknown = yield* Effect.flip(engine.planDeploy({ artifacts: [artifact("skill:none")] }))
      assert.strictEqual(unknown._tag, "ArtifactNotFound")
      const nowhere = yield* Effect.flip(engine.planDeploy({ collection: "nowhere" as CollectionId }))
      assert.strictEqual(nowhere._tag, "CollectionNotFound")
      const pinned = yield* Effect.flip(engine.planDeploy({ snapshot: "no-such" as never }))
      assert.strictEqual(pinned._tag, "SnapshotNotFound")
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onBoth("a place outside of the project is refused, whatever it is called", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      const head = yield* engine.ledger.head
      for (const at of ["..", "../elsewhere", "a/../../b", "/etc", "a//b", "\\x2e\\x2e/x"]) {
        for (const options of [
          { at: at as DirectoryPath },
          { artifacts: [artifact("skill:pdf")], targets: { "skill:pdf": at as DirectoryPath } }
        ]) {
          const refused = yield* Effect.flip(engine.planDeploy(options))
          assert.strictEqual(refused._tag, "InvalidPath")
          if (refused._tag === "InvalidPath") assert.strictEqual(refused.path, at)
        }
      }
      assert.deepStrictEqual(yield* engine.files, {})
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onBoth("the history of deployments names past ones too, newest first, page by page", (engine) =>
    Effect.gen(function* () {
      for (const text of ["1", "2", "3"]) {
        yield* engine.capture({ "skills/pdf/SKILL.md": text })
        yield* text === "1" ? engine.deploy() : engine.update()
      }
      const pdf = artifact("skill:pdf")
      const all = (yield* engine.deployments.history({ artifact: pdf })).items
      assert.strictEqual(all.length, 3)
      assert.deepStrictEqual(
        all.map(({ previous }) => previous),
        [all[1]?.id, all[2]?.id, null] as never
      )
      const first = yield* engine.deployments.history({ project, limit: 2 })
      const second = yield* engine.deployments.history({ project, limit: 2, cursor: first.cursor ?? "" })
      assert.deepStrictEqual([...first.items, ...second.items], all)
      assert.strictEqual(second.cursor, null)
      const version = all[2]?.version
      assert.deepStrictEqual((yield* engine.deployments.history({ version })).items, all.slice(2))
      const cursor = yield* Effect.flip(engine.deployments.history({ project, cursor: "nonsense" }))
      assert.strictEqual(cursor._tag, "InvalidCursor")
      assert.strictEqual((yield* engine.deployments.current(project))[0]?.collection, agents)
    })
  )
})
