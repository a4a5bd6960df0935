/** The demonstration runs in a process of its own and says what is so. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { takeStock } from "../../examples/demo/folders.ts"
import { readOptions } from "../../examples/demo/options.ts"
import { projectRoot } from "../support/sourceFiles.ts"

const collection = join(projectRoot, "examples", "collection")
const demo = (
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = {}
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 1e8 }
    const program = join(projectRoot, "examples", "demo.ts")
    const child = execFile(process.execPath, [program, ...args], options, (_, out, error) =>
      resolve({ code: child.exitCode ?? -1, out, error })
    )
  })

let folder = ""
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "tidemark-demo-test-"))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe("the demonstration on its own collection", () => {
  it("finds every kind of drift but a conflict, and keeps its promises", async () => {
    const before = takeStock(collection)
    const { code, error, out } = await demo(["--json"], { TMPDIR: folder })
    expect(error).toBe("")
    expect(code).toBe(0)
    const story = JSON.parse(out)
    expect(story.captureV1).toMatchObject({ files: 14, artifacts: 6, newVersions: 6 })
    expect(story.captureV2).toMatchObject({ files: 16, artifacts: 8, newVersions: 8 })
    expect(story.deploy.actions).toEqual({ write: 14 })
    expect(story.edits).toMatchObject({ changed: 5, deleted: 1, added: [".env.demo", "notes/todo.md"] })
    expect(story.drift.paths).toBe(19)
    expect(story.drift.counts).toEqual({
      clean: 4,
      outdated: 3,
      modified: 1,
      both: 2,
      converged: 1,
      eolOnly: 1,
      deleted: 1,
      addedUpstream: 3,
      removedUpstream: 1,
      conflicted: 0,
      localOnly: 2
    })
    expect(story.plan.actions).toEqual({ conflict: 1, keep: 4, none: 4, remove: 1, write: 7 })
    expect(story.plan.paths.every(({ reason }: { readonly reason: string }) => reason !== "")).toBe(true)
    expect(story.conflicts).toMatchObject({
      kinds: { content: 1 },
      remaining: 0,
      shown: { path: "agents/reviewer.md" }
    })
    expect(story.conflicts.shown.markers).toContain("<<<<<<< local\nStart with what is good.")
    expect(story.conflicts.shown.resolvedTo).toContain("on a clinical team")
    expect(story.conflicts.shown.resolvedTo).toContain("Start with the one point that matters most.")
    expect(story.rollback).toMatchObject({ edits: 8, editsLost: [], otherDifferences: [] })
    expect(story.undo).toMatchObject({ files: 17, different: [] })
    const kinds = story.ledger.operations.map(({ kind }: { readonly kind: string }) => kind)
    expect(kinds).toEqual(["capture", "deploy", "capture", "update", "resolve", "rollback", "undo"])
    expect(story.ledger.verified.findings).toBe(0)
    expect(story.graph).toMatchObject({ artifact: "agent:reviewer" })
    expect(story.graph.text).toContain("(kit) Second edition")
    expect(takeStock(collection)).toEqual(before)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it("tells it as a page, in colours only where they are wanted, and keeps the store when asked", async () => {
    const store = join(folder, "demo.db")
    const { code, error, out } = await demo(["--store", store], { NO_COLOR: "1" })
    expect(error).toBe("")
    expect(code).toBe(0)
    for (const words of ["Find what drifted", "agents/reviewer.md", "✔ each of the user's 8 edits", "12  Draw"]) {
      expect(out).toContain(words)
    }
    expect(out).not.toContain("\u001b")
    expect(out).not.toContain("✘")
    const secret = fs.readFileSync(join(collection, "local", ".env.demo"), "utf8")
    expect(fs.readFileSync(store).includes(secret)).toBe(false)
    expect((await demo(["--json", "--store", store])).error).toContain("is there already")
  })
})

describe("the demonstration, told nonsense,", () => {
  const some = join(collection, "v1")
  it.each<readonly [string, ReadonlyArray<string>, string]>([
    ["an option that it does not have", ["--fast"], "--fast"],
    ["a directory too few", ["--v1", some], "go together"],
    ["a directory that is not there", ["--v1", some, "--v2", some, "--local", "/nowhere/at/all"], "does not exist"],
    ["a file for a directory", ["--v1", some, "--v2", some, "--local", join(some, "README.md")], "is not a directory"]
  ])("says what is wrong: %s", (_, args, words) => {
    expect(() => readOptions(args)).toThrow(words)
  })

  it("ends with a sentence and a code", async () => {
    const { code, error, out } = await demo(["--v1", some])
    expect(code).toBe(1)
    expect(error).toBe("\ndemo: --v1, --v2 and --local go together: give all or none\n")
    expect(out).toBe("")
  })
})
