/** The two small programs do the same, once from Effect and once from promises; and the picture is the one that is shown. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
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

const run = (name: string) => promisify(execFile)(process.execPath, [join(projectRoot, "examples", `${name}.ts`)])

it.each(["effect", "promise"])("examples/%s.ts", async (name) => {
  const { stderr, stdout } = await run(name)
  expect(stderr).toBe("")
  expect(stdout).toBe(output)
})

it("examples/picture.ts draws what the documentation shows", async () => {
  const { stderr, stdout } = await run("picture")
  expect(stderr).toBe("")
  expect(stdout).toBe(readFileSync(join(projectRoot, "docs", "guide", "version-graph.svg"), "utf8"))
})
