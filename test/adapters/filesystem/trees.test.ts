/** Folders that are placed whole, and what others do meanwhile where they are placed. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import { look } from "./support/scenario.ts"
import { answering, folder, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { counting, fastTemporary } from "./support/stops.ts"

let base = ""
let root = ""

beforeEach(() => {
  base = fastTemporary("trees")
  root = join(base, "root")
  const mine = base
  onTestFinished(() => fs.rmSync(mine, { recursive: true, force: true }))
  fs.mkdirSync(root)
})

const at = (path: string) => join(root, path)

const steps: Parameters<typeof requestOf>[1] = [
  ["new/a", null, standing("a")],
  ["new/deep/b", null, standing("b", "executable")],
  ["new/empty", null, folder],
  ["new-er", null, standing("sorted between")],
  ["new/z", null, standing("z")]
]

const apply = (onStep?: OnStep, hooks: typeof simpleHooks = simpleHooks) =>
  Effect.runPromiseExit(
    makeSteppedWorkingTree({ onStep }).apply(root, requestOf("apply-1234567890", steps), hooks, answering(false))
  )

const recover = () => Effect.runPromise(makeWorkingTree().recover(root, answering(true)))

/** Does something just before the one step of that label. */
const justBefore =
  (what: RegExp, act: () => void): OnStep =>
  (_, label) => {
    if (what.test(label)) act()
  }

const claim = /^mkdir .*\/new$/
const placing = /^rename .*\/\d+\.new$/

const placed = {
  new: "folder 755",
  "new-er": "file 644 sorted between",
  "new/a": "file 644 a",
  "new/deep": "folder 755",
  "new/deep/b": "file 755 b",
  "new/empty": "folder 755",
  "new/z": "file 644 z"
}

describe("a folder that is placed whole", () => {
  it("costs one step, whatever is in it", async () => {
    const { labels, onStep } = counting()
    expect(Exit.isSuccess(await apply(onStep))).toBe(true)
    expect(look(root)).toEqual(placed)
    // The files at the root and the probe are linked; nothing of the folder is.
    expect(labels.filter((label) => label.startsWith("link")).length).toBe(2)
    expect(labels.filter((label) => placing.test(label)).length).toBe(1)
    await recover()
    expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
  })

  it("is placed file by file where somebody has made the folder meanwhile, which stays theirs", async () => {
    const made = justBefore(claim, () => fs.mkdirSync(at("new")))
    expect(Exit.isSuccess(await apply(made))).toBe(true)
    expect(look(root)).toEqual(placed)
    await recover()
    expect(look(root)).toEqual(placed)
    expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
  })

  it("leaves what somebody puts there in the last moment, and comes beside it", async () => {
    const saved = justBefore(placing, () => fs.writeFileSync(at("new/mine"), "mine"))
    expect(Exit.isSuccess(await apply(saved))).toBe(true)
    expect(look(root)).toEqual({ ...placed, "new/mine": "file 644 mine" })
  })

  it("is put back when what comes there in the last moment is one of its own files", async () => {
    const saved = justBefore(placing, () => fs.writeFileSync(at("new/z"), "mine"))
    expect(Exit.isFailure(await apply(saved))).toBe(true)
    expect(look(root)).toEqual({ new: "folder 755", "new/z": "file 644 mine" })
    await recover()
    expect(look(root)).toEqual({ new: "folder 755", "new/z": "file 644 mine" })
  })

  it("is not placed through a link that comes in the last moment", async () => {
    fs.mkdirSync(join(base, "outside"))
    const linked = justBefore(placing, () => {
      fs.rmdirSync(at("new"))
      fs.symlinkSync(join(base, "outside"), at("new"))
    })
    expect(Exit.isFailure(await apply(linked))).toBe(true)
    expect(fs.readdirSync(join(base, "outside"))).toEqual([])
    expect(fs.readlinkSync(at("new"))).toBe(join(base, "outside"))
  })

  it("keeps what was edited and added in it when the commit fails", async () => {
    const commit = Effect.suspend(() => {
      fs.writeFileSync(at("new/a"), "edited")
      fs.writeFileSync(at("new/deep/mine"), "mine")
      return Effect.fail("no" as const)
    })
    expect(Exit.isFailure(await apply(undefined, { ...simpleHooks, commit } as never))).toBe(true)
    const kept = {
      new: "folder 755",
      "new/a": "file 644 edited",
      "new/deep": "folder 755",
      "new/deep/mine": "file 644 mine"
    }
    expect(look(root)).toEqual(kept)
    await recover()
    await recover()
    expect(look(root)).toEqual(kept)
    expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
  })

  it("is made in place where its parent passes its group on", async () => {
    fs.chmodSync(root, 0o2755)
    const { labels, onStep } = counting()
    expect(Exit.isSuccess(await apply(onStep))).toBe(true)
    expect(labels.some((label) => placing.test(label))).toBe(false)
    expect(Object.keys(look(root))).toEqual(Object.keys(placed))
  })

  it("refuses two names that the file system takes for one before anything is changed", async () => {
    const twice: OnStep = (_, label) => {
      if (label.startsWith("create") && label.endsWith("/z")) throw Object.assign(new Error("z"), { code: "EEXIST" })
    }
    const exit = await apply(twice)
    expect(JSON.stringify(exit)).toContain("name-clash")
    expect(look(root)).toEqual({})
    expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
  })
})
