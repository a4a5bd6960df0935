/** Directories that nobody deployed: which version they come from, and taking them over. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { similarityOf } from "../../../src/algo/drift/similarity.ts"
import type { FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import type { FilePath, ObjectId, VersionId } from "../../../src/model/Ids.ts"
import { artifact, type Engine, onMemory, path, project, shown } from "../../support/engine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const skill = artifact("skill:s")
const lines = (...marks: ReadonlyArray<string>) => `${marks.join("\n")}\n`
const text = (k: number) => lines("# Skill", `step ${k}`, "", ...Array.from({ length: 30 }, (_, i) => `line ${i}`))

/** Six versions of a skill, each with another first step, and a file more from the third on. */
const captured = Effect.fnUntraced(function* (engine: Engine) {
  const ids: Array<VersionId> = []
  for (let k = 0; k < 6; k++) {
    yield* engine.capture({
      "skills/s/SKILL.md": text(k),
      "skills/s/docs/a.md": "a\n",
      ...(k < 2 ? {} : { "skills/s/docs/b.md": `b ${k}\n` }),
      "skills/t/SKILL.md": "another\n"
    })
    ids.push(yield* engine.graph.resolve(skill, "agents"))
  }
  return ids
})

describe("the nearest version of an unmanaged directory", () => {
  onMemory("is the one that it equals, with score 1; nothing is changed", (engine) =>
    Effect.gen(function* () {
      const ids = yield* captured(engine)
      engine.hands.edit("project", {
        "x/s/SKILL.md": text(3),
        "x/s/docs/a.md": "a\n",
        "x/s/docs/b.md": "b 3\n"
      })
      const head = yield* engine.ledger.head
      const [first, second] = yield* engine.drift.nearest({ root: "project", at: path("x/s") })
      assert.deepStrictEqual(first, {
        artifact: skill,
        version: ids[3] as VersionId,
        score: 1,
        same: 3,
        changed: 0,
        added: 0,
        missing: 0
      })
      assert.isBelow(second?.score ?? 1, 1)
      assert.strictEqual(yield* engine.ledger.head, head)
    })
  )

  onMemory("is the one that it was, before it was edited", (engine) =>
    Effect.gen(function* () {
      const ids = yield* captured(engine)
      engine.hands.edit("project", {
        "s/SKILL.md": text(2),
        "s/docs/a.md": "a, edited\n",
        "s/docs/b.md": "b 2\n",
        "s/mine.md": "mine\n"
      })
      const found = yield* engine.drift.nearest({ root: "project", at: path("s") })
      assert.deepInclude(
        { ...found[0] },
        { artifact: skill, version: ids[2] as VersionId, same: 2, changed: 1, added: 1, missing: 0 }
      )
      const other = yield* engine.drift.nearest({ root: "project", at: path("s"), artifacts: [artifact("skill:t")] })
      assert.isTrue(other.every((near) => near.artifact === "skill:t"))
      engine.hands.edit("project", { "strange/file": "nothing like it\n" })
      assert.deepStrictEqual(yield* engine.drift.nearest({ root: "project", at: path("strange") }), [])
      assert.lengthOf(yield* engine.drift.nearest({ root: "project", at: path("s"), limit: 2 }), 2)
    })
  )

  onMemory("is told by what is left of its lines, where every file was edited", (engine) =>
    Effect.gen(function* () {
      const ids = yield* captured(engine)
      for (const [k, id] of ids.entries()) {
        if (k < 2) continue
        engine.hands.put("project", {
          "s/SKILL.md": `${text(k)}and mine\n`,
          "s/docs/a.md": "a, mine\n",
          "s/docs/b.md": `b ${k}\nmine\n`
        })
        const [near] = yield* engine.drift.nearest({ root: "project", at: path("s") })
        assert.strictEqual(near?.version, id, `version ${k}`)
        assert.isBelow(near?.score ?? 1, 1)
        assert.strictEqual(near?.changed, 3)
      }
    })
  )

  onMemory("can be adopted: edits are kept, and upstream's changes since come in", (engine) =>
    Effect.gen(function* () {
      const ids = yield* captured(engine)
      const local = text(2).replace("line 29", "line 29, mine")
      engine.hands.edit("project", { "skills/s/SKILL.md": local, "skills/s/docs/b.md": "b 2\n" })
      const [near] = yield* engine.drift.nearest({ root: "project", at: path("skills/s") })
      assert.strictEqual(near?.version, ids[2])

      // Without a base every difference is a conflict.
      const blind = yield* engine.planDeploy({ artifacts: [skill] })
      assert.isAbove(blind.paths.filter(({ conflict }) => conflict !== null).length, 0)

      const adopt = { [skill]: near?.version as VersionId }
      const drift = yield* engine.drift.check({
        project,
        root: "project",
        collection: "agents" as never,
        artifacts: [skill],
        adopt
      })
      assert.deepInclude(Object.fromEntries(drift.paths.map((row) => [row.path, row.class])), {
        "skills/s/SKILL.md": "both",
        "skills/s/docs/a.md": "deleted",
        "skills/s/docs/b.md": "outdated"
      })
      yield* engine.deploy({ artifacts: [skill], adopt })
      assert.deepStrictEqual(
        yield* engine.files,
        shown({
          "skills/s/SKILL.md": text(5).replace("line 29", "line 29, mine"),
          "skills/s/docs/b.md": "b 5\n"
        })
      )
      assert.deepInclude(yield* engine.classes(), {
        "skills/s/SKILL.md": "modified",
        "skills/s/docs/a.md": "deleted",
        "skills/s/docs/b.md": "clean"
      })
      const [operation] = (yield* engine.ledger.list({ kind: "deploy" })).items
      if (operation !== undefined) yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, shown({ "skills/s/SKILL.md": local, "skills/s/docs/b.md": "b 2\n" }))
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )

  onMemory("cannot be adopted where there is no such version of the artifact", (engine) =>
    Effect.gen(function* () {
      yield* captured(engine)
      const other = yield* engine.graph.resolve(artifact("skill:t"), "agents")
      for (const version of [other, "0".repeat(64), ""]) {
        const error = yield* Effect.flip(
          engine.planDeploy({ artifacts: [skill], adopt: { [skill]: version as VersionId } })
        )
        assert.deepInclude({ ...error }, { _tag: "VersionNotFound", id: version })
      }
    })
  )
})

describe("similarity", () => {
  const seed = runSeed()
  it(`lies between 0 and 1, is 1 for what is the same and only for that, and does not care for the side (seed ${seed})`, () => {
    const random = makeRandom(seed)
    const directory = () => {
      const flat = new Map<FilePath, FlatEntry>()
      for (let k = random.between(0, 5); k > 0; k--) {
        const kind = random.pick(["file", "executable", "symlink", "directory"] as const)
        const which = random.below(3)
        const content = { id: `${which}`.repeat(64) as ObjectId, size: [0, 1, 5000][which] as number }
        flat.set(path(random.pick(["a", "b", "c/d"])), kind === "directory" ? { kind } : { kind, ...content })
      }
      return flat
    }
    const key = (flat: ReadonlyMap<FilePath, FlatEntry>) =>
      JSON.stringify([...flat].map(([at, entry]) => [at, entry.kind, "id" in entry ? entry.id : ""]).sort())
    for (let k = 0; k < 2000; k++) {
      const [a, b] = [directory(), directory()]
      const forth = similarityOf(a, b)
      const back = similarityOf(b, a)
      assert.isTrue(forth.score >= 0 && forth.score <= 1)
      assert.strictEqual(forth.score === 1, key(a) === key(b), `case ${k}`)
      assert.closeTo(forth.score, back.score, 1e-12)
      assert.deepStrictEqual([forth.added, forth.missing, forth.same], [back.missing, back.added, back.same])
    }
  })
})
