import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { encodeConflict } from "../../../src/algo/conflict/conflictEncoding.ts"
import { buildTrees, type FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import { ConflictMarkers } from "../../../src/core/conflicts/ConflictMarkers.ts"
import { snapshotRecord } from "../../../src/core/snapshots/snapshotRecord.ts"
import type { Conflict, Term } from "../../../src/model/Conflict.ts"
import type { Actor, FilePath, ObjectId, SnapshotId } from "../../../src/model/Ids.ts"
import { agents, bytesOf, type Engine, kinds, path, scenario } from "../../support/engine.ts"

const [text, binary] = [path("a.md"), path("logo.bin")]

/** A snapshot whose tree holds conflicts, as one from elsewhere may. */
const snapshotOf = Effect.fnUntraced(function* (
  engine: Engine,
  conflicts: ReadonlyArray<readonly [FilePath, Conflict]>
) {
  const { identify, put } = engine.objects
  const flat = new Map<FilePath, FlatEntry>()
  for (const [at, conflict] of conflicts) {
    const bytes = encodeConflict(conflict)
    const id = identify(bytes)
    yield* put([{ id, bytes }])
    flat.set(at, { kind: "conflict", id, size: 0 })
  }
  const { root, trees } = buildTrees(flat, identify)
  yield* put([...trees].map(([id, { bytes }]) => ({ id, bytes })))
  const snapshot = {
    id: `from-elsewhere-${conflicts.length}` as SnapshotId,
    collection: agents,
    project: null,
    previous: null,
    tree: root,
    artifacts: null,
    reason: "manual",
    message: "",
    author: "somebody" as Actor,
    time: 0
  } as const
  const records = [snapshotRecord(snapshot, null)]
  yield* engine.log.append({ kind: "capture", reason: "", subjects: [], refs: [], records })
  return snapshot.id
})

const termOf = (engine: Engine, content: string) =>
  Effect.gen(function* () {
    const bytes = bytesOf(content)
    const id: ObjectId = engine.objects.identify(bytes)
    yield* engine.objects.put([{ id, bytes }])
    return { kind: "file", id, size: bytes.length } as Term
  })

const conflictOf = Effect.fnUntraced(function* (
  engine: Engine,
  kind: Conflict["kind"],
  ...sides: [string, string, string]
) {
  const [base, ours, theirs] = yield* Effect.forEach(sides, (content) => termOf(engine, content))
  return { kind, bases: [base ?? null], sides: [ours ?? null, theirs ?? null] } as Conflict
})

describe.each(kinds)("restoring a snapshot with conflicts (%s)", (kind) => {
  it.effect("is refused, listing them, unless markers are asked for", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        const root = engine.hands.root("restored")
        const open = yield* conflictOf(engine, "content", "a\n", "b\n", "c\n")
        const whole = yield* conflictOf(engine, "binary", "\0a", "\0b", "\0c")
        const both = yield* snapshotOf(engine, [
          [text, open],
          [binary, whole]
        ])
        const refused = yield* Effect.flip(engine.snapshots.restore(both, { root }))
        assert.deepStrictEqual(refused._tag === "UnresolvedConflicts" ? refused.conflicts : refused, [
          { path: text, kind: "content" },
          { path: binary, kind: "binary" }
        ])
        const marked = (id: SnapshotId) =>
          engine.snapshots.restore(id, { root }).pipe(Effect.provideService(ConflictMarkers, "diff3"))
        const still = yield* Effect.flip(marked(both))
        assert.deepStrictEqual(still._tag === "UnresolvedConflicts" ? still.conflicts : still, [
          { path: binary, kind: "binary" }
        ])
        assert.deepStrictEqual(engine.hands.list(root), {})
        yield* marked(yield* snapshotOf(engine, [[text, open]]))
        const view = "<<<<<<< local\nb\n||||||| baseline\na\n=======\nc\n>>>>>>> upstream\n"
        assert.deepStrictEqual(engine.hands.list(root), { [text]: `f ${view}` })
      })
    )
  )
})
