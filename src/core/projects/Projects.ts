/** What the services that work on projects share: reading a project's state, and applying plans to it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ArtifactNotFound, TargetOccupied } from "../../model/Deployment.ts"
import type { Plan } from "../../model/Plan.ts"
import type { CollectionNotFound, InvalidPath, SnapshotNotFound } from "../../model/Snapshot.ts"
import type { VersionNotFound } from "../../model/Version.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { VersionWriter } from "../graph/VersionWriter.ts"
import { OperationLog } from "../ledger/OperationLog.ts"
import { Objects } from "../objects/Objects.ts"
import { type Recovered, type RecoveryBlocked, WorkingTree, type WorkingTreeError } from "../WorkingTree.ts"
import { type ApplyError, applyPlan, type PlanApplied, type PlanParts } from "./applyPlan.ts"
import { type Comparison, compareProject } from "./comparison.ts"
import type { Selection } from "./Place.ts"
import { type ProjectState, readProjectState } from "./ProjectState.ts"
import { recoveryOracle } from "./recoveryOracle.ts"

/** What reading a project may fail with. @public */
export type ProjectError =
  | ArtifactNotFound
  | CollectionNotFound
  | InvalidPath
  | RecoveryBlocked
  | SnapshotNotFound
  | StorageError
  | TargetOccupied
  | VersionNotFound
  | WorkingTreeError

/** @internal */
export interface ProjectsService {
  readonly parts: PlanParts
  /** Reads and compares what a selection is about. An interrupted apply is recovered first. */
  readonly read: (
    selection: Selection
  ) => Effect.Effect<{ readonly state: ProjectState; readonly comparison: Comparison }, ProjectError>
  /** The same without touching anything: for questions. */
  readonly look: (
    selection: Selection
  ) => Effect.Effect<{ readonly state: ProjectState; readonly comparison: Comparison }, ProjectError>
  /** Finishes or puts back what a killed process left in a project. */
  readonly recover: (root: string) => Effect.Effect<Recovered, RecoveryBlocked | StorageError | WorkingTreeError>
  readonly apply: (plan: Plan, root: string | null) => Effect.Effect<PlanApplied, ApplyError>
}

/** @internal */
export class Projects extends Context.Service<Projects, ProjectsService>()("tidemark/core/Projects") {
  static readonly layer: Layer.Layer<
    Projects,
    never,
    CatalogStorage | Objects | OperationLog | VersionWriter | WorkingTree
  > = Layer.effect(
    Projects,
    Effect.gen(function* () {
      const parts: PlanParts = {
        catalog: yield* CatalogStorage,
        objects: yield* Objects,
        log: yield* OperationLog,
        workingTree: yield* WorkingTree,
        writer: yield* VersionWriter
      }
      const look = Effect.fnUntraced(function* (selection: Selection) {
        const state = yield* readProjectState(parts, selection)
        return { state, comparison: yield* compareProject(parts, selection.root, state) }
      })
      const recover = Effect.fn("Projects.recover")(function* (root: string) {
        const store = yield* parts.log.storeId
        return yield* parts.workingTree.recover(root, recoveryOracle(parts, store))
      })
      const read = Effect.fnUntraced(function* (selection: Selection) {
        yield* recover(selection.root)
        return yield* look(selection)
      })
      return Projects.of({ parts, look, read, recover, apply: (plan, root) => applyPlan(parts, plan, root) })
    })
  )
}
