/** What a plan says of each path: a reason in a project's words, and where the lines of what was merged come from. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type MergeDriver, MergeDrivers } from "../../../src/core/merge/MergeDriver.ts"
import { type MergeRule, MergeRules } from "../../../src/core/merge/MergeRules.ts"
import { explainPlan } from "../../../src/core/projects/explainPlan.ts"
import type { Plan } from "../../../src/model/Plan.ts"
import { exe, type Files, link, onMemory, scenario } from "../../support/engine.ts"

const lines = (...edits: ReadonlyArray<readonly [number, string]>) => {
  const text = Array.from({ length: 9 }, (_, i) => `line ${i}`)
  for (const [at, word] of edits) text[at] = word
  return `${text.join("\n")}\n`
}
const decoder = new TextDecoder()

const base: Files = {
  both: lines(),
  clash: lines(),
  driven: lines(),
  ruled: lines(),
  united: lines(),
  refused: lines(),
  gone: lines(),
  kept: lines(),
  bit: lines(),
  binary: "\0a",
  kind: lines(),
  moved: lines(),
  "dir/a": lines(),
  "dir/b": lines()
}
const local: Files = {
  ...base,
  both: lines([1, "mine"]),
  clash: lines([1, "mine"]),
  driven: lines([1, "mine"]),
  ruled: lines([1, "mine"]),
  united: lines([1, "mine"]),
  refused: lines([1, "mine"]),
  kept: lines([1, "mine"]),
  bit: exe(lines()),
  binary: "\0b",
  kind: link("elsewhere"),
  added: "mine\n"
}
const { gone: _gone, kept: _kept, "dir/b": _b, ...rest } = base
const upstream: Files = {
  ...rest,
  both: lines([7, "yours"]),
  clash: lines([1, "yours"]),
  driven: lines([7, "yours"]),
  ruled: lines([1, "yours"]),
  united: lines([1, "yours"]),
  refused: lines([7, "yours"]),
  bit: lines([7, "yours"]),
  binary: "\0c",
  kind: lines([7, "yours"]),
  added: "yours\n",
  fresh: "new\n"
}

const rules: ReadonlyArray<MergeRule> = [
  { pattern: "ruled", strategy: "theirs" },
  { pattern: "united", strategy: "union" },
  { pattern: "refused", check: () => "it is no good" }
]
const driver: MergeDriver = {
  name: "joiner",
  merge: ({ ours, path, theirs }) => {
    if (path !== "driven") return { _tag: "Declined" }
    const text = decoder.decode(ours).replace("line 7", "yours")
    return decoder.decode(theirs).includes("yours")
      ? { _tag: "Merged", bytes: new TextEncoder().encode(text), reason: "joined" }
      : { _tag: "Declined" }
  }
}

const planned = (use: (plan: Plan) => void) =>
  scenario("memory", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(base)
      yield* engine.deploy()
      yield* engine.edit({ ...local, gone: null })
      yield* engine.capture(upstream)
      const plan = yield* engine
        .planUpdate()
        .pipe(Effect.provideService(MergeRules, rules), Effect.provideService(MergeDrivers, [driver]))
      use(plan)
    })
  )

const at = (plan: Plan, path: string) => plan.paths.find((planned) => planned.path === path)

describe("a plan", () => {
  it.effect("speaks of local and upstream, and of nobody's ours and theirs", () =>
    planned((plan) => {
      assert.isAbove(plan.paths.length, 14)
      for (const sentence of [...plan.paths.map(({ reason }) => reason), ...explainPlan(plan)]) {
        assert.isNotEmpty(sentence)
        assert.notMatch(sentence, /\b(ours|theirs)\b/)
      }
      const told = (path: string) => at(plan, path)?.reason
      assert.strictEqual(told("kept"), "local changed it and upstream removed it")
      assert.strictEqual(told("fresh"), "upstream added it")
      assert.strictEqual(told("dir/b"), "upstream removed it; local had not changed it")
      assert.strictEqual(told("kind"), "it is a symlink in local and a file in upstream")
      assert.strictEqual(told("ruled"), "a rule says that upstream stands here")
      assert.strictEqual(told("driven"), "joiner: joined")
      assert.match(told("refused") ?? "", /^the check refused the result of text: it is no good/)
    })
  )

  it.effect("says of every file that was combined who its lines come from", () =>
    planned((plan) => {
      const from = (path: string) => at(plan, path)?.regions?.shown.map((region) => region.from)
      assert.deepStrictEqual(from("both"), ["ours", "theirs"])
      assert.deepStrictEqual(from("clash"), ["conflict"])
      assert.deepStrictEqual(from("driven"), ["driver"])
      assert.deepStrictEqual(from("ruled"), ["rule"])
      assert.deepStrictEqual(from("united"), ["rule"])
      const whole = { start: 0, end: 9 }
      assert.deepStrictEqual(at(plan, "driven")?.regions?.shown[0], {
        from: "driver",
        base: whole,
        ours: whole,
        theirs: whole
      })
      assert.include(explainPlan(plan).join("\n"), "It has 1 change made by a driver.")
    })
  )

  it.effect("is the same whenever it is made from the same", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      for (let i = 0; i < 2; i++) yield* planned((plan) => seen.push(JSON.stringify([plan.id, plan.paths])))
      assert.strictEqual(seen[0], seen[1])
    })
  )
})

describe("a plan of a rollback", () => {
  onMemory("speaks of local and of the reversal", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ a: lines(), b: lines(), c: lines() })
      const { operation } = yield* engine.deploy()
      yield* engine.capture({ a: lines([1, "yours"]), b: lines([1, "yours"]), c: lines([1, "yours"]), d: "new\n" })
      yield* engine.update()
      yield* engine.edit({ b: lines([1, "yours"], [7, "mine"]), c: lines([1, "mine"]) })
      const plan = yield* engine.planRollback({ to: { operation: operation.id } })
      const reasons = Object.fromEntries(plan.paths.map(({ path, reason }) => [path, reason]))
      for (const reason of Object.values(reasons)) assert.notMatch(reason, /\b(ours|theirs|upstream)\b/)
      assert.match(reasons.a ?? "", /only the reversal changed it$/)
      assert.match(reasons.d ?? "", /the reversal removed it; local had not changed it$/)
    })
  )
})
