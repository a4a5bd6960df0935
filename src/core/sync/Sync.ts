/** Sync: bringing a project up to date with its upstream, without losing what was changed in it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Plan, Strategy, UnresolvedConflicts } from "../../model/Plan.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { rereading } from "../catalog/rereading.ts"
import type { ConflictMarkersChoice } from "../conflicts/ConflictMarkers.ts"
import { choosingMarkers } from "../conflicts/markConflicts.ts"
import { projectFoundation } from "../foundation.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import type { Selection } from "../projects/Place.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planUpdate } from "../projects/planUpdate.ts"
import type { WorkingTree } from "../WorkingTree.ts"

/** What to update, and how. @public */
export interface UpdateOptions extends Selection {
  /**
   * `merge` (the default) combines both sides and stores what it cannot combine as conflicts; `overwrite` takes
   * upstream's content for every path that upstream or baseline know; `keep` takes upstream's changes, but keeps local's
   * file wherever both sides changed one.
   */
  readonly strategy?: Strategy | undefined
  /** What becomes of conflicts that upstream itself holds. By default, what `ConflictMarkers` says: refused. */
  readonly conflictMarkers?: ConflictMarkersChoice | undefined
  readonly reason?: string | undefined
}

/** Brings projects up to date. @public */
export interface SyncService {
  /**
   * Plans an update: what it would do at every path, and why. Nothing of the project or the store's names changes. An
   * upstream that holds unresolved conflicts is refused with `UnresolvedConflicts`, unless `conflictMarkers` asks for text
   * with markers.
   */
  readonly plan: (options: UpdateOptions) => Effect.Effect<Plan, ProjectError | UnresolvedConflicts>
  /** Carries a plan out, or refuses with `PlanStale` when anything it was computed from has changed since. */
  readonly apply: (plan: Plan, options: { readonly root: string }) => Effect.Effect<PlanApplied, ApplyError>
}

/** Updates: see {@link SyncService}. @public */
export class Sync extends Context.Service<Sync, SyncService>()("tidemark/core/Sync") {
  static readonly layer: Layer.Layer<Sync, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Sync,
    Effect.gen(function* () {
      const projects = yield* Projects
      const plan = Effect.fn("Sync.plan")(function* (options: UpdateOptions) {
        const { comparison, state } = yield* projects.read(options).pipe(choosingMarkers(options.conflictMarkers))
        const { project, reason = "", root, strategy = "merge" } = options
        return yield* planUpdate(projects.parts, state, comparison, project, { kind: "update", root, strategy, reason })
      })
      return rereading(Sync.of({ plan, apply: (made, { root }) => projects.apply(made, root) }), ["plan"])
    })
  ).pipe(Layer.provide(projectFoundation))
}
