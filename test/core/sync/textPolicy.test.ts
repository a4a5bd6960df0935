import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TextPolicy } from "../../../src/core/references/TextPolicy.ts"
import { type Files, onBoth, onMemory, path, project, show, shown } from "../../support/engine.ts"

const lines = (...changes: ReadonlyArray<readonly [number, string]>) => {
  const all = ["one", "two", "three", "four", "five", "six", "seven"]
  for (const [at, text] of changes) all[at] = text
  return `${all.join("\n")}\n`
}
const crlf = (text: string) => text.replaceAll("\n", "\r\n")
const mixed = (text: string) => text.replace("six\n", "six\r\n")

const names = ["turned", "turned-edited", "mixed", "upstream-turned", "both-turned", "clash", "kept", "turned-removed"]
const v1: Files = Object.fromEntries(names.map((name) => [`skills/s/${name}`, lines()]))
const local = {
  "skills/s/turned": crlf(lines()),
  "skills/s/turned-edited": crlf(lines([6, "mine"])),
  "skills/s/mixed": mixed(lines()),
  "skills/s/upstream-turned": lines([6, "mine"]),
  "skills/s/both-turned": crlf(lines()),
  "skills/s/clash": crlf(lines([0, "mine"])),
  "skills/s/kept": crlf(lines()),
  "skills/s/turned-removed": crlf(lines())
}
const v2: Files = {
  "skills/s/turned": lines([0, "v2"]),
  "skills/s/turned-edited": lines([0, "v2"]),
  "skills/s/mixed": lines([0, "v2"]),
  "skills/s/upstream-turned": crlf(lines()),
  "skills/s/both-turned": crlf(lines([0, "v2"])),
  "skills/s/clash": lines([0, "v2"]),
  "skills/s/kept": lines()
}

describe("line endings", () => {
  onBoth("that a copy has turned to are kept, and are no conflict of their own", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit(local)
      yield* engine.capture(v2)
      const classes = yield* engine.classes()
      assert.deepStrictEqual(classes, {
        "skills/s/both-turned": "outdated",
        "skills/s/clash": "both",
        "skills/s/kept": "eolOnly",
        "skills/s/mixed": "both",
        "skills/s/turned": "outdated",
        "skills/s/turned-edited": "both",
        "skills/s/turned-removed": "removedUpstream",
        "skills/s/upstream-turned": "modified"
      })
      const plan = yield* engine.planUpdate()
      const reason = plan.paths.find((at) => at.path === "skills/s/turned-edited")?.reason ?? ""
      assert.match(reason, /line endings kept as CRLF/)
      const { operation } = yield* engine.update()
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          "skills/s/turned": crlf(lines([0, "v2"])),
          "skills/s/turned-edited": crlf(lines([0, "v2"], [6, "mine"])),
          // A file with both endings is bytes: the changed lines are merged, and nothing is converted.
          "skills/s/mixed": mixed(lines([0, "v2"])),
          "skills/s/upstream-turned": lines([6, "mine"]),
          "skills/s/both-turned": crlf(lines([0, "v2"])),
          "skills/s/clash": crlf(lines([0, "mine"])),
          "skills/s/kept": crlf(lines())
        })
      )
      assert.deepStrictEqual(yield* engine.open, ["skills/s/clash"])
      // A copy that equals upstream but for its endings is not called modified afterwards.
      const after = yield* engine.classes()
      assert.strictEqual(after["skills/s/turned"], "eolOnly")
      assert.strictEqual(after["skills/s/both-turned"], "clean")
      assert.strictEqual(after["skills/s/turned-edited"], "modified")
      const again = yield* engine.planUpdate()
      assert.deepStrictEqual(
        again.paths.filter(({ action }) => action === "write" || action === "remove"),
        []
      )
      const shows = yield* engine.conflicts.show({ project, path: path("skills/s/clash") })
      assert.ok(shows.markers !== null)
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, shown(local))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("survive a rollback too", (engine) =>
    Effect.gen(function* () {
      const { snapshot } = yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit(local)
      yield* engine.capture(v2)
      yield* engine.update()
      yield* engine.edit({ "skills/s/turned": crlf(lines([0, "v2"], [3, "later"])) })
      yield* engine.roll({ to: { snapshot: snapshot.id } })
      assert.deepStrictEqual(yield* engine.files, shown({ ...local, "skills/s/turned": crlf(lines([3, "later"])) }))
      assert.deepStrictEqual(yield* engine.open, [])
    })
  )

  onMemory("with the policy none count like any other byte", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit(local)
      yield* engine.capture(v2)
      yield* engine.update()
      assert.deepStrictEqual([...(yield* engine.open)].sort(), [
        "skills/s/both-turned",
        "skills/s/clash",
        "skills/s/turned",
        "skills/s/turned-edited",
        "skills/s/turned-removed",
        "skills/s/upstream-turned"
      ])
      assert.strictEqual((yield* engine.files)["skills/s/mixed"], show(mixed(lines([0, "v2"]))))
    }).pipe(Effect.provideService(TextPolicy, "none"))
  )
})
