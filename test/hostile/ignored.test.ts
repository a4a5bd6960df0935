/** Upstream names what is ignored in projects, such as the hooks of somebody's git: nothing is written there. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { DirectoryPath, FilePath } from "../../src/model/Ids.ts"
import { agents, type Engine, exe, onBoth } from "../support/engine.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const capture = (engine: Engine, paths: ReadonlyArray<string>, text: string) =>
  Effect.andThen(
    engine.tick,
    engine.snapshots.capture({
      collection: agents,
      files: paths.map((path) => ({ path, bytes: bytes(text), kind: "executable" }))
    })
  )

const hook = ".git/hooks/post-checkout"
const paths = [hook, "skills/s/.git/hooks/post-checkout", "skills/s/f"]

describe("what is ignored in a project", () => {
  onBoth("is not deployed, updated, rolled back or taken away, whatever upstream has there", (engine) =>
    Effect.gen(function* () {
      yield* engine.edit({ ".git/config": "mine\n", "skills/s/.git/hooks/post-checkout": exe("mine\n") })
      const mine = yield* engine.files
      const { snapshot } = yield* capture(engine, paths, "v1\n")
      const plan = yield* engine.planDeploy()
      assert.deepStrictEqual(plan.notes, [`${paths[0]}, ${paths[1]}: ignored in projects, so not deployed`])
      const deployed = yield* engine.deploy()
      assert.deepStrictEqual(yield* engine.files, { ...mine, "skills/s/f": "x v1\n" })
      assert.deepStrictEqual((yield* engine.planDeploy()).deployments, [], "nothing is left to do")
      assert.deepStrictEqual((yield* engine.classes())[hook], undefined)
      yield* capture(engine, paths, "v2\n")
      for (const strategy of ["merge", "overwrite", "keep"] as const) yield* engine.update({ strategy })
      assert.deepStrictEqual(yield* engine.files, { ...mine, "skills/s/f": "x v2\n" })
      yield* engine.roll({ to: { snapshot: snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, { ...mine, "skills/s/f": "x v1\n" })
      yield* engine.retire("skill:s", "rest:files")
      assert.deepStrictEqual(yield* engine.files, mine)
      const restored = yield* engine.snapshots.restore(snapshot.id, { root: engine.root })
      assert.deepStrictEqual(restored, { written: 1, unchanged: 0, ignored: 2 })
      assert.deepStrictEqual(yield* engine.files, { ...mine, "skills/s/f": "x v1\n" })
      assert.strictEqual((yield* engine.ledger.get(deployed.operation.id)).kind, "deploy")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onBoth("is no target", (engine) =>
    Effect.gen(function* () {
      yield* capture(engine, ["skills/s/f" as FilePath], "v1\n")
      const done = yield* engine.deploy({ at: ".git" as DirectoryPath })
      assert.deepStrictEqual(yield* engine.files, {})
      yield* engine.undo(done.operation.id)
    })
  )
})
