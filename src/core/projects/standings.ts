/** Between what stands in a project and what a tree holds. */
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { BlobId, ObjectId } from "../../model/Ids.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import type { Entry } from "../../model/Tree.ts"

const directory: Standing & FlatEntry = { kind: "directory" }

/** Whether something says what stands at a path and nothing more: then it serves for a standing and for an entry alike. */
const isPlain = (held: object): boolean => {
  let fields = 0
  for (const _ in held) fields++
  return fields === 3
}

/**
 * A tree's entry as it stands in a project; a conflict stands nowhere. Where it can be, it is the same object: large projects
 * have a hundred thousand of them, on three sides.
 *
 * @internal
 */
export const asStanding = (entry: FlatEntry | Entry | null): Standing | null => {
  if (entry === null || entry.kind === "conflict") return null
  if (entry.kind === "directory") return directory
  const { id, kind, size } = entry
  return isPlain(entry) ? (entry as Standing) : { kind, id: id as BlobId, size }
}

/** What stands in a project, as a tree would hold it. Only files have a size there. @internal */
export const asEntry = (standing: Standing): FlatEntry => {
  if (standing.kind === "directory") return directory
  const { id, kind, size } = standing
  if (kind !== "symlink" && isPlain(standing)) return standing as FlatEntry
  return { kind, id: id as ObjectId, size: kind === "symlink" ? 0 : size }
}

/** Whether something stands there whose bytes can be read. @internal */
export const isStandingFile = (standing: Standing | null): standing is StandingFile =>
  standing !== null && standing.kind !== "directory"
