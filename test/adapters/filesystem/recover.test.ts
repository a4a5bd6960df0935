/** What recovery makes of journals that it cannot simply follow. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { sha256 } from "../../../src/adapters/filesystem/inspect.ts"
import { look } from "./support/scenario.ts"
import { answering, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { counting, deadFrom, fastTemporary, unlock } from "./support/stops.ts"

let base = ""
let root = ""
const service = makeWorkingTree()

beforeEach(() => {
  base = fastTemporary("recover")
  root = join(base, "root")
  const mine = base
  onTestFinished(() => fs.rmSync(mine, { recursive: true, force: true }))
  fs.mkdirSync(root)
  fs.writeFileSync(join(root, "a"), "old")
  fs.writeFileSync(join(root, "b"), "old too")
})

const request = () =>
  requestOf("apply-one", [
    ["a", standing("old"), standing("new")],
    ["b", standing("old too"), null],
    ["c/d", null, standing("added")]
  ])

const control = (name: string) => join(root, ".tidemark", name)

/** Dies just before the journal is marked as settled: everything is changed. */
const dieLate = async () => {
  const probe = join(base, "probe")
  fs.cpSync(root, probe, { recursive: true })
  const { labels, onStep } = counting()
  await Effect.runPromise(makeSteppedWorkingTree({ onStep }).apply(probe, request(), simpleHooks, answering(false)))
  const last = labels.findIndex((label) => label.startsWith("rename") && label.endsWith("/journal"))
  await Effect.runPromiseExit(
    makeSteppedWorkingTree({ onStep: deadFrom(last) }).apply(root, request(), simpleHooks, answering(false))
  )
  unlock(root)
  expect(fs.existsSync(control("journal"))).toBe(true)
}

const recover = (at = root, oracle = answering(false)) => Effect.runPromise(service.recover(at, oracle))
const blocked = (at = root, oracle = answering(false)) => Effect.runPromise(Effect.flip(service.recover(at, oracle)))

const isOld = () => expect(look(root)).toMatchObject({ a: "file 644 old", b: "file 644 old too" })

describe("recovery", () => {
  it("finishes or puts back, as the ledger says, and only once", async () => {
    await dieLate()
    expect(await recover(root, answering(true))).toEqual({ outcome: "finished", copies: [] })
    expect(look(root).a).toBe("file 644 new")
    expect(await recover()).toEqual({ outcome: "nothing", copies: [] })
    expect(look(root).a).toBe("file 644 new")
  })

  it("is asked about the journal's apply id", async () => {
    await dieLate()
    const asked: Array<string> = []
    const happened = (id: string) => Effect.sync(() => asked.push(id) > 9)
    await recover(root, { store: "simple", happened } as never)
    expect(asked).toEqual(["apply-one"])
    isOld()
  })

  it("touches nothing for another store, nor does an apply", async () => {
    await dieLate()
    const before = look(root)
    const other = { ...answering(true), store: "another" }
    expect(await blocked(root, other)).toMatchObject({
      _tag: "RecoveryBlocked",
      why: "other-store",
      applyId: "apply-one"
    })
    const apply = service.apply(root, request(), simpleHooks, other)
    expect(await Effect.runPromise(Effect.flip(apply))).toMatchObject({ _tag: "RecoveryBlocked" })
    expect(look(root)).toEqual(before)
    await recover()
    isOld()
  })

  it("touches nothing in a copy of the project", async () => {
    await dieLate()
    const copy = join(base, "copy")
    fs.cpSync(root, copy, { recursive: true })
    const before = look(copy)
    const error = await blocked(copy)
    expect(error).toMatchObject({ _tag: "RecoveryBlocked", why: "other-root" })
    expect(error.message).toContain("was this one copied?")
    expect(look(copy)).toEqual(before)
    await recover()
    isOld()
  })

  it("follows a project that was moved", async () => {
    await dieLate()
    const moved = join(base, "moved")
    fs.renameSync(root, moved)
    expect((await recover(moved)).outcome).toBe("put-back")
    root = moved
    isOld()
  })

  it("clears away a journal that was never written to its end: nothing was changed then", async () => {
    const { labels, onStep } = counting()
    const probe = join(base, "probe")
    fs.cpSync(root, probe, { recursive: true })
    await Effect.runPromise(makeSteppedWorkingTree({ onStep }).apply(probe, request(), simpleHooks, answering(false)))
    const written = labels.findIndex((label) => label.endsWith("/journal.tmp") && label.startsWith("rename"))
    await Effect.runPromiseExit(
      makeSteppedWorkingTree({ onStep: deadFrom(written) }).apply(root, request(), simpleHooks, answering(false))
    )
    unlock(root)
    const whole = fs.readFileSync(control("journal.tmp"))
    for (let length = whole.length; length >= 0; length -= 40) {
      fs.writeFileSync(control("journal.tmp"), whole.subarray(0, length))
      expect((await recover()).outcome).toBe("nothing")
      isOld()
      expect(fs.readdirSync(join(root, ".tidemark")).sort()).toEqual([".gitignore", "staging"])
    }
    expect(fs.readdirSync(control("staging"))).toEqual([])
  })

  it("touches nothing when the journal is damaged, anywhere", async () => {
    await dieLate()
    const whole = fs.readFileSync(control("journal"))
    const before = look(root)
    for (let at = 0; at < whole.length; at += 11) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x15, at)
      fs.writeFileSync(control("journal"), bytes)
      expect(await blocked(), `byte ${at}`).toMatchObject({ why: "damaged-journal" })
    }
    for (const length of [0, 1, 19, 90, whole.length - 1]) {
      fs.writeFileSync(control("journal"), whole.subarray(0, length))
      expect(await blocked(), `cut at ${length}`).toMatchObject({ why: "damaged-journal" })
    }
    expect(look(root)).toEqual(before)
    fs.writeFileSync(control("journal"), whole)
    await recover()
    isOld()
  })

  it("follows no journal that leads out of the root", async () => {
    await dieLate()
    const whole = fs.readFileSync(control("journal"), "utf8")
    const body = whole.slice(whole.indexOf("\n") + 1, -1)
    const hostile = ["../out", "/etc/passwd", "\\\\x2e\\\\x2e/out", ".tidemark/journal", "c//d", ""]
    for (const path of hostile) {
      for (const changed of [
        body.replace('"path":"c/d"', `"path":"${path}"`),
        body.replace('"folder":""', `"folder":"../${path}"`)
      ]) {
        expect(changed).not.toBe(body)
        fs.writeFileSync(control("journal"), `tidemark-journal 1 ${sha256(Buffer.from(changed))}\n${changed}\n`)
        expect(await blocked(), path).toMatchObject({ why: "damaged-journal" })
      }
    }
  })

  it("leaves taken files alone when somebody has removed their journal", async () => {
    await dieLate()
    fs.rmSync(control("journal"))
    const taken = fs.readdirSync(control("staging/apply-one"))
    expect(taken.some((name) => name.endsWith(".old"))).toBe(true)
    expect((await recover()).outcome).toBe("nothing")
    expect(fs.readdirSync(control("staging/apply-one"))).toEqual(taken)
    const again = requestOf("apply-one", [["a", standing("new"), standing("newer")]])
    await Effect.runPromise(service.apply(root, again, simpleHooks, answering(true)))
    expect(fs.readdirSync(control("staging/apply-one"))).toEqual(taken)
    expect((await recover()).copies).toEqual([])
    expect(fs.readdirSync(control("staging/apply-one"))).toEqual(taken)
  })

  it("keeps an edit that was made between the death and the recovery", async () => {
    await dieLate()
    fs.writeFileSync(join(root, "a"), "edited meanwhile")
    fs.writeFileSync(join(root, "b"), "made anew")
    const { outcome, copies } = await recover()
    expect(outcome).toBe("put-back")
    expect([...copies].sort()).toEqual(["a.tidemark-conflict-apply-on", "b.tidemark-conflict-apply-on"])
    expect(look(root)).toMatchObject({
      a: "file 644 edited meanwhile",
      b: "file 644 made anew",
      [copies[0] ?? ""]: expect.stringContaining("old"),
      [copies[1] ?? ""]: expect.stringContaining("old")
    })
  })

  it("does nothing, and needs no right to write, where nothing ever was", async () => {
    expect(await recover()).toEqual({ outcome: "nothing", copies: [] })
    expect(fs.existsSync(control(""))).toBe(false)
    expect(await blocked(join(base, "missing"))).toMatchObject({ _tag: "WorkingTreeError", failure: "not-found" })
  })
})
