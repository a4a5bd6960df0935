import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { layerWorkingTree, makeWorkingTree } from "../../../src/adapters/memory/MemoryWorkingTree.ts"
import { WorkingTree } from "../../../src/core/WorkingTree.ts"
import { workingTreeSuite } from "../../../src/testkit/workingTreeLaws.ts"

workingTreeSuite(
  {
    name: "memory",
    abilities: { anyBytes: true, exactNames: true, executables: true, symlinks: true },
    allocate: Effect.sync(() => {
      const tree = makeWorkingTree({ project: {} })
      return {
        service: tree.service,
        root: "project",
        missing: "nowhere",
        write: (path, bytes, options) => Effect.sync(() => tree.write("project", path, bytes, options)),
        symlink: (path, target) => Effect.sync(() => tree.symlink("project", path, target)),
        mkdir: (path) => Effect.sync(() => tree.mkdir("project", path)),
        remove: (path) => Effect.sync(() => tree.remove("project", path))
      }
    })
  },
  { describe, it, skip: (name) => it.skip(name, () => undefined) }
)

describe("a working tree in memory", () => {
  it("starts with the files that it is given, and is edited by hand", () => {
    const tree = makeWorkingTree({ p: { "a/b": "text" } })
    tree.write("p", "run", "#!", { executable: true })
    tree.symlink("p", "l", "a")
    tree.mkdir("p", "empty/deep")
    const shown = [...tree.files("p")].map(([path, file]) => `${path} ${file.kind}`)
    expect(shown).toEqual([
      "a directory",
      "a/b file",
      "empty directory",
      "empty/deep directory",
      "l symlink",
      "run executable"
    ])
    tree.remove("p", "a")
    expect(tree.files("p").has("a/b" as never)).toBe(false)
    expect(tree.files("none").size).toBe(0)
  })

  it("refuses edits that no file system could make", () => {
    const tree = makeWorkingTree({ p: { file: "x" } })
    expect(() => tree.write("p", "file/below", "x")).toThrow("in the way")
    expect(() => tree.write("p", "../out", "x")).toThrow("not a relative path")
    expect(() => tree.mkdir("p", "file")).toThrow("in the way")
  })

  it("keeps no bytes that its user can still change", () => {
    const bytes = Buffer.from("mine")
    const tree = makeWorkingTree()
    tree.write("p", "f", bytes)
    bytes.fill(0)
    const file = tree.files("p").get("f" as never)
    expect(file?.kind === "file" && Buffer.from(file.bytes).toString()).toBe("mine")
  })

  it("is fresh for each build of its layer", async () => {
    const layer = layerWorkingTree({ p: { f: "x" } })
    const count = Effect.gen(function* () {
      const tree = yield* WorkingTree
      return (yield* tree.scan("p", { ignore: [] })).entries.length
    }).pipe(Effect.provide(layer))
    expect(await Effect.runPromise(count)).toBe(1)
  })
})
