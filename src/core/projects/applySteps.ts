/** Carrying steps out: safety snapshot, files, and the operation, all or nothing. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Actor, FilePath, ProjectId, SnapshotId, TreeId } from "../../model/Ids.ts"
import type { Operation, ProjectEffect } from "../../model/Operation.ts"
import { PlanStale } from "../../model/Plan.ts"
import type { Snapshot } from "../../model/Snapshot.ts"
import type { Standing } from "../../model/Standing.ts"
import type { RefConflict } from "../../model/Version.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { OperationDraft, OperationLogService } from "../ledger/OperationLog.ts"
import { batchBySize, partition } from "../merge/ContentSource.ts"
import { makeLease } from "../objects/lease.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { storeTrees } from "../objects/storeTrees.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { IdSource } from "../references/IdSource.ts"
import { Progress } from "../references/Progress.ts"
import { snapshotRecord } from "../snapshots/snapshotRecord.ts"
import {
  type ApplyStep,
  type RecoveryBlocked,
  streamedAbove,
  type WorkingTreeError,
  type WorkingTreeService
} from "../WorkingTree.ts"
import { ancestors } from "./ProjectState.ts"
import { recoveryOracle } from "./recoveryOracle.ts"
import { asEntry, isStandingFile } from "./standings.ts"

/** What applying needs of the engine. @internal */
export interface ApplyParts {
  readonly objects: ObjectsService
  readonly log: OperationLogService
  readonly workingTree: WorkingTreeService
}

/** Steps, what they rely on, and the operation that records them. @internal */
export interface StepsToApply {
  readonly root: string
  readonly project: ProjectId | null
  readonly steps: ReadonlyArray<ApplyStep>
  readonly checks: ReadonlyArray<{ readonly path: FilePath; readonly standing: Standing | null }>
  readonly draft: Omit<OperationDraft<PlanStale>, "effect">
}

/** What was done. `copies` are files that somebody saved meanwhile, kept under these names. @internal */
export interface StepsApplied {
  readonly operation: Operation
  readonly copies: ReadonlyArray<FilePath>
}

/**
 * The directories that stand around what is to be made. Without them, nobody could tell later whether a directory that
 * has become empty again was there before.
 */
const standingAround = Effect.fnUntraced(function* (
  workingTree: WorkingTreeService,
  root: string,
  steps: ReadonlyArray<ApplyStep>,
  checks: StepsToApply["checks"]
) {
  const own = new Set(steps.map(({ path }) => path))
  const made = steps.flatMap(({ after, before, path }) => (before === null && after !== null ? [path] : []))
  const above = new Set(made.flatMap((path) => [...ancestors(path)]).filter((parent) => !own.has(parent)))
  const stand = [...checks, ...steps.map(({ before, path }) => ({ path, standing: before }))]
  const around = new Set(stand.flatMap(({ path, standing }) => (standing === null ? [] : [...ancestors(path)])))
  const standing = new Set([...above].filter((path) => around.has(path)))
  const rest = [...above].filter((path) => !around.has(path))
  const depths = Map.groupBy(rest, (path) => path.split("/").length)
  // One scan a depth, because what stands below another asked-for path need not be named again; and from the top, because
  // below what does not stand nothing does.
  for (const depth of [...depths.keys()].sort((a, b) => a - b)) {
    const within = (depths.get(depth) ?? []).filter((path) => {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/"))) as FilePath
      return !above.has(parent) || standing.has(parent)
    })
    if (within.length === 0) continue
    // Everything is ignored, so that nothing is read: what is named all the same stands there.
    const { ignored } = yield* workingTree.scan(root, { ignore: ["*"], within })
    for (const path of ignored) standing.add(path)
  }
  return [...standing]
})

/** Stores the tree of what stands before or after all steps, and returns its root. What is in it is held no longer than that. */
const storeTreeOf = Effect.fnUntraced(function* (
  steps: ReadonlyArray<ApplyStep>,
  side: "before" | "after",
  directories: ReadonlyArray<FilePath>,
  objects: ObjectsService
): Effect.fn.Return<TreeId, StorageError> {
  const flat: Array<readonly [FilePath, FlatEntry]> = directories.map((path) => [path, { kind: "directory" }])
  for (const step of steps) {
    const standing = step[side]
    if (standing !== null) flat.push([step.path, asEntry(standing)])
  }
  const { root, trees } = buildTrees(flat, objects.identify)
  yield* storeTrees(objects, trees)
  return root
})

/** Applies steps through the working tree's journal and commits the operation at its point of no return. @internal */
export const applySteps = Effect.fn("Projects.apply")(function* (
  { log, workingTree, ...given }: ApplyParts,
  { checks, draft, project, root, steps }: StepsToApply
): Effect.fn.Return<StepsApplied, PlanStale | RecoveryBlocked | RefConflict | StorageError | WorkingTreeError> {
  const { objects, renew } = yield* makeLease(given.objects)
  const ids = yield* IdSource
  const progress = yield* Progress
  const applyId = ids.next("apply")
  const store = yield* log.storeId
  const found = yield* storeTreeOf(steps, "before", yield* standingAround(workingTree, root, steps, checks), objects)
  const left = yield* storeTreeOf(steps, "after", [], objects)
  const replaced = steps.filter(({ before }) => isStandingFile(before))
  const safety: Snapshot | null =
    replaced.length === 0
      ? null
      : {
          id: ids.next("snapshot") as SnapshotId,
          collection: null,
          project,
          previous: null,
          tree: found,
          artifacts: null,
          reason: "safety",
          message: draft.reason,
          author: (yield* CurrentActor) as Actor,
          time: Math.trunc(yield* Clock.currentTimeMillis)
        }

  /** Stores the replaced files as they stand. A file that is not what the plan saw ends it here. */
  const prepare = Effect.gen(function* () {
    const wanted = new Map(replaced.map(({ before, path }) => [path, before]))
    const missing = new Set(yield* objects.claim([...wanted.values()].filter(isStandingFile)))
    const unread = [...wanted].filter(([, standing]) => isStandingFile(standing) && missing.has(standing.id))
    const sizeOf = (standing: Standing | null) => (isStandingFile(standing) ? standing.size : 0)
    const [large, small] = partition(unread, ([, standing]) => sizeOf(standing) > streamedAbove)
    for (const [path, standing] of large) {
      const pieces = workingTree.stream(root, path).pipe(
        // Gone since the scan: what is there is not what the plan saw.
        Stream.catchIf(
          ({ failure }) => failure === "not-found",
          () => Stream.empty
        )
      )
      const { id } = yield* objects.putStream(pieces)
      if (!isStandingFile(standing) || id !== standing.id) {
        return yield* Effect.fail(new PlanStale({ paths: [path], names: [], kept: [] }))
      }
    }
    for (const batch of batchBySize(small, ([, standing]) => sizeOf(standing))) {
      const bytes = yield* workingTree.read(
        root,
        batch.map(([path]) => path)
      )
      const contents = []
      for (const [path, standing] of batch) {
        const content = bytes.get(path)
        const id = content === undefined ? null : objects.identify(content)
        if (content === undefined || id === null || !isStandingFile(standing) || id !== standing.id) {
          return yield* Effect.fail(new PlanStale({ paths: [path], names: [], kept: [] }))
        }
        contents.push({ id, bytes: content })
      }
      yield* objects.put(contents)
    }
    // The operation will name what it leaves, too. It was stored when the plan was made, which may be long ago.
    const [lost] = yield* objects.claim(steps.flatMap(({ after }) => (isStandingFile(after) ? [after] : [])))
    const at = steps.findLast(({ after }) => isStandingFile(after) && after.id === lost)?.path
    if (at !== undefined) return yield* Effect.fail(new PlanStale({ paths: [at], names: [], kept: [] }))
  })

  const effect: ProjectEffect = { project, applyId, found, left, safety: safety?.id ?? null }
  const commit = log.append({
    ...draft,
    records: [...draft.records, ...(safety === null ? [] : [snapshotRecord(safety, null)])],
    effect,
    // A caller that has stored more renews that as well, and this with it.
    renew: draft.renew ?? renew
  })
  const applied = yield* workingTree.apply<Operation, PlanStale | RefConflict | StorageError | WorkingTreeError, never>(
    root,
    { applyId, store, steps, checks },
    {
      prepare,
      content: (blobs) => objects.get(blobs),
      stream: (blob) => objects.stream(blob),
      commit,
      onProgress: (done, total) => progress({ phase: "apply", done, total })
    },
    recoveryOracle({ log, objects }, store)
  )
  return { operation: applied.value, copies: applied.copies }
})
