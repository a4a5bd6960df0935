/** Collecting and pruning: what goes, what stays, and what says so. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import { makeLease } from "../../../src/core/objects/lease.ts"
import type { OperationId, VersionId } from "../../../src/model/Ids.ts"
import { agents, artifact, type Engine, onBoth, onMemory, path, project } from "../../support/engine.ts"

const nothing = { age: 0, operations: 0 }
const now = { grace: 0, window: nothing }

const sound = Effect.fnUntraced(function* (engine: Engine) {
  const { affected, findings } = yield* engine.maintenance.verify()
  assert.deepStrictEqual([findings, affected], [[], []])
})

const ids = Effect.fnUntraced(function* (engine: Engine) {
  return (yield* engine.objectStorage.list({ limit: 100_000 })).map(({ id }) => id)
})

const skill = (text: string) => ({ "skills/a/SKILL.md": text, "skills/b/SKILL.md": "other\n" })

/** Time passes for those whose clock is the test's, and for those whose clock is real. */
const later = (engine: Engine) =>
  Effect.andThen(
    engine.tick,
    Effect.promise(() => new Promise((go) => setTimeout(go, 5)))
  )

const errorOf = <A, E>(effect: Effect.Effect<A, E>) => Effect.flip(effect)

onBoth("removes what nothing leads to, and says beforehand what it will be", (engine) =>
  Effect.gen(function* () {
    yield* engine.capture(skill("public\n"))
    yield* engine.deploy()
    const { operation, snapshot, versions } = yield* engine.capture(skill("a secret\n"))
    yield* engine.undo(operation.id)
    yield* later(engine)
    const { collect } = engine.maintenance

    // Within the grace nothing goes, whatever leads to it.
    const young = yield* collect({ window: nothing })
    assert.deepStrictEqual([young.garbage.objects, young.removed.objects, young.operation], [0, 0, null])
    // The undone operation is in the window, and the snapshot is there.
    assert.strictEqual((yield* collect({ grace: 0 })).garbage.objects, 0)
    yield* collect(now)
    assert.isTrue(yield* engine.stores("a secret"))

    const pruned = yield* engine.maintenance.prune({ keep: [] })
    assert.deepStrictEqual(
      pruned.snapshots.map(({ id, kept }) => [id === snapshot.id, kept]),
      [
        [true, []],
        [false, ["newest"]]
      ]
    )
    assert.strictEqual(pruned.pruned, 1)
    assert.strictEqual((yield* errorOf(engine.snapshots.get(snapshot.id)))._tag, "SnapshotNotFound")
    // Its versions can still be had by doing the undone operation again; its own list of them not.
    yield* collect({ grace: 0 })
    assert.isTrue(yield* engine.stores("a secret"))

    const before = yield* ids(engine)
    const head = yield* engine.ledger.head
    const told = yield* collect({ ...now, dryRun: true })
    assert.isAbove(told.garbage.objects, 1)
    assert.deepStrictEqual([told.removed.objects, told.operation, told.versions], [0, null, 1])
    assert.deepStrictEqual([yield* ids(engine), yield* engine.ledger.head], [before, head])

    const done = yield* collect(now)
    assert.deepStrictEqual(done, { ...told, dryRun: false, operation: done.operation, removed: told.garbage })
    assert.strictEqual((yield* ids(engine)).length, before.length - done.removed.objects)
    assert.isFalse(yield* engine.stores("a secret"))
    assert.isTrue(yield* engine.stores("public"))
    const [gone] = versions
    assert.strictEqual((yield* errorOf(engine.graph.get(gone?.id as VersionId)))._tag, "VersionNotFound")
    assert.deepStrictEqual(yield* engine.findings, [])
    yield* sound(engine)

    // Both are in the ledger, in words, and are not taken back.
    for (const kind of ["collect", "prune"] as const) {
      const [{ id } = assert.fail()] = (yield* engine.ledger.list({ kind, limit: 1 })).items
      const refused = yield* errorOf(engine.undo(id))
      assert.strictEqual(refused._tag, "UndoConflict")
      assert.include(refused.message, "what it took away is gone")
    }
    yield* engine.capture(skill("and on\n"))
    yield* engine.update()
    assert.strictEqual((yield* engine.files)["skills/a/SKILL.md"], "f and on\n")
    yield* sound(engine)
  })
)

onBoth("refuses to undo what was collected, and changes nothing; goes back over it by whole versions", (engine) =>
  Effect.gen(function* () {
    yield* engine.capture(skill("one\n"))
    yield* engine.deploy()
    const deployed = yield* engine.ledger.head
    yield* engine.edit({ "skills/a/SKILL.md": "mine\n" })
    yield* engine.capture(skill("two\n"))
    const { operation } = yield* engine.update({ strategy: "overwrite" })
    yield* later(engine)
    // What the update replaced is in its safety snapshot, too.
    const safety = yield* engine.maintenance.prune({ last: 0 }, { of: "safety" })
    assert.strictEqual(safety.pruned, 1)
    assert.isTrue(yield* engine.stores("mine"))
    yield* engine.maintenance.collect(now)
    assert.isFalse(yield* engine.stores("mine"))
    yield* sound(engine)

    const [files, names, head] = [yield* engine.files, yield* engine.names, yield* engine.ledger.head]
    const refused = yield* errorOf(engine.undo(operation.id))
    assert.strictEqual(refused._tag, "OperationCollected")
    assert.include(refused.message, operation.id)
    assert.deepStrictEqual([yield* engine.files, yield* engine.names, yield* engine.ledger.head], [files, names, head])
    yield* sound(engine)
    yield* engine.roll({ to: { operation: deployed as OperationId } })
    assert.strictEqual((yield* engine.files)["skills/a/SKILL.md"], "f one\n")
    yield* sound(engine)
  })
)

onBoth("keeps what an open conflict needs, what was decided, and large files", (engine) =>
  Effect.gen(function* () {
    const large = new Uint8Array(3 * 1024 * 1024)
    for (let i = 0, state = 7; i < large.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      large[i] = state >>> 24
    }
    yield* engine.capture({ ...skill("one\n2\n3\n4\n5\n6\nseven\n"), "skills/b/large": large })
    yield* engine.deploy()
    yield* engine.edit({ "skills/a/SKILL.md": "mine\n2\n3\n4\n5\n6\nmy seven\n" })
    yield* engine.capture({ ...skill("theirs\n2\n3\n4\n5\n6\ntheir seven\n"), "skills/b/large": large })
    yield* engine.update()
    const at = path("skills/a/SKILL.md")
    const first = yield* engine.resolve({
      path: at,
      hunks: [{ hunk: 0, use: "custom", bytes: new TextEncoder().encode("both\n") }]
    })
    const clean = Effect.gen(function* () {
      yield* later(engine)
      yield* engine.maintenance.prune({ last: 0 })
      yield* engine.maintenance.prune({ last: 0 }, { of: "safety" })
      yield* engine.maintenance.collect(now)
      yield* sound(engine)
    })
    yield* clean
    const shown = yield* engine.conflicts.show({ project, path: at })
    assert.strictEqual(new TextDecoder().decode(shown.base ?? undefined), "one\n2\n3\n4\n5\n6\nseven\n")
    assert.strictEqual(shown.hunks.filter(({ decided }) => decided !== null).length, 1)
    assert.strictEqual((yield* errorOf(engine.undo(first.operation.id)))._tag, "OperationCollected")
    yield* engine.resolve({ path: at, use: "theirs" })
    yield* clean
    assert.deepStrictEqual(yield* engine.open, [])
    // The file on the disk is lost: what the store has of it is enough to bring it back.
    yield* engine.edit({ "skills/b/large": null })
    yield* engine.update({ strategy: "overwrite" })
    assert.strictEqual((yield* engine.files)["skills/b/large"]?.length, large.length + 2)
  })
)

onMemory("keeps snapshots by a tag of a version that they hold", (engine) =>
  Effect.gen(function* () {
    for (const text of ["one\n", "two\n", "three\n"]) yield* engine.capture(skill(text))
    const { versions } = yield* engine.graph.history({ artifact: artifact("skill:a") })
    const two = versions[1]
    assert.ok(two !== undefined)
    yield* engine.graph.createTag(two.artifact, "v2", two.id)
    const { snapshots } = yield* engine.maintenance.prune({ tags: "any" }, { collection: agents, dryRun: true })
    assert.deepStrictEqual(
      snapshots.map(({ kept }) => kept),
      [["newest"], ["tags"], []]
    )
  })
)

onMemory("collects nothing from a damaged store", (engine) =>
  Effect.gen(function* () {
    const { snapshot } = yield* engine.capture(skill("one\n"))
    yield* engine.capture(skill("two\n"))
    yield* later(engine)
    const storedBefore = Number.MAX_SAFE_INTEGER
    yield* engine.objectStorage.remove([snapshot.tree], { storedBefore })
    const before = yield* ids(engine)
    const failed = yield* errorOf(engine.maintenance.collect(now))
    assert.strictEqual(failed.reason._tag, "StorageCorrupt")
    assert.include(failed.message, snapshot.tree)
    assert.deepStrictEqual(yield* ids(engine), before)
  })
)

onMemory("claims again what an operation stored long before its commit", (engine) =>
  Effect.gen(function* () {
    const lease = yield* makeLease(engine.objects)
    const bytes = new TextEncoder().encode("slow\n")
    const id = engine.objects.identify(bytes)
    yield* lease.objects.put([{ id, bytes }])
    const storedAt = Effect.map(
      engine.objectStorage.list({ limit: 10 }),
      (page) => page.find((object) => object.id === id)?.storedAt
    )
    const first = yield* storedAt
    yield* TestClock.adjust("11 hours")
    yield* lease.renew
    assert.strictEqual(yield* storedAt, first)
    yield* TestClock.adjust("2 hours")
    yield* lease.renew
    assert.strictEqual((yield* storedAt) ?? 0, (first ?? 0) + 13 * 3_600_000)
    yield* engine.maintenance.collect({ window: nothing })
    assert.isDefined(yield* storedAt)
    // It took longer than the grace, and nobody claimed it: the operation must not be committed.
    yield* TestClock.adjust("25 hours")
    yield* engine.maintenance.collect({ window: nothing })
    assert.isUndefined(yield* storedAt)
    const failed = yield* Effect.exit(lease.renew)
    assert.isTrue(Exit.isFailure(failed))
    assert.include(String(failed), "was collected before the operation")
  })
)

onMemory("applies a plan that was made long ago only while all that it names is there", (engine) =>
  Effect.gen(function* () {
    yield* engine.capture(skill("one\n"))
    yield* engine.deploy()
    yield* engine.edit({ "skills/a/SKILL.md": "one\nmine\n", "skills/b/SKILL.md": "changed\n" })
    yield* engine.capture(skill("zero\none\n"))
    const plan = yield* engine.planUpdate()
    yield* TestClock.adjust("20 hours")
    yield* engine.maintenance.collect({ window: nothing })
    yield* TestClock.adjust("20 hours")
    yield* engine.maintenance.collect({ window: nothing })
    const [files, names] = [yield* engine.files, yield* engine.names]
    const stale = yield* errorOf(engine.sync.apply(plan, { root: engine.root }))
    assert.strictEqual(stale._tag, "PlanStale")
    assert.deepStrictEqual([yield* engine.files, yield* engine.names], [files, names])
    yield* engine.update()
    yield* sound(engine)
  })
)
