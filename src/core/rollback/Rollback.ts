/** Rollback: a project returns to an earlier state, and keeps what was changed in it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Deployment } from "../../model/Deployment.ts"
import { NotDeployed } from "../../model/Deployment.ts"
import type { ArtifactId, FilePath, OperationId, ProjectId, RefName, SnapshotId, VersionId } from "../../model/Ids.ts"
import { OperationNotFound } from "../../model/Operation.ts"
import type { Plan } from "../../model/Plan.ts"
import { SnapshotNotFound } from "../../model/Snapshot.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { deployedInProject } from "../catalog/names.ts"
import { projectFoundation } from "../foundation.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { readDeployments } from "../projects/deploymentRecord.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planReversal } from "../projects/planReversal.ts"
import { planUpdate } from "../projects/planUpdate.ts"
import { readArtifactList, snapshotCodec } from "../snapshots/snapshotRecord.ts"
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
export type RollbackError = NotDeployed | OperationNotFound | ProjectError | VersionNotFound

/** Returns projects to earlier states. @public */
export interface RollbackService {
  /**
   * Plans a return: every update since is taken back, newest first, as a three-way merge for each path, so that edits
   * from before, between and after them survive. Where an edit and a reversal meet, the file stays and becomes a conflict.
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

      /** The versions that a target asks for, by artifact. */
      const versionsOf = Effect.fnUntraced(function* (to: RollbackTarget) {
        if ("snapshot" in to) {
          const record = (yield* catalog.records("snapshot", [to.snapshot])).get(to.snapshot)
          if (record === undefined) return yield* Effect.fail(new SnapshotNotFound({ id: to.snapshot }))
          const list = yield* readArtifactList(objects, (yield* snapshotCodec.decode(record)).artifacts)
          return new Map(list.map(({ artifact, version }) => [artifact, version]))
        }
        return new Map<ArtifactId, VersionId>()
      })

      const plan = Effect.fn("Rollback.plan")(function* (options: RollbackOptions) {
        const { artifacts, project, reason = "", root, to } = options
        yield* projects.recover(root)
        const nameOf = ({ artifact, target }: Deployment): RefName => deployedInProject(project, artifact, target)
        const now = yield* currentNames(catalog, project, nameOf)
        const wanted = yield* versionsOf(to)
        if ("operation" in to) yield* log.get(to.operation)
        if ("version" in to && (yield* catalog.records("version", [to.version])).size === 0) {
          return yield* Effect.fail(new VersionNotFound({ id: to.version }))
        }
        const cache = new Map<string, Deployment>()
        const deploymentsOf = Effect.fnUntraced(function* (names: DeploymentNames) {
          const missing = [...names.values()].filter((id) => !cache.has(id))
          for (const deployment of yield* readDeployments(catalog, missing)) cache.set(deployment.id, deployment)
          return [...names.values()].flatMap((id) => cache.get(id) ?? [])
        })
        const inScope = (artifact: ArtifactId) => artifacts === undefined || artifacts.includes(artifact)

        const past = yield* walkBack(
          catalog,
          project,
          now,
          Effect.fnUntraced(function* (names, next) {
            if ("operation" in to) return next?.id === to.operation
            const deployments = (yield* deploymentsOf(names)).filter(({ artifact }) => inScope(artifact))
            if ("version" in to) return deployments.some(({ version }) => version === to.version)
            // All that stands there is of the snapshot, and something does.
            return (
              deployments.length > 0 && deployments.every(({ artifact, version }) => wanted.get(artifact) === version)
            )
          })
        )
        if (past === null) {
          if ("operation" in to) return yield* Effect.fail(new OperationNotFound({ id: to.operation }))
          if ("version" in to) return yield* Effect.fail(new NotDeployed({ project, artifact: null, target: null }))
          // It never stood here: leave what is deployed for what the snapshot has, by version alone.
          const selection = { project, root, snapshot: to.snapshot, artifacts }
          const [first] = yield* deploymentsOf(now)
          const { comparison, state } = yield* projects.read({
            ...selection,
            ...(first?.collection === null || first === undefined ? {} : { collection: first.collection })
          })
          const request = { kind: "update", root, strategy: "merge", reason } as const
          return yield* planUpdate(projects.parts, state, comparison, project, request)
        }
        const asked =
          "version" in to && artifacts === undefined
            ? (yield* deploymentsOf(past.names))
                .filter(({ version }) => version === to.version)
                .map(({ artifact }) => artifact)
            : artifacts
        const scope = (artifact: ArtifactId) => asked === undefined || asked.includes(artifact)
        const moves = (yield* movesBetween(catalog, now, past.names)).filter(({ earlier, now }) =>
          scope((earlier ?? now)?.artifact ?? ("" as ArtifactId))
        )
        return yield* planReversal(projects.parts, {
          kind: "rollback",
          project,
          root,
          reason,
          operations: past.operations,
          moves,
          restoreRecords: false,
          ...(options.paths === undefined ? {} : { paths: new Set(options.paths) }),
          ...(asked === undefined ? {} : { artifacts: new Set(asked) }),
          refs: [],
          basis: [...now].map(([name, value]) => ({ name, value })),
          notes: []
        })
      })

      return Rollback.of({ plan, apply: (made, { root }) => projects.apply(made, root) })
    })
  ).pipe(Layer.provide(projectFoundation))
}
