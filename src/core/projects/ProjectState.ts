/** A project as an operation finds it: for every path, what baseline, upstream and local hold, and whose it is. */
import * as Effect from "effect/Effect"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Conflict } from "../../model/Conflict.ts"
import type { ArtifactNotFound } from "../../model/Deployment.ts"
import { TargetOccupied } from "../../model/Deployment.ts"
import type { Oddity } from "../../model/Drift.ts"
import type { ArtifactId, ConflictId, DirectoryPath, FilePath, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Basis, UnresolvedPath } from "../../model/Plan.ts"
import type { CollectionNotFound, InvalidPath, SnapshotNotFound } from "../../model/Snapshot.ts"
import type { Standing } from "../../model/Standing.ts"
import type { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { viewConflicts } from "../conflicts/markConflicts.ts"
import { makeIgnores } from "../ignoreRules.ts"
import { readConflict } from "../merge/treeMerge.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { type FlatTree, flattenTree, flattenTrees, joinPath, walkTrees } from "../objects/treeWalk.ts"
import { IgnoreRules } from "../references/IgnoreRules.ts"
import type { ScanEntry, WorkingTreeError, WorkingTreeService } from "../WorkingTree.ts"
import { adoptedTrees, findPlaces, type Place, type Selection } from "./Place.ts"

/** What one side holds at a path, and the place it belongs to. @internal */
export interface Owned {
  readonly entry: FlatEntry
  readonly place: Place
}

/** An unresolved conflict of an earlier operation. @internal */
export interface OpenConflict {
  readonly id: ConflictId
  readonly conflict: Conflict
  readonly place: Place
}

/** A project as an operation finds it. `baseline` is effective: at a conflicted path it holds the conflict's base. @internal */
export interface ProjectState {
  readonly places: ReadonlyArray<Place>
  readonly basis: ReadonlyArray<Basis>
  readonly baseline: ReadonlyMap<FilePath, Owned>
  readonly upstream: ReadonlyMap<FilePath, Owned>
  readonly conflicts: ReadonlyMap<FilePath, OpenConflict>
  /** What upstream itself holds unresolved, and nobody asked to see with markers. `upstream` has the entry. */
  readonly unresolved: ReadonlyArray<UnresolvedPath>
  /** What stands there, in the order of paths; and the same by path, made when it is first asked for. */
  readonly entries: ReadonlyArray<ScanEntry>
  readonly local: ReadonlyMap<FilePath, Standing>
  readonly oddities: ReadonlyArray<Oddity>
  /** What a side holds at paths that the ignore rules match: nobody may know what stands there, so it is left alone. */
  readonly ignored: ReadonlyArray<FilePath>
}

/** What a project's engine parts are. @internal */
export interface ProjectParts {
  readonly catalog: CatalogStorageService
  readonly objects: ObjectsService
  readonly workingTree: WorkingTreeService
}

/** The paths above a path, nearest first; not the root. @internal */
export const ancestors = function* (path: string): Generator<FilePath> {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) yield path.slice(0, at) as FilePath
}

/** Whether a path stands below a directory. @internal */
export const isBelow = (directory: DirectoryPath, path: string): boolean =>
  directory === "" || path.startsWith(`${directory}/`)

const own = (into: Map<FilePath, Owned>, path: FilePath, entry: FlatEntry, place: Place) => {
  const owner = into.get(path)
  if (owner !== undefined && owner.place !== place) {
    return new TargetOccupied({ path, owner: owner.place.artifact, wanted: place.artifact })
  }
  into.set(path, { entry, place })
  return undefined
}

/** Adds what upstream has below a place's target; conflicts in it as far as they can be shown as files. */
const addUpstream = Effect.fnUntraced(function* (
  objects: ObjectsService,
  into: Map<FilePath, Owned>,
  place: Place,
  flat: FlatTree,
  unresolved: Array<UnresolvedPath>
): Effect.fn.Return<void, StorageError | TargetOccupied> {
  const marked = yield* viewConflicts(objects, flat)
  for (const [relative, entry] of marked.flat) {
    const occupied = own(into, joinPath(place.target, relative), entry, place)
    if (occupied !== undefined) return yield* Effect.fail(occupied)
  }
  for (const { kind, path } of marked.unresolved) unresolved.push({ path: joinPath(place.target, path), kind })
})

/** Adds what was deployed below a place's target: at an open conflict, what it started from. */
const addBaseline = Effect.fnUntraced(function* (
  objects: ObjectsService,
  into: Map<FilePath, Owned>,
  place: Place,
  flat: FlatTree,
  conflicts: Map<FilePath, OpenConflict>
): Effect.fn.Return<void, StorageError | TargetOccupied> {
  for (const [relative, entry] of flat) {
    const path = joinPath(place.target, relative)
    if (entry.kind !== "conflict") {
      const occupied = own(into, path, entry, place)
      if (occupied !== undefined) return yield* Effect.fail(occupied)
      continue
    }
    const conflict = yield* readConflict(objects, entry.id)
    conflicts.set(path, { id: entry.id as ConflictId, conflict, place })
    const base = conflict.bases[0] ?? null
    if (base?.kind === "directory") {
      const inside = yield* flattenTree(objects, base.id as TreeId)
      if (inside.size === 0) {
        const occupied = own(into, path, { kind: "directory" }, place)
        if (occupied !== undefined) return yield* Effect.fail(occupied)
      }
      for (const [below, inner] of inside) {
        const occupied = own(into, joinPath(path, below), inner, place)
        if (occupied !== undefined) return yield* Effect.fail(occupied)
      }
    } else if (base !== null) {
      const occupied = own(into, path, { kind: base.kind, id: base.id, size: base.size }, place)
      if (occupied !== undefined) return yield* Effect.fail(occupied)
    }
  }
})

/** The same for both sides at once, where upstream is what was deployed: most places of a project, most of the time. */
const addBoth = (
  baseline: Map<FilePath, Owned>,
  upstream: Map<FilePath, Owned>,
  place: Place,
  flat: FlatTree
): TargetOccupied | undefined => {
  for (const [relative, entry] of flat) {
    const path = joinPath(place.target, relative)
    const owner = baseline.get(path) ?? upstream.get(path)
    if (owner !== undefined && owner.place !== place) {
      return new TargetOccupied({ path, owner: owner.place.artifact, wanted: place.artifact })
    }
    const owned = { entry, place }
    baseline.set(path, owned)
    upstream.set(path, owned)
  }
  return undefined
}

/**
 * Both sides in one, without a list for each tree, where upstream is what was deployed in all places and nothing is in
 * conflict. `undefined` where it is not so, or two places want one path: then one looks closely.
 */
const settledSides = Effect.fnUntraced(function* (
  objects: ObjectsService,
  places: ReadonlyArray<Place>,
  treesOf: (place: Place) => readonly [TreeId | null, TreeId | null]
): Effect.fn.Return<Map<FilePath, Owned> | undefined, StorageError> {
  const roots: Array<readonly [string, TreeId]> = []
  for (const place of places) {
    const [was, is] = treesOf(place)
    if (was === null || was !== is) return undefined
    roots.push([place.target, was])
  }
  const sides = new Map<FilePath, Owned>()
  let isSimple = true
  yield* walkTrees(objects, roots, (root, path, entry) => {
    const place = places[root]
    if (place === undefined || entry.kind === "conflict" || sides.has(path)) isSimple = false
    else sides.set(path, { entry, place })
  })
  return isSimple ? sides : undefined
})

const holdsConflict = (flat: FlatTree): boolean => {
  for (const { kind } of flat.values()) if (kind === "conflict") return true
  return false
}

/** A path that somebody needs for something. @internal */
export interface Claim {
  readonly path: FilePath
  readonly entry: FlatEntry
  readonly artifact: ArtifactId
  /** Who needs it: an artifact may stand at several targets. */
  readonly by: unknown
}

/** Two that need one path, or one path for a file and for a directory. The earlier claim is the owner. @internal */
export const claimedTwice = (claims: Iterable<Claim>): TargetOccupied | undefined => {
  const byPath = new Map<FilePath, Claim>()
  for (const claim of claims) {
    const owner = byPath.get(claim.path)
    if (owner === undefined) byPath.set(claim.path, claim)
    else if (owner.by !== claim.by) {
      return new TargetOccupied({ path: claim.path, owner: owner.artifact, wanted: claim.artifact })
    }
  }
  // By directory, who has looked from it upwards: for the next file of the same holder there is nothing to see.
  const looked = new Map<string, unknown>()
  for (const { artifact, by, path } of byPath.values()) {
    for (const parent of ancestors(path)) {
      if (looked.get(parent) === by) break
      looked.set(parent, by)
      const owner = byPath.get(parent)
      if (owner === undefined || owner.by === by || owner.entry.kind === "directory") continue
      return new TargetOccupied({ path: parent, owner: owner.artifact, wanted: artifact })
    }
  }
  return undefined
}

/** What a project's places will need, whatever comes of the operation: those that are deployed come first. */
const claimsOf = function* (
  baseline: ReadonlyMap<FilePath, Owned>,
  upstream: ReadonlyMap<FilePath, Owned>
): Generator<Claim> {
  const stays = (place: Place) => !place.selected || place.upstream === null
  for (const [path, { entry, place }] of baseline) {
    if (stays(place)) yield { path, entry, artifact: place.artifact, by: place }
  }
  for (const fresh of [false, true]) {
    for (const [path, { entry, place }] of upstream) {
      if ((place.deployment === null) === fresh) yield { path, entry, artifact: place.artifact, by: place }
    }
  }
}

/** Whether one place has a file where another has a directory: the one thing that a map of paths does not tell. */
const hasFileAbove = (owned: ReadonlyMap<FilePath, Owned>): boolean => {
  const looked = new Map<string, Place>()
  let last = ""
  for (const [path, { place }] of owned) {
    const at = path.lastIndexOf("/")
    // As a rule, a file stands beside the one before it.
    if (at <= 0 || (at === last.length && path.startsWith(last) && looked.get(last) === place)) continue
    last = path.slice(0, at)
    for (const parent of ancestors(path)) {
      if (looked.get(parent) === place) break
      looked.set(parent, place)
      const owner = owned.get(parent)
      if (owner !== undefined && owner.place !== place && owner.entry.kind !== "directory") return true
    }
  }
  return false
}

/** What to scan: whole directories where an artifact owns them, single files elsewhere. */
const scanned = (
  places: ReadonlyArray<Place>,
  ...sides: ReadonlyArray<ReadonlyMap<FilePath, Owned>>
): ReadonlyArray<DirectoryPath> | undefined => {
  const within = new Set<DirectoryPath>()
  for (const { shape, target } of places) if (shape !== "file") within.add(target)
  if (within.has("")) return undefined
  for (const side of sides) for (const [path, { place }] of side) if (place.shape === "file") within.add(path)
  return [...within]
}

/** Takes out what the ignore rules match. What a scan has found is not ignored; an open conflict is somebody's to decide. */
const leaveIgnored = (
  rules: ReadonlyArray<string>,
  sides: ReadonlyArray<Map<FilePath, Owned>>,
  found: ReadonlyMap<FilePath, Standing>,
  conflicts: ReadonlyMap<FilePath, OpenConflict>
): ReadonlyArray<FilePath> => {
  const ignores = makeIgnores(rules)
  const ignored = new Set<FilePath>()
  for (const side of sides) {
    for (const [path, { entry }] of side) {
      if (found.has(path) || conflicts.has(path) || !ignores(path, entry.kind === "directory")) continue
      ignored.add(path)
      side.delete(path)
    }
  }
  return [...ignored].sort(compareUtf8)
}

/** What both sides hold, by path, and what is in conflict. */
type Sides = {
  readonly baseline: Map<FilePath, Owned>
  readonly upstream: Map<FilePath, Owned>
  readonly conflicts: Map<FilePath, OpenConflict>
  readonly unresolved: Array<UnresolvedPath>
}

const allSettled = (both: Map<FilePath, Owned>): Sides => ({
  baseline: both,
  upstream: both,
  conflicts: new Map(),
  unresolved: []
})

const readSides = Effect.fnUntraced(function* (
  objects: ObjectsService,
  places: ReadonlyArray<Place>,
  treesOf: (place: Place) => readonly [TreeId | null, TreeId | null]
): Effect.fn.Return<Sides, StorageError | TargetOccupied> {
  const baseline = new Map<FilePath, Owned>()
  const upstream = new Map<FilePath, Owned>()
  const conflicts = new Map<FilePath, OpenConflict>()
  const unresolved: Array<UnresolvedPath> = []
  const trees = places.flatMap(treesOf).filter((tree) => tree !== null)
  const flats = yield* flattenTrees(objects, trees)
  for (const place of places) {
    const [before, after] = treesOf(place)
    const was = before === null ? undefined : flats.get(before)
    const is = after === null ? undefined : flats.get(after)
    if (was !== undefined && was === is && !holdsConflict(was)) {
      const occupied = addBoth(baseline, upstream, place, was)
      if (occupied !== undefined) return yield* Effect.fail(occupied)
      continue
    }
    if (was !== undefined) yield* addBaseline(objects, baseline, place, was, conflicts)
    if (is !== undefined) yield* addUpstream(objects, upstream, place, is, unresolved)
  }
  return { baseline, upstream, conflicts, unresolved }
})

const countKnown = (entries: ReadonlyArray<ScanEntry>, known: ReadonlyMap<FilePath, Owned>): number => {
  let count = 0
  for (const { path } of entries) if (known.has(path)) count++
  return count
}

/** Reads a project's state for a selection. @internal */
export const readProjectState = Effect.fn("Projects.read")(function* (
  { catalog, objects, workingTree }: ProjectParts,
  selection: Selection
): Effect.fn.Return<
  ProjectState,
  | ArtifactNotFound
  | CollectionNotFound
  | InvalidPath
  | SnapshotNotFound
  | StorageError
  | TargetOccupied
  | VersionNotFound
  | WorkingTreeError
> {
  const { basis, places } = yield* findPlaces(catalog, objects, selection)
  const adopted = yield* adoptedTrees(catalog, selection, places)
  const baselineOf = (place: Place) => place.deployment?.tree ?? adopted.get(place) ?? null
  // What is not selected stays where it is: its upstream is its baseline.
  const upstreamOf = (place: Place) => (place.selected ? (place.upstream?.tree ?? null) : null)
  const treesOf = (place: Place) => [baselineOf(place), upstreamOf(place)] as const
  const settled = yield* settledSides(objects, places, treesOf)
  const sides = settled === undefined ? yield* readSides(objects, places, treesOf) : allSettled(settled)
  const { baseline, conflicts, unresolved, upstream } = sides
  // No place may claim what another one owns, also where that one is not selected.
  const isSimple = places.every((place) => place.selected && place.upstream !== null) && !hasFileAbove(upstream)
  const occupied = isSimple ? undefined : claimedTwice(claimsOf(baseline, upstream))
  if (occupied !== undefined) return yield* Effect.fail(occupied)
  const ignore = yield* IgnoreRules
  const scan = yield* workingTree.scan(selection.root, {
    ignore,
    within: scanned(places, baseline, upstream)
  })
  const { entries, oddities } = scan
  let byPath: ReadonlyMap<FilePath, Standing> | undefined
  const local = () => {
    byPath ??= new Map(entries.map(({ path, standing }) => [path, standing]))
    return byPath
  }
  // As a rule all that is known is found, and nothing can be ignored.
  const isWhole = baseline === upstream && countKnown(entries, baseline) === baseline.size
  const ignored = isWhole ? [] : leaveIgnored(ignore, [baseline, upstream], local(), conflicts)
  return {
    places,
    basis,
    baseline,
    upstream,
    conflicts,
    unresolved,
    entries,
    get local() {
      return local()
    },
    oddities,
    ignored
  }
})
