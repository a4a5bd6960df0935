/** Planning a rollback or an undo: files by three-way merge, deployments back to the records of then. */
import * as Effect from "effect/Effect"
import { classify } from "../../algo/drift/classify.ts"
import { type BuiltTree, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Deployment, TargetOccupied } from "../../model/Deployment.ts"
import type { DirectoryPath, FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Operation, OperationCollected } from "../../model/Operation.ts"
import type { Basis, Plan, PlannedDeployment } from "../../model/Plan.ts"
import type { Standing } from "../../model/Standing.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { deployedInProject } from "../catalog/names.ts"
import type { Content, SizedObject } from "../objects/Objects.ts"
import { storeTrees } from "../objects/storeTrees.ts"
import { flattenTree, joinPath, type TreeSource } from "../objects/treeWalk.ts"
import { CapturePolicy } from "../references/CapturePolicy.ts"
import { IgnoreRules } from "../references/IgnoreRules.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import type { WorkingTreeError } from "../WorkingTree.ts"
import { unreadable } from "./comparison.ts"
import { currentDeployments } from "./deploymentRecord.ts"
import { finishPlan } from "./finishPlan.ts"
import { heldTree, openConflicts, relativeToTarget, storePlanned } from "./heldTree.ts"
import { holdReversal } from "./holdReversal.ts"
import { blobOf, compareStandings, localBlobs, localContent } from "./localContent.ts"
import { overlay } from "./mergeSides.ts"
import { versionTree } from "./Place.ts"
import { ancestors, type Claim, claimedTwice, isBelow, type ProjectParts } from "./ProjectState.ts"
import { readDone, reverseFiles, scoped } from "./reverseFiles.ts"
import { asStanding } from "./standings.ts"
import { stepsOf, type Wanted } from "./stepsOf.ts"
import { type WholeVersions, wholeVersions } from "./wholeVersions.ts"

/** A target whose deployment changes: what stands there now and what stood there then. @internal */
export interface DeploymentMove {
  readonly now: Deployment | null
  readonly earlier: Deployment | null
}

/** What to reverse. @internal */
export interface ReversalRequest {
  readonly kind: "rollback" | "undo" | "redo"
  readonly project: Plan["project"]
  readonly root: string
  readonly reason: string
  /** Newest first. */
  readonly operations: ReadonlyArray<Operation>
  readonly moves: ReadonlyArray<DeploymentMove>
  /** Undo puts the very records back; a rollback makes new ones. */
  readonly restoreRecords: boolean
  /** Only these paths of the project; `undefined`: all. */
  readonly paths?: ReadonlySet<FilePath> | undefined
  /** Only paths of the deployments that move; those of `others` stay as they are. */
  readonly others?: ReadonlyArray<Deployment> | undefined
  readonly refs: Plan["refs"]
  readonly basis: ReadonlyArray<Basis>
  readonly notes: ReadonlyArray<string>
}

/** Which directories to look at. */
const within = (moves: ReadonlyArray<DeploymentMove>, touched: Iterable<FilePath>) => {
  const places = new Set<DirectoryPath>(touched)
  for (const { now, earlier } of moves) {
    for (const deployment of [now, earlier])
      if (deployment !== null && deployment.shape !== "file") places.add(deployment.target)
  }
  return places.has("") ? undefined : [...places]
}

/** Plans the reversal of operations. @internal */
export const planReversal = Effect.fn("Projects.planReversal")(function* (
  parts: ProjectParts,
  given: ReversalRequest
): Effect.fn.Return<Plan, OperationCollected | StorageError | TargetOccupied | WorkingTreeError> {
  const { catalog, objects, workingTree } = parts
  const { operations, paths: only, root } = given
  // An undo takes back one operation exactly, or not at all.
  const whole: WholeVersions | null = yield* holdReversal(parts, operations, given.moves).pipe(
    Effect.as(null),
    Effect.catchTag("OperationCollected", (gone) =>
      given.kind === "rollback" ? wholeVersions(parts, given.moves, gone) : Effect.fail(gone)
    )
  )
  const request = whole === null ? given : { ...given, moves: whole.moves, notes: [...given.notes, ...whole.notes] }
  const policy = yield* TextPolicy
  const { others } = request
  const owners = new Map<FilePath, DeploymentMove | null>()
  const places: Array<readonly [Deployment, DeploymentMove | null]> = []
  for (const deployment of others ?? []) places.push([deployment, null])
  // Where a deployment is what it was, its files may have changed all the same, and questions about them are its own.
  const moving = new Set([...request.moves.map(({ now }) => now?.id), ...(others ?? []).map(({ id }) => id)])
  const standing = request.project === null ? [] : yield* currentDeployments(catalog, request.project)
  const still = standing
    .filter(({ id }) => !moving.has(id))
    .map((deployment): DeploymentMove => ({ now: deployment, earlier: deployment }))
  const all = [...still, ...request.moves]
  // A path that has changed hands belongs to whoever will hold it.
  for (const side of only === undefined ? (["now", "earlier"] as const) : (["earlier", "now"] as const)) {
    for (const move of all) if (move[side] !== null) places.push([move[side], move])
  }
  for (const [deployment, move] of places) {
    for (const relative of (yield* flattenTree(objects, deployment.tree)).keys()) {
      owners.set(joinPath(deployment.target, relative), move)
    }
  }
  /** Whose a path is: of the deployment that holds it, else of the deepest one around it. */
  const ownerOf = (path: FilePath): DeploymentMove | undefined => {
    const holder = owners.get(path)
    if (holder !== undefined) return holder ?? undefined
    let best: DeploymentMove | undefined
    let depth = -1
    for (const [{ shape, target }, move] of places) {
      if (shape === "file" || !isBelow(target, path) || target.length < depth) continue
      best = move ?? undefined
      depth = target.length
    }
    return best
  }
  // With a choice of paths, an artifact that none of them belongs to is not touched.
  const chosen = only === undefined ? undefined : new Set([...only].map(ownerOf))
  const moves = all.filter((move) => chosen === undefined || chosen.has(move))
  /** Of a path: asked for, and of a deployment that moves. */
  const inScope = (path: FilePath) =>
    (only === undefined || only.has(path)) && (others === undefined || ownerOf(path) !== undefined)
  const done = scoped(whole === null ? yield* readDone(objects, operations) : [whole.done], inScope)
  const touched = new Set(done.flatMap(({ found, left }) => [...found.keys(), ...left.keys()]))
  const touchedOf = Map.groupBy(touched, ownerOf)
  const looked = moves.filter((move) => move.now !== move.earlier || touchedOf.has(move))
  const scan = yield* workingTree.scan(root, { ignore: yield* IgnoreRules, within: within(looked, touched) })
  const known = [...owners].flatMap(([path, move]) => (move !== null && looked.includes(move) ? [path] : []))
  const hidden = unreadable(root, scan.oddities, [...touched, ...known])
  if (hidden !== undefined) return yield* Effect.fail(hidden)
  const local = new Map(scan.entries.map(({ path, standing }) => [path, standing]))
  const stored = new Set<ObjectId>()
  for (const { found, left } of done) {
    for (const side of [found, left]) for (const entry of side.values()) for (const id of blobOf(entry)) stored.add(id)
  }
  const blobs = localBlobs(local, stored)
  const content = localContent(objects, workingTree, root, blobs)
  const reversed = yield* reverseFiles(objects, content, done, local, policy)

  // What each path was before the oldest and after the newest of the operations: for the report.
  const left = new Map<FilePath, FlatEntry | null>()
  const found = new Map<FilePath, FlatEntry | null>()
  for (const step of done) {
    for (const path of new Set([...step.found.keys(), ...step.left.keys()])) {
      if (!left.has(path)) left.set(path, step.left.get(path) ?? null)
      found.set(path, step.found.get(path) ?? null)
    }
  }
  const triple = (path: FilePath) =>
    [asStanding(left.get(path) ?? null), asStanding(found.get(path) ?? null), local.get(path) ?? null] as const
  const same = yield* compareStandings(content, objects.identify, [...touched].map(triple), policy)

  const trees = new Map<TreeId, BuiltTree>()
  const contents: Array<Content> = [...reversed.contents]
  /** The deployment that goes on at a target. With a choice of paths, the rest of the artifact stays what it is. */
  const heldBy = ({ earlier, now }: DeploymentMove) => (only === undefined ? earlier : now)
  const wanted: Array<Wanted> = []
  const notes = [...request.notes]
  const directories = new Set<string>()
  for (const path of reversed.flat.keys()) for (const parent of ancestors(path)) directories.add(parent)
  const conflicted = new Map<DeploymentMove, Array<FilePath>>()
  for (const path of new Set([...touched, ...reversed.conflicts.keys(), ...reversed.flat.keys()])) {
    const conflict = reversed.conflicts.get(path)
    const owner = ownerOf(path)
    const standing = local.get(path) ?? null
    const [baseline, upstream] = triple(path)
    const row = {
      path,
      artifact: (owner?.earlier ?? owner?.now)?.artifact ?? null,
      class: classify(baseline, upstream, standing, same)
    }
    if (conflict === undefined) {
      const around = directories.has(path) && standing?.kind === "directory" ? standing : null
      const after = asStanding(reversed.flat.get(path) ?? null) ?? around
      wanted.push({ ...row, after, conflict: null, reason: reversed.reasonOf(path) })
    } else if (owner === undefined || heldBy(owner) === null) {
      // Nothing will be deployed there any more, so no deployment can hold the question: the edit is simply kept.
      notes.push(`${path} was changed since and is kept`)
      wanted.push({ ...row, after: standing, conflict: null, reason: "it was changed since, so it is kept" })
    } else {
      conflicted.set(owner, [...(conflicted.get(owner) ?? []), path])
      wanted.push({ ...row, after: standing, conflict: conflict.id, reason: reversed.reasonOf(path) })
    }
  }

  const capture = (yield* CapturePolicy) === "onContentChange"
  const final = new Map(wanted.map(({ after, path }) => [path, after]))
  const deployments: Array<PlannedDeployment> = []
  const unstored: Array<SizedObject> = []
  const claims: Array<Claim> = []
  const claim = Effect.fnUntraced(function* (deployment: Deployment, tree: TreeSource, root: TreeId) {
    for (const [relative, entry] of yield* flattenTree(tree, root)) {
      const path = joinPath(deployment.target, relative)
      claims.push({ path, entry, artifact: deployment.artifact, by: deployment })
    }
  })
  const moved = new Set(moves.map(({ now }) => now?.id))
  for (const deployment of standing) {
    if (!moved.has(deployment.id)) yield* claim(deployment, objects, deployment.tree)
  }
  for (const move of moves) {
    const { now, earlier } = move
    const deployment = earlier ?? now
    if (deployment === null) continue
    const { artifact, collection, shape, target } = deployment
    const key = { artifact, target, shape, collection, before: now?.id ?? null }
    const conflicts = conflicted.get(move) ?? []
    const kept = heldBy(move)
    if (now === earlier && conflicts.length === 0 && only === undefined)
      yield* claim(deployment, objects, deployment.tree)
    else if (kept === null) {
      // With a choice of paths, a retired artifact stays retired: its files come back as local ones.
      if (only === undefined) deployments.push({ ...key, after: null, restore: null })
    } else if (request.restoreRecords && conflicts.length === 0 && earlier !== null) {
      deployments.push({ ...key, after: null, restore: earlier.id })
      yield* claim(earlier, objects, earlier.tree)
    } else {
      const flat = new Map<FilePath, FlatEntry>(yield* flattenTree(objects, kept.tree))
      if (only !== undefined) {
        const before = earlier === null ? new Map() : yield* flattenTree(objects, earlier.tree)
        for (const path of only) {
          if (ownerOf(path) !== move) continue
          const relative = relativeToTarget(target, path)
          const entry = before.get(relative)
          if (entry === undefined) flat.delete(relative)
          else flat.set(relative, entry)
        }
      }
      for (const path of conflicts) {
        const conflict = reversed.conflicts.get(path)
        if (conflict === undefined) continue
        unstored.push(...conflict.blobs.filter(({ id }) => blobs.has(id)))
        const relative = relativeToTarget(target, path)
        for (const at of [...flat.keys()]) if (isBelow(relative, at) || isBelow(at, relative)) flat.delete(at)
        flat.set(relative, { kind: "conflict", id: conflict.id, size: 0 })
      }
      const tree = buildTrees(flat, objects.identify)
      for (const [id, one] of tree.trees) trees.set(id, one)
      yield* claim(deployment, overlay(objects, tree.trees), tree.root)
      let result: TreeId | null = null
      // A single file that nothing touched was not scanned: it is what it was.
      if (capture && (shape !== "file" || touchedOf.has(move))) {
        const version = yield* flattenTree(objects, yield* versionTree(catalog, kept.version))
        const deployed = new Map([...version].map(([relative, entry]) => [joinPath(target, relative), entry]))
        const held = new Map<FilePath, Standing>()
        for (const path of new Set([
          ...deployed.keys(),
          ...[...flat.keys()].map((relative) => joinPath(target, relative)),
          ...(touchedOf.get(move) ?? [])
        ])) {
          const standing = final.has(path) ? (final.get(path) ?? null) : (local.get(path) ?? null)
          if (standing !== null && standing.kind !== "directory") held.set(path, standing)
        }
        const built = heldTree(objects, target, held, deployed, same, openConflicts(target, flat))
        if (built !== null) {
          for (const [id, one] of built.trees) trees.set(id, one)
          unstored.push(...built.blobs.filter(({ id }) => blobs.has(id)))
          result = built.root
        }
      }
      deployments.push({ ...key, after: { version: kept.version, tree: tree.root, result }, restore: null })
    }
  }
  const occupied = claimedTwice(claims)
  if (occupied !== undefined) return yield* Effect.fail(occupied)
  yield* storeTrees(objects, trees)
  yield* storePlanned(objects, content, contents, unstored)
  const basis = request.basis.filter(
    ({ name }) =>
      !deployments.some(
        (d) => request.project !== null && name === deployedInProject(request.project, d.artifact, d.target)
      )
  )
  return yield* finishPlan(
    {
      kind: request.kind,
      project: request.project,
      strategy: null,
      reason: request.reason,
      basis,
      // Which directories were there before, the operations tell: all others go with their last file.
      paths: stepsOf(wanted, local, new Set([""])),
      deployments,
      refs: request.refs,
      reverses: operations.map(({ id }) => id),
      notes
    },
    objects.identify
  )
})
