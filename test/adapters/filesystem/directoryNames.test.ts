/** Directories that are known by their times: what a scan with a cache finds is what one without finds. */
import * as fs from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { stampsDirectories } from "../../../src/adapters/filesystem/directoryNames.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { makeRandom } from "../../support/random.ts"
import { fastTemporary } from "./support/stops.ts"

let root = ""
let cacheDirectory = ""

beforeEach(() => {
  const folder = fastTemporary("directories")
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  root = join(folder, "root")
  cacheDirectory = join(folder, "cache")
  fs.mkdirSync(root)
})

const scan = (cached: boolean, within?: ReadonlyArray<string>) =>
  Effect.runPromise(
    makeWorkingTree(cached ? { cacheDirectory } : {}).scan(root, { ignore: ["ignored"], within: within as never })
  )

/** Waits until the clock of the file system has ticked. */
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

const paths = async () => (await scan(true)).entries.map(({ path }) => path)

describe("the directories of the stat cache", () => {
  it("are not read again while they are as they were", async () => {
    fs.mkdirSync(join(root, "d"))
    fs.writeFileSync(join(root, "d/abc"), "x")
    tick()
    await scan(true)
    if (!stampsDirectories(root)) return
    // A cache that lies shows what was not looked at.
    const bytes = fs.readFileSync(cacheFile())
    const at = bytes.lastIndexOf("fabc")
    expect(at).toBeGreaterThan(0)
    bytes.write("fabd", at)
    bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12)
    fs.writeFileSync(cacheFile(), bytes)
    // The name is taken on trust; that no such file is there shows when it is looked at.
    expect(await paths()).toEqual(["d"])
    fs.writeFileSync(join(root, "d/other"), "x")
    expect(await paths()).toEqual(["d", "d/abc", "d/other"])
  })

  it("are read again after every kind of change", async () => {
    const make = () => {
      fs.mkdirSync(join(root, "d/sub"), { recursive: true })
      for (const name of ["a", "b", "sub/c"]) fs.writeFileSync(join(root, "d", name), name)
    }
    const changes: ReadonlyArray<() => void> = [
      () => fs.writeFileSync(join(root, "d/new"), "x"),
      () => fs.rmSync(join(root, "d/a")),
      () => fs.renameSync(join(root, "d/a"), join(root, "d/z")),
      () => fs.renameSync(join(root, "d/a"), join(root, "d/b")),
      () => fs.renameSync(join(root, "d/sub"), join(root, "d/bus")),
      () => {
        fs.rmSync(join(root, "d/a"))
        fs.mkdirSync(join(root, "d/a"))
      },
      () => {
        fs.rmSync(join(root, "d/a"))
        fs.symlinkSync("b", join(root, "d/a"))
      },
      () => {
        // The same files below a link: not below a folder any more.
        fs.renameSync(join(root, "d/sub"), join(root, "elsewhere"))
        fs.symlinkSync("../elsewhere", join(root, "d/sub"))
      }
    ]
    for (const [i, change] of changes.entries()) {
      fs.rmSync(root, { recursive: true })
      make()
      tick()
      await scan(true)
      change()
      expect(await scan(true), `change ${i}`).toEqual(await scan(false))
    }
  })

  it("agree with scans without a cache, whatever is changed between, in one tick of the clock or in several", async () => {
    const seed = Number(process.env.TIDEMARK_SEED ?? Date.now() % 2 ** 31)
    console.log(`directory cache: TIDEMARK_SEED=${seed}`)
    const random = makeRandom(seed)
    const names = ["a", "a-b", "b", "ignored", "é", "\\", "x".repeat(60), "sub", "sub.d"]
    const draw = () => Array.from({ length: 1 + random.below(3) }, () => random.pick(names)).join("/")
    const quietly = (f: () => void) => {
      try {
        f()
      } catch {
        // What cannot be done to a random path is not done.
      }
    }
    const edits: ReadonlyArray<(at: string) => void> = [
      (at) => fs.writeFileSync(at, `${random.below(1e9)}`),
      (at) => fs.appendFileSync(at, "more"),
      (at) => fs.mkdirSync(at, { recursive: true }),
      (at) => fs.rmSync(at, { recursive: true }),
      (at) => fs.renameSync(at, join(root, draw())),
      (at) => fs.symlinkSync(random.pick(names), at),
      (at) => fs.linkSync(at, join(root, draw())),
      (at) => fs.chmodSync(at, random.pick([0o755, 0o700, 0o644])),
      (at) => fs.utimesSync(at, 1, 1)
    ]
    for (let round = 0; round < 400; round++) {
      for (let n = random.below(6); n > 0; n--) quietly(() => random.pick(edits)(join(root, draw())))
      if (random.chance(0.3)) tick()
      // Whole scans know directories; of limited ones, some know single files of directories that are not looked at.
      const within = random.chance(0.4) ? Array.from({ length: 1 + random.below(3) }, draw) : undefined
      expect(await scan(true, within), `round ${round}, within ${within}`).toEqual(await scan(false, within))
    }
  })
})
