/** What applying does on a real disk, beyond the laws. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import { hooks, look, oracle, request, sow } from "./support/scenario.ts"
import { answering, folder, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { counting, deadFrom, fastTemporary, oneIn, timeout, unlock } from "./support/stops.ts"

let base = ""
let root = ""
let full = false

beforeEach(() => {
  base = fastTemporary("apply")
  root = join(base, "root")
  full = false
  const mine = base
  onTestFinished(() => fs.rmSync(mine, { recursive: true, force: true }))
  fs.mkdirSync(root)
})

const at = (path: string) => join(root, path)

const apply = (steps: Parameters<typeof requestOf>[1], onStep?: OnStep, applyId = "apply-1234567890") =>
  Effect.runPromiseExit(
    makeSteppedWorkingTree({ onStep }).apply(root, requestOf(applyId, steps), simpleHooks, answering(false))
  )

const errorOf = (exit: Exit.Exit<unknown, unknown>): { readonly [key: string]: unknown } => {
  const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : undefined
  return error?._tag === "Some" ? { ...(error.value as object), tag: (error.value as { _tag: string })._tag } : {}
}

const bits = (path: string) => (fs.lstatSync(at(path)).mode & 0o7777).toString(8)

describe("an apply on a real disk", () => {
  it("keeps the permission bits of what it replaces, and changes only the executable ones", async () => {
    const modes = { secret: 0o600, shared: 0o664, run: 0o750, odd: 0o444 }
    for (const [name, mode] of Object.entries(modes)) {
      fs.writeFileSync(at(name), "old")
      fs.chmodSync(at(name), mode)
    }
    const [old, exec, next] = [standing("old"), standing("old", "executable"), standing("new")]
    await apply([
      ["secret", old, next],
      ["shared", old, standing("new", "executable")],
      ["run", exec, next],
      ["odd", old, standing("new", "executable")],
      ["fresh", null, next],
      ["fresh run", null, standing("new", "executable")],
      ["made/file", null, next]
    ])
    const umask = Number.parseInt(execFileSync("sh", ["-c", "umask"]).toString(), 8)
    expect(["secret", "shared", "run", "odd"].map(bits)).toEqual(["600", "775", "640", "555"])
    expect(bits("fresh")).toBe((0o666 & ~umask).toString(8))
    expect(bits("fresh run")).toBe((0o777 & ~umask).toString(8))
    expect(bits("made")).toBe((0o777 & ~umask).toString(8))
  })

  it.runIf(process.getuid?.() === 0)("keeps the owner of what it replaces, where it may", async () => {
    fs.writeFileSync(at("theirs"), "old")
    fs.chownSync(at("theirs"), 1234, 2345)
    await apply([["theirs", standing("old"), standing("new")]])
    const { uid, gid } = fs.statSync(at("theirs"))
    expect([uid, gid]).toEqual([1234, 2345])
  })

  it.runIf(process.getuid?.() === 0)("gives new files the group that their folder passes on", async () => {
    fs.mkdirSync(at("team"))
    fs.chownSync(at("team"), 0, 2345)
    fs.chmodSync(at("team"), 0o2775)
    await apply([
      ["team/file", null, standing("new")],
      ["team/made/deep", null, standing("new", "executable")]
    ])
    for (const path of ["team/file", "team/made/deep"]) expect([path, fs.statSync(at(path)).gid]).toEqual([path, 2345])
    expect(bits("team/made")).toBe("2755")
  })

  it.runIf(process.getuid?.() === 0)("makes a removed folder again as it was, when it puts back", async () => {
    fs.mkdirSync(at("theirs"))
    fs.chownSync(at("theirs"), 1234, 2345)
    fs.chmodSync(at("theirs"), 0o1750)
    const request = requestOf("a", [["theirs", folder, null]])
    const failing = { ...simpleHooks, commit: Effect.fail("no" as const) }
    await Effect.runPromiseExit(makeWorkingTree().apply(root, request, failing, answering(false)))
    const { uid, gid } = fs.statSync(at("theirs"))
    expect([bits("theirs"), uid, gid]).toEqual(["1750", 1234, 2345])
  })

  it("is put back when it is interrupted between its batches, and finished when it is too late", {
    timeout
  }, async () => {
    const texts = Array.from(
      { length: 400 },
      (_, i) => [`d${i % 9}/f${i}`, standing(`old ${i}`), standing(`new ${i}`)] as const
    )
    const sowAll = () => {
      fs.rmSync(root, { recursive: true, force: true })
      for (const [i, [path]] of texts.entries()) {
        fs.mkdirSync(join(at(path), ".."), { recursive: true })
        fs.writeFileSync(at(path), `old ${i}`)
      }
    }
    sowAll()
    const old = look(root)
    const ends = new Set<string>()
    for (let n = 300; n < 6_000; n += 450 * oneIn(2)) {
      sowAll()
      let committed = false
      let stop = () => {}
      const service = makeSteppedWorkingTree({
        onStep: (step) => {
          if (step === n) stop()
        }
      })
      const commit = Effect.sync(() => {
        committed = true
        return "done"
      })
      const effect = service.apply(root, requestOf("a", texts), { ...simpleHooks, commit }, answering(false))
      const fiber = Effect.runFork(effect)
      stop = () => fiber.interruptUnsafe()
      const exit = await Effect.runPromise(Fiber.await(fiber))
      ends.add(`${exit._tag} ${committed}`)
      const now = look(root)
      if (committed) expect(now["d0/f0"]).toContain("new 0")
      else expect(now, `interrupted at step ${n}`).toEqual(old)
      expect(Object.values(now).filter((seen) => seen.includes(" new ")).length).toBe(committed ? texts.length : 0)
      expect((await Effect.runPromise(makeWorkingTree().recover(root, answering(false)))).outcome).toBe("nothing")
    }
    expect([...ends]).toContain("Failure false")
  })

  it("gives back the very file, with its times and its other names, when it puts back", async () => {
    fs.writeFileSync(at("a"), "old")
    fs.linkSync(at("a"), join(base, "another name"))
    fs.utimesSync(at("a"), 1_000, 1_000)
    const before = fs.statSync(at("a"), { bigint: true })
    const failing = { ...simpleHooks, commit: Effect.fail("no" as const) }
    const steps = requestOf("a", [["a", standing("old"), standing("new")]])
    await Effect.runPromiseExit(makeWorkingTree().apply(root, steps, failing, answering(false)))
    const after = fs.statSync(at("a"), { bigint: true })
    expect([after.ino, after.mtimeNs, after.nlink]).toEqual([before.ino, before.mtimeNs, before.nlink])
    await apply([["a", standing("old"), standing("new")]])
    expect(fs.readFileSync(join(base, "another name"), "utf8")).toBe("old")
  })

  it("hides its folder from git, and leaves nothing of what it staged", async () => {
    await apply([["a", null, standing("a")]])
    expect(fs.readFileSync(at(".tidemark/.gitignore"), "utf8")).toBe("*\n")
    expect(fs.readdirSync(at(".tidemark/staging/apply-1234567890"))).toEqual([])
  })

  it("names staged files by number and folders by a harmless id", async () => {
    const steps: Parameters<typeof requestOf>[1] = [["a", null, standing("a")]]
    const { labels, onStep } = counting()
    expect(Exit.isSuccess(await apply(steps, onStep, "../../evil\n"))).toBe(true)
    expect(labels.join()).not.toContain("evil")
    expect(fs.readdirSync(base)).toEqual(["root"])
  })

  it("asks for content in batches", async () => {
    const asked: Array<number> = []
    const texts = Array.from({ length: 300 }, (_, i) => standing(`content ${i}`))
    const steps = requestOf(
      "a",
      texts.map((text, i) => [`f${i}`, null, text])
    )
    const content: typeof simpleHooks.content = (ids) => {
      asked.push(ids.length)
      return simpleHooks.content(ids)
    }
    await Effect.runPromise(makeWorkingTree().apply(root, steps, { ...simpleHooks, content }, answering(false)))
    expect(Math.max(...asked)).toBeLessThanOrEqual(64)
    expect(asked.reduce((a, b) => a + b)).toBe(300)
  })

  it("keeps what is written through an open handle afterwards, under a name that says so", async () => {
    fs.mkdirSync(at("d"))
    fs.writeFileSync(at("d/log"), "old")
    const handle = fs.openSync(at("d/log"), "a")
    await apply([
      ["d/log", standing("old"), standing("new")],
      ["other", null, standing("x")]
    ])
    fs.writeSync(handle, " and a late line")
    fs.closeSync(handle)
    const exit = await apply([["other", standing("x"), null]], undefined, "second")
    const copy = "d/log.tidemark-conflict-apply-12"
    expect(exit).toEqual(Exit.succeed({ value: "done", copies: [copy] }))
    expect(fs.readFileSync(at(copy), "utf8")).toBe("old and a late line")
    expect(fs.readFileSync(at("d/log"), "utf8")).toBe("new")
  })

  it("names what it could not put back, because something newer was saved there", async () => {
    fs.writeFileSync(at("a"), "a old")
    fs.writeFileSync(at("b"), "b old")
    let saved = false
    const exit = await apply(
      [
        ["a", standing("a old"), standing("a new")],
        ["b", standing("b old"), standing("b new")]
      ],
      (_, label) => {
        // While `b` is taken, `a` is in place: somebody saves both.
        if (saved || !label.startsWith("rename") || !label.endsWith("/b")) return
        saved = true
        fs.writeFileSync(at("a.tmp"), "a saved")
        fs.renameSync(at("a.tmp"), at("a"))
        fs.writeFileSync(at("b"), "b saved")
      }
    )
    const copy = "a.tidemark-conflict-apply-12"
    expect(errorOf(exit)).toMatchObject({ tag: "PlanStale", paths: ["b"], kept: [copy] })
    expect(["a", "b", copy].map((path) => fs.readFileSync(at(path), "utf8"))).toEqual(["a saved", "b saved", "a old"])
  })

  it("finds a name for a copy also where names are as long as they get, or taken", async () => {
    const names = ["n".repeat(255), "ü".repeat(127), "\\xff".repeat(250), "short"]
    const raw = (name: string) =>
      name.startsWith("\\xff") ? Buffer.concat([Buffer.from(`${root}/`), Buffer.alloc(250, 0xff)]) : at(name)
    if (process.platform !== "linux") names.splice(2, 1)
    for (const name of names) fs.writeFileSync(raw(name), "old")
    fs.writeFileSync(at("short.tidemark-conflict-apply-12"), "in the way")
    const handles = names.map((name) => fs.openSync(raw(name), "a"))
    await apply(names.map((name) => [name, standing("old"), null] as const))
    for (const handle of handles) {
      fs.writeSync(handle, " late")
      fs.closeSync(handle)
    }
    const recovered = await Effect.runPromise(makeWorkingTree().recover(root, answering(true)))
    expect(recovered.copies).toHaveLength(names.length)
    expect(recovered.copies).toContain("short.tidemark-conflict-apply-12-2")
    const { entries } = await Effect.runPromise(makeWorkingTree().scan(root, { ignore: [] }))
    const late = standing("old late").id
    expect(entries.filter((entry) => entry.standing.kind === "file" && entry.standing.id === late)).toHaveLength(
      names.length
    )
  })

  it("refuses when its own folder is a link", async () => {
    fs.mkdirSync(join(base, "elsewhere"))
    fs.symlinkSync(join(base, "elsewhere"), at(".tidemark"))
    expect(errorOf(await apply([["a", null, standing("a")]]))).toMatchObject({ failure: "escapes-root" })
    expect(fs.readdirSync(join(base, "elsewhere"))).toEqual([])
  })

  it("takes a whole folder that came in a file's place, and gives it back", async () => {
    fs.writeFileSync(at("a"), "old")
    const exit = await apply([["a", standing("old"), standing("new")]], (_, label) => {
      if (!label.startsWith("rename") || !label.endsWith("/a") || fs.lstatSync(at("a")).isDirectory()) return
      fs.rmSync(at("a"))
      fs.mkdirSync(at("a"))
      fs.writeFileSync(at("a/precious"), "precious")
    })
    expect(errorOf(exit)).toMatchObject({ tag: "PlanStale", paths: ["a"], kept: [] })
    expect(fs.readFileSync(at("a/precious"), "utf8")).toBe("precious")
  })

  it("writes nothing through a link that comes in a folder's place, at any step", { timeout }, async () => {
    const outside = join(base, "outside")
    const { labels, onStep } = counting()
    sow(root)
    await Effect.runPromise(
      makeSteppedWorkingTree({ onStep }).apply(root, request, hooks(join(base, "m")), oracle(join(base, "m")))
    )
    for (const parent of ["removed", "removed/deep", "added", "becomes-folder", "becomes-file"]) {
      for (let n = 0; n < labels.length; n += oneIn(5)) {
        fs.rmSync(root, { recursive: true })
        fs.rmSync(outside, { recursive: true, force: true })
        fs.rmSync(join(base, "m"), { force: true })
        sow(root)
        fs.mkdirSync(join(outside, "deep"), { recursive: true })
        fs.mkdirSync(join(outside, "new"))
        for (const path of ["inside", "gone.txt", "deep/gone.txt", "new/file.txt"])
          fs.writeFileSync(join(outside, path), "theirs")
        const before = look(outside)
        const service = makeSteppedWorkingTree({
          onStep: (step) => {
            if (step !== n) return
            if (fs.existsSync(at(parent)))
              fs.renameSync(at(parent), join(base, `moved-${parent.replace("/", "-")}-${n}`))
            if (fs.existsSync(join(at(parent), ".."))) fs.symlinkSync(outside, at(parent))
          }
        })
        await Effect.runPromiseExit(service.apply(root, request, hooks(join(base, "m")), oracle(join(base, "m"))))
        await Effect.runPromiseExit(makeWorkingTree().recover(root, oracle(join(base, "m"))))
        expect(look(outside), `${parent} at step ${n}, ${labels[n]}`).toEqual(before)
      }
    }
  })

  it("stops at a full disk without having changed anything", async ({ skip }) => {
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tidemark", root]).status === 0
    if (!mounted) return skip("mounting is not permitted here")
    try {
      fs.writeFileSync(at("a"), "old")
      const big = standing(Buffer.alloc(300_000, "x"))
      const exit = await apply([
        ["a", standing("old"), standing("new")],
        ["big", null, big]
      ])
      expect(errorOf(exit)).toMatchObject({ tag: "WorkingTreeError", failure: "no-space", path: "big" })
      expect(look(root)).toEqual({ a: expect.stringContaining("old") })
      expect(fs.readdirSync(at(".tidemark/staging"))).toEqual([])
      expect(Exit.isSuccess(await apply([["a", standing("old"), standing("new")]]))).toBe(true)
    } finally {
      execFileSync("umount", [root])
    }
  })

  it("stages beside the target where that is on another device", async ({ skip }) => {
    fs.mkdirSync(at("d/mount"), { recursive: true })
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tidemark", at("d/mount")]).status === 0
    if (!mounted) return skip("mounting is not permitted here")
    try {
      fs.mkdirSync(at("d/mount/sub"))
      fs.writeFileSync(at("d/mount/sub/a"), "old")
      fs.writeFileSync(at("b"), "old")
      const steps = [
        ["d/mount/sub/a", standing("old"), standing("new")],
        ["d/mount/new/c", null, standing("c")],
        ["b", standing("old"), standing("new")]
      ] as const
      const { labels, onStep } = counting()
      expect(Exit.isSuccess(await apply(steps, onStep))).toBe(true)
      expect(["d/mount/sub/a", "d/mount/new/c", "b"].map((path) => fs.readFileSync(at(path), "utf8"))).toEqual([
        "new",
        "c",
        "new"
      ])
      expect(fs.readdirSync(at("d/mount/.tidemark/staging/apply-1234567890"))).toHaveLength(1)
      await Effect.runPromise(makeWorkingTree().recover(root, answering(true)))
      expect(fs.readdirSync(at("d/mount/.tidemark/staging"))).toEqual([])
      // And back, dying on the way everywhere.
      const back = steps.map(([path, before, after]) => [path, after, before] as const)
      for (let n = 0; n < labels.length; n++) {
        const died = await apply(back, deadFrom(n))
        if (Exit.isSuccess(died)) break
        unlock(root)
        await Effect.runPromise(makeWorkingTree().recover(root, answering(false)))
        await Effect.runPromise(makeWorkingTree().recover(root, answering(false)))
        expect(["d/mount/sub/a", "d/mount/new/c", "b"].map((path) => fs.readFileSync(at(path), "utf8"))).toEqual([
          "new",
          "c",
          "new"
        ])
        expect(fs.readdirSync(at("d/mount/.tidemark/staging")), `step ${n}`).toEqual([])
        expect(fs.readdirSync(at(".tidemark")).sort(), `step ${n}`).toEqual([".gitignore", "staging"])
      }
    } finally {
      execFileSync("umount", [at("d/mount")])
    }
  })

  it("says so when it could not even put everything back, and the next recovery does", async () => {
    fs.writeFileSync(at("a"), "old")
    const exit = await apply(
      [
        ["a", standing("old"), standing("new")],
        ["b", null, standing("b")]
      ],
      (_, label) => {
        // From the placing of `b` on, the disk takes nothing any more.
        if (full || (label.startsWith("link") && label.endsWith("/b"))) {
          full = true
          throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })
        }
      }
    )
    expect(errorOf(exit)).toMatchObject({ tag: "WorkingTreeError", operation: "put back", failure: "io" })
    expect(String(errorOf(exit).detail)).toContain("next recovery")
    unlock(root)
    expect(await Effect.runPromise(makeWorkingTree().recover(root, answering(false)))).toMatchObject({
      outcome: "put-back"
    })
    expect(look(root)).toEqual({ a: expect.stringContaining("old") })
  })

  it("says which folder or file it may not change, and changes nothing", async () => {
    fs.mkdirSync(at("d"))
    const exit = await apply(
      [
        ["d/sub/a", null, standing("a")],
        ["b", null, standing("b")],
        ["c", null, folder]
      ],
      (_, label) => {
        if (label.startsWith("mkdir") && label.endsWith("/sub"))
          throw Object.assign(new Error("EACCES"), { code: "EACCES" })
      }
    )
    expect(errorOf(exit)).toMatchObject({ tag: "WorkingTreeError", failure: "permission-denied", path: "d/sub" })
    expect(Object.keys(look(root))).toEqual(["d"])
  })
})
