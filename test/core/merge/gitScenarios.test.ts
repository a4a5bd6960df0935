import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { dir, type Files, scenario } from "../../support/engine.ts"
import { differences, mergeTriple } from "./compareWithGit.ts"
import { gitScenarios } from "./gitScenarios.ts"
import { gitMergeTrees, gitMergeWithoutRenames, gitVersion } from "./gitTrees.ts"

describe.skipIf(gitVersion() === undefined)("merging trees as git does", () => {
  const plain = gitScenarios.filter(({ renames }) => renames !== true)
  const asked = gitVersion() === undefined ? [] : gitMergeTrees(plain)
  const answers = new Map(plain.map((at, i) => [at.name, asked[i]]))

  for (const at of gitScenarios) {
    it.effect(at.name, () =>
      scenario("memory", (engine) =>
        Effect.gen(function* () {
          const git = at.renames === true ? gitMergeWithoutRenames(at) : answers.get(at.name)
          assert.ok(git)
          const ours = yield* mergeTriple(engine, at)
          assert.deepStrictEqual(differences(ours, git).wrong, [])
          assert.deepStrictEqual(Object.fromEntries(ours.kinds), at.kinds ?? {})
          assert.strictEqual(git.clean, at.kinds === undefined)
        })
      )
    )
  }

  it("has a name for each", () =>
    assert.strictEqual(new Set(gitScenarios.map(({ name }) => name)).size, gitScenarios.length))
})

describe("merging empty directories, which git has none of", () => {
  const merged = (base: Files, ours: Files, theirs: Files) =>
    scenario("memory", (engine) => mergeTriple(engine, { base, ours, theirs }))

  it.effect("a directory that both sides keep stays, though each removed what the other left in it", () =>
    Effect.gen(function* () {
      const { kinds, tree, emptyDirectories } = yield* merged(
        { "d/a": "a", "d/b": "b" },
        { "d/a": "a", d2: "x" },
        { "d/b": "b", d2: "x" }
      )
      assert.strictEqual(kinds.size, 0)
      assert.deepStrictEqual([...tree.keys()], ["d2"])
      assert.deepStrictEqual(emptyDirectories, ["d"])
    })
  )

  it.effect("a directory that one side removed goes with its last file", () =>
    Effect.gen(function* () {
      const { kinds, emptyDirectories } = yield* merged({ "d/a": "a", k: "" }, { k: "" }, { "d/a": "a", k: "" })
      assert.strictEqual(kinds.size, 0)
      assert.deepStrictEqual(emptyDirectories, [])
    })
  )

  it.effect("an empty directory is added, kept, filled and removed like a file", () =>
    Effect.gen(function* () {
      const { kinds, tree, emptyDirectories } = yield* merged(
        { kept: dir, filled: dir, removed: dir, gone: dir },
        { kept: dir, filled: dir, removed: dir, added: dir },
        { kept: dir, "filled/x": "x", gone: dir, added: dir, theirs: dir }
      )
      assert.strictEqual(kinds.size, 0)
      assert.deepStrictEqual([...tree.keys()], ["filled/x"])
      assert.deepStrictEqual([...emptyDirectories].sort(), ["added", "kept", "theirs"])
    })
  )

  it.effect("an empty directory against a file is a conflict, and against a removed file none", () =>
    Effect.gen(function* () {
      const clash = yield* merged({}, { a: dir }, { a: "file" })
      assert.deepStrictEqual(Object.fromEntries(clash.kinds), { a: "directory/file" })
      const replaced = yield* merged({ a: "file" }, { a: dir }, { a: "file" })
      assert.strictEqual(replaced.kinds.size, 0)
      assert.deepStrictEqual(replaced.emptyDirectories, ["a"])
    })
  )
})
