/** Rollback: a project returns to an earlier state, and keeps what was changed in it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Deployment } from "../../model/Deployment.ts"
import { NotDeployed } from "../../model/Deployment.ts"
import type { ArtifactId, FilePath, OperationId, ProjectId, RefName, SnapshotId, VersionId } from "../../model/Ids.ts"
import type { OperationCollected, OperationNotFound } from "../../model/Operation.ts"
import type { Plan, UnresolvedConflicts } from "../../model/Plan.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { deployedInProject } from "../catalog/names.ts"
import { rereading } from "../catalog/rereading.ts"
import { projectFoundation } from "../foundation.ts"
import { comparePositions } from "../graph/versionPages.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { readDeployments } from "../projects/deploymentRecord.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planReversal } from "../projects/planReversal.ts"
import { planUpdate } from "../projects/planUpdate.ts"
import { readCollectionSnapshot } from "../snapshots/snapshotRecord.ts"
import type { WorkingTree } from "../WorkingTree.ts"
import { currentNames, type DeploymentNames, movesBetween, walkBack } from "./pastOperations.ts"

/** Where to return to: the state right after an operation, the versions of a snapshot, or one version. @public */
export type RollbackTarget =
  | { readonly operation: OperationId }
  | { readonly snapshot: SnapshotId }
  | { readonly version: VersionId }

/** What to roll back. Without `artifacts` and `paths`: everything that the target concerns. @public */
export interface RollbackOptions {
  readonly project: ProjectId
  readonly root: string
  readonly to: RollbackTarget
  readonly artifacts?: ReadonlyArray<ArtifactId> | undefined
  /** Only these files of the project. */
  readonly paths?: ReadonlyArray<FilePath> | undefined
  readonly reason?: string | undefined
}

/** What planning a rollback may fail with. @public */
export type RollbackError =
  | NotDeployed
  | OperationCollected
  | OperationNotFound
  | ProjectError
  | UnresolvedConflicts
  | VersionNotFound

/** Returns projects to earlier states. @public */
export interface RollbackService {
  /**
   * Plans a return: every update since is taken back, newest first, as a three-way merge for each path, so that edits
   * from before, between and after them survive. Where an edit and a reversal meet, the file stays and becomes a conflict.
   * Where what an update found and left was collected, whole versions are merged instead, and the plan's notes say so; it fails with
   * `OperationCollected` only where a version is gone, too.
   */
  readonly plan: (options: RollbackOptions) => Effect.Effect<Plan, RollbackError>
  /** Carries a plan out, or refuses with `PlanStale`. */
  readonly apply: (plan: Plan, options: { readonly root: string }) => Effect.Effect<PlanApplied, ApplyError>
}

/** Rollback: see {@link RollbackService}. @public */
export class Rollback extends Context.Service<Rollback, RollbackService>()("tidemark/core/Rollback") {
  static readonly layer: Layer.Layer<Rollback, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Rollback,
    Effect.gen(function* () {
      const projects = yield* Projects
      const { catalog, log, objects } = projects.parts

      /** The versions that a target asks for, by artifact, and the collection whose deployments it is about. */
      const wantedBy = Effect.fnUntraced(function* (to: RollbackTarget) {
        if (!("snapshot" in to)) return { collection: undefined, versions: new Map<ArtifactId, VersionId>() }
        const { artifacts, collection } = yield* readCollectionSnapshot(catalog, objects, to.snapshot)
        return { collection, versions: new Map(artifacts.map(({ artifact, version }) => [artifact, version])) }
      })

      const plan = Effect.fn("Rollback.plan")(function* (options: RollbackOptions) {
        const { artifacts, project, reason = "", root, to } = options
        yield* projects.recover(root)
        const nameOf = ({ artifact, target }: Deployment): RefName => deployedInProject(project, artifact, target)
        const now = yield* currentNames(catalog, project, nameOf)
        const { collection, versions } = yield* wantedBy(to)
        if ("operation" in to) yield* log.get(to.operation)
        // Any operation is a moment of the project, also one that did nothing to it, such as a capture.
        const moment = "operation" in to ? yield* askRecord(catalog, "operation", to.operation) : undefined
        if ("version" in to && (yield* askRecord(catalog, "version", to.version)) === undefined) {
          return yield* Effect.fail(new VersionNotFound({ id: to.version }))
        }
        const cache = new Map<string, Deployment>()
        const deploymentsOf = Effect.fnUntraced(function* (names: DeploymentNames) {
          const missing = [...names.values()].filter((id) => !cache.has(id))
          for (const deployment of yield* readDeployments(catalog, missing)) cache.set(deployment.id, deployment)
          return [...names.values()].flatMap((id) => cache.get(id) ?? [])
        })
        /** What another collection deployed is not this target's business. */
        const inScope = (deployment: Deployment) =>
          (artifacts === undefined || artifacts.includes(deployment.artifact)) &&
          (collection === undefined || collection === deployment.collection)

        const past = yield* walkBack(
          catalog,
          project,
          now,
          Effect.fnUntraced(function* (names, _next, place) {
            if ("operation" in to) return moment !== undefined && place !== null && comparePositions(place, moment) <= 0
            const deployments = (yield* deploymentsOf(names)).filter(inScope)
            if ("version" in to) return deployments.some(({ version }) => version === to.version)
            // All that stands there is of the snapshot, and something does.
            return (
              deployments.length > 0 && deployments.every(({ artifact, version }) => versions.get(artifact) === version)
            )
          })
        )
        if (past === null) {
          // Nothing of this stood here then: what is before a project's first deployment is to retire everything.
          if ("operation" in to || "version" in to)
            return yield* Effect.fail(new NotDeployed({ project, artifact: null, target: null }))
          // It never stood here: leave what is deployed for what the snapshot has, by version alone.
          const selection = { project, root, collection, snapshot: to.snapshot, artifacts }
          const { comparison, state } = yield* projects.read(selection)
          const request = { kind: "update", root, strategy: "merge", reason } as const
          return yield* planUpdate(projects.parts, state, comparison, project, request)
        }
        // A version is one artifact's: nothing but the deployments of it goes back.
        const asked = (deployment: Deployment, earlier: Deployment | null) =>
          inScope(deployment) && (!("version" in to) || artifacts !== undefined || earlier?.version === to.version)
        const moves = (yield* movesBetween(catalog, now, past.names)).filter(({ earlier, now }) => {
          const deployment = earlier ?? now
          return deployment !== null && asked(deployment, earlier)
        })
        const limited = artifacts !== undefined || collection !== undefined || "version" in to
        const moved = new Set(moves.flatMap((move) => [move.now?.id, move.earlier?.id]))
        const all = [...(yield* deploymentsOf(now)), ...(yield* deploymentsOf(past.names))]
        const others = all.filter((deployment) => !moved.has(deployment.id) && !asked(deployment, deployment))
        return yield* planReversal(projects.parts, {
          kind: "rollback",
          project,
          root,
          reason,
          operations: past.operations,
          moves,
          restoreRecords: false,
          ...(options.paths === undefined ? {} : { paths: new Set(options.paths) }),
          ...(limited ? { others } : {}),
          refs: [],
          basis: [...now].map(([name, value]) => ({ name, value })),
          notes: []
        })
      })

      return rereading(Rollback.of({ plan, apply: (made, { root }) => projects.apply(made, root) }), ["plan"])
    })
  ).pipe(Layer.provide(projectFoundation))
}
