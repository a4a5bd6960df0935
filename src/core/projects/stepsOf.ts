/** From the wanted state of a project's paths to planned paths, directories included. */
import { sameStanding } from "../../algo/drift/classify.ts"
import type { DriftClass } from "../../model/Drift.ts"
import type { ArtifactId, ConflictId, DirectoryPath, FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { PlannedPath } from "../../model/Plan.ts"
import type { Standing } from "../../model/Standing.ts"
import { ancestors, isBelow } from "./ProjectState.ts"

/** What is wanted at a path, and why. @internal */
export interface Wanted {
  readonly path: FilePath
  readonly artifact: ArtifactId | null
  readonly class: DriftClass
  readonly after: Standing | null
  readonly conflict: ConflictId | null
  readonly reason: string
  readonly regions?: PlannedPath["regions"]
  readonly recalled?: PlannedPath["recalled"]
  readonly remembers?: PlannedPath["remembers"]
}

/** What is said of a path only where there is something to say. */
const explained = ({ recalled = [], regions, remembers = [] }: Wanted) => ({
  ...(regions === undefined || regions.total === 0 ? {} : { regions }),
  ...(recalled.length === 0 ? {} : { recalled }),
  ...(remembers.length === 0 ? {} : { remembers })
})

const actionOf = (before: Standing | null, wanted: Wanted): PlannedPath["action"] => {
  if (wanted.conflict !== null) return "conflict"
  if (sameStanding(before, wanted.after)) return wanted.class === "clean" ? "none" : "keep"
  return wanted.after === null ? "remove" : "write"
}

const sortedByPath = (paths: Iterable<PlannedPath>): ReadonlyArray<PlannedPath> =>
  [...paths].sort((a, b) => compareUtf8(a.path, b.path))

/**
 * Plans paths from what is wanted at them and what stands there. Directories that lose their last file are planned for
 * removal, from the deepest up to (and with) the target they belong to; `local` says what else stands in them.
 *
 * @internal
 */
export const stepsOf = (
  wanted: ReadonlyArray<Wanted>,
  local: ReadonlyMap<FilePath, Standing>,
  targets: ReadonlySet<DirectoryPath>
): ReadonlyArray<PlannedPath> => {
  const planned = new Map<FilePath, PlannedPath>()
  for (const want of wanted) {
    const before = local.get(want.path) ?? null
    const { after, artifact, class: drift, conflict, path, reason } = want
    const action = actionOf(before, want)
    planned.set(path, { path, artifact, class: drift, action, before, after, conflict, reason, ...explained(want) })
  }
  const removal = (path: FilePath, { artifact, class: drift }: PlannedPath, reason: string): PlannedPath => ({
    path,
    artifact,
    class: drift,
    action: "remove",
    before: { kind: "directory" },
    after: null,
    conflict: null,
    reason
  })
  // Directories in a directory that gives way to a file: nothing of them can stay, and empty ones hold nothing.
  const replaced = [...planned.values()].filter(
    ({ after, before }) => before?.kind === "directory" && after !== null && after.kind !== "directory"
  )
  for (const plan of replaced) {
    for (const [path, standing] of local) {
      if (standing.kind !== "directory" || planned.has(path) || !isBelow(plan.path, path)) continue
      planned.set(path, removal(path, plan, "a file is put where it was"))
    }
  }
  // Directories on the way to removed paths, unless something stays in them.
  const isRemoved = ({ after, before }: PlannedPath) => after === null && before !== null
  if (![...planned.values()].some(isRemoved)) return sortedByPath(planned.values())
  const occupied = new Set<FilePath>()
  const filled = new Set<FilePath>()
  for (const path of local.keys()) for (const parent of ancestors(path)) filled.add(parent)
  for (const [path, standing] of local) {
    const plan = planned.get(path)
    const stays = plan === undefined ? standing.kind !== "directory" || !filled.has(path) : plan.after !== null
    if (stays) for (const parent of ancestors(path)) occupied.add(parent)
  }
  for (const plan of planned.values())
    if (plan.after !== null) for (const parent of ancestors(plan.path)) occupied.add(parent)
  for (const plan of [...planned.values()]) {
    if (!isRemoved(plan)) continue
    // What is above something that stands is a directory, also where the scan did not look: there, others may keep it.
    for (const parent of ancestors(plan.path)) {
      if (occupied.has(parent) || planned.has(parent)) continue
      const inside = [...targets].some((target) => target === "" || parent === target || isBelow(target, parent))
      if (!inside) continue
      planned.set(parent, removal(parent, plan, "its last known file is removed"))
    }
  }
  return sortedByPath(planned.values())
}
