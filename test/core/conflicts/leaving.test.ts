/** Trees with conflicts do not leave the store as files, whichever way, unless markers are asked for. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectionHead } from "../../../src/core/catalog/names.ts"
import { ConflictMarkers } from "../../../src/core/conflicts/ConflictMarkers.ts"
import { artifactList, snapshotRecord } from "../../../src/core/snapshots/snapshotRecord.ts"
import type { SnapshotId } from "../../../src/model/Ids.ts"
import {
  agents,
  artifact,
  type Engine,
  type Files,
  kinds,
  path,
  project,
  scenario,
  shown
} from "../../support/engine.ts"

const pdf = artifact("skill:pdf")
const [guide, logo] = [path("skills/pdf/guide.md"), path("skills/pdf/logo.bin")]
const docx: Files = { "skills/docx/SKILL.md": "docx\n" }
const state = (line: string, mark: string): Files => ({
  ...docx,
  [guide]: `one\n${line}\nthree\n`,
  [logo]: `\0${mark}`
})
const v1 = state("two", "1")

const view = "one\n<<<<<<< local\nours\n=======\ntheirs\n>>>>>>> upstream\nthree\n"

/**
 * A collection whose newest snapshot holds conflicts: two edits of a skill, merged, appended as a version, and published
 * by hand, as a snapshot that comes from elsewhere may be.
 */
const publish = Effect.fnUntraced(function* (engine: Engine, ours: Files, theirs: Files) {
  const before = yield* engine.capture(v1)
  const [left, right] = [yield* engine.capture(ours), yield* engine.capture(theirs)]
  const treeOf = ({ artifacts }: typeof before) => artifacts.find((at) => at.artifact === pdf)
  const [base, mine, other] = [before, left, right].map(treeOf)
  if (base === undefined || mine === undefined || other === undefined) return assert.fail("no skill")
  const skill = yield* engine.merge.trees({ base: base.tree, ours: mine.tree, theirs: other.tree })
  const whole = yield* engine.merge.trees({
    base: before.snapshot.tree,
    ours: left.snapshot.tree,
    theirs: right.snapshot.tree
  })
  // A version may hold conflicts: that is how they are handed on.
  const { version } = yield* engine.graph.append({
    artifact: pdf,
    parents: [mine.version, other.version],
    tree: skill.tree,
    origin: "merge",
    message: "merged"
  })
  const artifacts = right.artifacts.map((at) =>
    at.artifact === pdf ? { ...at, version: version.id, tree: skill.tree } : at
  )
  const list = artifactList(artifacts, engine.objects.identify)
  yield* engine.objects.put([list])
  const id = "merged" as SnapshotId
  const snapshot = { ...right.snapshot, id, previous: right.snapshot.id, tree: whole.tree, artifacts: list.id }
  const name = collectionHead(agents)
  yield* engine.log.append({
    kind: "capture",
    reason: "",
    subjects: [agents],
    refs: [{ name, expected: right.snapshot.id, next: id }],
    records: [snapshotRecord(snapshot, null)]
  })
  return { id, first: before.snapshot.id }
})

const both = (engine: Engine) => publish(engine, state("ours", "2"), state("theirs", "3"))
const textOnly = (engine: Engine) => publish(engine, state("ours", "1"), state("theirs", "1"))

const refusal = [
  { path: guide, kind: "content" },
  { path: logo, kind: "binary" }
]

const refused = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) => {
    const given = error as { readonly _tag?: string; readonly conflicts?: unknown }
    return given._tag === "UnresolvedConflicts" ? given.conflicts : error
  })

describe.each(kinds)("a collection that holds conflicts (%s)", (kind) => {
  it.effect("is not deployed, and every conflict is listed", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* both(engine)
        const names = yield* engine.names
        assert.deepStrictEqual(yield* refused(engine.planDeploy()), refusal)
        assert.deepStrictEqual(yield* refused(engine.planDeploy({ conflictMarkers: "merge" })), [refusal[1]])
        assert.deepStrictEqual(yield* engine.files, {})
        assert.deepStrictEqual(yield* engine.names, names)
        // What is sound of it can be deployed.
        yield* engine.deploy({ artifacts: [artifact("skill:docx")] })
        assert.deepStrictEqual(yield* engine.files, shown(docx))
      })
    )
  )

  it.effect("is no update either: the files that stand in a project stay, whatever the strategy", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* engine.capture(v1)
        yield* engine.deploy()
        yield* both(engine)
        for (const strategy of ["merge", "overwrite", "keep"] as const) {
          assert.deepStrictEqual(yield* refused(engine.planUpdate({ strategy })), refusal)
        }
        assert.deepStrictEqual(yield* engine.files, shown(v1))
        const classes = yield* engine.classes()
        assert.strictEqual(classes[guide], "conflicted")
        assert.strictEqual(classes["skills/docx/SKILL.md"], "clean")
        // Neither is it in the way of what has nothing to do with it.
        yield* engine.retire("skill:pdf")
        assert.deepStrictEqual(yield* engine.files, shown(docx))
      })
    )
  )

  it.effect("is no target of a rollback that would deploy it", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* engine.capture(v1)
        yield* engine.deploy()
        const { id } = yield* both(engine)
        assert.deepStrictEqual(yield* refused(engine.planRollback({ to: { snapshot: id } })), refusal)
        assert.deepStrictEqual(yield* engine.files, shown(v1))
      })
    )
  )

  it.effect("is deployed, updated to, restored and read with markers where those are asked for", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* engine.capture(v1)
        yield* engine.deploy()
        const { id } = yield* textOnly(engine)
        assert.deepStrictEqual(yield* refused(engine.planUpdate()), [refusal[0]])
        yield* engine.update({ conflictMarkers: "merge" })
        const marked = { ...v1, [guide]: view }
        assert.deepStrictEqual(yield* engine.files, shown(marked))
        // What was written is the baseline now: the same upstream, shown the same way, is nothing new.
        const again = yield* engine.planUpdate({ conflictMarkers: "merge" })
        assert.deepStrictEqual(
          again.paths.filter(({ action }) => action !== "none"),
          []
        )
        const byReference = engine.planUpdate().pipe(Effect.provideService(ConflictMarkers, "merge"))
        assert.strictEqual((yield* byReference).id, again.id)
        // A call's own choice wins.
        const own = engine
          .planUpdate({ conflictMarkers: "refuse" })
          .pipe(Effect.provideService(ConflictMarkers, "merge"))
        assert.deepStrictEqual(yield* refused(own), [refusal[0]])

        const root = engine.hands.root("restored")
        assert.deepStrictEqual(yield* refused(engine.snapshots.restore(id, { root })), [refusal[0]])
        assert.deepStrictEqual(yield* refused(engine.snapshots.read(id, guide)), [refusal[0]])
        yield* engine.snapshots.restore(id, { root, conflictMarkers: "merge" })
        assert.deepStrictEqual(engine.hands.list(root), shown(marked))
        const read = yield* engine.snapshots.read(id, guide, { conflictMarkers: "merge" })
        assert.strictEqual(new TextDecoder().decode(read), view)

        // A project that has none of it gets the same.
        yield* engine.retire("skill:pdf", "skill:docx")
        yield* engine.deploy({ conflictMarkers: "merge" })
        assert.deepStrictEqual(yield* engine.files, shown(marked))
        assert.deepStrictEqual(yield* engine.findings, [])
        assert.deepStrictEqual(yield* engine.conflicts.list({ project }), [])
      })
    )
  )
})
