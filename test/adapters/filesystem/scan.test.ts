/** What scanning does on a real disk, beyond the laws. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { canAnchor, Directories } from "../../../src/adapters/filesystem/directories.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { scan } from "../../../src/adapters/filesystem/scan.ts"
import type { Work } from "../../../src/adapters/filesystem/work.ts"
import type { Scan } from "../../../src/core/WorkingTree.ts"
import { temporary } from "./support/temporary.ts"

const linux = process.platform === "linux"
const all = { ignore: [] }
const service = makeWorkingTree()
const pathsOf = ({ entries }: Scan) => entries.map((entry) => `${entry.path}`)
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex")

const inFolder = <A>(use: (folder: string) => Promise<A>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(temporary, (folder) => Effect.promise(() => use(folder)))))

/** Scans by hand, with something happening at each pause. */
const scanWhile = (root: string, happens: (pause: number) => void): Scan => {
  const directories = Directories.open(root, canAnchor)
  try {
    const work: Work<Scan> = scan({ root, operation: "scan", at: "" }, directories, undefined, all)
    for (let pause = 0; ; pause++) {
      const step = work.next()
      if (step.done === true) return step.value
      happens(pause)
    }
  } finally {
    directories.close()
  }
}

const openDescriptors = () => fs.readdirSync("/proc/self/fd").length

describe("a scan of a real disk", () => {
  it("reports pipes, sockets and devices, and reads none of them", () =>
    inFolder(async (root) => {
      execFileSync("mkfifo", [join(root, "pipe")])
      const server = createServer().listen(join(root, "socket"))
      await new Promise((resolve) => server.once("listening", resolve))
      fs.writeFileSync(join(root, "file"), "x")
      const found = await Effect.runPromise(service.scan(root, all))
      server.close()
      expect(pathsOf(found)).toEqual(["file"])
      expect(found.oddities.map(({ path, what }) => [path, what])).toEqual([
        ["pipe", "fifo"],
        ["socket", "socket"]
      ])
      const read = await Effect.runPromise(service.read(root, ["pipe" as never, "file" as never]))
      expect([...read.keys()]).toEqual(["file"])
    }))

  it("leaves the control folder out at any depth, and reports what only looks like it", () =>
    inFolder(async (root) => {
      fs.mkdirSync(join(root, ".tidemark/staging"), { recursive: true })
      fs.mkdirSync(join(root, "nested/.tidemark"), { recursive: true })
      fs.writeFileSync(join(root, "nested/.tidemark/journal"), "x")
      if (linux) fs.mkdirSync(join(root, "other/.Tidemark"), { recursive: true })
      const found = await Effect.runPromise(service.scan(root, all))
      expect(pathsOf(found)).toEqual(linux ? ["nested", "other"] : ["nested"])
      expect(found.oddities.map(({ path }) => path)).toEqual(linux ? ["other/.Tidemark"] : [])
    }))

  it("takes a root that is a link, and none that is a file", () =>
    inFolder(async (folder) => {
      fs.mkdirSync(join(folder, "real"))
      fs.writeFileSync(join(folder, "real/file"), "x")
      fs.symlinkSync("real", join(folder, "link"))
      expect(pathsOf(await Effect.runPromise(service.scan(join(folder, "link"), all)))).toEqual(["file"])
      const failure = await Effect.runPromise(Effect.flip(service.scan(join(folder, "real/file"), all)))
      expect([failure.failure, failure.path]).toEqual(["not-a-directory", ""])
      expect(failure.message).toContain("is not a directory")
    }))

  it.runIf(linux)("goes deeper than any path is long, and reads and writes there", () =>
    inFolder(async (folder) => {
      const root = join(folder, "root")
      fs.mkdirSync(root)
      const name = "directory".repeat(4)
      let fd = fs.openSync(root, "r")
      const depth = 300
      for (let i = 0; i < depth; i++) {
        fs.mkdirSync(`/proc/self/fd/${fd}/${name}`)
        const next = fs.openSync(`/proc/self/fd/${fd}/${name}`, "r")
        fs.closeSync(fd)
        fd = next
      }
      fs.writeFileSync(`/proc/self/fd/${fd}/file`, "deep")
      fs.closeSync(fd)
      const found = await Effect.runPromise(service.scan(root, all))
      const deepest = found.entries.at(-1)
      expect(found.entries).toHaveLength(depth + 1)
      expect(deepest?.path.length).toBeGreaterThan(10_000)
      expect(deepest?.standing).toEqual({ kind: "file", id: sha256("deep"), size: 4 })
      if (deepest === undefined) return
      const read = await Effect.runPromise(service.read(root, [deepest.path]))
      expect(Buffer.from(read.get(deepest.path) ?? []).toString()).toBe("deep")
      const steps = [{ path: deepest.path, before: deepest.standing, after: null }]
      await Effect.runPromise(
        service.apply(
          root,
          { applyId: "deep", store: "s", steps, checks: [] },
          { prepare: Effect.void, content: () => Effect.succeed(new Map()), commit: Effect.void },
          { store: "s", happened: () => Effect.succeed(false) }
        )
      )
      expect((await Effect.runPromise(service.scan(root, all))).entries).toHaveLength(depth)
      execFileSync("rm", ["-rf", root])
    })
  )

  it("treats what vanishes while it looks as absent", () =>
    inFolder(async (root) => {
      for (let i = 0; i < 20; i++) {
        fs.mkdirSync(join(root, `d${i}`))
        fs.writeFileSync(join(root, `d${i}/file`), "x")
        fs.writeFileSync(join(root, `f${i}`), "x")
        fs.symlinkSync("x", join(root, `l${i}`))
      }
      const found = scanWhile(root, (pause) => {
        for (const kind of ["d", "f", "l"])
          fs.rmSync(join(root, `${kind}${19 - pause}`), { recursive: true, force: true })
      })
      expect(found.oddities).toEqual([])
      expect(found.entries.length).toBeLessThan(60)
      expect(found.entries.length).toBeGreaterThan(0)
    }))

  it("hashes what it read of a file that grows meanwhile", () =>
    inFolder(async (root) => {
      const file = join(root, "grows")
      fs.writeFileSync(file, Buffer.alloc(3 << 20, "a"))
      const found = scanWhile(root, () => fs.appendFileSync(file, "more"))
      const standing = found.entries[0]?.standing
      if (standing === undefined || standing.kind === "directory") return expect.unreachable()
      expect(standing.size).toBeGreaterThanOrEqual(3 << 20)
      expect(standing.id).toBe(sha256(fs.readFileSync(file).subarray(0, standing.size)))
    }))

  it("follows no link that is put in a folder's place while it looks", () =>
    inFolder(async (folder) => {
      const root = join(folder, "root")
      const outside = join(folder, "outside")
      fs.mkdirSync(outside)
      fs.writeFileSync(join(outside, "secret"), "secret")
      for (let i = 0; i < 10; i++) {
        fs.mkdirSync(join(root, `d${i}/sub`), { recursive: true })
        fs.writeFileSync(join(root, `d${i}/sub/secret`), "mine")
      }
      const found = scanWhile(root, (pause) => {
        const folderAt = join(root, `d${pause % 10}`)
        if (fs.lstatSync(folderAt).isSymbolicLink()) return
        fs.renameSync(folderAt, join(folder, `moved${pause}`))
        fs.symlinkSync(pause % 2 === 0 ? outside : join(folder, `moved${pause}`), folderAt)
      })
      const ids = found.entries.flatMap(({ standing }) => (standing.kind === "file" ? [standing.id] : []))
      expect(ids).not.toContain(sha256("secret"))
      expect(found.entries.filter(({ path }) => path.includes("/")).length).toBeLessThan(30)
    }))

  it.runIf(linux)("can be interrupted, and leaves nothing open", () =>
    inFolder(async (root) => {
      for (let i = 0; i < 40; i++) {
        fs.mkdirSync(join(root, `d${i}`))
        for (let j = 0; j < 50; j++) fs.writeFileSync(join(root, `d${i}/f${j}`), `${i} ${j}`)
      }
      const before = openDescriptors()
      let pauses = 0
      const interrupted = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(service.scan(root, all))
        while (pauses++ < 3) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        return fiber.pollUnsafe()
      })
      const exit = await Effect.runPromise(interrupted)
      expect(exit?._tag).toBe("Failure")
      expect(openDescriptors()).toBe(before)
      expect((await Effect.runPromise(service.scan(root, all))).entries).toHaveLength(2_040)
      expect(openDescriptors()).toBe(before)
    })
  )
})
