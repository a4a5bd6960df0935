/** The two small programs do the same, once from Effect and once from promises. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { projectRoot } from "../support/sourceFiles.ts"

const output = `agents/guide.md: both
updated: "# House guide\\n\\nBe brief.\\n\\nAnswer in French.\\n"
rolled back: "# Guide\\n\\nBe brief.\\n\\nAnswer in French.\\n"
ann rolled back home (agent:guide)
ann updated home (agent:guide)
ann captured kit (agent:guide): Second edition
ann deployed home (agent:guide)
ann captured kit (agent:guide): First edition
`

it.each(["effect", "promise"])("examples/%s.ts", async (name) => {
  const program = join(projectRoot, "examples", `${name}.ts`)
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [program])
  expect(stderr).toBe("")
  expect(stdout).toBe(output)
})
