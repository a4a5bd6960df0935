/** Operations as sentences for people. */
import type { Operation, OperationKind } from "../../model/Operation.ts"

const verbs: Record<OperationKind, string> = {
  capture: "captured",
  append: "appended to",
  branch: "moved a branch of",
  tag: "changed a tag of",
  receive: "received names of",
  deploy: "deployed",
  update: "updated",
  retire: "retired",
  resolve: "resolved conflicts in",
  rollback: "rolled back",
  restore: "restored",
  undo: "undid an operation on",
  redo: "redid an operation on",
  prune: "pruned snapshots of",
  collect: "collected garbage of",
  repair: "repaired"
}

const short = (id: unknown): string => (typeof id === "string" ? id.slice(0, 8) : "nothing")
const several = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/** The first subject is what the operation is about; the others, its artifacts, are named while they are few. */
const listed = ([about, ...artifacts]: ReadonlyArray<string>): string => {
  if (about === undefined) return "the store"
  if (artifacts.length === 0) return about
  return `${about} (${artifacts.length > 3 ? several(artifacts.length, "artifact") : artifacts.join(", ")})`
}

/** What was done, in words: the verb and its object. */
const deed = ({ details, kind, reverses, subjects }: Operation): string => {
  const whom = listed(subjects)
  if (kind === "append" && typeof details.versions === "number") {
    return `imported ${several(details.versions, "version")} of ${whom}`
  }
  if (kind === "receive" && typeof details.versions === "number" && details.versions > 0) {
    return `received ${several(details.versions, "version")} of ${whom}`
  }
  if (kind === "append" && typeof details.version === "string") {
    const branch = typeof details.branch === "string" ? ` on branch ${details.branch}` : ""
    return `appended version ${short(details.version)} to ${whom}${branch}`
  }
  if (kind === "tag" && typeof details.tag === "string") {
    if (typeof details.removed === "string")
      return `removed tag ${details.tag} of ${whom} from ${short(details.removed)}`
    const verb = details.forced === true ? "moved tag" : "tagged"
    return details.forced === true
      ? `${verb} ${details.tag} of ${whom} to ${short(details.version)}`
      : `${verb} ${short(details.version)} of ${whom} as ${details.tag}`
  }
  if (kind === "branch" && typeof details.branch === "string") {
    if (typeof details.renamedFrom === "string") {
      return `renamed branch ${details.renamedFrom} of ${whom} to ${details.branch}`
    }
    if (details.to === null) return `deleted branch ${details.branch} of ${whom}, which was at ${short(details.from)}`
    if (details.from === null) return `created branch ${details.branch} of ${whom} at ${short(details.to)}`
    return `moved branch ${details.branch} of ${whom} from ${short(details.from)} to ${short(details.to)}`
  }
  if ((kind === "undo" || kind === "redo") && reverses.length > 0) {
    return `${kind === "undo" ? "undid" : "redid"} ${reverses.map(short).join(", ")} on ${whom}`
  }
  return `${verbs[kind]} ${whom}`
}

/**
 * Says in a sentence who did what, and why.
 *
 * @public
 */
export const describeOperation = (operation: Operation): string => {
  const project = operation.effect?.project ?? null
  const where = project === null || operation.subjects.includes(project) ? "" : ` in ${project}`
  const reason = operation.reason === "" ? "" : `: ${operation.reason}`
  return `${operation.actor} ${deed(operation)}${where}${reason}`
}
