/** Carrying a plan out: its steps, its deployments, its operation. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { sameStanding } from "../../algo/drift/classify.ts"
import type { Deployment } from "../../model/Deployment.ts"
import type { Actor, DeploymentId, FilePath, VersionId } from "../../model/Ids.ts"
import type { Operation, RecordName } from "../../model/Operation.ts"
import { type Plan, PlanInvalid, type PlannedDeployment, PlanStale } from "../../model/Plan.ts"
import type { RefConflict, Version, VersionOrigin } from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { rememberResolutions, resolutionSubject } from "../conflicts/resolutionRecord.ts"
import type { PreparedVersion, VersionWriterService } from "../graph/VersionWriter.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { OperationDraft } from "../ledger/OperationLog.ts"
import { makeLease } from "../objects/lease.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { IdSource } from "../references/IdSource.ts"
import type { RecoveryBlocked, WorkingTreeError } from "../WorkingTree.ts"
import { type ApplyParts, applySteps } from "./applySteps.ts"
import { deploymentCodec, deploymentRecord, deploymentRefs } from "./deploymentRecord.ts"
import { planId } from "./finishPlan.ts"
import { collected, holdPlan } from "./holdPlan.ts"

/** What applying a plan needs of the engine. @internal */
export interface PlanParts extends ApplyParts {
  readonly catalog: CatalogStorageService
  readonly writer: VersionWriterService
}

/** What applying a plan did. @public */
export interface PlanApplied {
  readonly operation: Operation
  /** The deployments that are new; a retired one is marked so. */
  readonly deployments: ReadonlyArray<Deployment>
  /** The versions that were captured by themselves. */
  readonly versions: ReadonlyArray<Version>
  /** Files that somebody saved while the plan was applied, kept under these names. */
  readonly copies: ReadonlyArray<FilePath>
}

/** What may go wrong. @public */
export type ApplyError = PlanInvalid | PlanStale | RecoveryBlocked | StorageError | WorkingTreeError

const origins: { readonly [kind: string]: VersionOrigin } = { rollback: "rollback", undo: "rollback", redo: "rollback" }

interface Prepared {
  readonly records: Array<StoredRecord>
  readonly refs: Array<RefUpdate>
  readonly deployments: Array<Deployment>
  readonly versions: Array<PreparedVersion>
  /** Versions that are named though nothing but their records holds them. */
  readonly relies: Array<RecordName>
}

/** The records of one planned deployment, and the names that move. */
const prepareDeployment = Effect.fnUntraced(function* (
  { catalog, writer }: PlanParts,
  plan: Plan & { readonly project: NonNullable<Plan["project"]> },
  planned: PlannedDeployment,
  into: Prepared
) {
  const { after, artifact, before, collection, restore, shape, target } = planned
  const { project } = plan
  const key = { project, artifact, target }
  if (restore !== null) {
    into.refs.push(...deploymentRefs(key, before, restore))
    return
  }
  const previous = before === null ? undefined : (yield* catalog.records("deployment", [before])).get(before)
  const earlier = previous === undefined ? null : yield* deploymentCodec.decode(previous)
  const base = {
    id: (yield* IdSource).next("deployment") as DeploymentId,
    ...key,
    shape,
    collection,
    previous: before,
    author: (yield* CurrentActor) as Actor,
    time: Math.trunc(yield* Clock.currentTimeMillis)
  }
  let deployment: Deployment
  if (after === null) {
    if (earlier === null) return
    const { result, tree, version } = earlier
    deployment = { ...base, version, result, tree, state: "retired" }
  } else {
    let result: VersionId = after.version
    if (after.result !== null) {
      const parents = [...new Set([...(earlier === null ? [] : [earlier.result]), after.version])]
      // A tree that already is a version of the artifact makes no new one.
      const records = yield* catalog.scan({
        kind: "version",
        term: joinParts("tree", after.result),
        direction: "backward",
        limit: 100
      })
      // One that another target of the same operation came to counts too.
      const twin = into.versions.find(({ version }) => version.artifact === artifact && version.tree === after.result)
      let known: VersionId | undefined = twin?.version.id
      for (const record of records) {
        const version = yield* versionCodec.decode(record)
        if (version.artifact === artifact) known ??= version.id
      }
      if (known === undefined) {
        const message = plan.reason === "" ? `What project ${project} holds` : plan.reason
        const origin = origins[plan.kind] ?? "merge"
        const prepared = yield* writer
          .prepare({ artifact, parents, tree: after.result, origin, message, metadata: { project } })
          .pipe(
            Effect.catchTag("VersionNotFound", () => Effect.fail(new PlanStale({ paths: [], names: [], kept: [] })))
          )
        into.versions.push(prepared)
        into.records.push(prepared.record)
        known = prepared.version.id
      } else if (twin === undefined) into.relies.push({ kind: versionCodec.kind, id: known })
      result = known
    }
    deployment = { ...base, version: after.version, result, tree: after.tree, state: "deployed" }
  }
  into.deployments.push(deployment)
  into.records.push(deploymentRecord(deployment, previous))
  into.refs.push(...deploymentRefs(key, before, after === null ? null : deployment.id))
})

const countsOf = (plan: Plan) => {
  const counts: { [action: string]: number } = {}
  for (const { action } of plan.paths) counts[action] = (counts[action] ?? 0) + 1
  return counts
}

/** Applies a plan: refuses when anything it was computed from has changed, else does all of it in one operation. @internal */
export const applyPlan = Effect.fn("Plans.apply")(function* (
  given: PlanParts,
  plan: Plan,
  root: string | null
): Effect.fn.Return<PlanApplied, ApplyError> {
  if ((yield* planId(plan, given.objects.identify)) !== plan.id) {
    return yield* Effect.fail(new PlanInvalid({ id: plan.id }))
  }
  const lease = yield* makeLease(given.objects)
  const parts: PlanParts = { ...given, objects: lease.objects }
  const held = yield* holdPlan(parts, plan)
  const into: Prepared = { records: [], refs: [], deployments: [], versions: [], relies: [...held] }
  const { project } = plan
  if (project !== null) {
    for (const planned of plan.deployments) yield* prepareDeployment(parts, { ...plan, project }, planned, into)
  }
  const remembered = yield* rememberResolutions(parts.catalog, parts.objects, plan)
  into.records.push(...remembered.records)
  const refs: Array<RefUpdate> = [...into.refs, ...remembered.refs]
  for (const { after, before, name } of plan.refs) {
    if (!refs.some((ref) => ref.name === name)) refs.push({ name, expected: before, next: after })
  }
  const draft: Omit<OperationDraft<PlanStale>, "effect"> = {
    kind: plan.kind,
    reason: plan.reason,
    subjects: [
      ...(project === null ? [] : [project]),
      ...new Set(plan.deployments.map(({ artifact }) => artifact)),
      ...(remembered.refs.length === 0 ? [] : [resolutionSubject(plan.id)])
    ],
    refs,
    basis: plan.basis,
    records: into.records,
    reverses: plan.reverses,
    renew: lease.renew,
    relies: { records: into.relies, otherwise: () => collected() },
    details: { plan: plan.id, strategy: plan.strategy, counts: countsOf(plan) }
  }
  const stale = ({ name }: RefConflict) => Effect.fail(new PlanStale({ paths: [], names: [name], kept: [] }))
  const done = (operation: Operation, copies: ReadonlyArray<FilePath>): PlanApplied => ({
    operation,
    deployments: into.deployments,
    versions: into.versions.map(({ version }) => version),
    copies
  })
  // Names alone change. A restored snapshot's directory is no project, and its files are taken back all the same.
  if (root === null || (project === null && plan.paths.length === 0))
    return done(yield* parts.log.append(draft).pipe(Effect.catchTag("RefConflict", stale)), [])
  const steps = plan.paths.filter(({ after, before }) => !sameStanding(before, after))
  const checks = plan.paths
    .filter(({ after, before }) => sameStanding(before, after))
    .map(({ before, path }) => ({ path, standing: before }))
  const applied = yield* applySteps(parts, { root, project, steps, checks, draft }).pipe(
    Effect.catchTag("RefConflict", stale)
  )
  return done(applied.operation, applied.copies)
})
