/** The adapter that docs/guide/storage-adapter.md builds: short, as it says there, and right. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type * as Layer from "effect/Layer"
import { afterAll, describe, expect, it } from "vitest"
import { readEntries } from "../../scripts/entries.ts"
import type { StorageFixture, StorageServices } from "../../src/testkit/StorageFixture.ts"
import { storageSuite } from "../../src/testkit/storageSuite.ts"
import { examplesOfMarkdown, prepareExample } from "../support/examples.ts"
import { projectRoot } from "../support/sourceFiles.ts"
import { inMemory } from "./filesystem/support/store.ts"

const page = "docs/guide/storage-adapter.md"
const text = readFileSync(join(projectRoot, page), "utf8")

mkdirSync(join(projectRoot, "temp"), { recursive: true })
const folder = mkdtempSync(join(projectRoot, "temp", "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [example] = examplesOfMarkdown(page, text)
if (example === undefined) throw new Error(`${page} has no example`)
// Its imports, and what it declares; what it asserts is another test's to run.
const code = prepareExample(example, readEntries(projectRoot)).code.replace(/^const place = [\s\S]*$/m, "")
writeFileSync(join(folder, "adapter.ts"), code.replace(/^import \{ checkExample \}[^\n;]*;?/, ""))
const { fixture } = (await import(join(folder, "adapter.ts"))) as {
  readonly fixture: StorageFixture<string, never> & { readonly open: (folder: string) => Layer.Layer<StorageServices> }
}

it("is built in under 80 lines", () => {
  const lines = example.code.split("\n")
  const [start, end] = ["begins", "ends"].map((word) =>
    lines.findIndex((line) => line.startsWith(`// The adapter ${word}`))
  )
  expect(start).toBeGreaterThan(0)
  expect((end ?? 0) - (start ?? 0) - 1).toBeLessThan(80)
})

storageSuite(
  { ...fixture, name: `the adapter of ${page}`, allocate: inMemory },
  {
    describe,
    it: (name, run) => it(name, { timeout: 60_000 }, run),
    skip: (name) => it.skip(name, () => {})
  }
)
