import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const full = process.env.TIDEMARK_FULL === "1"
const program = join(import.meta.dirname, "fixtures", "manyEntries.ts")
const MiB = 1024 * 1024

interface Report {
  readonly made: number
  readonly paths: number
  readonly isSame: boolean
  readonly failed: { readonly tag: string; readonly message: string } | null
  readonly isSound: boolean
  readonly operations: number
  readonly memoryBefore: number
  readonly mostMemory: number
  readonly seconds: { readonly [step: string]: number }
}

/** Captures a project of so many entries, twice, in a process of its own. */
const run = async (entries: number): Promise<Report> => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-many-"))
  try {
    const args = ["--disable-warning=ExperimentalWarning", program, directory, `${entries}`]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Report
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Captured whole, or refused with an error that has a name; half of it is nowhere. `perEntry`: bytes at most. */
const check = (report: Report, perEntry: number) => {
  const { failed, isSame, isSound, made, memoryBefore, mostMemory, operations, paths, seconds } = report
  const each = Math.round((mostMemory - memoryBefore) / made)
  console.log(
    `${made} entries: ${failed === null ? "captured" : failed.tag}, at most ${Math.round(mostMemory / MiB)} MiB, ${each} bytes each;`,
    seconds
  )
  assert.ok(isSound)
  if (failed === null) assert.deepStrictEqual([paths, isSame, operations], [made, true, 2])
  else assert.deepStrictEqual([/Error$/.test(failed.tag), operations], [true, 0], failed.message)
  assert.ok(each < perEntry, `${each} bytes for each entry`)
}

describe("a project of very many entries", () => {
  it("is captured within its bounds", { timeout: 300_000 }, async () => {
    const report = await run(50_000)
    assert.strictEqual(report.failed, null)
    // Much of it is what a young process takes before it collects its garbage.
    check(report, 5 * 1024)
  })

  it.runIf(full)("of a million is captured or refused by name", { timeout: 7_200_000 }, async () => {
    check(await run(1_000_000), 4 * 1024)
  })
})
