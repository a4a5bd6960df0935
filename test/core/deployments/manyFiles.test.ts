/** How much memory many files take at most, each operation in a process of its own whose heap is bounded. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const program = join(import.meta.dirname, "fixtures", "manyFiles.ts")

const full = process.env.TIDEMARK_FULL === "1"

/** What Node is told to bound its heap with; it ends a process that needs more. */
const within = (mebibytes: number) => [`--max-old-space-size=${mebibytes}`, "--max-semi-space-size=1"]

const run = async (
  flags: ReadonlyArray<string>,
  what: string,
  directory: string,
  count: number
): Promise<{ readonly done: number; readonly bytes: number }> => {
  const args = ["--disable-warning=ExperimentalWarning", ...flags, program, what, directory, `${count}`]
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as { done: number; bytes: number }
}

const operations = ["capture", "adopt", "check", "deploy", "restore"]

/** Does each operation in turn, in a heap of that size. Returns the bytes that each file took beyond an opened store. */
const check = async (count: number, mebibytes: number): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-many-"))
  try {
    await run([], "make", directory, count)
    const found: { [what: string]: number } = {}
    for (const what of operations) {
      const { bytes, done } = await run(within(mebibytes), what, directory, count)
      assert.isAtLeast(done, count / 10, what)
      found[what] = Math.round(bytes / count)
    }
    console.log(
      `bytes at most for each of ${count} files, beyond an opened store, in a heap of ${mebibytes} MiB:`,
      found
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe("a collection of many files", () => {
  it("is captured, deployed, checked and restored in a heap of few bytes for each", { timeout: 300_000 }, async () => {
    // A quarter more than is needed; with all paths of a plan or a merge in memory many times over it is not enough.
    await check(12_000, 57)
  })

  it.runIf(full)("of 110,000 files is, too", { timeout: 3_600_000 }, async () => {
    await check(110_000, 200)
  })
})
