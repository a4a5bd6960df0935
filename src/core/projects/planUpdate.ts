/** Planning an update or a deployment: merge upstream into the project, path by path, and say why. */
import * as Effect from "effect/Effect"
import { encodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { sameChange } from "../../algo/merge/decide.ts"
import { type BuiltTree, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Conflict } from "../../model/Conflict.ts"
import { TargetOccupied } from "../../model/Deployment.ts"
import type { DriftClass } from "../../model/Drift.ts"
import type { ArtifactId, ConflictId, FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import { type Plan, type PlannedDeployment, type Strategy, UnresolvedConflicts } from "../../model/Plan.ts"
import type { Standing } from "../../model/Standing.ts"
import type { Entry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { type Explained, recallResolutions } from "../conflicts/recallResolutions.ts"
import type { MergedPath } from "../merge/treeMerge.ts"
import type { Content, ObjectsService, SizedObject } from "../objects/Objects.ts"
import { storeTrees } from "../objects/storeTrees.ts"
import { CapturePolicy } from "../references/CapturePolicy.ts"
import { MergeRenames } from "../references/MergeRenames.ts"
import type { WorkingTreeError } from "../WorkingTree.ts"
import { type Comparison, unreadableState } from "./comparison.ts"
import { finishPlan } from "./finishPlan.ts"
import { heldTree, relativeToTarget, storePlanned } from "./heldTree.ts"
import { type Flat, type MergedSides, mergeSides, saidOf } from "./mergeSides.ts"
import type { Place } from "./Place.ts"
import { ancestors, isBelow, type ProjectParts, type ProjectState } from "./ProjectState.ts"
import { asEntry, asStanding, isStandingFile } from "./standings.ts"
import { stepsOf, type Wanted } from "./stepsOf.ts"

/** What to plan. @internal */
export interface UpdateRequest {
  readonly kind: "deploy" | "update"
  readonly root: string
  readonly strategy: Strategy
  readonly reason: string
}

interface Sides {
  readonly base: Flat
  readonly ours: Flat
  readonly theirs: Flat
  readonly owners: ReadonlyMap<FilePath, Place>
  /** Those of ours that stand below where a file is to be: nobody knows them, so nothing of them is ever stored. */
  readonly strangers: ReadonlySet<FilePath>
}

/**
 * The three sides, of selected places alone. Ours also holds files that are nobody's but stand in the way of a known
 * path: above it, or below where a file is to be.
 */
const sidesOf = (state: ProjectState, comparison: Comparison): Sides => {
  const base = new Map<FilePath, FlatEntry>()
  const ours = new Map<FilePath, FlatEntry>()
  const theirs = new Map<FilePath, FlatEntry>()
  const owners = new Map<FilePath, Place>()
  const above = new Map<FilePath, Place>()
  const files = new Set<string>()
  const strangers = new Set<FilePath>()
  for (const { baseline, class: drift, local, path, place, upstream } of comparison.paths) {
    if (drift === "localOnly") continue
    owners.set(path, place)
    if (baseline !== null) base.set(path, asEntry(baseline))
    if (upstream !== null) theirs.set(path, asEntry(upstream))
    if (local !== null) ours.set(path, asEntry(local))
    if (isStandingFile(baseline) || isStandingFile(upstream)) files.add(path)
    for (const parent of ancestors(path)) above.set(parent, place)
  }
  for (const [path, standing] of state.local) {
    if (owners.has(path) || standing.kind === "directory") continue
    const place = above.get(path)
    const inTheWay =
      place ?? [...ancestors(path)].map((parent) => (files.has(parent) ? owners.get(parent) : undefined)).find(Boolean)
    if (inTheWay === undefined) continue
    ours.set(path, asEntry(standing))
    owners.set(path, inTheWay)
    if (place === undefined) strangers.add(path)
  }
  return { base, ours, theirs, owners, strangers }
}

const sameEntry = (a: Entry | null, b: Entry | null): boolean => a?.kind === b?.kind && a?.id === b?.id

/** Takes out files that both sides made alike: there is nothing to merge, and an adopted project is full of them. */
const leaveAgreed = ({ base, ours, theirs }: Pick<Sides, "base" | "ours" | "theirs">) => {
  const agreed = new Map<FilePath, FlatEntry>()
  for (const [path, entry] of theirs) {
    const mine = ours.get(path)
    if (base.has(path) || mine === undefined || !("id" in entry) || !("id" in mine)) continue
    if (entry.kind !== "conflict" && sameEntry(mine, entry)) agreed.set(path, mine)
  }
  if (agreed.size === 0) return { agreed, base, ours, theirs }
  const others = (side: Flat) => new Map([...side].filter(([path]) => !agreed.has(path)))
  return { agreed, base, ours: others(ours), theirs: others(theirs) }
}

/** Local's own paths at or below a path. */
const within = (flat: Flat, path: FilePath): ReadonlyArray<readonly [FilePath, FlatEntry]> =>
  [...flat].filter(([candidate]) => candidate === path || isBelow(path, candidate))

/** What a strategy other than `merge` makes of a merge: local's files stand wherever both sides changed one. */
const keepLocal = (merged: MergedSides, sides: Sides): MergedSides => {
  const flat = new Map(merged.flat)
  const paths = merged.paths.map((at) => {
    const both = at.conflict !== null || !(sameEntry(at.result, at.ours) || sameEntry(at.result, at.theirs))
    if (!both) return at
    flat.delete(at.path)
    for (const [path, entry] of within(sides.ours, at.path)) flat.set(path, entry)
    return { ...at, result: at.ours, conflict: null, reason: "both sides changed it; local is kept" }
  })
  return { ...merged, flat, paths, contents: [] }
}

/** The tree of what a side holds below a path, but for `except`. */
const treeBelow = (objects: ObjectsService, flat: Flat, path: FilePath, except: ReadonlySet<FilePath>) => {
  const inside = within(flat, path).filter(([at]) => at !== path && !except.has(at))
  const { root, trees } = buildTrees(
    inside.map(([at, entry]) => [relativeToTarget(path, at), entry]),
    objects.identify
  )
  return {
    id: root as ObjectId,
    contents: [...trees].map(([id, { bytes }]): Content => ({ id, bytes })),
    blobs: inside.flatMap(([, entry]) => ("id" in entry ? [entry] : []))
  }
}

/** A conflict with everything that its sides name, so that it can be shown and resolved later; strangers are left out. */
const wholeConflict = (
  objects: ObjectsService,
  path: FilePath,
  conflict: Conflict,
  { base, ours, strangers, theirs }: Sides
): {
  readonly id: ConflictId
  readonly contents: ReadonlyArray<Content>
  readonly blobs: ReadonlyArray<SizedObject>
} => {
  const contents: Array<Content> = []
  for (const [flat, terms] of [
    [base, conflict.bases],
    [theirs, conflict.sides.slice(1)]
  ] as const) {
    if (terms.some((term) => term?.kind === "directory")) {
      contents.push(...treeBelow(objects, flat, path, new Set()).contents)
    }
  }
  const [mine = null, ...others] = conflict.sides
  let blobs: ReadonlyArray<SizedObject> = mine === null ? [] : [mine]
  let known = mine
  if (mine?.kind === "directory") {
    const own = treeBelow(objects, ours, path, strangers)
    known = { ...mine, id: own.id }
    blobs = own.blobs
    contents.push(...own.contents)
  }
  const bytes = encodeConflict({ ...conflict, sides: [known, ...others] })
  const id = objects.identify(bytes) as ObjectId as ConflictId
  return { id, contents: [...contents, { id, bytes }], blobs }
}

/** Splits paths by the place they belong to. */
const byPlace = <A>(
  items: Iterable<readonly [FilePath, A]>,
  owners: ReadonlyMap<FilePath, Place>
): ReadonlyMap<Place, ReadonlyMap<FilePath, A>> => {
  const split = new Map<Place, Map<FilePath, A>>()
  for (const [path, item] of items) {
    const place = owners.get(path)
    if (place === undefined) continue
    const own = split.get(place)
    if (own === undefined) split.set(place, new Map([[path, item]]))
    else own.set(path, item)
  }
  return split
}

/** What shall stand at the paths that somebody knows. */
const standingAfter = function* (
  wanted: ReadonlyArray<Wanted>,
  strangers: ReadonlySet<FilePath>
): Generator<readonly [FilePath, Standing]> {
  for (const { after, path } of wanted) if (after !== null && !strangers.has(path)) yield [path, after]
}

/** The paths of two maps, each once. */
const keysOf = function* (a: ReadonlyMap<FilePath, unknown>, b: ReadonlyMap<FilePath, unknown>): Generator<FilePath> {
  yield* a.keys()
  for (const path of b.keys()) if (!a.has(path)) yield path
}

/** How many trees are gathered before they are stored. */
const storedAtOnce = 2_000

/** The tree that a place's deployment will hold: upstream's, with conflict entries where nothing was decided. */
const deploymentTree = (
  { target }: Place,
  theirs: Flat,
  conflicts: ReadonlyMap<FilePath, ConflictId>
): ReadonlyMap<FilePath, FlatEntry> => {
  const flat = new Map<FilePath, FlatEntry>()
  for (const [path, entry] of theirs) {
    if (conflicts.size === 0 || ![...ancestors(path)].some((parent) => conflicts.has(parent))) {
      flat.set(relativeToTarget(target, path), entry)
    }
  }
  for (const [path, id] of conflicts) flat.set(relativeToTarget(target, path), { kind: "conflict", id, size: 0 })
  return flat
}

/** Reasons of files whose whole directory was taken from one side, and so was not looked into. */
const settledWhole: { readonly [K in DriftClass]?: string } = {
  addedUpstream: "upstream added it",
  outdated: "only upstream changed it",
  removedUpstream: "upstream removed it; local had not changed it",
  modified: "only local changed it",
  deleted: "local removed it; upstream had not changed it"
}

/** What a merge said of a path; of one in a directory that was settled as a whole, what that means for it. */
const reasonOf = (merged: MergedPath | undefined, path: FilePath, drift: DriftClass | undefined): string => {
  if (merged === undefined) return "nothing to do"
  const inside =
    merged.path !== path && merged.conflict === null && drift !== undefined ? settledWhole[drift] : undefined
  return inside ?? merged.reason
}

/** Says what of the artifacts is left out here, and why. */
const ignoredNotes = ({ ignored }: ProjectState): ReadonlyArray<string> => {
  if (ignored.length === 0) return []
  const more = ignored.length > 5 ? ` and ${ignored.length - 5} more` : ""
  return [`${ignored.slice(0, 5).join(", ")}${more}: ignored in projects, so not deployed`]
}

/** Plans an update of the selected places. New content is stored; names and files are not touched. @internal */
export const planUpdate = Effect.fn("Projects.planUpdate")(function* (
  parts: ProjectParts,
  state: ProjectState,
  comparison: Comparison,
  project: Plan["project"],
  request: UpdateRequest
): Effect.fn.Return<Plan, StorageError | TargetOccupied | UnresolvedConflicts | WorkingTreeError> {
  const { objects } = parts
  const { content, policy, same } = comparison
  const hidden = unreadableState(request.root, state)
  if (hidden !== undefined) return yield* Effect.fail(hidden)
  if (state.unresolved.length > 0) return yield* Effect.fail(new UnresolvedConflicts({ conflicts: state.unresolved }))
  const sides = sidesOf(state, comparison)
  const { base, ours, owners, strangers, theirs } = sides
  const renames = yield* MergeRenames
  const follows = renames.detect !== "none" || renames.moves.length > 0
  const { agreed, ...asked } = follows ? { agreed: new Map(), base, ours, theirs } : leaveAgreed(sides)
  const asMerged = yield* mergeSides(objects, content, asked, policy, renames)
  const all = agreed.size === 0 ? asMerged : { ...asMerged, flat: new Map([...agreed, ...asMerged.flat]) }
  let merged = all
  if (request.strategy === "keep") merged = keepLocal(all, sides)
  if (request.strategy === "overwrite") merged = { ...all, flat: theirs, paths: [], contents: [] }
  let explained: ReadonlyMap<FilePath, Explained> = new Map()
  if (request.strategy === "merge") {
    const recalled = yield* recallResolutions(parts, content, all, {
      open: state.conflicts,
      artifactOf: (path) => owners.get(path)?.artifact,
      policy
    })
    merged = recalled.merged
    explained = recalled.explained
  }
  const said = saidOf(merged.paths)

  const fresh: Array<Content> = [...merged.contents]
  const blobs: Array<SizedObject> = []
  const conflicts = new Map<FilePath, { readonly id: ConflictId; readonly place: Place }>()
  for (const [path, entry] of merged.flat) {
    if (entry.kind !== "conflict") continue
    const place = owners.get(path) ?? owners.get(within(theirs, path)[0]?.[0] ?? within(base, path)[0]?.[0] ?? path)
    if (place === undefined || !isBelow(place.target, path)) {
      return yield* Effect.fail(new TargetOccupied({ path, owner: null, wanted: place?.artifact ?? null }))
    }
    const conflict = said(path)?.conflict ?? null
    if (conflict === null) conflicts.set(path, { id: entry.id as ConflictId, place })
    else {
      const whole = wholeConflict(objects, path, conflict, sides)
      fresh.push(...whole.contents)
      blobs.push(...whole.blobs.filter(({ id }) => comparison.blobs.has(id)))
      conflicts.set(path, { id: whole.id, place })
    }
  }

  const conflictAt = (path: FilePath): ConflictId | null => {
    const own = conflicts.get(path)
    if (own !== undefined) return own.id
    for (const parent of ancestors(path)) {
      const above = conflicts.get(parent)
      if (above !== undefined) return above.id
    }
    return null
  }
  const compared = new Map(comparison.paths.map((row) => [row.path, row]))
  let directories: Set<string> | undefined
  const isAround = (path: FilePath): boolean => {
    if (directories === undefined) {
      directories = new Set()
      for (const path of merged.flat.keys()) for (const parent of ancestors(path)) directories.add(parent)
    }
    return directories.has(path)
  }
  /** What shall stand there: what was merged, or the directory that stands there around other paths of the outcome. */
  const outcome = (path: FilePath, local: Standing | null) =>
    asStanding(merged.flat.get(path) ?? null) ?? (local?.kind === "directory" && isAround(path) ? local : null)
  const wanted: Array<Wanted> = []
  for (const path of keysOf(owners, merged.flat)) {
    const row = compared.get(path)
    const local = state.local.get(path) ?? null
    const conflict = conflictAt(path)
    const place = owners.get(path)
    if (
      request.strategy === "overwrite" &&
      (row === undefined || row.class === "localOnly") &&
      theirs.get(path) === undefined
    ) {
      // Overwriting replaces what is known. A stranger's file in the way is nobody's to replace.
      return yield* Effect.fail(new TargetOccupied({ path, owner: null, wanted: place?.artifact ?? null }))
    }
    const after = conflict !== null ? local : outcome(path, local)
    const reason =
      request.strategy === "overwrite"
        ? "upstream's content is taken"
        : agreed.has(path)
          ? sameChange
          : reasonOf(said(path), path, row?.class)
    wanted.push({
      path,
      artifact: place?.artifact ?? null,
      class: row?.class ?? "localOnly",
      after,
      conflict,
      reason,
      ...explained.get(path)
    })
  }

  const capture = (yield* CapturePolicy) === "onContentChange"
  const deployments: Array<PlannedDeployment> = []
  const selected = state.places.filter((place) => place.selected && place.upstream !== null)
  const upstreamOf = byPlace(theirs, owners)
  const heldBy = byPlace(standingAfter(wanted, strangers), owners)
  // Trees are stored some at a time: of a large project, they are too many to be held.
  let built = new Map<TreeId, BuiltTree>()
  const flush = Effect.suspend(() => {
    const full = built
    built = new Map()
    return storeTrees(objects, full)
  })
  for (const place of selected) {
    const { artifact, collection, deployment, shape, target, upstream } = place
    if (upstream === null) continue
    const own = new Map(
      [...conflicts].filter(([, conflict]) => conflict.place === place).map(([path, { id }]) => [path, id])
    )
    const here = upstreamOf.get(place) ?? new Map()
    const tree = buildTrees(deploymentTree(place, here, own), objects.identify)
    for (const [id, one] of tree.trees) built.set(id, one)
    const key = { artifact, target, shape, collection, before: deployment?.id ?? null, restore: null }
    if (upstream.removed && own.size === 0) {
      deployments.push({ ...key, after: null })
      continue
    }
    const held = capture ? heldTree(objects, target, heldBy.get(place) ?? new Map(), here, same, own) : null
    if (held !== null) {
      for (const [id, one] of held.trees) built.set(id, one)
      blobs.push(...held.blobs.filter(({ id }) => comparison.blobs.has(id)))
    }
    deployments.push({ ...key, after: { version: upstream.version, tree: tree.root, result: held?.root ?? null } })
    if (built.size >= storedAtOnce) yield* flush
  }
  yield* flush
  yield* storePlanned(objects, content, fresh, blobs)

  const targets = new Set(selected.map(({ target }) => target))
  const paths = stepsOf(wanted, state.local, targets)
  const changed = deployments.filter(
    ({ after, before }) => after === null || before === null || !sameDeployment(state, before, after)
  )
  return yield* finishPlan(
    {
      kind: request.kind,
      project,
      strategy: request.strategy,
      reason: request.reason,
      basis: state.basis,
      paths,
      deployments: changed,
      refs: [],
      reverses: [],
      notes: ignoredNotes(state)
    },
    objects.identify
  )
})

/** Whether a deployment would be recorded as it is already. */
const sameDeployment = (
  state: ProjectState,
  before: string,
  after: { readonly version: string; readonly tree: string }
): boolean => {
  const deployment = state.places.find((place) => place.deployment?.id === before)?.deployment
  return (
    deployment !== undefined &&
    deployment !== null &&
    deployment.version === after.version &&
    deployment.tree === after.tree
  )
}

/** Names of artifacts, for an operation's subjects. @internal */
export const artifactsOf = (plan: Plan): ReadonlyArray<ArtifactId> => [
  ...new Set(plan.deployments.map(({ artifact }) => artifact))
]
