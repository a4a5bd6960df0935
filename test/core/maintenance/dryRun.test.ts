/** What pruning and collecting say beforehand is what they do, over random histories and policies. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import type { ArtifactId, CollectionId, SnapshotId, VersionId } from "../../../src/model/Ids.ts"
import { type Engine, onMemory, project } from "../../support/engine.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 6 : 200
const hour = 3_600_000
const a = "skill:a" as ArtifactId

/** Something of everything, at times that jump: captures, deployments, updates, undone operations, tags. */
const live = Effect.fnUntraced(function* (engine: Engine, random: Random) {
  const made: Array<SnapshotId> = []
  let isDeployed = false
  for (let step = 0; step < 14; step++) {
    yield* TestClock.adjust(random.pick([1, hour / 2, 5 * hour, 24 * hour, 200 * hour, 9_000 * hour]))
    const way = random.below(8)
    if (way < 4 || made.length === 0) {
      const captured = yield* engine.capture({
        "skills/a/SKILL.md": `${random.below(6)}\n`,
        "skills/b/SKILL.md": `${random.below(3)}\n`
      })
      made.push(captured.snapshot.id)
      const version = captured.versions.find(({ artifact }) => artifact === a)?.id
      if (version !== undefined && random.chance(0.3))
        yield* engine.graph.createTag(a, `t${step}`, version as VersionId)
      if (made.length > 1 && random.chance(0.3)) yield* engine.undo(captured.operation.id)
    } else if (!isDeployed) {
      yield* engine.deploy()
      isDeployed = true
    } else {
      yield* engine.edit({ "skills/a/SKILL.md": `mine ${step}\n` })
      yield* engine.update({ strategy: "overwrite" })
    }
  }
  return made
})

const policyOf = (random: Random, made: ReadonlyArray<SnapshotId>) => {
  const maybe = <A>(name: string, value: A) => (random.chance(0.35) ? { [name]: value } : {})
  return {
    ...maybe("last", random.below(4)),
    ...maybe("hourly", random.below(4)),
    ...maybe("daily", random.below(4)),
    ...maybe("weekly", random.below(3)),
    ...maybe("monthly", random.below(3)),
    ...maybe("yearly", random.below(3)),
    ...maybe("within", random.pick([0, 10 * hour, 400 * hour])),
    ...maybe("tags", random.chance(0.5) ? "any" : ["t1", "t3"]),
    ...maybe("keep", made.length === 0 ? [] : [random.pick(made)])
  }
}

const state = Effect.fnUntraced(function* (engine: Engine) {
  const objects = (yield* engine.objectStorage.list({ limit: 100_000 })).map(({ id }) => id)
  return { objects, head: yield* engine.ledger.head, names: yield* engine.names }
})

const listed = Effect.fnUntraced(function* (engine: Engine, of: "collection" | "safety") {
  const query = of === "collection" ? { collection: "agents" as CollectionId } : { project }
  return (yield* engine.snapshots.list({ ...query, limit: 1000 })).items.map(({ id }) => id as string)
})

for (let round = 0; round < rounds; round++) {
  onMemory(`a dry run says what is done: round ${round} of seed ${seed}`, (engine) =>
    Effect.gen(function* () {
      const random = makeRandom(seed + round)
      const made = yield* live(engine, random)
      const { collect, prune, verify } = engine.maintenance
      for (const of of ["collection", "safety"] as const) {
        const policy = policyOf(random, made)
        const options = of === "safety" ? { of } : {}
        const before = [yield* state(engine), yield* listed(engine, of)] as const
        const told = yield* prune(policy, { ...options, dryRun: true })
        assert.deepStrictEqual([yield* state(engine), yield* listed(engine, of)], before)
        const done = yield* prune(policy, options)
        assert.deepStrictEqual({ ...done, operation: null, pruned: told.pruned, dryRun: told.dryRun }, told)
        const kept = told.snapshots.filter((one) => one.kept.length > 0).map(({ id }) => id as string)
        assert.deepStrictEqual(new Set(yield* listed(engine, of)), new Set(kept), JSON.stringify(policy))
        assert.strictEqual(before[1].length - kept.length, done.pruned)
      }
      yield* TestClock.adjust(1)
      const window = { age: random.pick([0, 50 * hour]), operations: random.below(5) }
      const options = { window, grace: random.pick([0, 10 * hour]) }
      const before = yield* state(engine)
      const told = yield* collect({ ...options, dryRun: true })
      assert.deepStrictEqual(yield* state(engine), before)
      const done = yield* collect(options)
      assert.deepStrictEqual(done, { ...told, dryRun: false, operation: done.operation, removed: told.garbage })
      assert.strictEqual((yield* state(engine)).objects.length, before.objects.length - told.garbage.objects)
      assert.deepStrictEqual((yield* verify()).findings, [])
    })
  )
}
