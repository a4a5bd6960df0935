/** Edits by another program at every step of an apply: none is ever lost. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterAll, describe, expect, it } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import type { RecoveryOracle } from "../../../src/core/WorkingTree.ts"
import { isKept, ways } from "./support/editors.ts"
import { hooks, oracle, request, sow } from "./support/scenario.ts"
import { both, counting, deadFrom, fastTemporary, oneIn, timeout, unlock } from "./support/stops.ts"

const base = fastTemporary("edits")
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

const files = ["changed.txt", "grown.txt", "mode", "removed/deep/gone.txt", "added/new/file.txt", "link to file"]
// What is nobody's but theirs, in a folder that is placed whole; and what is placed there.
const within = ["added/mine.txt", "added/new", "added/top.txt"]
const others = ["link", "becomes-folder", "becomes-folder/inside", "becomes-file", "becomes-file/inside"]
const paths = [...files, ...others, ...within]

let made = 0
const fresh = () => {
  const folder = join(base, `${made++}`)
  const root = join(folder, "root")
  sow(root)
  return { root, marker: join(folder, "marker"), done: () => fs.rmSync(folder, { recursive: true }) }
}

/** Applies, with an edit just before step `n`, and then clears everything away. */
const withEdit = async (
  path: string,
  way: string,
  n: number,
  options: { readonly fails: boolean; readonly dies: boolean }
) => {
  const { root, marker, done } = fresh()
  const edit = ways[way]?.(join(root, path))
  let edited = false
  const onStep: OnStep = (step) => {
    if (step === n) edited = edit?.() ?? false
  }
  const usual = hooks(marker)
  const asked = options.fails ? { ...usual, commit: Effect.fail("no" as const) } : usual
  const service = makeSteppedWorkingTree({ onStep: options.dies ? both(onStep, deadFrom(n + 1)) : onStep })
  const exit = await Effect.runPromiseExit(service.apply(root, request, asked, oracle(marker)))
  unlock(root)
  const knows: RecoveryOracle<never, never> = oracle(marker)
  const recovered = await Effect.runPromiseExit(makeWorkingTree().recover(root, knows))
  // What the first recovery took is looked at again by the next.
  await Effect.runPromise(makeWorkingTree().recover(root, knows))
  const kept = isKept(root)
  done()
  return { edited, kept, ended: Exit.isSuccess(exit), recovered: Exit.isSuccess(recovered) }
}

const stepCount = async () => {
  const { root, marker, done } = fresh()
  const { onStep, labels } = counting()
  await Effect.runPromise(makeSteppedWorkingTree({ onStep }).apply(root, request, hooks(marker), oracle(marker)))
  done()
  return labels.length
}

describe("an edit made during an apply", () => {
  it.each([
    ["that goes well", { fails: false, dies: false }],
    ["whose commit fails", { fails: true, dies: false }],
    ["whose process dies right after", { fails: false, dies: true }]
  ])("%s is never lost", { timeout }, async (_, options) => {
    const steps = await stepCount()
    const share = oneIn(30)
    let edits = 0
    let turn = 0
    for (const path of paths) {
      for (const way of Object.keys(ways)) {
        // A share of the steps with each path and way; the next combination has another one.
        for (let n = turn++ % share; n < steps; n += share) {
          const { edited, kept, recovered } = await withEdit(path, way, n, options)
          const where = `${path}: somebody ${way} at step ${n} of ${steps}`
          expect(recovered, where).toBe(true)
          if (!edited) continue
          expect(kept, where).toBe(true)
          edits++
        }
      }
    }
    expect(edits).toBeGreaterThan(30)
    console.log(`${edits} edits kept`)
  })

  it("to put back what a dead process left, is never lost", { timeout }, async () => {
    const steps = await stepCount()
    const share = oneIn(24)
    let edits = 0
    let turn = 0
    for (const path of paths) {
      for (const way of Object.keys(ways)) {
        for (let n = turn++ % share; ; n += share) {
          const { root, marker, done } = fresh()
          // Everything is in its new place, and nothing committed: the most that there is to put back.
          const died = makeSteppedWorkingTree({ onStep: deadFrom(steps - 2) })
          await Effect.runPromiseExit(died.apply(root, request, hooks(join(root, "none", "marker")), oracle(marker)))
          unlock(root)
          const edit = ways[way]?.(join(root, path))
          let edited: boolean | undefined
          const onStep: OnStep = (step) => {
            if (step === n) edited = edit?.() ?? false
          }
          const recovered = await Effect.runPromiseExit(
            makeSteppedWorkingTree({ onStep }).recover(root, oracle(marker))
          )
          const where = `${path}: somebody ${way} at step ${n} of recovery`
          expect(Exit.isSuccess(recovered), where).toBe(true)
          await Effect.runPromise(makeWorkingTree().recover(root, oracle(marker)))
          if (edited === true) expect(isKept(root), where).toBe(true)
          if (edited === true) edits++
          done()
          if (edited === undefined) break
        }
      }
    }
    expect(edits).toBeGreaterThan(30)
    console.log(`${edits} edits kept during recovery`)
  })
})
