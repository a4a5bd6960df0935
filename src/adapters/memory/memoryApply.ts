/** Changing a root in memory: everything at once, and everything back. */
import type { ApplyRequest, ApplyStep, WorkingTreeFailure } from "../../core/WorkingTree.ts"
import type { BlobId, FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import {
  type Change,
  fileNode,
  type MemoryRoot,
  type Node,
  parentOf,
  refusal,
  sameStanding,
  sha256,
  standingOf
} from "./memoryFiles.ts"

/** Why a request cannot be applied whatever stands in the root. @internal */
export class Problem extends Error {
  readonly path: string
  readonly failure: WorkingTreeFailure
  constructor(path: string, failure: WorkingTreeFailure, detail: string) {
    super(detail)
    this.path = path
    this.failure = failure
  }
}

/** Throws when a path is none that may be touched. @internal */
export const refuseUnfit = (request: ApplyRequest): void => {
  for (const { path } of [...request.checks, ...request.steps]) {
    const refused = refusal(path)
    if (refused !== undefined) throw new Problem(path, refused.failure, refused.why)
  }
}

/** The paths whose standing is not what the request relies on. @internal */
export const staleOf = (root: MemoryRoot, request: ApplyRequest): ReadonlyArray<FilePath> => {
  const inputs = [...request.checks, ...request.steps.map(({ path, before }) => ({ path, standing: before }))]
  const stale = inputs.filter(({ path, standing }) => !sameStanding(standingOf(root.get(path)), standing))
  return [...new Set(stale.map(({ path }) => path))].sort(compareUtf8)
}

/** The folders that no step names and that placed paths need, where something else has come to stand meanwhile. @internal */
export const blockedBy = (root: MemoryRoot, steps: ReadonlyArray<ApplyStep>): ReadonlyArray<FilePath> =>
  steps.flatMap(({ path, before, after }) => {
    const there = root.get(path)?.kind
    return before === null && after?.kind === "directory" && there !== undefined && there !== "directory" ? [path] : []
  })

/** The steps, sorted by path, with the folders that placed paths need. @internal */
export const completeSteps = (root: MemoryRoot, request: ApplyRequest): ReadonlyArray<ApplyStep> => {
  const steps = new Map<string, ApplyStep>()
  for (const step of request.steps) {
    if (steps.has(step.path)) throw new Problem(step.path, "unsupported", "is named by two steps")
    steps.set(step.path, step)
  }
  for (const [path, { before, after }] of steps) if (sameStanding(before, after)) steps.delete(path)
  for (const [path, { after }] of [...steps]) {
    if (after === null) continue
    for (let at = parentOf(path) as FilePath; at.length > 0; at = parentOf(at) as FilePath) {
      const own = steps.get(at)
      if (own !== undefined) {
        if (own.after !== null && own.after.kind !== "directory") {
          throw new Problem(at, "unsupported", "is to be a file and a folder at once")
        }
        steps.set(at, { ...own, after: { kind: "directory" } })
      } else if (!root.isFolder(at)) {
        const kind = root.get(at)?.kind
        if (kind !== undefined) throw new Problem(at, kind === "symlink" ? "escapes-root" : "not-a-directory", "")
        steps.set(at, { path: at, before: null, after: { kind: "directory" } })
      }
    }
  }
  const out = [...steps.values()].filter(({ before, after }) => !sameStanding(before, after))
  return out.sort((a, b) => compareUtf8(a.path, b.path))
}

/** The content that steps will place. @internal */
export const idsOf = (steps: ReadonlyArray<ApplyStep>): ReadonlyArray<BlobId> => [
  ...new Set(steps.flatMap(({ after }) => (after === null || after.kind === "directory" ? [] : [after.id])))
]

const nodeFor = ({ path, after }: ApplyStep, contents: ReadonlyMap<BlobId, Uint8Array>): Node | undefined => {
  if (after === null || after.kind === "directory") return after ?? undefined
  const bytes = contents.get(after.id)
  if (bytes === undefined) throw new Problem(path, "io", `no content was given for ${after.id}`)
  if (sha256(bytes) !== after.id) throw new Problem(path, "io", `other content was given than ${after.id}`)
  return fileNode(after.kind, bytes)
}

/** What will be done, with the content in hand. @internal */
export const changesOf = (
  root: MemoryRoot,
  steps: ReadonlyArray<ApplyStep>,
  contents: ReadonlyMap<BlobId, Uint8Array>
): ReadonlyArray<Change> =>
  steps.map((step) => ({ path: step.path, before: root.get(step.path), after: nodeFor(step, contents) }))

/** Makes the changes; gives the path that stands in the way, if one does, and then has changed nothing. @internal */
export const makeChanges = (root: MemoryRoot, changes: ReadonlyArray<Change>): FilePath | undefined => {
  const done: Array<Change> = []
  const undo = (path: FilePath) => {
    undoChanges(root, done, "")
    return path
  }
  for (const change of [...changes].reverse()) {
    if (change.after !== undefined) continue
    if (change.before?.kind === "directory" && !root.isEmpty(change.path)) continue
    root.delete(change.path)
    done.push(change)
  }
  for (const change of changes) {
    if (change.after === undefined) continue
    // A folder that was to be made is there by now: it is not ours to remove.
    if (change.after.kind === "directory" && change.before?.kind === "directory") continue
    if (change.before?.kind === "directory" && !root.isEmpty(change.path)) return undo(change.path)
    root.set(change.path, change.after)
    done.push(change)
  }
  return undefined
}

const keepCopy = (root: MemoryRoot, path: FilePath, node: Node, applyId: string): FilePath => {
  const short = applyId.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 8)
  for (let n = 1; ; n++) {
    const copy = `${path}.tidemark-conflict-${short}${n === 1 ? "" : `-${n}`}` as FilePath
    if (root.get(copy) !== undefined) continue
    root.addParents(copy)
    root.set(copy, node)
    return copy
  }
}

/** Puts back what was changed; what has no place any more becomes a copy, whose path it returns. @internal */
export const undoChanges = (
  root: MemoryRoot,
  changes: ReadonlyArray<Change>,
  applyId: string
): ReadonlyArray<FilePath> => {
  const sorted = [...changes].sort((a, b) => compareUtf8(a.path, b.path))
  for (const { path, after } of [...sorted].reverse()) {
    if (after === undefined || root.get(path) !== after) continue
    if (after.kind !== "directory" || root.isEmpty(path)) root.delete(path)
  }
  return sorted.flatMap(({ path, before }) => {
    if (before === undefined) return []
    const there = root.get(path)
    if (there === undefined && root.addParents(path) === undefined) root.set(path, before)
    else if (there !== before && before.kind !== "directory") return [keepCopy(root, path, before, applyId)]
    return []
  })
}
