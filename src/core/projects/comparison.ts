/** The drift of every path of a project, and the bytes to go on with. */
import * as Effect from "effect/Effect"
import { classify, type SameText, sameStanding } from "../../algo/drift/classify.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { DriftClass, Oddity } from "../../model/Drift.ts"
import type { ConflictId, FilePath, ObjectId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { TextPolicy as TextPolicyReference } from "../references/TextPolicy.ts"
import { WorkingTreeError } from "../WorkingTree.ts"
import {
  blobOf,
  compareStandings,
  type LocalBlobs,
  type LocalContent,
  localBlobs,
  localContent
} from "./localContent.ts"
import type { Place } from "./Place.ts"
import {
  ancestors,
  isBelow,
  type OpenConflict,
  type Owned,
  type ProjectParts,
  type ProjectState
} from "./ProjectState.ts"
import { asStanding } from "./standings.ts"

/** One path of a project that belongs to a selected place. @internal */
export interface ComparedPath {
  readonly path: FilePath
  readonly place: Place
  readonly class: DriftClass
  readonly baseline: Standing | null
  readonly upstream: Standing | null
  readonly local: Standing | null
  readonly conflict: OpenConflict | null
  /** A conflict that upstream itself holds here. */
  readonly unresolved: ConflictId | null
  readonly changedSince: boolean
}

/** The drift of every path, and the bytes to go on with. @internal */
export interface Comparison {
  /** Sorted by path. */
  readonly paths: ReadonlyArray<ComparedPath>
  readonly same: SameText
  readonly policy: TextPolicy
  readonly content: LocalContent
  readonly blobs: LocalBlobs
}

/** The place that a path known to neither side belongs to: the deepest directory around it, else the rest. */
const ownerOf = (places: ReadonlyArray<Place>, path: string): Place | undefined => {
  let best: Place | undefined
  for (const place of places) {
    if (place.shape === "file" || !isBelow(place.target, path)) continue
    if (place.shape === "rest" && best !== undefined) continue
    if (best === undefined || best.shape === "rest" || place.target.length > best.target.length) best = place
  }
  return best
}

/** Finds the oddity that hides a path: at it, or above it. @internal */
export const oddityAt = (oddities: ReadonlyArray<Oddity>): ((path: FilePath) => Oddity | undefined) => {
  if (oddities.length === 0) return () => undefined
  const byPath = new Map(oddities.map((oddity) => [oddity.path, oddity]))
  return (path) => {
    let found = byPath.get(path)
    for (const parent of ancestors(path)) found ??= byPath.get(parent)
    return found
  }
}

/** Why an operation cannot go on: something that it knows cannot be read, so nobody can say what stands there. @internal */
export const unreadable = (
  root: string,
  oddities: ReadonlyArray<Oddity>,
  paths: Iterable<FilePath>
): WorkingTreeError | undefined => {
  const odd = oddityAt(oddities)
  for (const path of paths) {
    const oddity = odd(path)
    if (oddity === undefined) continue
    const failure = oddity.what === "unreadable" ? "permission-denied" : "unsupported"
    return new WorkingTreeError({ root, path: oddity.path, operation: "plan", failure, detail: oddity.reason })
  }
  return undefined
}

/** The same for everything that the selected places of a project know. @internal */
export const unreadableState = (root: string, state: ProjectState): WorkingTreeError | undefined => {
  const known = [...state.baseline, ...state.upstream, ...state.conflicts]
  return unreadable(
    root,
    state.oddities,
    known.flatMap(([path, { place }]) => (place.selected ? [path] : []))
  )
}

/** Looks owners up by directory: the answer is the same for all files of one. */
const ownerLookup = (places: ReadonlyArray<Place>) => {
  const byDirectory = new Map<string, Place | undefined>()
  return (path: FilePath): Place | undefined => {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")))
    if (!byDirectory.has(directory)) byDirectory.set(directory, ownerOf(places, path))
    return byDirectory.get(directory)
  }
}

/** The blobs that only the project has, of `others`: what is not what was deployed. Mostly none is, and nothing is looked up. */
const blobsOf = (state: ProjectState, others: ReadonlyArray<readonly [FilePath, Standing]>): LocalBlobs => {
  if (others.length === 0) return new Map()
  const stored = new Set<ObjectId>()
  for (const side of [state.baseline, state.upstream]) {
    for (const { entry } of side.values()) for (const id of blobOf(entry)) stored.add(id)
  }
  return localBlobs(others, stored)
}

/** Whether content is what an entry names. */
const isOne = (entry: FlatEntry | undefined, { id }: StandingFile): boolean =>
  entry !== undefined && "id" in entry && entry.id === (id as ObjectId)

/** Whether a standing is what an entry becomes in a project, in every field. */
const isEntry = (entry: FlatEntry | undefined, standing: StandingFile): boolean =>
  isOne(entry, standing) && entry?.kind === standing.kind && "size" in entry && entry.size === standing.size

const cleanPath = (path: FilePath, place: Place, standing: Standing): ComparedPath => ({
  path,
  place,
  class: "clean",
  baseline: standing,
  upstream: standing,
  local: standing,
  conflict: null,
  unresolved: null,
  changedSince: false
})

/** One path to compare. */
interface Row {
  readonly path: FilePath
  readonly place: Place
  readonly triple: readonly [Standing | null, Standing | null, Standing | null]
}

/** Compares baseline, upstream and local, path by path. @internal */
export const compareProject = Effect.fnUntraced(function* (
  parts: ProjectParts,
  root: string,
  state: ProjectState
): Effect.fn.Return<Comparison, StorageError | WorkingTreeError> {
  const policy = yield* TextPolicyReference
  const odd = oddityAt(state.oddities)
  const isSettled = state.baseline === state.upstream && state.conflicts.size === 0

  const paths: Array<ComparedPath> = []
  const rows: Array<Row> = []
  const ownerFor = ownerLookup(state.places)
  const addKnown = (path: FilePath, was: Owned | undefined, is: Owned | undefined, local: Standing | null) => {
    const place = (is ?? was ?? state.conflicts.get(path))?.place
    if (place === undefined || !place.selected || odd(path) !== undefined) return
    if (isSettled && local !== null && local.kind !== "directory" && isEntry(was?.entry, local)) {
      // A hundred thousand such paths are no rarity: one standing serves for all sides.
      paths.push(cleanPath(path, place, local))
      return
    }
    const baseline = asStanding(was?.entry ?? null)
    const upstream = is !== undefined && is.entry === was?.entry ? baseline : asStanding(is?.entry ?? null)
    rows.push({ path, place, triple: [baseline, upstream, local] })
  }
  // What stands there comes first, in the order of paths: then little is left to sort.
  const others: Array<readonly [FilePath, Standing]> = []
  let [matched, found] = [0, 0]
  for (const { path, standing } of state.entries) {
    const was = state.baseline.get(path)
    const is = isSettled ? was : state.upstream.get(path)
    if (standing.kind !== "directory" && !isOne(was?.entry, standing)) others.push([path, standing])
    if (was !== undefined || is !== undefined || state.conflicts.has(path)) {
      if (was !== undefined) matched++
      if (is !== undefined) found++
      addKnown(path, was, is, standing)
    } else if (standing.kind !== "directory") {
      const place = ownerFor(path)
      if (place?.selected) rows.push({ path, place, triple: [null, null, standing] })
    }
  }
  if (matched < state.baseline.size) {
    for (const [path, was] of state.baseline) {
      if (!state.local.has(path)) addKnown(path, was, state.upstream.get(path), null)
    }
  }
  if (!isSettled && found < state.upstream.size) {
    for (const [path, is] of state.upstream) {
      if (!state.local.has(path) && !state.baseline.has(path)) addKnown(path, undefined, is, null)
    }
  }
  for (const path of state.conflicts.keys()) {
    const isKnown = state.local.has(path) || state.baseline.has(path) || state.upstream.has(path)
    if (!isKnown) addKnown(path, undefined, undefined, null)
  }
  const blobs = blobsOf(state, others)
  const content = localContent(parts.objects, parts.workingTree, root, blobs)
  const same = yield* compareStandings(
    content,
    parts.objects.identify,
    rows.map(({ triple }) => triple),
    policy
  )
  for (const { path, place, triple } of rows) {
    const [baseline, upstream, local] = triple
    const conflict = state.conflicts.get(path) ?? null
    const there = state.upstream.get(path)?.entry
    const unresolved = there?.kind === "conflict" ? (there.id as ConflictId) : null
    const open = conflict !== null || unresolved !== null
    const ours = conflict === null ? null : asStanding(conflict.conflict.sides[0] ?? null)
    paths.push({
      path,
      place,
      class: open ? "conflicted" : classify(baseline, upstream, local, same),
      baseline,
      upstream,
      local,
      conflict,
      unresolved,
      changedSince: conflict !== null && ours?.kind !== "directory" && !sameStanding(ours, local)
    })
  }
  paths.sort((a, b) => compareUtf8(a.path, b.path))
  return { paths, same, policy, content, blobs }
})
