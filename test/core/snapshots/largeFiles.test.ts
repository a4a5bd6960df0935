import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"
import { runSeed } from "../../support/random.ts"

const seed = runSeed()
const MiB = 1024 * 1024
const full = process.env.TIDEMARK_FULL === "1"
const program = join(import.meta.dirname, "fixtures", "largeFile.ts")

interface Report {
  readonly fresh: number
  readonly memoryBefore: number
  readonly mostMemory: number
  readonly restored: boolean
  readonly restoredOver: boolean
  readonly safe: boolean
  readonly seconds: { readonly [step: string]: number }
}

/** Captures, edits, restores and restores over one file of this size, in a process of its own. */
const run = async (storage: string, mebibytes: number): Promise<Report> => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-large-"))
  try {
    const args = ["--disable-warning=ExperimentalWarning", program, directory, storage, `${mebibytes}`, `${seed}`]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Report
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const check = (report: Report) => {
  assert.deepEqual([report.restored, report.restoredOver, report.safe], [true, true, true])
  // A byte near the start: the list of chunks, the tree and the list of artifacts are new too.
  assert.ok(report.fresh <= 3 + 3, `${report.fresh} new objects`)
}

describe(`a large file (seed ${seed})`, () => {
  it("is captured and restored in pieces", async () => {
    const report = await run("filesystem", 256)
    check(report)
    // Some 140 MiB is what a runtime with this program takes anyway; with the file in memory it would be more than 390.
    assert.ok(report.mostMemory < 340 * MiB, `${report.mostMemory / MiB} MiB`)
  })

  it.runIf(full).each(["filesystem", "sqlite"])(
    "of 2 GiB is captured and restored in as little (%s)",
    { timeout: 3_600_000 },
    async (storage) => {
      const report = await run(storage, 2048)
      const inMiB = (bytes: number) => `${Math.round(bytes / MiB)} MiB`
      const { memoryBefore, mostMemory, seconds } = report
      console.log(
        `2 GiB, ${storage}: at most ${inMiB(mostMemory)}, of it ${inMiB(memoryBefore)} to begin with;`,
        seconds
      )
      check(report)
      // 256 MiB for a host that loads the compiled package, which takes 92 MiB, not 140 as the sources do.
      assert.ok(mostMemory - memoryBefore <= 160 * MiB, inMiB(mostMemory))
    }
  )
})
