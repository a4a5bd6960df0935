/** The lock of a project: who holds it, and when it is nobody's any more. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { bundle } from "./support/bundle.ts"
import { answering, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { deadFrom, fastTemporary } from "./support/stops.ts"

const linux = process.platform === "linux"
let root = ""

beforeEach(() => {
  const base = fastTemporary("lock")
  onTestFinished(() => fs.rmSync(base, { recursive: true, force: true }))
  root = join(base, "root")
  fs.mkdirSync(join(root, ".tidemark"), { recursive: true })
})

const apply = (id: string) =>
  Effect.runPromise(
    Effect.result(
      makeWorkingTree().apply(root, requestOf(id, [[id, null, standing(id)]]), simpleHooks, answering(false))
    )
  )

const locks = () => fs.readdirSync(join(root, ".tidemark")).filter((name) => name.startsWith("lock-"))

const running = (pid: number) => {
  const read = (path: string) => (linux ? fs.readFileSync(path, "latin1") : "")
  const stat = read(`/proc/${pid}/stat`)
  return {
    pid,
    host: hostname(),
    boot: read("/proc/sys/kernel/random/boot_id").trim(),
    namespace: linux ? fs.readlinkSync("/proc/self/ns/pid") : "",
    started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  }
}

const lockAs = (owner: unknown) =>
  fs.writeFileSync(join(root, ".tidemark/lock-test"), typeof owner === "string" ? owner : JSON.stringify(owner))

const sleeper = async (): Promise<ChildProcess> => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" })
  await once(child, "spawn")
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}

describe("the lock of a project", () => {
  it("is given back, however an apply ends", async () => {
    expect(await apply("a")).toMatchObject({ _tag: "Success" })
    expect(await apply("a")).toMatchObject({ _tag: "Failure", failure: { _tag: "PlanStale" } })
    expect(locks()).toEqual([])
  })

  it("lets one of many applies through at a time", async () => {
    const ends = await Promise.all(["a", "b", "c", "d"].map(apply))
    expect(ends.filter((end) => end._tag === "Success")).toHaveLength(1)
    for (const end of ends) if (end._tag === "Failure") expect(end.failure).toMatchObject({ failure: "locked" })
    expect(locks()).toEqual([])
  })

  it("holds against a process that lives, and says which", async () => {
    const { pid = 0 } = await sleeper()
    lockAs(running(pid))
    const end = await apply("a")
    expect(end).toMatchObject({ _tag: "Failure", failure: { _tag: "WorkingTreeError", failure: "locked" } })
    if (end._tag === "Failure") expect(end.failure.message).toContain(`process ${pid} on ${hostname()}`)
    const recovery = await Effect.runPromise(Effect.flip(makeWorkingTree().recover(root, answering(false))))
    expect(recovery).toMatchObject({ failure: "locked" })
    expect(locks()).toEqual(["lock-test"])
  })

  it("is nobody's once its process is dead", async () => {
    const child = await sleeper()
    lockAs(running(child.pid ?? 0))
    child.kill("SIGKILL")
    await once(child, "exit")
    expect(await apply("a")).toMatchObject({ _tag: "Success" })
    expect(locks()).toEqual([])
  })

  it.runIf(linux)("is nobody's when another process has got its number since", async () => {
    const { pid = 0 } = await sleeper()
    lockAs({ ...running(pid), started: "1" })
    expect(await apply("a")).toMatchObject({ _tag: "Success" })
  })

  it.runIf(linux)("is nobody's when the machine was started anew since", async () => {
    lockAs({ ...running(process.pid), boot: "another boot" })
    expect(await apply("a")).toMatchObject({ _tag: "Success" })
  })

  it.each([
    ["another host's", { ...running(process.pid), host: "elsewhere", pid: 999_999_999 }],
    ["another container's", { ...running(process.pid), namespace: "pid:[1]", pid: 999_999_999 }],
    ["one that cannot be read", "not json"]
  ])("is respected when nothing can be known of its holder: %s", async (_, owner) => {
    lockAs(owner)
    const end = await apply("a")
    expect(end).toMatchObject({ _tag: "Failure", failure: { failure: "locked" } })
    if (end._tag === "Failure") expect(end.failure.message).toContain("remove .tidemark/lock-test")
  })

  it("is cleared away by whoever comes after a death, with what it had begun to write", async () => {
    for (let n = 0; n < 12; n++) {
      const dead = makeSteppedWorkingTree({ onStep: deadFrom(n) })
      await Effect.runPromiseExit(
        dead.apply(root, requestOf("x", [["x", null, standing("x")]]), simpleHooks, answering(false))
      )
    }
    // This process lives, so its own locks do not look dead.
    for (const name of locks())
      fs.writeFileSync(join(root, ".tidemark", name), JSON.stringify({ ...running(process.pid), pid: 999_999_999 }))
    expect(await apply("a")).toMatchObject({ _tag: "Success" })
    await Effect.runPromise(makeWorkingTree().recover(root, answering(true)))
    expect(fs.readdirSync(join(root, ".tidemark")).sort()).toEqual([".gitignore", "staging"])
  })

  it("lets one process in at a time, and every process in sometime", { timeout: 60_000 }, async () => {
    const base = join(root, "..")
    const script = await bundle("contendChild", base)
    const ends = ["one", "two", "three"].map(async (name) => {
      const args = [script, root, name, "12", join(base, "inside")]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      let printed = ""
      child.stdout.on("data", (data) => {
        printed += data
      })
      const [code] = await once(child, "close")
      return [code, Number(printed)]
    })
    const all = await Promise.all(ends)
    expect(all.map(([code]) => code)).toEqual([0, 0, 0])
    expect(fs.readdirSync(root).filter((name) => name.includes("-"))).toHaveLength(36)
    expect(locks()).toEqual([])
    const refused = all.reduce((sum, [, locked = 0]) => sum + locked, 0)
    console.log(`3 processes made 36 applies; ${refused} times one was told to wait`)
  })
})
