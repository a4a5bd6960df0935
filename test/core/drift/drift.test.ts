import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TextPolicy } from "../../../src/core/references/TextPolicy.ts"
import type { ArtifactDrift } from "../../../src/model/Drift.ts"
import type { CollectionId } from "../../../src/model/Ids.ts"
import {
  agents,
  artifact,
  dir,
  type Engine,
  exe,
  type Files,
  link,
  onBoth,
  onMemory,
  project
} from "../../support/engine.ts"

const check = (engine: Engine, options: { readonly scope?: "collection"; readonly collection?: CollectionId } = {}) =>
  engine.drift.check({ project, root: engine.root, ...options })

const ofArtifact = (artifacts: ReadonlyArray<ArtifactDrift>) =>
  Object.fromEntries(artifacts.map((at) => [at.artifact, at.class]))

describe("drift", () => {
  onBoth("of artifacts: the weightiest thing about each", (engine) =>
    Effect.gen(function* () {
      const names = [
        "clean",
        "eol",
        "modified",
        "deleted",
        "outdated",
        "grown",
        "shrunk",
        "both",
        "apart",
        "converged",
        "clash",
        "removed"
      ]
      const v1: Files = Object.fromEntries(
        names.flatMap((name) => [
          [`skills/${name}/f`, "1\n2\n3\n"],
          [`skills/${name}/g`, "g\n"]
        ])
      )
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({ "skills/clash/f": "mine\n2\n3\n" })
      yield* engine.capture({ ...v1, "skills/clash/f": "theirs\n2\n3\n" })
      yield* engine.update()
      const v3 = Object.fromEntries(Object.entries(v1).filter(([at]) => !/removed|shrunk.g/.test(at)))
      yield* engine.edit({
        "skills/eol/f": "1\r\n2\r\n3\r\n",
        "skills/modified/f": "mine\n",
        "skills/deleted/f": null,
        "skills/both/f": "mine\n",
        "skills/apart/f": "mine\n",
        "skills/converged/f": "v3\n",
        "skills/clean/local": "local\n"
      })
      yield* engine.capture({
        ...v3,
        "skills/clash/f": "theirs\n2\n3\n",
        "skills/outdated/f": "v3\n",
        "skills/grown/h": "v3\n",
        "skills/both/f": "v3\n",
        "skills/apart/g": "v3\n",
        "skills/converged/f": "v3\n",
        "skills/new/f": "new\n"
      })
      const drift = yield* check(engine, { scope: "collection", collection: agents })
      assert.deepStrictEqual(ofArtifact(drift.artifacts), {
        "skill:apart": "both",
        "skill:both": "both",
        "skill:clash": "conflicted",
        "skill:clean": "clean",
        "skill:converged": "converged",
        "skill:deleted": "deleted",
        "skill:eol": "eolOnly",
        "skill:grown": "outdated",
        "skill:modified": "modified",
        "skill:new": "notDeployed",
        "skill:outdated": "outdated",
        "skill:removed": "removedUpstream",
        "skill:shrunk": "outdated"
      })
      assert.deepStrictEqual(
        drift.paths.map(({ path }) => path),
        drift.paths.map(({ path }) => path).sort()
      )
      const total = Object.values(drift.counts).reduce((sum, n) => sum + n, 0)
      assert.strictEqual(total, drift.paths.length)
      for (const at of drift.artifacts) {
        const own = drift.paths.filter((row) => row.artifact === at.artifact)
        assert.strictEqual(
          Object.values(at.counts).reduce((sum, n) => sum + n, 0),
          own.length
        )
      }
      assert.deepStrictEqual(ofArtifact((yield* check(engine)).artifacts)["skill:new"], undefined)
    })
  )

  onMemory("names the version that a stale copy is exactly, of a file and of the whole artifact", (engine) =>
    Effect.gen(function* () {
      const versions = []
      for (const n of ["1", "2", "3"]) {
        const { artifacts } = yield* engine.capture({ "skills/s/f": `${n}\n`, "skills/s/g": `g${n}\n` })
        versions.push(artifacts[0]?.version)
        if (n === "2") yield* engine.deploy()
      }
      yield* engine.edit({ "skills/s/f": "1\n" })
      const stale = yield* check(engine)
      assert.deepStrictEqual(
        stale.paths.map(({ class: drift, exactly }) => [drift, exactly]),
        [
          ["both", versions[0]],
          ["outdated", null]
        ] as never
      )
      assert.strictEqual(stale.artifacts[0]?.exactly, null)
      yield* engine.edit({ "skills/s/g": "g1\n" })
      assert.strictEqual((yield* check(engine)).artifacts[0]?.exactly, versions[0])
      yield* engine.edit({ "skills/s/f": "3\n", "skills/s/g": "g3\n" })
      assert.strictEqual((yield* check(engine)).artifacts[0]?.exactly, versions[2])
      yield* engine.edit({ "skills/s/f": "mine\n" })
      assert.deepStrictEqual(
        (yield* check(engine)).paths.map(({ exactly }) => exactly),
        [null, null]
      )
    })
  )

  onMemory("with the policy none, other line endings are another file", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1\n2\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/f": "1\r\n2\r\n" })
      assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "eolOnly" })
      assert.deepStrictEqual(yield* engine.classes().pipe(Effect.provideService(TextPolicy, "none")), {
        "skills/s/f": "modified"
      })
      for (const mixed of ["1\r\n2\n", "1\r\n2", "\ufeff1\r\n2\r\n", "1\r2\r"]) {
        yield* engine.edit({ "skills/s/f": mixed })
        assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": "modified" })
      }
    })
  )

  onBoth("sees bits, links, empty directories and kinds, not only bytes", (engine) =>
    Effect.gen(function* () {
      const v1: Files = {
        "skills/s/a": "x",
        "skills/s/b": "x",
        "skills/s/c": link("a"),
        "skills/s/d": dir,
        "skills/s/e": "x"
      }
      yield* engine.capture(v1)
      yield* engine.deploy()
      yield* engine.edit({
        "skills/s/a": exe("x"),
        "skills/s/b": link("x"),
        "skills/s/c": link("b"),
        "skills/s/d": null,
        "skills/s/e": dir
      })
      assert.deepStrictEqual(yield* engine.classes(), {
        "skills/s/a": "modified",
        "skills/s/b": "modified",
        "skills/s/c": "modified",
        "skills/s/d": "deleted",
        "skills/s/e": "modified"
      })
      yield* engine.edit(v1)
      assert.deepStrictEqual(new Set(Object.values(yield* engine.classes())), new Set(["clean"]))
    })
  )

  onBoth("is told apart in the same moment and at the same size", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "aaaa\n" })
      yield* engine.deploy()
      for (const text of ["bbbb\n", "cccc\n", "aaaa\n", "dddd\n"]) {
        yield* engine.edit({ "skills/s/f": text })
        assert.deepStrictEqual(yield* engine.classes(), { "skills/s/f": text === "aaaa\n" ? "clean" : "modified" })
      }
    })
  )

  onMemory("of a project where nothing is deployed is nothing, and an unknown project's root is an error", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1\n" })
      yield* engine.edit({ mine: "1" })
      assert.deepStrictEqual((yield* check(engine)).paths, [])
      const all = yield* check(engine, { scope: "collection", collection: agents })
      assert.deepStrictEqual(
        all.paths.map(({ class: drift, path }) => `${path} ${drift}`),
        ["skills/s/f addedUpstream"]
      )
      const missing = yield* Effect.flip(engine.drift.check({ project, root: "nowhere" }))
      assert.strictEqual(missing._tag, "WorkingTreeError")
      assert.match(missing.message, /nowhere does not exist/)
      const unknown = yield* Effect.flip(
        engine.drift.check({ project, root: engine.root, artifacts: [artifact("skill:none")] })
      )
      assert.strictEqual(unknown._tag, "ArtifactNotFound")
    })
  )

  onMemory("knows the local files around artifacts, and whose folder they are in", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "skills/s/f": "1\n", "agents/a.md": "1\n" })
      yield* engine.deploy()
      yield* engine.edit({ "skills/s/mine": "1", "agents/mine.md": "1", "notes.md": "1", "skills/mine/SKILL.md": "1" })
      // No artifact of this collection owns the root: what stands outside of its folders is not looked at.
      assert.deepStrictEqual(yield* engine.classes(), {
        "agents/a.md": "clean",
        "skills/s/f": "clean",
        "skills/s/mine": "localOnly"
      })
      yield* engine.capture({ "skills/s/f": "1\n", "agents/a.md": "1\n", "README.md": "" })
      yield* engine.deploy()
      const classes = yield* engine.classes()
      assert.strictEqual(classes["notes.md"], "localOnly")
      assert.strictEqual(classes["skills/mine/SKILL.md"], "localOnly")
      const row = (yield* check(engine)).paths.find(({ path }) => path === "skills/s/mine")
      assert.strictEqual(row?.artifact, "skill:s")
    })
  )
})
