import * as fs from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { StatCache } from "../../../src/adapters/filesystem/statCache.ts"
import type { Standing } from "../../../src/model/Standing.ts"
import { fastTemporary } from "./support/stops.ts"

let root = ""
let cacheDirectory = ""

beforeEach(() => {
  const folder = fastTemporary("cache")
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  root = join(folder, "root")
  cacheDirectory = join(folder, "cache")
  fs.mkdirSync(join(root, "d"), { recursive: true })
  for (const name of ["a", "b", "d/c"]) fs.writeFileSync(join(root, name), `content of ${name}`)
})

const scan = async (options: { readonly within?: ReadonlyArray<"d"> } = {}) => {
  const service = makeWorkingTree({ cacheDirectory })
  const { entries } = await Effect.runPromise(service.scan(root, { ignore: [], within: options.within as never }))
  return new Map<string, Standing>(entries.map(({ path, standing }) => [path, standing]))
}

/** Waits until the clock of the file system has ticked, so that what was written before it is no longer racy. */
const tick = () => {
  const probe = join(root, "..", "probe")
  const now = () => {
    fs.writeFileSync(probe, "")
    return fs.statSync(probe).mtimeMs
  }
  const start = now()
  while (now() <= start) {}
}

const cacheFile = () =>
  join(cacheDirectory, fs.readdirSync(cacheDirectory).find((name) => name.endsWith(".scan")) ?? "none")

/** Makes the cache lie: every id in it is all sevens. What a scan believes shows what it did not read. */
const poison = () => {
  const bytes = fs.readFileSync(cacheFile())
  const count = bytes.readUInt32LE(8)
  bytes.fill(0x77, 32, 32 + count * 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12)
  fs.writeFileSync(cacheFile(), bytes)
}

const believed = (found: ReadonlyMap<string, Standing>) =>
  [...found].flatMap(([path, standing]) => (standing.kind === "file" && standing.id === "7".repeat(64) ? [path] : []))

describe("the stat cache", () => {
  it("spares the second scan all reading", async () => {
    tick()
    const first = await scan()
    poison()
    const second = await scan()
    expect(believed(second)).toEqual(["a", "b", "d/c"])
    expect([...second.keys()]).toEqual([...first.keys()])
    expect(fs.readdirSync(cacheDirectory)).toHaveLength(1)
  })

  it("does not trust a file that was changed in the tick in which it was read", async () => {
    tick()
    fs.writeFileSync(join(root, "a"), "changed at the very moment of the scan")
    await scan()
    poison()
    // Whether the scan began in the same tick depends on the clock; the file is trusted only if it did not.
    const stats = fs.statSync(join(root, "a"))
    expect(believed(await scan())).toContain("d/c")
    const cache = StatCache.open(cacheDirectory, rootOf())
    const known = cache.get("a", stats)
    cache.close()
    const cached = fs.statSync(cacheFile()).birthtimeMs || fs.statSync(cacheFile()).mtimeMs
    if (known !== undefined) expect(stats.ctimeMs).toBeLessThan(cached)
  })

  it("never remembers a file as new as the scan itself", () => {
    const stats = fs.statSync(join(root, "a"))
    const standing = { kind: "file", id: "0".repeat(64) as never, size: stats.size } as const
    const began = (ms: number) =>
      Object.assign(Object.create(Object.getPrototypeOf(stats)), stats, { mtimeMs: ms, ctimeMs: ms })
    const cache = StatCache.open(cacheDirectory, rootOf())
    cache.begin()
    const future = began(Date.now() + 1_000.5)
    cache.set("new", future, standing)
    const wholeSeconds = began(Math.floor(Date.now() / 1_000) * 1_000)
    cache.set("on a file system that counts seconds", wholeSeconds, standing)
    const old = began(Date.now() - 10_000.5)
    cache.set("old", old, standing)
    cache.save(() => false)
    cache.close()
    const next = StatCache.open(cacheDirectory, rootOf())
    expect(next.get("new", future)).toBeUndefined()
    expect(next.get("on a file system that counts seconds", wholeSeconds)).toBeUndefined()
    expect(next.get("old", old)).toEqual(standing)
    next.close()
  })

  it.each(["size", "mtimeMs", "ctimeMs", "ino", "dev", "mode"] as const)(
    "does not trust a file with another %s",
    (field) => {
      const stats = fs.statSync(join(root, "a"))
      const old = Object.assign(Object.create(Object.getPrototypeOf(stats)), stats, {
        mtimeMs: 1_000.5,
        ctimeMs: 1_000.5
      })
      const standing = { kind: "file", id: "0".repeat(64) as never, size: stats.size } as const
      const cache = StatCache.open(cacheDirectory, rootOf())
      cache.begin()
      cache.set("a", old, standing)
      cache.save(() => false)
      cache.close()
      const next = StatCache.open(cacheDirectory, rootOf())
      expect(next.get("a", old)).toEqual(standing)
      expect(
        next.get("a", Object.assign(Object.create(Object.getPrototypeOf(stats)), old, { [field]: old[field] + 1 }))
      ).toBeUndefined()
      next.close()
    }
  )

  it("notices every kind of change", async () => {
    tick()
    const first = await scan()
    const { atime, mtime } = fs.statSync(join(root, "a"))
    tick()
    fs.writeFileSync(join(root, "a"), "CONTENT OF A")
    fs.utimesSync(join(root, "a"), atime, mtime)
    fs.chmodSync(join(root, "b"), 0o755)
    fs.renameSync(join(root, "d/c"), join(root, "d/e"))
    fs.writeFileSync(join(root, "d/c"), "content of d/c")
    const second = await scan()
    expect(second.get("a")).not.toEqual(first.get("a"))
    expect(second.get("b")).toMatchObject({ kind: "executable" })
    expect(second.get("d/c")).toEqual(first.get("d/c"))
  })

  it("keeps what a limited scan did not look at, and forgets what is gone", async () => {
    tick()
    await scan()
    await scan({ within: ["d"] })
    poison()
    expect(believed(await scan())).toEqual(["a", "b", "d/c"])
    fs.rmSync(join(root, "b"))
    await scan()
    const cache = StatCache.open(cacheDirectory, rootOf())
    expect(fs.readFileSync(cacheFile()).readUInt32LE(8)).toBe(2)
    cache.close()
  })

  it("is ignored when it is damaged, anywhere", async () => {
    tick()
    const first = await scan()
    const whole = fs.readFileSync(cacheFile())
    const name = cacheFile()
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at)
      fs.writeFileSync(name, bytes)
      expect(await scan(), `byte ${at}`).toEqual(first)
    }
    for (const length of [0, 1, 31, 32, 100, whole.length - 1]) {
      fs.writeFileSync(name, whole.subarray(0, length))
      expect(await scan(), `cut at ${length}`).toEqual(first)
    }
  })

  it("is done without where it cannot be written", async () => {
    const first = await scan()
    fs.rmSync(cacheDirectory, { recursive: true })
    fs.writeFileSync(cacheDirectory, "a file where the folder should be")
    expect(await scan()).toEqual(first)
  })

  it("is another one for another directory at the same path", async () => {
    tick()
    await scan()
    poison()
    fs.renameSync(root, `${root}.old`)
    fs.cpSync(`${root}.old`, root, { recursive: true, preserveTimestamps: true })
    expect(believed(await scan())).toEqual([])
  })
})

const rootOf = () => {
  const { dev, ino } = fs.statSync(root, { bigint: true })
  return { real: fs.realpathSync(root), dev, ino }
}
