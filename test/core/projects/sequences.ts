/** Random sequences of everything that an engine does to a project, each step held to what must always be so. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { collectionHead } from "../../../src/core/catalog/names.ts"
import type { CollectionId, DirectoryPath, FilePath, OperationId, SnapshotId } from "../../../src/model/Ids.ts"
import type { Operation } from "../../../src/model/Operation.ts"
import { agents, type Engine, type Files, project, type Shown } from "../../support/engine.ts"
import type { Random } from "../../support/random.ts"
import { handsOn, nextCollection } from "./randomProject.ts"

/** Refusals that may come of anything: nothing must have happened then. */
const refusals = [
  "TargetOccupied",
  "UndoConflict",
  "NotDeployed",
  "DuplicateArtifact",
  "OperationNotFound",
  "ArtifactNotFound"
]

const vendor = "vendor" as CollectionId

interface Applied {
  readonly operation: Operation
}

/** How often each kind of step was taken, and how often it was refused. */
export type Tally = Map<string, number>

const latin = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("latin1")

/** Every file that is not what it was must be in the safety snapshot, to the byte. */
const nothingLost = Effect.fnUntraced(function* (engine: Engine, before: Shown, after: Shown, { effect }: Operation) {
  const changed = Object.entries(before).filter(([path, what]) => what !== "d" && after[path] !== what)
  if (changed.length === 0) return
  const safety = effect?.safety ?? null
  assert.ok(safety !== null, "files were replaced without a safety snapshot")
  const kept = yield* engine.snapshots.paths(safety)
  for (const [path, what] of changed) {
    const entry = kept.get(path as never)
    assert.ok(entry !== undefined && "id" in entry, `${path} is not in the safety snapshot`)
    assert.strictEqual(`${what.slice(0, 2)}${latin((yield* engine.objects.get([entry.id])).get(entry.id))}`, what, path)
  }
})

const onlySecrets = (files: Shown): Shown =>
  Object.fromEntries(Object.entries(files).filter(([path]) => path.includes(".env")))

/** Runs one sequence. Throws where anything is not as it must be. */
export const runSequence = Effect.fnUntraced(function* (engine: Engine, random: Random, steps: number, tally: Tally) {
  let collection: Files = {}
  const snapshots: Array<SnapshotId> = []
  /** Operations on the project, newest last. */
  const operations: Array<OperationId> = []
  const story: Array<string> = []
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)

  const capture = Effect.fnUntraced(function* () {
    collection = nextCollection(random, collection)
    const captured = yield* engine.capture(collection)
    snapshots.push(captured.snapshot.id)
    return captured
  })

  /** One step of the engine on the project, with everything that must be so after it. */
  const step = Effect.fnUntraced(function* <E extends { readonly _tag: string }>(
    name: string,
    apply: Effect.Effect<Applied, E>
  ) {
    const before = yield* engine.files
    const names = yield* engine.names
    const head = yield* engine.ledger.head
    const done = yield* Effect.exit(apply)
    const after = yield* engine.files
    if (Exit.isFailure(done)) {
      const error = yield* Effect.flip(Effect.flatten(Effect.succeed(done)))
      count(`${name}: ${error._tag}`)
      story.push(`${name}: ${error._tag}`)
      assert.ok(refusals.includes(error._tag), String(error))
      assert.deepStrictEqual(after, before)
      assert.strictEqual(yield* engine.ledger.head, head)
      return undefined
    }
    count(name)
    story.push(name)
    const { operation } = done.value
    yield* nothingLost(engine, before, after, operation)
    assert.deepStrictEqual(onlySecrets(after), onlySecrets(before), "a local file was touched")
    assert.deepStrictEqual(yield* engine.findings, [])
    operations.push(operation.id)
    if (random.chance(0.4)) {
      const refs = yield* engine.names
      const undone = yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, before, "undo restores the files")
      assert.deepStrictEqual(yield* engine.names, names, "undo restores the names")
      const redone = yield* engine.undo(undone.operation.id, "redo")
      assert.deepStrictEqual(yield* engine.files, after, "redo restores the files")
      assert.deepStrictEqual(yield* engine.names, refs, "redo restores the names")
      operations.push(undone.operation.id, redone.operation.id)
      count("undo and redo")
    }
    return operation
  })

  /** A plan whose inputs change before it is applied does nothing. */
  const stale = Effect.fnUntraced(function* () {
    const planned = yield* Effect.result(engine.planUpdate())
    // A copy that stands within another artifact's folder may come to be in its way.
    if (planned._tag === "Failure") {
      count(`stale: ${planned.failure._tag}`)
      return
    }
    const plan = planned.success
    const path = plan.paths.length === 0 ? undefined : random.pick(plan.paths)
    if (path === undefined || path.before?.kind === "directory" || path.after?.kind === "directory") return
    const there = yield* engine.files
    if (Object.entries(there).some(([at, what]) => what !== "d" && path.path.startsWith(`${at}/`))) return
    if (random.chance(0.3)) {
      // Only a plan that looked at what the collection has can be overtaken by its next capture.
      if (!plan.basis.some(({ name }) => name === collectionHead(agents))) return
      yield* capture()
    } else yield* engine.edit({ [path.path]: `saved meanwhile ${random.below(1000)}` })
    const [before, names, head] = [yield* engine.files, yield* engine.names, yield* engine.ledger.head]
    const refused = yield* Effect.flip(engine.sync.apply(plan, { root: engine.root }))
    assert.strictEqual(refused._tag, "PlanStale")
    assert.deepStrictEqual([yield* engine.files, yield* engine.names, yield* engine.ledger.head], [before, names, head])
    count("stale")
  })

  const update = Effect.fnUntraced(function* () {
    const strategy = random.pick(["merge", "merge", "merge", "overwrite", "keep"] as const)
    const scope = random.pick(["deployed", "deployed", "collection", "collection", "one"] as const)
    const one = scope === "one" ? yield* someArtifact() : undefined
    const options = {
      strategy,
      ...(scope === "collection" ? { collection: agents, scope } : {}),
      ...(one === undefined ? {} : { artifacts: [one] })
    }
    const before = yield* engine.files
    const last = operations.at(-1)
    const operation = yield* step(`update ${strategy}`, engine.update(options))
    if (operation === undefined) return
    const current = yield* engine.deployments.current(project)
    if (one !== undefined && !current.some(({ artifact }) => artifact === one)) return
    const again = yield* engine.planUpdate(options)
    assert.deepStrictEqual(
      again.paths.filter(({ action }) => action === "write" || action === "remove"),
      [],
      "a second update writes nothing"
    )
    assert.deepStrictEqual(again.deployments, [], "a second update records nothing")
    if (last !== undefined && random.chance(0.5)) {
      const after = yield* engine.files
      const rolled = yield* engine.roll({ to: { operation: last } })
      assert.deepStrictEqual(yield* engine.files, before, "rolling back restores the files")
      const undone = yield* engine.undo(rolled.operation.id)
      assert.deepStrictEqual(yield* engine.files, after, "undoing the rollback restores the files")
      operations.push(rolled.operation.id, undone.operation.id)
      count("rollback right after")
    }
  })

  const resolve = Effect.fnUntraced(function* () {
    const open = yield* engine.open
    if (open.length === 0) return
    const uses = ["ours", "theirs", "base"] as const
    const some = open.filter(() => random.chance(0.6))
    const bytes = new TextEncoder().encode("decided\n")
    yield* step(
      "resolve",
      engine.resolve(
        ...some.map((path) =>
          random.chance(0.2) ? { path, use: "content" as const, bytes } : { path, use: random.pick(uses) }
        )
      )
    )
  })

  const someArtifact = Effect.fnUntraced(function* () {
    const current = yield* engine.deployments.current(project)
    return current.length === 0 ? undefined : random.pick(current).artifact
  })

  const rollback = Effect.fnUntraced(function* () {
    const to = random.chance(0.6)
      ? { snapshot: random.pick(snapshots) }
      : { operation: operations.length === 0 ? ("none" as OperationId) : random.pick(operations) }
    const artifact = random.chance(0.25) ? yield* someArtifact() : undefined
    const files = Object.keys(yield* engine.files) as Array<FilePath>
    const paths = random.chance(0.2) ? files.filter(() => random.chance(0.3)) : undefined
    const options = { ...(artifact === undefined ? {} : { artifacts: [artifact] }), ...(paths && { paths }) }
    yield* step(`rollback ${Object.keys(options).join(" ")}`, engine.roll({ to, ...options }))
  })

  /** A deployment of everything, of one artifact somewhere else, or of another collection in a folder of its own. */
  const deploy = Effect.fnUntraced(function* () {
    const what = random.below(4)
    if (what <= 1) yield* step("deploy", engine.deploy())
    else if (what === 2) {
      const one = yield* someArtifact()
      const target = random.pick(["copies/one", "skills/a/d", "docs"]) as DirectoryPath
      if (one !== undefined)
        yield* step("deploy a copy", engine.deploy({ artifacts: [one], targets: { [one]: target } }))
    } else {
      const files = nextCollection(random, {})
      yield* engine.capture(files, { collection: vendor })
      yield* step("deploy another", engine.deploy({ collection: vendor, at: "vendor" as DirectoryPath }))
    }
  })

  const run = Effect.gen(function* () {
    yield* capture()
    yield* step("deploy", engine.deploy())
    for (let n = 0; n < steps; n++) {
      if (random.chance(0.35)) yield* resolve()
      const what = random.below(20)
      const files = yield* engine.files
      if (what <= 4) {
        const edits = handsOn(random, files)
        story.push(`edit ${JSON.stringify(edits)}`)
        yield* engine.edit(edits)
      } else if (what <= 7) {
        story.push("capture")
        yield* capture()
      } else if (what <= 13) yield* update()
      else if (what === 14) yield* deploy()
      else if (what <= 17) yield* rollback()
      else if (what === 18) {
        const one = yield* someArtifact()
        if (one !== undefined) yield* step("retire", engine.retire(one))
      } else yield* stale()
    }
    assert.isFalse(yield* engine.stores("SECRET"), "a secret was stored")
    assert.deepStrictEqual(yield* engine.findings, [])
  })
  yield* run.pipe(Effect.tapCause(() => Effect.sync(() => console.log(story.join("\n")))))
  return story
})
