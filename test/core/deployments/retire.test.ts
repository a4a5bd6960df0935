import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { artifact, dir, type Files, onBoth, onMemory, path, project, shown } from "../../support/engine.ts"

const v1: Files = {
  "skills/s/same": "same\n",
  "skills/s/eol": "one\ntwo\n",
  "skills/s/edited": "one\n",
  "skills/s/deep/er/same": "same\n",
  "skills/s/deep/edited": "one\n",
  "skills/s/gone": "gone\n",
  "skills/s/empty": dir,
  "skills/t/same": "same\n",
  "agents/a.md": "a\n",
  "agents/b.md": "b\n",
  "README.md": "read me\n"
}

describe("retiring", () => {
  onBoth("takes out what is still what was deployed, keeps what was changed, and lists both", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({
        "skills/s/eol": "one\r\ntwo\r\n",
        "skills/s/edited": "mine\n",
        "skills/s/deep/edited": "mine\n",
        "skills/s/gone": null,
        "skills/s/.env": "SECRET\n"
      })
      const before = yield* engine.files
      const names = yield* engine.names
      const { deployments, operation, plan } = yield* engine.retire("skill:s")
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          "skills/s/edited": "mine\n",
          "skills/s/deep/edited": "mine\n",
          "skills/s/.env": "SECRET\n",
          "skills/t/same": "same\n",
          "agents/a.md": "a\n",
          "agents/b.md": "b\n",
          "README.md": "read me\n"
        })
      )
      const actions = Object.fromEntries(plan.paths.map((at) => [at.path, at.action]))
      assert.deepStrictEqual(
        Object.keys(actions).filter((at) => actions[at] === "keep"),
        ["skills/s/.env", "skills/s/deep/edited", "skills/s/edited", "skills/s/gone"]
      )
      assert.strictEqual(deployments[0]?.state, "retired")
      assert.ok(!(yield* engine.deployments.current(project)).some((at) => at.artifact === "skill:s"))
      assert.deepStrictEqual(yield* engine.deployments.whereDeployed(artifact("skill:s")), [])
      assert.isFalse(yield* engine.stores("SECRET"))
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, before)
      assert.deepStrictEqual(yield* engine.names, names)
      yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* engine.deployments.whereDeployed(artifact("skill:s")), [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("leaves no folder of its own behind, and none that others need", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.retire("skill:s", "agent:a")
      assert.deepStrictEqual(
        yield* engine.files,
        shown({ "skills/t/same": "same\n", "agents/b.md": "b\n", "README.md": "read me\n" })
      )
      yield* engine.retire("skill:t", "agent:b", "rest:files")
      assert.deepStrictEqual(
        Object.keys(yield* engine.files).filter((at) => at.startsWith("skills/")),
        []
      )
    })
  )

  onMemory("with a conflict open: local's file stays and is listed, whatever the conflict was about", (engine) =>
    Effect.gen(function* () {
      yield* engine.edit({ "skills/s/same": "mine, before\n" })
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/edited": "mine\n" })
      yield* engine.capture({ ...v1, "skills/s/edited": "theirs\n" })
      yield* engine.update()
      assert.deepStrictEqual([...(yield* engine.open)].sort(), ["skills/s/edited", "skills/s/same"])
      const { plan } = yield* engine.retire("skill:s")
      const kept = plan.paths.filter(({ after }) => after !== null).map((at) => at.path)
      assert.deepStrictEqual(kept, [path("skills/s/edited"), path("skills/s/same")])
      const files = yield* engine.files
      assert.strictEqual(files["skills/s/same"], "f mine, before\n")
      assert.strictEqual(files["skills/s/edited"], "f mine\n")
      assert.deepStrictEqual(yield* engine.open, [])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("what is not deployed cannot be retired, and nothing of the rest of the list is", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      const [files, head] = [yield* engine.files, yield* engine.ledger.head]
      const refused = yield* Effect.flip(engine.retire("skill:t", "skill:none"))
      assert.strictEqual(refused._tag, "NotDeployed")
      assert.match(refused.message, /skill:none is not deployed in project "project"/)
      const target = yield* Effect.flip(
        engine.deployments.planRetire({
          project,
          root: engine.root,
          artifacts: [artifact("skill:t")],
          target: "elsewhere" as never
        })
      )
      assert.strictEqual(target._tag, "NotDeployed")
      assert.match(target.message, /at "elsewhere"/)
      assert.deepStrictEqual(yield* engine.files, files)
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onMemory("is not put off by what its collection does meanwhile", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      const plan = yield* engine.deployments.planRetire({
        project,
        root: engine.root,
        artifacts: [artifact("skill:t")]
      })
      yield* engine.capture({ ...v1, "README.md": "again\n" })
      yield* engine.deployments.apply(plan, { root: engine.root })
      assert.deepStrictEqual(yield* engine.deployments.whereDeployed(artifact("skill:t")), [])
    })
  )

  onMemory("the same artifact can be deployed again, onto what was kept", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/edited": "mine\n" })
      yield* engine.retire("skill:s")
      yield* engine.deploy()
      assert.deepStrictEqual(yield* engine.files, shown({ ...v1, "skills/s/edited": "mine\n" }))
      assert.deepStrictEqual(yield* engine.open, ["skills/s/edited"])
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})
