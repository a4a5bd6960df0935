/** Planning to retire artifacts: only files that are still what was deployed go; the rest is kept and listed. */
import * as Effect from "effect/Effect"
import { sameStanding } from "../../algo/drift/classify.ts"
import type { DirectoryPath } from "../../model/Ids.ts"
import type { Plan, PlannedDeployment } from "../../model/Plan.ts"
import type { WorkingTreeError } from "../WorkingTree.ts"
import { type Comparison, unreadableState } from "./comparison.ts"
import { finishPlan } from "./finishPlan.ts"
import type { ProjectParts, ProjectState } from "./ProjectState.ts"
import { stepsOf, type Wanted } from "./stepsOf.ts"

/** Plans retiring the selected places; with `target`, only those that stand there. @internal */
export const planRetire = Effect.fnUntraced(function* (
  parts: ProjectParts,
  state: ProjectState,
  comparison: Comparison,
  request: {
    readonly project: NonNullable<Plan["project"]>
    readonly root: string
    readonly target?: DirectoryPath | undefined
    readonly reason: string
  }
): Effect.fn.Return<Plan, WorkingTreeError> {
  const hidden = unreadableState(request.root, state)
  if (hidden !== undefined) return yield* Effect.fail(hidden)
  const places = state.places.filter(
    ({ deployment, selected, target }) =>
      selected && deployment !== null && (request.target === undefined || request.target === target)
  )
  const wanted: Array<Wanted> = []
  for (const { baseline, class: drift, local, path, place } of comparison.paths) {
    if (!places.includes(place) || (baseline === null && local === null)) continue
    const unchanged = sameStanding(baseline, local) || comparison.same(baseline, local)
    const gone = local === null || (baseline !== null && unchanged)
    const reason =
      local === null
        ? "it is gone already"
        : gone
          ? "it is still what was deployed"
          : baseline === null
            ? "it was never deployed, so it is kept"
            : "it was changed here, so it is kept"
    wanted.push({ path, artifact: place.artifact, class: drift, after: gone ? null : local, conflict: null, reason })
  }
  const deployments = places.map(
    ({ artifact, collection, deployment, shape, target }): PlannedDeployment => ({
      artifact,
      target,
      shape,
      collection,
      before: deployment?.id ?? null,
      after: null,
      restore: null
    })
  )
  return yield* finishPlan(
    {
      kind: "retire",
      project: request.project,
      strategy: null,
      reason: request.reason,
      // What upstream holds by now has no part in this.
      basis: state.basis.filter(({ name }) => name.startsWith("deployed/")),
      paths: stepsOf(wanted, state.local, new Set(places.map(({ target }) => target))),
      deployments,
      refs: [],
      reverses: [],
      notes: []
    },
    parts.objects.identify
  )
})
