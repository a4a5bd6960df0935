/**
 * Another program saves a file at every step of every operation that changes a project: what it saved is never lost. It stands
 * in its place, or as a copy with a name of its own; or, if it was there when the operation was planned, in a safety snapshot.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterAll, describe, expect, it } from "vitest"
import { makeSteppedWorkingTree } from "../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { isKept, precious, ways } from "../adapters/filesystem/support/editors.ts"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { withEngine } from "../support/crash/engine.ts"
import { type JobName, jobs } from "../support/crash/jobs.ts"
import { Proof, type Route } from "../support/crash/proof.ts"
import { project } from "../support/crash/stages.ts"
import { sqlite } from "../support/crash/stores.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const base = fastTemporary("edited")
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

const seed = runSeed()
const random = makeRandom(seed)
const proof = new Proof(sqlite, base)

const appliers: ReadonlyArray<JobName> = [
  "deploy",
  "adopt",
  "update merge",
  "update overwrite",
  "update keep",
  "resolve whole",
  "resolve one hunk",
  "resolve all hunks",
  "retire",
  "roll back to a snapshot",
  "roll back to an operation",
  "undo an update",
  "undo a deployment",
  "redo",
  "restore"
]

const preciousId = createHash("sha256").update(precious).digest("hex")

/** Whether a safety snapshot of the project holds the edit. */
const isSafe = (scene: Parameters<Proof["remove"]>[0]): Promise<boolean> =>
  proof.engine(scene, "look", 1_800_000_000_000, ({ snapshots }) =>
    Effect.gen(function* () {
      for (const { id, reason } of (yield* snapshots.list({ project, limit: 100 })).items) {
        if (reason !== "safety") continue
        for (const entry of (yield* snapshots.paths(id)).values())
          if ("id" in entry && entry.id === preciousId) return true
      }
      return false
    })
  )

/** Does an operation, with an edit just before a step; says whether it was made, and how the operation ended. */
const withEdit = async ({ job, name }: Route, at: number, planned: number, path: string, way: string) => {
  const scene = await proof.scene(job)
  const edit = ways[way]?.(join(scene.root, path))
  let [isEdited, steps] = [false, 0]
  const files = makeSteppedWorkingTree({
    onStep: () => {
      if (steps++ === at) isEdited = edit?.() ?? false
    }
  })
  const ports = { storage: sqlite.layer(scene.place), files }
  const exit = await Effect.runPromiseExit(
    withEngine(ports, { name: "job", time: 1_800_000_000_000 }, (engine) => job.run(engine, scene))
  )
  const where = `${name}: somebody ${way}, ${path}, at step ${at} (TIDEMARK_SEED=${seed})`
  if (Exit.isFailure(exit)) expect(Cause.hasDies(exit.cause), `${where}: ${Cause.pretty(exit.cause)}`).toBe(false)
  await proof.recover(scene, job)
  // A plan that is made later knows the edit, and may replace it where its caller says so.
  const isSaved = isKept(scene.root) || (at <= planned && (await isSafe(scene)))
  if (isEdited) expect(isSaved, where).toBe(true)
  await proof.remove(scene)
  return { isEdited, isDone: Exit.isSuccess(exit) }
}

/** What each step is told to do. */
const stepsOf = async ({ job }: Route): Promise<ReadonlyArray<string>> => {
  const scene = await proof.scene(job)
  const labels: Array<string> = []
  const files = makeSteppedWorkingTree({ onStep: (_, label) => labels.push(label) })
  await Effect.runPromise(
    withEngine({ storage: sqlite.layer(scene.place), files }, { name: "job", time: 1_800_000_000_000 }, (engine) =>
      job.run(engine, scene)
    )
  )
  await proof.remove(scene)
  return labels
}

describe("an edit by another program during an operation", () => {
  it("is never lost, at any step", { timeout: isFull ? 3_600_000 : 120_000 }, async () => {
    const rows: Array<string> = []
    for (const name of isFull ? appliers : [random.pick(appliers), random.pick(appliers)]) {
      const route = await proof.route(name)
      const paths = [...new Set([...Object.keys(route.before.files), ...Object.keys(route.after.files)])]
      const steps = await stepsOf(route)
      // Planning holds the lock, too, where it has something to clear away; applying holds it last.
      const planned = steps.findLastIndex((step, at) => at < steps.length - 1 && /^unlink .*\/lock-[^/]*$/.test(step))
      const ends = { done: 0, refused: 0 }
      const share = isFull ? 1 : Math.ceil(steps.length / 8)
      for (let at = random.below(share); at < steps.length; at += share) {
        const near = paths.filter((path) => steps[at]?.endsWith(`/${path}`))
        for (const way of isFull ? Object.keys(ways) : [random.pick(Object.keys(ways))]) {
          for (const path of new Set([...near.slice(0, 1), random.pick(paths)])) {
            const { isDone, isEdited } = await withEdit(route, at, planned, path, way)
            if (isEdited) ends[isDone ? "done" : "refused"]++
          }
        }
      }
      rows.push(
        `  ${name}: ${steps.length} steps, ${ends.done} edits beside what was done, ${ends.refused} that stopped it`
      )
      expect(ends.done + ends.refused, name).toBeGreaterThan(0)
    }
    console.log(`edits kept (TIDEMARK_SEED=${seed})\n${rows.join("\n")}`)
  })

  it("is tried on all operations that change a project", async () => {
    if (!isFull) return
    for (const name of Object.keys(jobs)) {
      const { after, before } = await proof.route(name)
      const isApplied = JSON.stringify(before.files) !== JSON.stringify(after.files)
      if (isApplied && !name.includes("large")) expect(appliers).toContain(name)
    }
  })
})
