/** Planning to resolve conflicts: what is chosen is written to the project, and upstream becomes the path's baseline. */
import * as Effect from "effect/Effect"
import { type BuiltTree, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { ResolutionRefused, Term } from "../../model/Conflict.ts"
import { TargetOccupied } from "../../model/Deployment.ts"
import type { BlobId, ConflictId, FilePath, TreeId } from "../../model/Ids.ts"
import { ConflictNotFound, type Plan, type PlannedDeployment } from "../../model/Plan.ts"
import { InvalidPath } from "../../model/Snapshot.ts"
import type { Standing } from "../../model/Standing.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { planPartial } from "../conflicts/planPartial.ts"
import { rememberWhole } from "../conflicts/rememberWhole.ts"
import type { PartialResolution } from "../conflicts/settleConflict.ts"
import type { Content, SizedObject } from "../objects/Objects.ts"
import { storeTrees } from "../objects/storeTrees.ts"
import { flattenTree, joinPath } from "../objects/treeWalk.ts"
import { CapturePolicy } from "../references/CapturePolicy.ts"
import type { WorkingTreeError } from "../WorkingTree.ts"
import { type Comparison, unreadable } from "./comparison.ts"
import { finishPlan } from "./finishPlan.ts"
import { heldTree, openConflicts, relativeToTarget, storePlanned } from "./heldTree.ts"
import { type Place, versionTree } from "./Place.ts"
import { ancestors, isBelow, type OpenConflict, type ProjectParts, type ProjectState } from "./ProjectState.ts"
import { asStanding, isStandingFile } from "./standings.ts"
import { stepsOf, type Wanted } from "./stepsOf.ts"

/** Settles a conflict whole. @public */
export type WholeResolution =
  | { readonly path: FilePath; readonly use: "ours" | "theirs" | "base" }
  | { readonly path: FilePath; readonly use: "content"; readonly bytes: Uint8Array }

/**
 * How a conflict is settled. Whole: `ours` keeps whatever stands there now, edits by hand included; `theirs` and `base` take
 * that side; bytes are written as they are. Or hunk by hunk: what is decided is kept with the conflict, and the last hunk
 * resolves it.
 *
 * @public
 */
export type Resolution = WholeResolution | PartialResolution

const sides = {
  theirs: "upstream is taken",
  base: "the baseline is taken",
  ours: "what stands there is kept",
  content: "given content is taken"
}

/** What a chosen side puts at and below a path. */
const chosen = Effect.fnUntraced(function* (
  { objects }: ProjectParts,
  resolution: WholeResolution,
  { conflict }: OpenConflict,
  state: ProjectState,
  contents: Array<Content>
): Effect.fn.Return<ReadonlyMap<FilePath, Standing> | null, StorageError> {
  const { path } = resolution
  if (resolution.use === "ours") return null
  if (resolution.use === "content") {
    const local = state.local.get(path)
    const id = objects.identify(resolution.bytes)
    contents.push({ id, bytes: resolution.bytes })
    const like = isStandingFile(local ?? null) ? local : asStanding(conflict.sides[1] ?? conflict.sides[0] ?? null)
    const kind = like?.kind === "executable" ? "executable" : "file"
    return new Map([[path, { kind, id, size: resolution.bytes.length }]])
  }
  const term: Term | null = (resolution.use === "theirs" ? conflict.sides[1] : conflict.bases[0]) ?? null
  if (term === null) return new Map()
  if (term.kind !== "directory") {
    return new Map([
      [path, { kind: term.kind === "conflict" ? "file" : term.kind, id: term.id as BlobId, size: term.size }]
    ])
  }
  const below = new Map<FilePath, Standing>()
  for (const [inner, entry] of yield* flattenTree(objects, term.id as TreeId)) {
    const standing = asStanding(entry)
    if (standing !== null) below.set(joinPath(path, inner), standing)
  }
  if (below.size === 0) below.set(path, { kind: "directory" })
  return below
})

/** Plans the resolution of open conflicts of a project. @internal */
export const planResolve = Effect.fn("Projects.planResolve")(function* (
  parts: ProjectParts,
  state: ProjectState,
  comparison: Comparison,
  request: {
    readonly project: NonNullable<Plan["project"]>
    readonly root: string
    readonly resolutions: ReadonlyArray<Resolution>
    readonly reason: string
  }
): Effect.fn.Return<
  Plan,
  ConflictNotFound | InvalidPath | ResolutionRefused | StorageError | TargetOccupied | WorkingTreeError
> {
  const { objects, catalog } = parts
  const hidden = unreadable(
    request.root,
    state.oddities,
    request.resolutions.map(({ path }) => path)
  )
  if (hidden !== undefined) return yield* Effect.fail(hidden)
  const { content, policy } = comparison
  const trees = new Map<TreeId, BuiltTree>()
  const contents: Array<Content> = []
  const blobs: Array<SizedObject> = []
  const wanted: Array<Wanted> = []
  /** By place and path: the conflict that is left there, `null` where none is. */
  const settled = new Map<Place, Map<FilePath, ConflictId | null>>()
  for (const resolution of request.resolutions) {
    const { path } = resolution
    const open = state.conflicts.get(path)
    if (open === undefined) return yield* Effect.fail(new ConflictNotFound({ project: request.project, path }))
    const paths = settled.get(open.place) ?? new Map<FilePath, ConflictId | null>()
    if (paths.has(path)) return yield* Effect.fail(new InvalidPath({ path, reason: "two resolutions name it" }))
    settled.set(open.place, paths.set(path, null))
    const local = state.local.get(path) ?? null
    const at = { artifact: open.place.artifact, class: "conflicted" as const }
    if (!("use" in resolution)) {
      const partial = yield* planPartial(objects, content, request.project, open.conflict, resolution, local, policy)
      const { after, conflict, reason, remembers } = partial
      contents.push(...partial.contents)
      paths.set(path, conflict)
      wanted.push({ ...at, path, after: after ?? local, conflict, reason, remembers })
      continue
    }
    const after = yield* chosen(parts, resolution, open, state, contents)
    const outcome = after === null ? local : (after.get(path) ?? null)
    const whole = yield* rememberWhole(objects, content, open.conflict, resolution, outcome, policy)
    contents.push(...whole.contents)
    const { remembers } = whole
    const row = { ...at, conflict: null, reason: sides[resolution.use] }
    if (after === null) {
      // What is remembered must be readable when it is met again, and only the project has it.
      if (isStandingFile(local) && comparison.blobs.has(local.id)) blobs.push(local)
      wanted.push({ ...row, path, after: local, remembers })
      continue
    }
    // Our side's own files give way, at the path and below it; a stranger's file does not.
    const ours = open.conflict.sides[0] ?? null
    const mine = new Set<FilePath>([path])
    if (ours?.kind === "directory") {
      for (const inner of (yield* flattenTree(objects, ours.id as TreeId)).keys()) mine.add(joinPath(path, inner))
    }
    const around = new Set([...after.keys()].flatMap((at) => [...ancestors(at)]))
    /** Strangers may stay beside what is chosen; not where a file is to be, nor where a directory is. */
    const inTheWay = (standing: FilePath) =>
      around.has(standing) || [...ancestors(standing)].some((parent) => isStandingFile(after.get(parent) ?? null))
    for (const [standing, what] of state.local) {
      if (what.kind === "directory" || after.has(standing)) continue
      if (!mine.has(standing)) {
        if (!inTheWay(standing)) continue
        return yield* Effect.fail(new TargetOccupied({ path: standing, owner: null, wanted: open.place.artifact }))
      }
      wanted.push({ ...row, path: standing, after: null, ...(standing === path ? { remembers } : {}) })
    }
    if (state.local.get(path)?.kind === "directory" && isStandingFile(after.get(path) ?? null)) {
      // The directory itself goes once its files have gone.
      for (const parent of [...mine].flatMap((file) => [...ancestors(file)])) {
        if (isBelow(path, parent)) wanted.push({ ...row, path: parent, after: null })
      }
    }
    for (const [at, standing] of after) {
      wanted.push({ ...row, path: at, after: standing, ...(at === path ? { remembers } : {}) })
    }
    if (after.size === 0 && !wanted.some((want) => want.path === path)) {
      wanted.push({ ...row, path, after: null, remembers })
    }
  }

  const deployments: Array<PlannedDeployment> = []
  const capture = (yield* CapturePolicy) === "onContentChange"
  const final = new Map(wanted.map(({ after, path }) => [path, after]))
  for (const [place, paths] of settled) {
    const { artifact, collection, deployment, shape, target } = place
    if (deployment === null) continue
    const flat = new Map<FilePath, FlatEntry>(yield* flattenTree(objects, deployment.tree))
    const version = yield* flattenTree(objects, yield* versionTree(catalog, deployment.version))
    for (const [path, conflict] of paths) {
      const relative = relativeToTarget(target, path)
      flat.delete(relative)
      if (conflict !== null) {
        flat.set(relative, { kind: "conflict", id: conflict, size: 0 })
        continue
      }
      for (const [candidate, entry] of version) {
        if (candidate === relative || isBelow(relative, candidate)) flat.set(candidate, entry)
      }
    }
    const open = [...flat.values()].some((entry) => entry.kind === "conflict")
    const key = { artifact, target, shape, collection, before: deployment.id, restore: null }
    if (version.size === 0 && !open) {
      deployments.push({ ...key, after: null })
      continue
    }
    const tree = buildTrees(flat, objects.identify)
    for (const [id, one] of tree.trees) trees.set(id, one)
    let result: TreeId | null = null
    if (capture) {
      const deployed = new Map([...version].map(([relative, entry]) => [joinPath(target, relative), entry]))
      const held = new Map<FilePath, Standing>()
      const known = new Set([
        ...deployed.keys(),
        ...[...flat.keys()].map((relative) => joinPath(target, relative)),
        ...paths.keys()
      ])
      for (const path of known) {
        const standing = final.has(path) ? (final.get(path) ?? null) : (state.local.get(path) ?? null)
        if (standing !== null && standing.kind !== "directory") held.set(path, standing)
      }
      const built = heldTree(objects, target, held, deployed, comparison.same, openConflicts(target, flat))
      if (built !== null) {
        for (const [id, one] of built.trees) trees.set(id, one)
        blobs.push(...built.blobs.filter(({ id }) => comparison.blobs.has(id)))
        result = built.root
      }
    }
    deployments.push({ ...key, after: { version: deployment.version, tree: tree.root, result } })
  }
  yield* storeTrees(objects, trees)
  yield* storePlanned(objects, comparison.content, contents, blobs)
  return yield* finishPlan(
    {
      kind: "resolve",
      project: request.project,
      strategy: null,
      reason: request.reason,
      basis: state.basis.filter(({ name }) => name.startsWith("deployed/")),
      paths: stepsOf(wanted, state.local, new Set(state.places.map(({ target }) => target))),
      deployments,
      refs: [],
      reverses: [],
      notes: []
    },
    objects.identify
  )
})
