/** Walks trees and conflicts, each once, and remembers the way to what is damaged. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeConflict, settledObjects } from "../../algo/conflict/conflictEncoding.ts"
import { decodeTree } from "../../algo/tree/treeEncoding.ts"
import { Conflict } from "../../model/Conflict.ts"
import type { FilePath, ObjectId } from "../../model/Ids.ts"
import type { EntryKind } from "../../model/Tree.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinPath } from "../objects/treeWalk.ts"
import { joinStored } from "./joinStored.ts"
import { objectOpener } from "./openObject.ts"
import type { Survey } from "./surveyObjects.ts"

const batchTrees = 64
/** So many paths are told of one record. */
const pathLimit = 1000

/** A tree or a conflict: what it names that is read further, and everything else, by name. */
interface Node {
  readonly below: ReadonlyArray<readonly [name: string, Root]>
  readonly leaves: ReadonlyArray<readonly [name: string, ObjectId]>
}

/** Something that a record names. @internal */
export interface Root {
  readonly kind: EntryKind
  readonly id: ObjectId
}

const decodeConflictSchema = Schema.decodeUnknownExit(Conflict)
const isRead = (kind: EntryKind) => kind === "directory" || kind === "conflict"

/** What a tree or conflict names; a text says why it is none. */
const nodeOf = (kind: EntryKind, content: Uint8Array): Node | string => {
  if (kind === "directory") {
    const entries = decodeTree(content)
    if ("invalid" in entries) return entries.invalid
    const [read, leaves] = [entries.filter((e) => isRead(e.kind)), entries.filter((e) => !isRead(e.kind))]
    return { below: read.map((e) => [e.name, { kind: e.kind, id: e.id }]), leaves: leaves.map((e) => [e.name, e.id]) }
  }
  const decoded = decodeConflictSchema(decodeConflict(content))
  if (decoded._tag === "Failure") return "it is named as a conflict, and is none"
  const terms = [...decoded.value.bases, ...decoded.value.sides].filter((term) => term !== null)
  return {
    below: terms.filter((term) => isRead(term.kind)).map(({ id, kind }) => ["", { id, kind }]),
    leaves: [
      ...terms.filter((term) => !isRead(term.kind)).map((term) => term.id),
      ...settledObjects(decoded.value)
    ].map((id) => ["", id])
  }
}

/** @internal */
export const makeTreeWalk = (storage: ObjectStorageService, survey: Survey) => {
  /** Of what is sound all the way down nothing is kept but that it was seen, and what is below it. */
  const seen = new Map<ObjectId, Node>()
  const tainted = new Map<ObjectId, boolean>()

  const pending: Array<readonly [ObjectId, Node]> = []

  const read = Effect.fnUntraced(function* (roots: ReadonlyArray<Root>) {
    const openObject = yield* objectOpener
    const next: Array<Root> = []
    yield* survey.look(roots.map(({ id }) => id))
    const sound = roots.filter(({ id }) => survey.sound.has(id))
    const found = yield* storage.get(sound.map(({ id }) => id))
    const leaves: Array<ObjectId> = []
    for (const { id, kind } of sound) {
      const stored = found.get(id)
      // A tree of many thousand entries is kept in chunks, as any large content is.
      const content = yield* joinStored(storage, id, stored === undefined ? undefined : openObject(stored))
      const node = nodeOf(kind, content)
      if (typeof node === "string") {
        survey.spoil(id, node)
        continue
      }
      for (const [, leaf] of node.leaves) if (!survey.sound.has(leaf)) leaves.push(leaf)
      seen.set(id, { below: node.below, leaves: [] })
      for (const [, root] of node.below) if (!seen.has(root.id) && !survey.bad.has(root.id)) next.push(root)
      pending.push([id, node])
    }
    yield* survey.look(leaves)
    for (const [id, node] of pending.splice(0)) {
      const bad = node.leaves.filter(([, leaf]) => survey.bad.has(leaf))
      if (bad.length > 0) seen.set(id, { below: node.below, leaves: bad })
    }
    return next
  })

  /** Walks everything below these that was not walked yet. */
  const walk = Effect.fnUntraced(function* (roots: ReadonlyArray<Root>): Effect.fn.Return<void, StorageError> {
    yield* survey.look(roots.filter(({ id, kind }) => !isRead(kind) && !survey.sound.has(id)).map(({ id }) => id))
    let level = roots.filter(({ id, kind }) => isRead(kind) && !seen.has(id))
    while (level.length > 0) {
      const distinct = [...new Map(level.map((root) => [root.id, root])).values()]
      const next: Array<Root> = []
      for (let i = 0; i < distinct.length; i += batchTrees) {
        for (const root of yield* read(distinct.slice(i, i + batchTrees))) next.push(root)
      }
      level = next.filter(({ id }) => !seen.has(id))
    }
  })

  /** Whether something below is damaged, or it is itself. Call after the last walk. */
  const isTainted = (id: ObjectId): boolean => {
    const known = tainted.get(id)
    if (known !== undefined) return known
    tainted.set(id, false)
    const node = seen.get(id)
    const isBad =
      survey.bad.has(id) ||
      (node !== undefined && (node.leaves.length > 0 || node.below.some(([, child]) => isTainted(child.id))))
    tainted.set(id, isBad)
    return isBad
  }

  /** The paths below a root whose content is damaged, with the objects at fault. */
  const damaged = (root: ObjectId) => {
    const paths = new Set<"" | FilePath>()
    const objects = new Set<ObjectId>()
    let more = false
    const visit = (id: ObjectId, path: string): void => {
      if (more || !isTainted(id)) return
      const add = (at: string, object: ObjectId) => {
        if (paths.size === pathLimit && !paths.has(at as FilePath)) more = true
        else {
          paths.add(at as FilePath)
          objects.add(object)
        }
      }
      if (survey.bad.has(id)) {
        add(path, id)
        return
      }
      const node = seen.get(id)
      for (const [name, object] of node?.leaves ?? []) add(name === "" ? path : joinPath(path, name), object)
      for (const [name, child] of node?.below ?? []) visit(child.id, name === "" ? path : joinPath(path, name))
    }
    visit(root, "")
    return { paths: [...paths], objects: [...objects], more }
  }

  return { walk, isTainted, damaged }
}
