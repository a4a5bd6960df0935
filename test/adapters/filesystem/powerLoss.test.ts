/** What a loss of power leaves of files that were left to the system to write out. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import type { RecoveryOracle } from "../../../src/core/WorkingTree.ts"
import { look } from "./support/scenario.ts"
import { answering, folder, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { counting, deadFrom, fastTemporary, oneIn, timeout, unlock } from "./support/stops.ts"

let base = ""
let root = ""

beforeEach(() => {
  base = fastTemporary("power")
  root = join(base, "root")
  const mine = base
  onTestFinished(() => fs.rmSync(mine, { recursive: true, force: true }))
  fs.mkdirSync(root)
})

const at = (path: string) => join(root, path)

const steps: Parameters<typeof requestOf>[1] = [
  ["new/a", null, standing("the text of a")],
  ["new/deep/b", null, standing("the text of b", "executable")],
  ["new/deep/link", null, standing("../a", "symlink")],
  ["new/empty", null, folder],
  ["new/z", null, standing("the text of z")],
  ["old", standing("was"), standing("is")]
]

const oracle = (happened: boolean): RecoveryOracle<never, never> => ({
  ...answering(happened),
  content: simpleHooks.content
})

const service = (boot: string, onStep?: OnStep) => makeSteppedWorkingTree({ boot, onStep })

/** What the disk did not get: the system had it in its memory alone. */
const losses: { readonly [what: string]: () => void } = {
  "a file's bytes": () => fs.truncateSync(at("new/a")),
  "a file's end": () => fs.truncateSync(at("new/deep/b"), 4),
  "bytes that became zeros": () => fs.writeFileSync(at("new/z"), Buffer.alloc("the text of z".length)),
  "a file": () => fs.rmSync(at("new/z")),
  "a link": () => fs.rmSync(at("new/deep/link")),
  "a folder": () => fs.rmSync(at("new/deep"), { recursive: true }),
  "an empty folder": () => fs.rmdirSync(at("new/empty")),
  everything: () => fs.rmSync(at("new"), { recursive: true })
}

const sow = () => {
  fs.rmSync(root, { recursive: true, force: true })
  fs.mkdirSync(root)
  fs.writeFileSync(at("old"), "was")
}

/** Applies in one run of the system, and loses something before that run ends. */
const applyAndLose = (lose: () => void, onStep?: OnStep) => {
  const commit = Effect.sync(() => {
    lose()
    return "done"
  })
  const request = requestOf("apply-1234567890", steps)
  return Effect.runPromiseExit(service("first", onStep).apply(root, request, { ...simpleHooks, commit }, oracle(true)))
}

const recover = (happened = true, boot = "second", onStep?: OnStep) =>
  Effect.runPromise(service(boot, onStep).recover(root, oracle(happened)))

const stepsOf = async () => {
  sow()
  const { labels, onStep } = counting()
  await applyAndLose(() => {}, onStep)
  return labels
}

const old = { old: "file 644 was" }
const placed = {
  new: "folder 755",
  "new/a": "file 644 the text of a",
  "new/deep": "folder 755",
  "new/deep/b": "file 755 the text of b",
  "new/deep/link": "link ../a",
  "new/empty": "folder 755",
  "new/z": "file 644 the text of z",
  old: "file 644 is"
}

describe("after a loss of power", () => {
  it.each(Object.keys(losses))("makes again what was lost of an apply that happened: %s", async (what) => {
    sow()
    await applyAndLose(losses[what] ?? (() => {}))
    expect(look(root)).not.toEqual(placed)
    expect(await recover()).toEqual({ outcome: "finished", copies: [] })
    expect(look(root)).toEqual(placed)
    expect(await recover()).toEqual({ outcome: "nothing", copies: [] })
    expect(fs.readdirSync(at(".tidemark")).sort()).toEqual([".gitignore", "staging"])
    expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
  })

  it.each(Object.keys(losses))("finishes what died right after its commit: %s", async (what) => {
    const settling = (await stepsOf()).findLastIndex((label) => label.startsWith("rename"))
    sow()
    await applyAndLose(losses[what] ?? (() => {}), deadFrom(settling))
    unlock(root)
    expect((await recover()).outcome).toBe("finished")
    expect(look(root)).toEqual(placed)
    await recover()
    expect(look(root)).toEqual(placed)
  })

  it.each(Object.keys(losses))("leaves nothing of what did not happen: %s", async (what) => {
    const settling = (await stepsOf()).findLastIndex((label) => label.startsWith("rename"))
    sow()
    await applyAndLose(losses[what] ?? (() => {}), deadFrom(settling))
    unlock(root)
    expect(await recover(false)).toEqual({ outcome: "put-back", copies: [] })
    expect(look(root)).toEqual(old)
    expect(await recover(false, "third")).toEqual({ outcome: "nothing", copies: [] })
    expect(look(root)).toEqual(old)
  })

  it("makes nothing again of an apply that was put back", async () => {
    sow()
    const failing = { ...simpleHooks, commit: Effect.fail("no" as const) }
    const request = requestOf("apply-1234567890", steps)
    await Effect.runPromiseExit(service("first").apply(root, request, failing, oracle(false)))
    expect(look(root)).toEqual(old)
    expect((await recover(false)).outcome).toBe("nothing")
    expect(look(root)).toEqual(old)
  })

  it("leaves what somebody changed later: edits, shortened files and removed ones", async () => {
    sow()
    await applyAndLose(() => {})
    const done = fs.statSync(at(".tidemark/settled"), { bigint: true }).ctimeNs
    // The file system's clock has ticks: later means a later one.
    do {
      fs.writeFileSync(at("new/a"), "the text")
      fs.writeFileSync(at("new/deep/b"), "")
    } while (fs.statSync(at("new/a"), { bigint: true }).ctimeNs <= done)
    fs.rmSync(at("new/z"))
    expect((await recover()).outcome).toBe("nothing")
    const { "new/z": _, ...others } = placed
    expect(look(root)).toEqual({ ...others, "new/a": "file 644 the text", "new/deep/b": "file 755 " })
  })

  it("leaves what nobody could have placed", async () => {
    sow()
    await applyAndLose(() => fs.writeFileSync(at("new/a"), "precious"))
    expect((await recover()).outcome).toBe("nothing")
    expect(look(root)["new/a"]).toBe("file 644 precious")
  })

  it("waits for the disk in the same run of the system, before its journal goes, and makes nothing again", async () => {
    sow()
    await applyAndLose(() => fs.rmSync(at("new/z")))
    const { labels, onStep } = counting()
    expect((await recover(true, "first", onStep)).outcome).toBe("nothing")
    expect(labels.filter((label) => /^sync .*\/(a|b|deep|empty)$/.test(label)).length).toBe(4)
    expect(fs.existsSync(at("new/z"))).toBe(false)
  })

  it("syncs everything at once where the system's runs have no names, or nothing can be made again", async () => {
    const syncs = async (boot: string, knows: RecoveryOracle<never, never>) => {
      sow()
      const { labels, onStep } = counting()
      const request = requestOf("apply-1234567890", steps)
      await Effect.runPromise(service(boot, onStep).apply(root, request, simpleHooks, knows))
      return labels.filter((label) => label.startsWith("sync")).length
    }
    const all = await syncs("", oracle(true))
    expect(await syncs("first", answering(true))).toBe(all)
    expect(await syncs("first", oracle(true))).toBe(all - 6)
  })

  it("is not taken for one by another store, which touches nothing torn", async () => {
    sow()
    await applyAndLose(() => fs.truncateSync(at("new/a")))
    const other = { ...oracle(true), store: "another" }
    const error = await Effect.runPromise(Effect.flip(service("second").recover(root, other)))
    expect(error).toMatchObject({ _tag: "RecoveryBlocked", why: "other-store" })
    expect((await recover()).outcome).toBe("finished")
    expect(look(root)).toEqual(placed)
  })

  it("stopped at any step of making again, goes on the next time", { timeout }, async () => {
    let deaths = 0
    for (const [what, lose] of Object.entries(losses)) {
      for (let n = deaths % oneIn(2); ; n += oneIn(2)) {
        sow()
        await applyAndLose(lose)
        const stopped = await Effect.runPromiseExit(service("second", deadFrom(n)).recover(root, oracle(true)))
        unlock(root)
        await Effect.runPromise(service("third").recover(root, oracle(true)))
        await Effect.runPromise(service("third").recover(root, oracle(true)))
        const seen = Object.entries(look(root)).filter(([path]) => !path.includes(".tidemark-conflict-"))
        expect(Object.fromEntries(seen), `${what}, dead from step ${n}`).toEqual(placed)
        deaths++
        if (Exit.isSuccess(stopped)) break
      }
    }
    console.log(`died in ${deaths} ways while making again`)
  })

  it("keeps an edit made at any step of making again", { timeout }, async () => {
    let edits = 0
    for (const dies of [false, true]) {
      for (let n = 0; ; n++) {
        sow()
        await applyAndLose(() => fs.truncateSync(at("new/a"), 3))
        let edited: boolean | undefined
        const onStep: OnStep = (step) => {
          if (step === n) {
            edited = fs.existsSync(at("new"))
            fs.writeFileSync(at("new/a"), "precious")
          }
          if (dies && step > n) throw new Error("dead")
        }
        await Effect.runPromiseExit(service("second", onStep).recover(root, oracle(true)))
        unlock(root)
        for (const boot of ["second", "third"]) await recover(true, boot)
        if (edited === undefined) break
        edits++
        expect(
          Object.values(look(root)).some((seen) => seen.endsWith("precious")),
          `${dies}, step ${n}`
        ).toBe(true)
      }
    }
    expect(edits).toBeGreaterThan(10)
    console.log(`${edits} edits kept while making again`)
  })
})
