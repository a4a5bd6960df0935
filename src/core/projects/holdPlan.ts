/** Claims everything that a plan will name: it was stored when the plan was made, which may be long ago. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import type { RecordName } from "../../model/Operation.ts"
import { type Plan, PlanStale } from "../../model/Plan.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedInProject } from "../catalog/names.ts"
import { claimBelow } from "../graph/claimTree.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { deploymentCodec } from "./deploymentRecord.ts"
import { holdNamed } from "./holdNamed.ts"

/** Content that a plan names is no longer stored. @internal */
export const collected = (names: ReadonlyArray<RefName> = []): PlanStale =>
  new PlanStale({ paths: [], names, kept: [] })

/** Claims what a plan names; answers the records that must still be there when it is committed. @internal */
export const holdPlan = Effect.fnUntraced(function* (
  { catalog, objects }: { readonly catalog: CatalogStorageService; readonly objects: ObjectsService },
  plan: Plan
): Effect.fn.Return<ReadonlyArray<RecordName>, PlanStale | StorageError> {
  const { project } = plan
  const named: Array<readonly [RefName, string | null]> = plan.refs.map(({ after, name }) => [name, after])
  const relies: Array<RecordName> = []
  for (const { after, artifact, before, restore, target } of project === null ? [] : plan.deployments) {
    const name = deployedInProject(project ?? ("" as never), artifact, target)
    if (restore !== null) named.push([name, restore])
    if (after === null) continue
    const version = (yield* catalog.records(versionCodec.kind, [after.version])).get(after.version)
    const earlier = before === null ? undefined : (yield* catalog.records(deploymentCodec.kind, [before])).get(before)
    if (version === undefined) return yield* Effect.fail(collected([name]))
    relies.push({ kind: versionCodec.kind, id: after.version })
    const { tree } = yield* versionCodec.decode(version)
    // What stands there now is held by its name, and the version by its record: only what differs is claimed.
    const known = earlier === undefined ? tree : (yield* deploymentCodec.decode(earlier)).tree
    let missing = yield* claimBelow(objects, after.tree, known)
    if (after.result !== null) missing ??= yield* claimBelow(objects, after.result, tree)
    if (missing !== undefined) return yield* Effect.fail(collected([name]))
  }
  const held = yield* holdNamed({ catalog, objects }, named)
  if (held.missing !== null) return yield* Effect.fail(collected([held.missing.name]))
  relies.push(...held.relies)
  for (const { path, remembers = [] } of plan.paths) {
    const outcomes = remembers.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]))
    if (outcomes.length > 0 && (yield* objects.claim(outcomes)).length > 0) {
      return yield* Effect.fail(new PlanStale({ paths: [path], names: [], kept: [] }))
    }
  }
  return relies
})
