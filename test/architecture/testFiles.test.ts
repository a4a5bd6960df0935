/** No test is forgotten: what looks like a test file is one that the runner finds. */
import { globSync } from "node:fs"
import { expect, it } from "vitest"
import config from "../../vitest.config.ts"
import { filesBelow, projectRoot, readSource, type SourceFile } from "../support/sourceFiles.ts"

const include = config.test?.include ?? []
const found = new Set(globSync(include, { cwd: projectRoot }))

/** Whether a file declares tests when it is loaded (and not only in a function that a test file calls). */
const declaresTests = (source: SourceFile): boolean =>
  source.body.some(
    (statement) =>
      statement.type === "ExpressionStatement" &&
      /^(?:describe|it|test|layer)\b[\w.]*\(/.test(source.text.slice(statement.start, statement.end))
  )

it("every file that is named like a test, or declares tests, is run", () => {
  const folders = ["src", "test", "scripts", "examples", "bench", "tools", "docs"]
  const forgotten = folders
    .flatMap((folder) => filesBelow(folder, [".ts", ".tsx", ".mts", ".js", ".mjs"]))
    .filter((path) => !found.has(path))
    .filter((path) => /[.-](?:test|spec)\.\w+$/.test(path) || (path.endsWith(".ts") && declaresTests(readSource(path))))
  expect(forgotten).toEqual([])
})

it("every file that the runner finds is named below test/", () => {
  expect([...found].filter((path) => !path.startsWith("test/"))).toEqual([])
  expect(found.size).toBeGreaterThan(0)
})
