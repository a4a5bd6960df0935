/** Between what stands in a project and what a tree holds. */
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { BlobId, ObjectId } from "../../model/Ids.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import type { Entry } from "../../model/Tree.ts"

/** A tree's entry as it stands in a project; a conflict stands nowhere. @internal */
export const asStanding = (entry: FlatEntry | Entry | null): Standing | null => {
  if (entry === null || entry.kind === "conflict") return null
  if (entry.kind === "directory") return { kind: "directory" }
  return { kind: entry.kind, id: entry.id as BlobId, size: entry.size }
}

/** What stands in a project, as a tree would hold it. Only files have a size there. @internal */
export const asEntry = (standing: Standing): FlatEntry =>
  standing.kind === "directory"
    ? { kind: "directory" }
    : { kind: standing.kind, id: standing.id as ObjectId, size: standing.kind === "symlink" ? 0 : standing.size }

/** Whether something stands there whose bytes can be read. @internal */
export const isStandingFile = (standing: Standing | null): standing is StandingFile =>
  standing !== null && standing.kind !== "directory"
