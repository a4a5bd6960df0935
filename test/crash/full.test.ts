/** Operations on a disk that runs full, a small one of its own: they fail with an error, leave all of the old, and go on with room. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { type JobName, jobs } from "../support/crash/jobs.ts"
import { Proof } from "../support/crash/proof.ts"
import { type Adapter, filesystem, sqlite } from "../support/crash/stores.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const base = fastTemporary("full")
const disk = join(base, "disk")
fs.mkdirSync(disk)

const { error, status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tidemark", disk])
const noMount = status === 0 ? undefined : `mount: ${error?.message ?? String(stderr).trim()}`
if (noMount !== undefined) console.log(`operations on a full disk: not run (${noMount})`)

afterAll(() => {
  if (noMount === undefined) spawnSync("umount", [disk])
  fs.rmSync(base, { recursive: true, force: true })
})

const filler = join(disk, "filler")
const page = 4096

/** Takes all room but `spare` bytes. */
const fill = (spare: number): void => {
  const { bavail, bsize } = fs.statfsSync(disk)
  fs.writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spare)))
}
const free = (): void => fs.rmSync(filler, { force: true })

/** Those that need more than the disk has, in any case. */
const tooLarge: ReadonlyArray<JobName> = ["deploy a large file", "capture a large file"]

const fillAll = async (adapter: Adapter) => {
  const seed = runSeed()
  const random = makeRandom(seed)
  const proof = new Proof(adapter, base)
  const names = Object.keys(jobs).filter((name) => !tooLarge.some((one) => one === name))
  const ends = { full: 0, enough: 0 }
  for (const name of isFull ? names : Array.from({ length: 2 }, () => random.pick(names))) {
    const route = await proof.route(name)
    // More and more of room, until it is enough.
    const step = isFull ? 1 : 4
    for (let pages = random.below(step); ; pages = pages + step + Math.floor(pages / 8)) {
      const end = await proof.fill(route, { base: disk, fill, free }, pages * page)
      ends[end]++
      if (end === "enough") break
    }
  }
  console.log(
    `${adapter.name}: on a full disk ${ends.full} times, ${ends.enough} operations with room (TIDEMARK_SEED=${seed})`
  )
  expect(ends.full).toBeGreaterThan(0)
}

const timeout = isFull ? 1_200_000 : 120_000

describe.skipIf(noMount !== undefined)("an operation on a full disk", () => {
  it("fails, leaves all of the old, and works once there is room (sqlite)", { timeout }, () => fillAll(sqlite))
  it("fails, leaves all of the old, and works once there is room (filesystem)", { timeout }, () => fillAll(filesystem))
})
