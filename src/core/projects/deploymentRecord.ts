/** Deployments as the catalog keeps them, and the current ones of a project. */
import * as Effect from "effect/Effect"
import { Deployment } from "../../model/Deployment.ts"
import type { DeploymentId, ProjectId, RefName } from "../../model/Ids.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedInProject, deployedInProjectPrefix, deployedOfArtifact, joinParts } from "../catalog/names.ts"
import { corrupt, recordCodec } from "../catalog/recordCodec.ts"

/** The records of deployments. @internal */
export const deploymentCodec = recordCodec("deployment", Deployment)

/** The terms a deployment, current or past, is found by. @internal */
export const deploymentTerms = ({ artifact, project, version }: Deployment): ReadonlyArray<string> => [
  joinParts("project", project),
  joinParts("artifact", artifact),
  joinParts("version", version)
]

/** The record of a deployment, ordered after the one it replaces. @internal */
export const deploymentRecord = (deployment: Deployment, previous: StoredRecord | undefined): StoredRecord => ({
  kind: "deployment",
  id: deployment.id,
  at: Math.max(deployment.time, previous === undefined ? 0 : previous.at + 1),
  terms: deploymentTerms(deployment),
  body: deploymentCodec.encode(deployment)
})

/** Both names of a current deployment, moved together. @internal */
export const deploymentRefs = (
  key: Pick<Deployment, "artifact" | "project" | "target">,
  expected: DeploymentId | null,
  next: DeploymentId | null
): ReadonlyArray<RefUpdate> => [
  { name: deployedInProject(key.project, key.artifact, key.target), expected, next },
  { name: deployedOfArtifact(key.project, key.artifact, key.target), expected, next }
]

/** Lists all refs below a prefix. @internal */
export const listRefs = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  prefix: string
): Effect.fn.Return<ReadonlyArray<readonly [RefName, string]>, StorageError> {
  const all: Array<readonly [RefName, string]> = []
  const limit = 1000
  for (;;) {
    const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({
      prefix,
      after: all.at(-1)?.[0],
      limit
    })
    all.push(...page)
    if (page.length < limit) return all
  }
})

/** Reads deployments by id; every one must be there. @internal */
export const readDeployments = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  ids: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<Deployment>, StorageError> {
  if (ids.length === 0) return []
  const records = yield* catalog.records("deployment", [...new Set(ids)])
  const deployments: Array<Deployment> = []
  for (const id of ids) {
    const record = records.get(id)
    if (record === undefined) return yield* Effect.fail(corrupt("read", `deployment ${id}`, "it is missing"))
    deployments.push(yield* deploymentCodec.decode(record))
  }
  return deployments
})

/** The current deployments of a project, sorted by artifact and target. @internal */
export const currentDeployments = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  project: ProjectId
): Effect.fn.Return<ReadonlyArray<Deployment>, StorageError> {
  const refs = yield* listRefs(catalog, deployedInProjectPrefix(project))
  return yield* readDeployments(
    catalog,
    refs.map(([, id]) => id)
  )
})
