/** Drift of one path, decided from what baseline, upstream and local hold there. */
import type { DriftClass } from "../../model/Drift.ts"
import type { Standing } from "../../model/Standing.ts"

/** Whether two standings are the same to the byte: kind and content. @public */
export const sameStanding = (a: Standing | null, b: Standing | null): boolean => {
  if (a === null || b === null) return a === b
  if (a.kind === "directory" || b.kind === "directory") return a.kind === b.kind
  return a.kind === b.kind && a.id === b.id
}

/** Whether two standings are the same text under the policy in force. Byte-equal ones always are. @public */
export type SameText = (a: Standing | null, b: Standing | null) => boolean

/**
 * Classifies one path. `same` is asked only about standings that differ in bytes.
 *
 * @public
 */
export const classify = (
  baseline: Standing | null,
  upstream: Standing | null,
  local: Standing | null,
  same: SameText
): DriftClass => {
  const equal = (a: Standing | null, b: Standing | null) => sameStanding(a, b) || same(a, b)
  if (baseline === null) {
    if (upstream === null) return local === null ? "converged" : "localOnly"
    if (local === null) return "addedUpstream"
    return equal(local, upstream) ? "converged" : "both"
  }
  if (local === null) {
    if (upstream === null) return "converged"
    return equal(upstream, baseline) ? "deleted" : "both"
  }
  if (upstream === null) return equal(local, baseline) ? "removedUpstream" : "both"
  const moved = !equal(upstream, baseline)
  if (equal(local, baseline)) {
    if (moved) return "outdated"
    return sameStanding(local, baseline) ? "clean" : "eolOnly"
  }
  if (!moved) return "modified"
  return equal(local, upstream) ? "converged" : "both"
}
