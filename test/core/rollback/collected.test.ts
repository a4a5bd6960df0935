/** Going back over operations that were collected: by whole versions, which comes to the same where no edit met an update. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { OperationId, SnapshotId } from "../../../src/model/Ids.ts"
import { type Engine, onMemory, project } from "../../support/engine.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 6 : 100

const collectAll = Effect.fnUntraced(function* (engine: Engine) {
  yield* engine.tick
  yield* engine.maintenance.prune({ last: 0 }, { of: "safety" })
  return yield* engine.maintenance.collect({ grace: 0, window: { age: 0, operations: 0 } })
})

const lineCount = 12
const files = ["skills/a/SKILL.md", "skills/a/more.md", "skills/b/SKILL.md", "agents/c.md"]

/** Upstream writes the even lines of files and may add or drop one; edits go to the odd ones. */
const text = (upstream: ReadonlyArray<number>, mine: ReadonlyArray<number>) =>
  Array.from(
    { length: lineCount * 2 },
    (_, i) => `${i} ${(i % 4 === 0 ? upstream : i % 4 === 2 ? mine : [])[i] ?? ""}\n`
  ).join("")

const play = Effect.fnUntraced(function* (engine: Engine, random: Random, isCollected: boolean) {
  const upstream = new Map(files.map((file) => [file, Array.from({ length: lineCount * 2 }, () => 0)]))
  const mine = new Map(files.map((file) => [file, Array.from({ length: lineCount * 2 }, () => 0)]))
  const states: Array<{ readonly snapshot: SnapshotId; readonly operation: OperationId | null }> = []
  const none: ReadonlyArray<number> = []
  for (let version = 1; version <= 4; version++) {
    for (const lines of upstream.values()) if (random.chance(0.7)) lines[random.below(6) * 4] = version
    const extra = random.chance(0.5) ? { [`skills/a/extra-${version}.md`]: `extra ${version}\n` } : {}
    const captured = yield* engine.capture({
      ...Object.fromEntries(files.map((file) => [file, text(upstream.get(file) ?? none, none)])),
      ...extra
    })
    const applied = yield* version === 1 ? engine.deploy() : engine.update()
    states.push({ snapshot: captured.snapshot.id, operation: applied.operation?.id ?? null })
    for (const file of files) {
      if (!random.chance(0.5)) continue
      const lines = mine.get(file) ?? []
      lines[random.below(6) * 4 + 2] = version
      const now = (yield* engine.files)[file]
      if (now === undefined) continue
      const edited = now.replace(/^f /, "").split("\n")
      for (const [i, line] of lines.entries()) if (line !== 0) edited[i] = `${i} ${line}`
      yield* engine.edit({ [file]: edited.join("\n") })
    }
  }
  const to = states[random.below(states.length - 1)]
  const target =
    random.chance(0.5) || to?.operation == null ? { snapshot: to?.snapshot as SnapshotId } : { operation: to.operation }
  if (isCollected) yield* collectAll(engine)
  const plan = yield* engine.planRollback({ to: target })
  yield* engine.roll({ to: target })
  const { findings } = yield* engine.maintenance.verify()
  assert.deepStrictEqual(findings, [])
  const current = yield* engine.deployments.current(project)
  return {
    files: yield* engine.files,
    open: yield* engine.open,
    notes: plan.notes,
    versions: current.map(({ version }) => version)
  }
})

let fellBack = 0

for (let round = 0; round < rounds; round++) {
  const outcomes: Array<unknown> = []
  for (const isCollected of [false, true]) {
    onMemory(`round ${round} of seed ${seed}, ${isCollected ? "collected" : "whole"}`, (engine) =>
      Effect.gen(function* () {
        const { notes, ...rest } = yield* play(engine, makeRandom(seed + round), isCollected)
        outcomes.push(rest)
        if (notes.some((note) => note.includes("whole versions"))) fellBack += 1
        if (outcomes.length === 2) assert.deepStrictEqual(outcomes[1], outcomes[0])
        if (!isCollected) assert.isFalse(notes.some((note) => note.includes("whole versions")))
      })
    )
  }
}

onMemory("says which edits cannot be told from what is taken back, and keeps those that can", (engine) =>
  Effect.gen(function* () {
    const lines = (first: string, last: string) => `${first}\n2\n3\n4\n5\n6\n${last}\n`
    const skill = (a: string, b: string) => ({ "skills/a/SKILL.md": a, "skills/a/b.md": b, "skills/a/c.md": "c\n" })
    yield* engine.capture(skill(lines("one", "seven"), "b\n"))
    const deployed = yield* engine.deploy()
    // The same as upstream will bring; another one beside what it will bring.
    yield* engine.edit({ "skills/a/b.md": "new b\n" })
    yield* engine.capture(skill(lines("ONE", "seven"), "new b\n"))
    yield* engine.update()
    yield* engine.edit({ "skills/a/SKILL.md": lines("ONE", "mine"), "skills/a/own.md": "own\n" })
    const { removed } = yield* collectAll(engine)
    assert.isAbove(removed.objects, 0)
    const to = { operation: deployed.operation?.id as OperationId }
    const plan = yield* engine.planRollback({ to })
    assert.isTrue(
      plan.notes.some((note) => /was collected: whole versions are merged instead/.test(note)),
      plan.notes.join()
    )
    const { operation } = yield* engine.roll({ to })
    const after = yield* engine.files
    assert.strictEqual(after["skills/a/SKILL.md"], `f ${lines("one", "mine")}`)
    assert.strictEqual(after["skills/a/b.md"], "f b\n")
    assert.strictEqual(after["skills/a/own.md"], "f own\n")
    assert.deepStrictEqual(yield* engine.open, [])
    yield* engine.undo(operation?.id as OperationId)
    assert.strictEqual((yield* engine.files)["skills/a/SKILL.md"], `f ${lines("ONE", "mine")}`)
    assert.isAbove(fellBack, 0)
  })
)

onMemory("names the edits that said the same as what is taken back", (engine) =>
  Effect.gen(function* () {
    const skill = (a: string, b: string) => ({ "skills/a/SKILL.md": a, "skills/a/b.md": b, "skills/a/c.md": "c\n" })
    yield* engine.capture(skill("one\n", "b\n"))
    yield* engine.deploy()
    yield* engine.edit({ "skills/a/b.md": "new b\n", "skills/a/c.md": "my c\n" })
    yield* engine.capture(skill("two\n", "b\n"))
    const updated = yield* engine.update()
    yield* engine.capture(skill("three\n", "new b\n"))
    yield* engine.update()
    yield* engine.edit({ "skills/a/more.md": "more\n" })
    yield* collectAll(engine)
    const to = { operation: updated.operation?.id as OperationId }
    const { notes } = yield* engine.planRollback({ to })
    assert.deepStrictEqual(notes.slice(1), [
      "skills/a/b.md had been edited to what is taken back, and goes back with it"
    ])
    yield* engine.roll({ to })
    const after = yield* engine.files
    assert.deepStrictEqual(
      ["SKILL.md", "b.md", "c.md", "more.md"].map((name) => after[`skills/a/${name}`]),
      ["f two\n", "f b\n", "f my c\n", "f more\n"]
    )
  })
)
