/** The operations of a project since some point, and the deployments as they were then. */
import * as Effect from "effect/Effect"
import type { Deployment } from "../../model/Deployment.ts"
import type { ProjectId, RefName } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedInProjectPrefix, joinParts } from "../catalog/names.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { currentDeployments, readDeployments } from "../projects/deploymentRecord.ts"
import type { DeploymentMove } from "../projects/planReversal.ts"

/** A project's deployments by the names that hold them. @internal */
export type DeploymentNames = ReadonlyMap<RefName, string>

/** The operations to take back, newest first, and what held the names before the oldest of them. @internal */
export interface Past {
  readonly operations: ReadonlyArray<Operation>
  readonly names: DeploymentNames
}

/**
 * Walks a project's operations backwards until `stop` says that the state before the operations walked so far (newest
 * first) is the one that is looked for. `null`: the ledger's beginning was reached first.
 *
 * @internal
 */
export const walkBack = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  project: ProjectId,
  current: DeploymentNames,
  stop: (names: DeploymentNames, next: Operation | null, place: RecordPosition | null) => Effect.Effect<boolean, E>
): Effect.fn.Return<Past | null, E | StorageError> {
  const prefix = deployedInProjectPrefix(project)
  const names = new Map(current)
  const operations: Array<Operation> = []
  let after: RecordPosition | undefined
  for (;;) {
    const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: "operation",
      term: joinParts("subject", project),
      direction: "backward",
      after,
      limit: 100
    })
    for (const record of page) {
      after = { at: record.at, id: record.id }
      const operation = yield* operationCodec.decode(record)
      const moved = operation.refs.filter(({ name }) => name.startsWith(prefix))
      // A collection or artifact may be named like the project: those operations moved nothing here.
      if (moved.length === 0 && operation.effect?.project !== project) continue
      if (yield* stop(names, operation, record)) return { operations, names }
      operations.push(operation)
      for (const { before, name } of moved) {
        if (before === null) names.delete(name)
        else names.set(name, before)
      }
    }
    if (page.length < 100) return (yield* stop(names, null, null)) ? { operations, names } : null
  }
})

/** Pairs what stands at each target now with what stood there then; targets where nothing changed are left out. @internal */
export const movesBetween = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  now: DeploymentNames,
  earlier: DeploymentNames
): Effect.fn.Return<ReadonlyArray<DeploymentMove>, StorageError> {
  const ids = [...new Set([...now.values(), ...earlier.values()])]
  const byId = new Map(
    (yield* readDeployments(catalog, ids)).map((deployment) => [deployment.id as string, deployment])
  )
  const at = (names: DeploymentNames, name: RefName): Deployment | null => byId.get(names.get(name) ?? "") ?? null
  const moves: Array<DeploymentMove> = []
  for (const name of new Set([...now.keys(), ...earlier.keys()])) {
    if (now.get(name) !== earlier.get(name)) moves.push({ now: at(now, name), earlier: at(earlier, name) })
  }
  return moves
})

/** The names of a project's current deployments. @internal */
export const currentNames = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  project: ProjectId,
  nameOf: (deployment: Deployment) => RefName
): Effect.fn.Return<DeploymentNames, StorageError> {
  const deployments = yield* currentDeployments(catalog, project)
  return new Map(deployments.map((deployment) => [nameOf(deployment), deployment.id]))
})
