/** Taking operations back from a project's files: each one, newest first, as a three-way merge of what it did. */
import * as Effect from "effect/Effect"
import { encodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { sameStanding } from "../../algo/drift/classify.ts"
import { noRenames } from "../../algo/merge/renames/RenameOptions.ts"
import type { SideNames } from "../../algo/merge/SideNames.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import { buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Conflict, ConflictKind, Term } from "../../model/Conflict.ts"
import type { ConflictId, FilePath, ObjectId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { Standing } from "../../model/Standing.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { ContentSource } from "../merge/ContentSource.ts"
import type { Content, ObjectsService, SizedObject } from "../objects/Objects.ts"
import { flattenTree } from "../objects/treeWalk.ts"
import { type Flat, mergeSides, saidOf } from "./mergeSides.ts"
import { ancestors, isBelow } from "./ProjectState.ts"
import { asEntry, asStanding } from "./standings.ts"

/** What an operation found and left, path by path. @internal */
export interface Done {
  /** For reasons: what is taken back. */
  readonly what: string
  readonly found: Flat
  readonly left: Flat
}

/** What the sides of a merge that takes something back are called in reasons. */
const reversalSides: SideNames = { ours: "local", theirs: "the reversal" }

/** Leaves out paths that are not in scope. @internal */
export const scoped = (done: ReadonlyArray<Done>, inScope: (path: FilePath) => boolean): ReadonlyArray<Done> => {
  const only = (flat: Flat): Flat => new Map([...flat].filter(([path]) => inScope(path)))
  return done.map(({ found, left, what }) => ({ what, found: only(found), left: only(left) }))
}

/** Reads what operations did to files. @internal */
export const readDone = Effect.fnUntraced(function* (
  objects: ObjectsService,
  operations: ReadonlyArray<Operation>
): Effect.fn.Return<ReadonlyArray<Done>, StorageError> {
  const all: Array<Done> = []
  for (const operation of operations) {
    if (operation.effect === null) continue
    const found = yield* flattenTree(objects, operation.effect.found)
    const left = yield* flattenTree(objects, operation.effect.left)
    all.push({ what: `${operation.kind} ${operation.id.slice(0, 8)}`, found, left })
  }
  return all
})

/** A path of which an operation's change cannot be taken back without deciding. `blobs` are local's side of it. @internal */
export interface ReversalConflict {
  readonly id: ConflictId
  readonly blobs: ReadonlyArray<SizedObject>
}

/** The outcome: what every touched path shall hold, and why. @internal */
export interface Reversed {
  readonly flat: Flat
  readonly conflicts: ReadonlyMap<FilePath, ReversalConflict>
  readonly contents: ReadonlyArray<Content>
  readonly reasonOf: (path: FilePath) => string
}

const atOrBelow = (path: FilePath, at: FilePath): boolean => at === path || isBelow(path, at)

const sameFlat = (a: Flat, b: Flat): boolean =>
  a.size === b.size &&
  [...a].every(([path, entry]) => {
    const other = b.get(path)
    return other !== undefined && sameStanding(asStanding(entry), asStanding(other))
  })

const inside = (path: FilePath, flat: Flat): Flat => new Map([...flat].filter(([at]) => atOrBelow(path, at)))

/** What a side holds at a path: a file, a directory with the trees that it needs, or nothing. */
const termAt = (objects: ObjectsService, path: FilePath, flat: Flat, contents: Array<Content>): Term | null => {
  const entry = flat.get(path)
  if (entry !== undefined && "id" in entry) return { kind: entry.kind, id: entry.id, size: entry.size }
  const below = [...flat].filter(([at]) => isBelow(path, at))
  if (entry === undefined && below.length === 0) return null
  const built = buildTrees(
    below.map(([at, found]) => [at.slice(path.length + 1) as FilePath, found]),
    objects.identify
  )
  contents.push(...[...built.trees].map(([id, { bytes }]) => ({ id, bytes })))
  return { kind: "directory", id: built.root as ObjectId, size: 0 }
}

const kindOf = (left: Term | null, mine: Term | null, found: Term | null): ConflictKind => {
  const terms = [left, mine, found]
  if (terms.some((term) => term?.kind === "directory")) return "directory/file"
  if (mine === null || found === null) return "modify/delete"
  if (mine.kind === "symlink" || found.kind === "symlink") return mine.kind === found.kind ? "symlink" : "type"
  return left === null ? "add/add" : "content"
}

/** Local's side: the touched paths, and whatever stands in their way. */
const oursOf = (
  done: ReadonlyArray<Done>,
  touched: Set<FilePath>,
  local: ReadonlyMap<FilePath, Standing>
): Map<FilePath, FlatEntry> => {
  const files = new Set<string>()
  const above = new Set<string>()
  for (const { found, left } of done) {
    for (const side of [found, left]) {
      for (const [path, entry] of side) {
        touched.add(path)
        if (entry.kind !== "directory") files.add(path)
        for (const parent of ancestors(path)) above.add(parent)
      }
    }
  }
  const ours = new Map<FilePath, FlatEntry>()
  for (const [path, standing] of local) {
    const blocks =
      standing.kind !== "directory" && (above.has(path) || [...ancestors(path)].some((at) => files.has(at)))
    if (touched.has(path) || blocks) ours.set(path, asEntry(standing))
  }
  return ours
}

/**
 * Reverses operations, newest first: base is what one left, theirs what it found, ours what the project holds by then.
 * Edits made before, between and after them survive; where an edit and a reversal meet, the file is left as it is and
 * named as a conflict.
 *
 * @internal
 */
export const reverseFiles = Effect.fn("Projects.reverse")(function* <E>(
  objects: ObjectsService,
  content: ContentSource<E>,
  done: ReadonlyArray<Done>,
  local: ReadonlyMap<FilePath, Standing>,
  policy: TextPolicy
): Effect.fn.Return<Reversed, E | StorageError> {
  const touched = new Set<FilePath>()
  let ours: Map<FilePath, FlatEntry> = oursOf(done, touched, local)
  const mine = ours
  const pending = new Map<ObjectId, Uint8Array>()
  const source: ContentSource<E> = {
    get: Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
      const found = new Map<ObjectId, Uint8Array>()
      const rest = ids.filter((id) => !pending.has(id))
      for (const id of ids) {
        const bytes = pending.get(id)
        if (bytes !== undefined) found.set(id, bytes)
      }
      if (rest.length > 0) for (const [id, bytes] of yield* content.get(rest)) found.set(id, bytes)
      return found
    })
  }
  const open = new Map<FilePath, { readonly left: Flat; found: Map<FilePath, FlatEntry>; readonly reason: string }>()
  const openAt = (path: FilePath) => {
    let found = open.get(path)
    for (const parent of ancestors(path)) found ??= open.get(parent)
    return found
  }
  const reasons = new Map<FilePath, string>()
  for (const { found, left, what } of done) {
    const base = new Map(left)
    const theirs = new Map(found)
    // In conflict since a newer operation: the older one only moves what taking it back would lead to.
    for (const path of new Set([...left.keys(), ...found.keys()])) {
      const conflict = openAt(path)
      if (conflict === undefined) continue
      const older = theirs.get(path)
      if (older === undefined) conflict.found.delete(path)
      else conflict.found.set(path, older)
      base.delete(path)
      theirs.delete(path)
    }
    const merged = yield* mergeSides(objects, source, { base, ours, theirs }, policy, noRenames, reversalSides)
    for (const { bytes, id } of merged.contents) pending.set(id, bytes)
    const said = saidOf(merged.paths)
    const next = new Map<FilePath, FlatEntry>()
    for (const [path, entry] of merged.flat) {
      if (entry.kind !== "conflict") {
        next.set(path, entry)
        continue
      }
      const from = new Map(inside(path, base))
      for (const [other, conflict] of open) {
        // A newer conflict that stands within this one becomes part of it.
        if (!isBelow(path, other)) continue
        for (const [at, entry] of conflict.left) from.set(at, entry)
        open.delete(other)
      }
      const reason = said(path)?.reason ?? "both sides changed it"
      open.set(path, { left: from, found: new Map(inside(path, theirs)), reason })
      for (const [at, standing] of ours) if (atOrBelow(path, at)) next.set(at, standing)
    }
    for (const path of new Set([...base.keys(), ...theirs.keys()])) {
      const reason = said(path)?.reason
      if (reason !== undefined) reasons.set(path, `taking back ${what}: ${reason}`)
    }
    ours = next
  }
  // Operations that cancel each other out ask nothing: what stands there stays.
  for (const [path, { found, left }] of open) if (sameFlat(left, found)) open.delete(path)
  const contents: Array<Content> = [...pending].map(([id, bytes]) => ({ id, bytes }))
  const conflicts = new Map<FilePath, ReversalConflict>()
  for (const [path, { found, left }] of open) {
    // Strangers' files in a directory are nobody's side.
    const own = new Map([...inside(path, mine)].filter(([at]) => at === path || touched.has(at)))
    if (local.get(path)?.kind === "directory") own.set(path, { kind: "directory" })
    const [base, ours, theirs] = [left, own, found].map((flat) => termAt(objects, path, flat, contents))
    const conflict: Conflict = {
      kind: kindOf(base ?? null, ours ?? null, theirs ?? null),
      bases: [base ?? null],
      sides: [ours ?? null, theirs ?? null]
    }
    const bytes = encodeConflict(conflict)
    const id = objects.identify(bytes) as ObjectId as ConflictId
    contents.push({ id, bytes })
    conflicts.set(path, { id, blobs: [...own.values()].flatMap((entry) => ("id" in entry ? [entry] : [])) })
  }
  return {
    flat: ours,
    conflicts,
    contents,
    reasonOf: (path) => open.get(path)?.reason ?? reasons.get(path) ?? "it was not touched since"
  }
})
