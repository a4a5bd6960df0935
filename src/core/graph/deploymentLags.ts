/** Who is behind, and by how much: current deployments against the heads of branches. */
import * as Effect from "effect/Effect"
import { aheadBehindWalk } from "../../algo/graph/graphWalks.ts"
import type { Deployment } from "../../model/Deployment.ts"
import type { ArtifactId, ProjectId, RefName, VersionId } from "../../model/Ids.ts"
import { InvalidCursor } from "../../model/Page.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, deployedInProjectPrefix, deployedOfArtifactPrefix } from "../catalog/names.ts"
import type { Page } from "../catalog/readPage.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { readDeployments } from "../projects/deploymentRecord.ts"
import { type GraphMemory, makeGraphReader } from "./GraphReader.ts"
import { pageSize } from "./versionPages.ts"

/** Whose deployments: an artifact's, in all projects, or all of a project. Give exactly one of the two. @public */
export interface LagRequest {
  readonly artifact?: ArtifactId | undefined
  readonly project?: ProjectId | undefined
  /** The branch to compare with: that of the collection it was deployed from, or else `main`, where it is not said. */
  readonly branch?: string | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
}

/**
 * A current deployment beside the head of a branch. `behind`: versions of the branch that the project has not; `ahead`:
 * versions that only the project has, such as its own edits merged. `head` is `null`, and nothing counted, where the
 * artifact has no such branch.
 *
 * @public
 */
export interface DeploymentLag {
  readonly deployment: Deployment
  readonly branch: string
  readonly head: VersionId | null
  readonly ahead: number
  readonly behind: number
}

/** A page of deployments in the order of their names, each compared; versions are counted once for all that share them. @internal */
export const deploymentLags = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  memory: GraphMemory,
  fallback: string,
  request: LagRequest
): Effect.fn.Return<Page<DeploymentLag>, InvalidCursor | StorageError> {
  const { artifact, branch, cursor, project } = request
  if ((artifact === undefined) === (project === undefined)) {
    return yield* Effect.die(new TypeError("VersionGraph.lags takes either an artifact or a project."))
  }
  const prefix =
    artifact === undefined ? deployedInProjectPrefix(project as ProjectId) : deployedOfArtifactPrefix(artifact)
  if (cursor != null && !cursor.startsWith(prefix)) return yield* Effect.fail(new InvalidCursor({ cursor }))
  const limit = pageSize(request.limit)
  const after = cursor == null ? undefined : (cursor as RefName)
  const refs = yield* catalog.list({ prefix, after, limit: limit + 1 })
  const shown = refs.slice(0, limit)
  const deployments = yield* readDeployments(
    catalog,
    shown.map(([, id]) => id)
  )

  const branchesOf = (deployment: Deployment): ReadonlyArray<string> =>
    branch !== undefined ? [branch] : deployment.collection === null ? [fallback] : [deployment.collection, fallback]
  const names = new Set(
    deployments.flatMap((deployment) => branchesOf(deployment).map((name) => branchRef(deployment.artifact, name)))
  )
  const heads = names.size === 0 ? new Map<RefName, string>() : yield* catalog.refs([...names])
  const placed = deployments.map((deployment) => {
    const candidates = branchesOf(deployment)
    const name = candidates.find((candidate) => heads.has(branchRef(deployment.artifact, candidate))) ?? candidates[0]
    const held = heads.get(branchRef(deployment.artifact, name ?? fallback)) ?? null
    return { deployment, branch: name ?? fallback, head: held as VersionId | null }
  })

  const reader = makeGraphReader(catalog, memory.current())
  const ids = new Set(placed.flatMap(({ deployment, head }) => (head === null ? [] : [head, deployment.result])))
  const wanted = [...ids]
  // A name of a version that is not stored is no caller's mistake.
  const slots = yield* Effect.catchTag(reader.require(wanted), "VersionNotFound", ({ id }) =>
    Effect.fail(corrupt("read", `version ${id}`, "a branch or a deployment names it, but it is missing"))
  )
  const slotOf = new Map(wanted.map((id, k) => [id, slots[k] ?? -1]))
  const counted = new Map<string, { readonly ahead: number; readonly behind: number }>()
  const items: Array<DeploymentLag> = []
  for (const { head, ...rest } of placed) {
    const { result } = rest.deployment
    if (head === null) {
      items.push({ ...rest, head, ahead: 0, behind: 0 })
      continue
    }
    const pair = `${result} ${head}`
    const known = counted.get(pair)
    const count =
      known ?? (yield* reader.drive(aheadBehindWalk(reader.graph, slotOf.get(result) ?? -1, slotOf.get(head) ?? -1)))
    counted.set(pair, count)
    items.push({ ...rest, head, ahead: count.ahead, behind: count.behind })
  }
  return { items, cursor: refs.length > limit ? (shown.at(-1)?.[0] ?? null) : null }
})
