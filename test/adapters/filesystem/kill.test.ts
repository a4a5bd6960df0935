/** Processes killed with SIGKILL at every step of an apply; this process then recovers what they left. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { bundle } from "./support/bundle.ts"
import { atRest, control, hooks, look, oracle, request, sow } from "./support/scenario.ts"
import { counting, fastTemporary } from "./support/stops.ts"

const base = fastTemporary("kill")
let script = ""

beforeAll(async () => {
  script = await bundle("applyChild", base)
}, 30_000)

afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

/** Runs an apply that kills itself at a step; says how it ended. */
const applyAndDie = (root: string, marker: string, step: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, root, marker, `${step}`], { stdio: ["ignore", "ignore", "inherit"] })
    child.on("error", reject)
    child.on("exit", (code, signal) => resolve(signal ?? `exit ${code}`))
  })

describe("a process that is killed in an apply", () => {
  it("leaves all-old or all-new, at every step", { timeout: 60_000 }, async () => {
    const service = makeWorkingTree()
    const model = join(base, "model")
    sow(model)
    const before = look(model)
    const { onStep, labels } = counting()
    const whole = makeSteppedWorkingTree({ onStep }).apply(
      model,
      request,
      hooks(`${model}.marker`),
      oracle(`${model}.marker`)
    )
    await Effect.runPromise(whole)
    const after = look(model)

    const ends = { old: 0, new: 0 }
    const one = async (step: number) => {
      const root = join(base, `${step}`)
      const marker = `${root}.marker`
      sow(root)
      expect(await applyAndDie(root, marker, step), labels[step]).toBe("SIGKILL")
      const { outcome } = await Effect.runPromise(service.recover(root, oracle(marker)))
      const happened = fs.existsSync(marker)
      expect(look(root), `killed at step ${step}, ${labels[step]}`).toEqual(happened ? after : before)
      expect(outcome === "finished", labels[step]).toBe(outcome !== "nothing" && happened)
      expect(await Effect.runPromise(service.recover(root, oracle(marker)))).toEqual({ outcome: "nothing", copies: [] })
      expect(look(root), `killed at step ${step}, ${labels[step]}`).toEqual(happened ? after : before)
      expect(control(root).filter((name) => !atRest.includes(name))).toEqual([])
      ends[happened ? "new" : "old"]++
    }
    // Two at a time.
    const steps = labels.keys()
    await Promise.all(
      [0, 1].map(async () => {
        for (const step of steps) await one(step)
      })
    )
    expect(ends.old).toBeGreaterThan(60)
    expect(ends.new).toBeGreaterThan(0)
    console.log(`killed at each of ${labels.length} steps: ${ends.old} times all-old, ${ends.new} times all-new`)
  })
})
