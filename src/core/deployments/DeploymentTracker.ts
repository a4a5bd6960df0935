/** Deployments: putting artifacts into projects, taking them out again, and knowing what stands where. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Deployment, NotDeployed } from "../../model/Deployment.ts"
import type { ArtifactId, CollectionId, DirectoryPath, ProjectId, VersionId } from "../../model/Ids.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { Plan, UnresolvedConflicts } from "../../model/Plan.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedOfArtifactPrefix, joinParts } from "../catalog/names.ts"
import { type Page, readPage } from "../catalog/readPage.ts"
import { rereading } from "../catalog/rereading.ts"
import type { ConflictMarkersChoice } from "../conflicts/ConflictMarkers.ts"
import { choosingMarkers } from "../conflicts/markConflicts.ts"
import { projectFoundation } from "../foundation.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { currentDeployments, deploymentCodec, listRefs, readDeployments } from "../projects/deploymentRecord.ts"
import type { Selection } from "../projects/Place.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planRetire } from "../projects/planRetire.ts"
import { planUpdate } from "../projects/planUpdate.ts"
import type { WorkingTree } from "../WorkingTree.ts"

/** What to deploy. Without `artifacts`, the whole collection. @public */
export interface DeployOptions extends Selection {
  readonly collection: CollectionId
  readonly reason?: string | undefined
  /** What becomes of conflicts that the collection itself holds. By default, what `ConflictMarkers` says: refused. */
  readonly conflictMarkers?: ConflictMarkersChoice | undefined
}

/** What to retire. With `target`, only what stands there. @public */
export interface RetireOptions {
  readonly project: ProjectId
  readonly root: string
  readonly artifacts: ReadonlyArray<ArtifactId>
  readonly target?: DirectoryPath | undefined
  readonly reason?: string | undefined
}

/** Which deployments, current and past, newest first. Give exactly one of project, artifact, version. @public */
export interface DeploymentQuery {
  readonly project?: ProjectId | undefined
  readonly artifact?: ArtifactId | undefined
  readonly version?: VersionId | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** Puts artifacts into projects, takes them out, and knows what stands where. @public */
export interface DeploymentTrackerService {
  /**
   * Plans putting artifacts of a collection into a project. Files that stand there already are adopted where they are
   * equal and become conflicts where they differ; nothing is overwritten. Artifacts whose tree holds unresolved conflicts
   * are refused with `UnresolvedConflicts`, unless `conflictMarkers` asks for text with markers.
   */
  readonly plan: (options: DeployOptions) => Effect.Effect<Plan, ProjectError | UnresolvedConflicts>
  /** Plans taking artifacts out: files that are still what was deployed go, changed ones are kept and listed. */
  readonly planRetire: (options: RetireOptions) => Effect.Effect<Plan, NotDeployed | ProjectError>
  /** Carries a plan out, or refuses with `PlanStale`. */
  readonly apply: (plan: Plan, options: { readonly root: string }) => Effect.Effect<PlanApplied, ApplyError>
  /** Returns what stands in a project now, sorted by artifact and target. */
  readonly current: (project: ProjectId) => Effect.Effect<ReadonlyArray<Deployment>, StorageError>
  /** Returns where an artifact stands now, over all projects. */
  readonly whereDeployed: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<Deployment>, StorageError>
  /** Returns a page of deployments, current and past, newest first. */
  readonly history: (query: DeploymentQuery) => Effect.Effect<Page<Deployment>, InvalidCursor | StorageError>
}

const termOf = ({ artifact, project, version }: DeploymentQuery): string => {
  if (version !== undefined) return joinParts("version", version)
  return artifact !== undefined ? joinParts("artifact", artifact) : joinParts("project", project ?? "")
}

/** Deployments: see {@link DeploymentTrackerService}. @public */
export class DeploymentTracker extends Context.Service<DeploymentTracker, DeploymentTrackerService>()(
  "tidemark/core/DeploymentTracker"
) {
  static readonly layer: Layer.Layer<DeploymentTracker, never, CatalogStorage | ObjectStorage | WorkingTree> =
    Layer.effect(
      DeploymentTracker,
      Effect.gen(function* () {
        const projects = yield* Projects
        const { catalog } = projects.parts

        const plan = Effect.fn("DeploymentTracker.plan")(function* (options: DeployOptions) {
          const reading = projects.read({ scope: "collection", ...options })
          const { comparison, state } = yield* reading.pipe(choosingMarkers(options.conflictMarkers))
          const request = {
            kind: "deploy",
            root: options.root,
            strategy: "merge",
            reason: options.reason ?? ""
          } as const
          return yield* planUpdate(projects.parts, state, comparison, options.project, request)
        })

        const retire = Effect.fn("DeploymentTracker.planRetire")(function* (options: RetireOptions) {
          const { artifacts, project, reason = "", root, target } = options
          const current = yield* currentDeployments(catalog, project)
          for (const artifact of artifacts) {
            const there = current.some(
              (at) => at.artifact === artifact && (target === undefined || at.target === target)
            )
            if (!there) return yield* Effect.fail(new NotDeployed({ project, artifact, target: target ?? null }))
          }
          const { comparison, state } = yield* projects.read({ project, root, artifacts })
          return yield* planRetire(projects.parts, state, comparison, { project, root, target, reason })
        })

        return rereading(
          DeploymentTracker.of({
            plan,
            planRetire: retire,
            apply: (made, { root }) => projects.apply(made, root),
            current: Effect.fn("DeploymentTracker.current")((project: ProjectId) =>
              currentDeployments(catalog, project)
            ),
            whereDeployed: Effect.fn("DeploymentTracker.whereDeployed")(function* (artifact: ArtifactId) {
              const refs = yield* listRefs(catalog, deployedOfArtifactPrefix(artifact))
              return yield* readDeployments(
                catalog,
                refs.map(([, id]) => id)
              )
            }),
            history: Effect.fn("DeploymentTracker.history")((query: DeploymentQuery) =>
              readPage(catalog, deploymentCodec, {
                term: termOf(query),
                direction: "backward",
                limit: query.limit,
                cursor: query.cursor
              })
            )
          }),
          ["plan", "planRetire", "current", "whereDeployed", "history"]
        )
      })
    ).pipe(Layer.provide(projectFoundation))
}
