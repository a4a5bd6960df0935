/** The id of a plan is the hash of one text, whether that is hashed whole or in pieces. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { canonicalJson } from "../../../src/algo/encoding/canonicalJson.ts"
import { finishPlan, planId } from "../../../src/core/projects/finishPlan.ts"
import { RunningSha256 } from "../../../src/core/references/RunningSha256.ts"
import type { FilePath } from "../../../src/model/Ids.ts"
import type { Plan } from "../../../src/model/Plan.ts"

const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex")

const planOf = (count: number): Omit<Plan, "id"> => ({
  kind: "deploy",
  project: null,
  strategy: "merge",
  reason: "for a test 😀",
  basis: [],
  paths: Array.from({ length: count }, (_, i) => ({
    path: `skills/ü-${i}/😀` as FilePath,
    artifact: null,
    class: "clean",
    action: "none",
    before: null,
    after: { kind: "directory" },
    conflict: null,
    reason: "nothing to do"
  })),
  deployments: [],
  refs: [],
  reverses: [],
  notes: []
})

describe("the id of a plan", () => {
  it.effect("is the hash of its whole text, also where that is hashed in pieces", () =>
    Effect.gen(function* () {
      for (const count of [0, 3, 20_000]) {
        const plan = planOf(count)
        const made = yield* finishPlan(plan, hash)
        assert.strictEqual(made.id, hash(`tidemark plan 1\n${canonicalJson(plan)}`))
        assert.strictEqual(yield* planId(made, hash), made.id)
      }
    })
  )

  it.effect("of a long one is made without its whole text; of a short one with the one hash for all things", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const identify = (bytes: Uint8Array) => {
        asked.push(bytes.length)
        return hash(bytes)
      }
      const pieces: Array<number> = []
      const running = () => {
        const under = createHash("sha256")
        return {
          update: (bytes: Uint8Array) => {
            pieces.push(bytes.length)
            under.update(bytes)
          },
          digest: () => under.digest("hex")
        }
      }
      yield* planId(planOf(20_000), identify).pipe(Effect.provideService(RunningSha256, running))
      assert.strictEqual(asked.length, 0)
      assert.isBelow(Math.max(...pieces), 2 * 1024 * 1024)
      yield* planId(planOf(10), identify).pipe(Effect.provideService(RunningSha256, running))
      assert.strictEqual(asked.length, 1)
    })
  )
})
