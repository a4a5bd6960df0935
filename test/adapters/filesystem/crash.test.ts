/** Stopped at every step: by death, by errors of the system, by death during the recovery from death. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterAll, describe, expect, it } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import { atRest, control, hooks, look, oracle, request, sow } from "./support/scenario.ts"
import {
  both,
  counting,
  deadFrom,
  failingAt,
  fastTemporary,
  oneIn,
  timeout,
  unlock,
  withoutLinks
} from "./support/stops.ts"

const base = fastTemporary("crash")
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

let made = 0
const fresh = () => {
  const folder = join(base, `${made++}`)
  const root = join(folder, "root")
  sow(root)
  return { folder, root, marker: join(folder, "marker"), done: () => fs.rmSync(folder, { recursive: true }) }
}

type Place = ReturnType<typeof fresh>

const apply = ({ root, marker }: Place, onStep: OnStep | undefined) =>
  Effect.runPromiseExit(makeSteppedWorkingTree({ onStep }).apply(root, request, hooks(marker), oracle(marker)))

const recover = ({ root, marker }: Place, onStep?: OnStep) =>
  Effect.runPromiseExit(makeSteppedWorkingTree({ onStep }).recover(root, oracle(marker)))

const stepsOf = async (): Promise<ReadonlyArray<string>> => {
  const place = fresh()
  const { onStep, labels } = counting()
  expect(Exit.isSuccess(await apply(place, onStep))).toBe(true)
  place.done()
  return labels
}

const before = (() => {
  const place = fresh()
  const seen = look(place.root)
  place.done()
  return seen
})()

const after = await (async () => {
  const place = fresh()
  await apply(place, undefined)
  const seen = look(place.root)
  place.done()
  return seen
})()

/** All-old or all-new, as the ledger says; nothing left over once that is cleared away. */
const expectDecided = async (place: Place, where: string) => {
  const happened = fs.existsSync(place.marker)
  expect(look(place.root), where).toEqual(happened ? after : before)
  expect(await recover(place), where).toEqual(Exit.succeed({ outcome: "nothing", copies: [] }))
  expect(look(place.root), where).toEqual(happened ? after : before)
  expect(
    control(place.root).filter((name) => !atRest.includes(name)),
    where
  ).toEqual([])
}

describe("an apply that is stopped", () => {
  it("changes what it should when it is not", () => {
    expect(after).not.toEqual(before)
    expect(Object.keys(after)).toContain("becomes-folder/inside")
    expect(Object.keys(after)).not.toContain("removed")
    expect(after["changed.txt"]).toBe("file 640 changed 2")
    expect(after.mode).toBe("file 750 #!/bin/sh")
  })

  it("by death at any step, is all-old or all-new after recovery", { timeout }, async () => {
    const labels = await stepsOf()
    for (let n = 0; n < labels.length; n++) {
      const place = fresh()
      await apply(place, deadFrom(n))
      unlock(place.root)
      const where = `dead from step ${n} of ${labels.length}, ${labels[n]}`
      expect(Exit.isSuccess(await recover(place)), where).toBe(true)
      await expectDecided(place, where)
      place.done()
    }
    console.log(`died at each of ${labels.length} steps`)
  })

  it("by death, and by death again during recovery, is all-old or all-new after the next", { timeout }, async () => {
    const labels = await stepsOf()
    let deaths = 0
    // Every step of the apply, and of each recovery a share of the steps: another one with every step of the apply.
    const share = oneIn(16)
    for (let n = 0; n < labels.length; n++) {
      for (let m = n % share; ; m += share) {
        const place = fresh()
        await apply(place, deadFrom(n))
        unlock(place.root)
        const stopped = await recover(place, deadFrom(m))
        unlock(place.root)
        const where = `dead from step ${n}, ${labels[n]}; then from step ${m} of recovery`
        expect(Exit.isSuccess(await recover(place)), where).toBe(true)
        await expectDecided(place, where)
        place.done()
        deaths++
        if (Exit.isSuccess(stopped)) break
      }
    }
    console.log(`died twice in ${deaths} ways`)
  })

  it("where there are no hard links, by death at any step, is all-old or all-new after recovery", {
    timeout
  }, async () => {
    const place = fresh()
    const { onStep, labels } = counting()
    expect(Exit.isSuccess(await apply(place, both(onStep, withoutLinks)))).toBe(true)
    expect(look(place.root)).toEqual(after)
    place.done()
    for (let n = 0; n < labels.length; n++) {
      const one = fresh()
      await apply(one, both(deadFrom(n), withoutLinks))
      unlock(one.root)
      const where = `dead from step ${n} of ${labels.length}, ${labels[n]}`
      expect(Exit.isSuccess(await recover(one, withoutLinks)), where).toBe(true)
      await expectDecided(one, where)
      one.done()
    }
    console.log(`died at each of ${labels.length} steps, without hard links`)
  })

  it.each(["ENOSPC", "EACCES", "EIO"])("by %s at any step, is all-old or all-new", { timeout }, async (code) => {
    const labels = await stepsOf()
    const failures = new Map<string, number>()
    for (let n = 0; n < labels.length; n++) {
      const place = fresh()
      const exit = await apply(place, failingAt(n, code))
      const where = `${code} at step ${n}, ${labels[n]}`
      const happened = fs.existsSync(place.marker)
      const failure = Exit.isSuccess(exit)
        ? "none"
        : JSON.stringify(exit.cause).replace(/.*"failure":"([^"]*)".*/s, "$1")
      failures.set(failure, (failures.get(failure) ?? 0) + 1)
      expect(Exit.isSuccess(exit), where).toBe(happened)
      unlock(place.root)
      expect(look(place.root), where).toEqual(happened ? after : before)
      expect(Exit.isSuccess(await recover(place)), where).toBe(true)
      await expectDecided(place, where)
      place.done()
    }
    const expected = { ENOSPC: "no-space", EACCES: "permission-denied", EIO: "io" }
    const named = expected[code as keyof typeof expected]
    expect([...failures.keys()].filter((failure) => failure !== named && failure !== "none")).toEqual([])
    expect(failures.get(named)).toBeGreaterThan(20)
  })
})
