import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { mergeDriverLaws, storageLaws } from "../../src/testkit/index.ts"

it("the suites run under node:test", async () => {
  const fixture = fileURLToPath(new URL("fixtures/nodeTest.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap", fixture])
  const skipped = storageLaws.filter(({ requires }) => requires.length > 0).length
  expect(stdout).toContain(`# pass ${storageLaws.length - skipped + mergeDriverLaws.length}`)
  expect(stdout).toContain("# fail 0")
  expect(stdout).toContain(`# skipped ${skipped}`)
}, 30_000)
