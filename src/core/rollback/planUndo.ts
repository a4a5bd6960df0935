/** Planning to undo one operation: its names go back to what they were, and its project's files are merged back. */
import * as Effect from "effect/Effect"
import type { TargetOccupied } from "../../model/Deployment.ts"
import type { OperationId, RefName } from "../../model/Ids.ts"
import {
  type Operation,
  OperationCollected,
  type OperationNotFound,
  RootNeeded,
  UndoConflict
} from "../../model/Operation.ts"
import type { Plan } from "../../model/Plan.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedInProjectPrefix } from "../catalog/names.ts"
import { finishPlan } from "../projects/finishPlan.ts"
import { holdNamed } from "../projects/holdNamed.ts"
import { needRecords } from "../projects/holdReversal.ts"
import type { ProjectsService } from "../projects/Projects.ts"
import { planReversal } from "../projects/planReversal.ts"
import type { RecoveryBlocked, WorkingTreeError } from "../WorkingTree.ts"
import { movesBetween } from "./pastOperations.ts"

/** What to undo. `root` is needed for an operation that changed a project's files. @public */
export interface UndoOptions {
  readonly operation: OperationId
  readonly root?: string | undefined
  readonly reason?: string | undefined
}

/** What planning an undo may fail with. @public */
export type UndoError =
  | OperationCollected
  | OperationNotFound
  | RecoveryBlocked
  | RootNeeded
  | StorageError
  | TargetOccupied
  | UndoConflict
  | WorkingTreeError

/** The newest operation after `than` that moved a name. */
const laterMove = Effect.fnUntraced(function* ({ parts }: ProjectsService, name: RefName, than: OperationId) {
  for (let id = yield* parts.log.head; id !== null && id !== than; ) {
    const operation: Operation = yield* parts.log.get(id)
    if (operation.refs.some((ref) => ref.name === name && ref.before !== ref.after)) return operation.id
    id = operation.previous
  }
  return null
})

/** Plans to undo an operation, or to redo one that was undone. @internal */
export const planUndo = Effect.fn("Ledger.planUndo")(function* (
  projects: ProjectsService,
  kind: "undo" | "redo",
  options: UndoOptions
): Effect.fn.Return<Plan, UndoError> {
  const { catalog, log, objects } = projects.parts
  const operation = yield* log.get(options.operation)
  if (operation.kind === "prune" || operation.kind === "collect") {
    return yield* Effect.fail(
      new UndoConflict({ operation: operation.id, name: null, expected: null, found: null, later: null })
    )
  }
  const moved = operation.refs.filter(({ after, before }) => before !== after)
  const standing = yield* catalog.refs(moved.map(({ name }) => name))
  for (const { after, name } of moved) {
    const found = standing.get(name) ?? null
    if (found === after) continue
    const later = yield* laterMove(projects, name, operation.id)
    return yield* Effect.fail(new UndoConflict({ operation: operation.id, name, expected: after, found, later }))
  }
  const refs = moved.map(({ after, before, name }) => ({ name, before: after, after: before }))
  const reason = options.reason ?? `${kind === "undo" ? "Undo" : "Redo"} ${operation.kind}`
  const held = yield* holdNamed(
    projects.parts,
    refs.map(({ after, name }) => [name, after])
  )
  if (held.missing !== null) {
    return yield* Effect.fail(new OperationCollected({ operation: operation.id, missing: held.missing.what }))
  }
  yield* needRecords(projects.parts, operation, held.relies)
  if (operation.effect === null) {
    return yield* finishPlan(
      {
        kind,
        project: null,
        strategy: null,
        reason,
        basis: [],
        paths: [],
        deployments: [],
        refs,
        reverses: [operation.id],
        notes: []
      },
      objects.identify
    )
  }
  const { project } = operation.effect
  const root = options.root
  if (root === undefined) {
    return yield* Effect.fail(new RootNeeded({ operation: operation.id, project }))
  }
  yield* projects.recover(root)
  const prefix = project === null ? null : deployedInProjectPrefix(project)
  const names = moved.filter(({ name }) => prefix !== null && name.startsWith(prefix))
  const side = (which: "before" | "after") =>
    new Map(names.flatMap((ref) => (ref[which] === null ? [] : [[ref.name, ref[which]] as const])))
  return yield* planReversal(projects.parts, {
    kind,
    project,
    root,
    reason,
    operations: [operation],
    moves: yield* movesBetween(catalog, side("after"), side("before")),
    restoreRecords: true,
    refs,
    basis: [],
    notes: []
  })
})
