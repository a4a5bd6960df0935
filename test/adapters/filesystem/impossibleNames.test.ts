/** Names that a file system cannot hold, met by an apply: nothing is changed, and nothing stays in the way. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it, onTestFinished } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { look } from "./support/scenario.ts"
import { answering, folder, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { fastTemporary } from "./support/stops.ts"

const fresh = () => {
  const base = fastTemporary("names")
  onTestFinished(() => fs.rmSync(base, { recursive: true, force: true }))
  const root = join(base, "root")
  fs.mkdirSync(root)
  fs.writeFileSync(join(root, "old"), "old")
  return root
}

const long = "é".repeat(128)

describe("a name that is too long", () => {
  it.each([
    ["of a file", [[long, null, standing("new")]]],
    ["of a file in a new folder", [[`new/deep/${long}`, null, standing("new")]]],
    ["of a new folder with a file", [[`new/${long}/file`, null, standing("new")]]],
    ["of a new folder", [[`new/${long}`, null, folder]]]
  ] as const)("%s is refused before anything is changed", async (_, steps) => {
    const root = fresh()
    const before = look(root)
    const request = requestOf("names", [["old", standing("old"), null], ...steps])
    const error = await Effect.runPromise(
      Effect.flip(makeWorkingTree().apply(root, request, simpleHooks, answering(false)))
    )
    expect(error).toMatchObject({ _tag: "WorkingTreeError", failure: "unsupported" })
    expect(look(root)).toEqual(before)
    expect(await Effect.runPromise(makeWorkingTree().recover(root, answering(false)))).toMatchObject({
      outcome: "nothing"
    })
  })

  it("does not keep the rest from being put back, where only placing it tells", async () => {
    const root = fresh()
    const before = look(root)
    const request = requestOf("names", [
      ["old", standing("old"), null],
      ["new/file", null, standing("new")]
    ])
    const refusing = makeSteppedWorkingTree({
      onStep: (_, label) => {
        if (/^(link|create|rename|rmdir) .*\/file$/.test(label)) {
          throw Object.assign(new Error(label), { code: "ENAMETOOLONG" })
        }
      }
    })
    const error = await Effect.runPromise(Effect.flip(refusing.apply(root, request, simpleHooks, answering(false))))
    expect(error).toMatchObject({ _tag: "WorkingTreeError", failure: "unsupported" })
    expect(look(root)).toEqual(before)
  })
})
