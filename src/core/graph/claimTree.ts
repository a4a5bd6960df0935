/** Claims what a new version will name, so that collecting leaves it alone until the version is committed. */
import * as Effect from "effect/Effect"
import { settledObjects } from "../../algo/conflict/conflictEncoding.ts"
import type { MissingContent } from "../../model/Exchange.ts"
import type { ObjectId, TreeId } from "../../model/Ids.ts"
import type { EntryKind, TreeEntry } from "../../model/Tree.ts"
import { TreeNotFound } from "../../model/Version.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { readConflict } from "../merge/readConflict.ts"
import type { ObjectsService, SizedObject } from "../objects/Objects.ts"
import { wholeLimit } from "../objects/storedForm.ts"

const contentOf = (kind: EntryKind): MissingContent["kind"] =>
  kind === "directory" ? "tree" : kind === "conflict" ? "conflict" : "blob"

/** What a conflict names: whole directories too, where one of its sides is one. */
const claimConflicts = Effect.fnUntraced(function* (objects: ObjectsService, conflicts: ReadonlyArray<ObjectId>) {
  const missing: Array<MissingContent> = []
  for (const id of conflicts) {
    const conflict = yield* readConflict(objects, id)
    const terms = new Map<ObjectId, MissingContent["kind"]>()
    const claims: Array<SizedObject> = []
    for (const term of [...conflict.bases, ...conflict.sides]) {
      if (term === null) continue
      terms.set(term.id, contentOf(term.kind))
      claims.push({ id: term.id, size: sizeOf(term) })
    }
    for (const text of settledObjects(conflict)) {
      terms.set(text, "blob")
      claims.push({ id: text, size: null })
    }
    const absent = new Set(yield* objects.claim(claims))
    const inner: Array<ObjectId> = []
    for (const [term, kind] of terms) {
      if (absent.has(term)) missing.push({ kind, id: term })
      else if (kind === "tree") missing.push(...(yield* claimContent(objects, term as TreeId, null)))
      else if (kind === "conflict") inner.push(term)
    }
    // A conflict about a conflict: it was made before this one, so this ends.
    if (inner.length > 0) missing.push(...(yield* claimConflicts(objects, inner)))
  }
  return missing
}) as (
  objects: ObjectsService,
  conflicts: ReadonlyArray<ObjectId>
) => Effect.Effect<ReadonlyArray<MissingContent>, StorageError>

/**
 * Claims a tree and everything below it that does not stand at the same place of `known`, a tree that is named already;
 * returns what is missing of it. Reads only directories that differ, each level in one batch.
 *
 * @internal
 */
export const claimContent = Effect.fnUntraced(function* (
  objects: ObjectsService,
  tree: TreeId,
  known: TreeId | null
): Effect.fn.Return<ReadonlyArray<MissingContent>, StorageError> {
  if (tree === known) return []
  const [absent] = yield* objects.claim([{ id: tree, size: 0 }])
  if (absent !== undefined) return [{ kind: "tree", id: tree }]
  const missing: Array<MissingContent> = []
  // One directory may stand at many places: once is enough for each that it is compared with.
  const visited = new Set<string>()
  let level: ReadonlyArray<readonly [TreeId, TreeId | null]> = [[tree, known]]
  while (level.length > 0) {
    const ids = new Set<TreeId>()
    for (const [after, before] of level) {
      ids.add(after)
      if (before !== null) ids.add(before)
    }
    const trees = yield* objects.trees([...ids])
    const fresh = new Map<ObjectId, MissingContent["kind"]>()
    const claims: Array<SizedObject> = []
    const next: Array<readonly [TreeId, TreeId | null]> = []
    for (const [after, before] of level) {
      const size = sizeOfTree(trees.get(after) ?? [])
      if (size > wholeLimit) claims.push({ id: after, size })
      const old = new Map((before === null ? [] : (trees.get(before) ?? [])).map((entry) => [entry.name, entry]))
      for (const entry of trees.get(after) ?? []) {
        const same = old.get(entry.name)
        if (same?.id === entry.id && same.kind === entry.kind) continue
        fresh.set(entry.id, contentOf(entry.kind))
        claims.push({ id: entry.id, size: sizeOf(entry) })
        if (entry.kind !== "directory") continue
        const compared = same?.kind === "directory" ? (same.id as TreeId) : null
        const pair = `${entry.id} ${compared}`
        if (visited.has(pair)) continue
        visited.add(pair)
        next.push([entry.id as TreeId, compared])
      }
    }
    const lost = new Set(yield* objects.claim(claims))
    for (const id of lost) missing.push({ kind: fresh.get(id) ?? "blob", id })
    const conflicts = [...fresh].filter(([id, kind]) => kind === "conflict" && !lost.has(id)).map(([id]) => id)
    missing.push(...(yield* claimConflicts(objects, conflicts)))
    level = next.filter(([id]) => !lost.has(id))
  }
  return missing
})

/** The same; returns one object that is missing, if any is. @internal */
export const claimBelow = (
  objects: ObjectsService,
  tree: TreeId,
  known: TreeId | null
): Effect.Effect<ObjectId | undefined, StorageError> =>
  Effect.map(claimContent(objects, tree, known), ([missing]) => missing?.id)

/**
 * Claims a tree and everything below it that does not stand at the same place of `known`, a tree that is named already.
 *
 * @internal
 */
export const claimTree = Effect.fnUntraced(function* (
  objects: ObjectsService,
  tree: TreeId,
  known: TreeId | null
): Effect.fn.Return<void, TreeNotFound | StorageError> {
  const [missing] = yield* claimContent(objects, tree, known)
  if (missing === undefined) return
  if (missing.id === tree) return yield* Effect.fail(new TreeNotFound({ id: tree }))
  const detail = `tree ${tree} holds it, but it is missing`
  return yield* Effect.fail(corrupt("claim", `object ${missing.id}`, detail))
})

/** The size of an entry's content, where the entry tells it. A tree's is known once it is read: until then it is small. */
const sizeOf = ({ kind, size }: Pick<TreeEntry, "kind" | "size">): number | null =>
  kind === "symlink" || kind === "conflict" ? null : size

/** At least the size of a tree's encoding: each line has an id, a size, and a name of at most three bytes a unit. */
const sizeOfTree = (entries: ReadonlyArray<TreeEntry>): number =>
  entries.reduce((sum, { name }) => sum + 100 + 3 * name.length, 100)
