/** A plan's id, and its counts for people. */
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { Plan } from "../../model/Plan.ts"

/** The text that a plan's id is the hash of. @internal */
export const planText = (plan: Omit<Plan, "id">): string => {
  const { basis, deployments, kind, notes, paths, project, reason, refs, reverses, strategy } = plan
  return `tidemark plan 1\n${canonicalJson({ basis, deployments, kind, notes, paths, project, reason, refs, reverses, strategy })}`
}

/** Names a plan by everything in it. @internal */
export const finishPlan = (plan: Omit<Plan, "id">, identify: (bytes: Uint8Array) => string): Plan => ({
  id: identify(new TextEncoder().encode(planText(plan))),
  ...plan
})
