/**
 * Brings content that stands under wrong ids home, and clears away what is no content at all.
 *
 * At every moment, whatever was stored as whole content is stored: it is put under its own id before it is taken from the wrong
 * one. Where something else is in its place, that goes home first; and where that leads round in a ring, one of
 * them waits under an id of nobody's. Killed anywhere, it is a store with content under wrong ids, as it was before.
 */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { ObjectInfo } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { isAsPacked, makePayloads } from "../objects/payload.ts"
import { packList, packWhole } from "../objects/storedForm.ts"
import { type RunningHash, RunningSha256 } from "../references/RunningSha256.ts"
import { type Opened, objectOpener } from "./openObject.ts"
import type { StoreParts } from "./verifyStore.ts"

/**
 * What stands under an id.
 *
 * - `Absent`: nothing
 * - `Sound`: what belongs there
 * - `Stray`: whole content, which belongs under `own`
 * - `Waste`: nothing that can be read
 * - `Open`: a list of chunks that are not all there, or what only another runtime can read: it cannot be told
 */
type Standing =
  | { readonly _tag: "Absent" | "Sound" | "Waste" | "Open" }
  | { readonly _tag: "Stray"; readonly own: ObjectId; readonly bytes: Uint8Array }

/** Somebody else may be using what is to be removed: so often it is looked at again, and then left alone. */
const removeTries = 5

/** An id of nobody's, under which content waits that belongs under another. @internal */
export const holdingPlace = (sha256: Sha256Function, own: ObjectId, n: number): ObjectId =>
  sha256(new TextEncoder().encode(`tidemark: held ${n} for ${own}`)) as ObjectId

/** @internal */
export interface Homes {
  /** What stands under an id, read now. */
  readonly look: (id: ObjectId) => Effect.Effect<Standing, StorageError>
  /** Makes an id free of what does not belong there; content goes home. What is `Open` stays. */
  readonly clear: (id: ObjectId) => Effect.Effect<void, StorageError>
  /** Stores what is sound anew where its size is told wrongly, or its stored form is not what it was. */
  readonly renew: (id: ObjectId) => Effect.Effect<void, StorageError>
}

/** @internal */
export const makeHomes = Effect.fnUntraced(function* ({ sha256, storage }: StoreParts): Effect.fn.Return<Homes> {
  const openObject = yield* objectOpener
  const running = yield* RunningSha256
  const read = (id: ObjectId) => Effect.map(storage.get([id]), (found) => found.get(id))
  const listed = (id: ObjectId): Effect.Effect<ObjectInfo | undefined, StorageError> =>
    Effect.map(storage.list({ after: id.slice(0, -1) as ObjectId, limit: 1 }), ([next]) =>
      next?.id === id ? next : undefined
    )

  /** The id of what a list's chunks are together; `undefined` where one is not what it should be, or it cannot be hashed. */
  const idOfList = Effect.fnUntraced(function* (
    chunks: ReadonlyArray<{ readonly id: ObjectId; readonly size: number }>
  ) {
    let hash: RunningHash
    try {
      hash = running()
    } catch {
      return undefined
    }
    for (const { id, size } of chunks) {
      const stored = yield* read(id)
      const opened = stored === undefined ? undefined : openObject(stored)
      if (opened?._tag !== "Whole" || opened.content.length !== size || sha256(opened.content) !== id) return undefined
      hash.update(opened.content)
    }
    return hash.digest() as ObjectId
  })

  const look = Effect.fnUntraced(function* (id: ObjectId): Effect.fn.Return<Standing, StorageError> {
    const bytes = yield* read(id)
    if (bytes === undefined) return { _tag: (yield* listed(id)) === undefined ? "Absent" : "Waste" }
    const opened = openObject(bytes)
    if (opened._tag === "Unknown") return { _tag: opened.isForeign ? "Open" : "Waste" }
    const own = opened._tag === "Whole" ? (sha256(opened.content) as ObjectId) : yield* idOfList(opened.chunks)
    if (own === undefined) return { _tag: "Open" }
    return own === id ? { _tag: "Sound" } : { _tag: "Stray", own, bytes }
  })

  /** Takes away what stands under an id, as long as it does not belong there. */
  const takeAway = Effect.fnUntraced(function* (id: ObjectId): Effect.fn.Return<void, StorageError> {
    for (let tries = 0; tries < removeTries; tries++) {
      // Not what another process has put there since it was looked at.
      const info = yield* listed(id)
      const { _tag } = yield* look(id)
      if (_tag !== "Stray" && _tag !== "Waste") return
      const storedBefore = info === undefined ? Number.MAX_SAFE_INTEGER : info.storedAt + 1
      const removed = yield* storage.remove([id], { storedBefore })
      if (removed > 0 || (yield* listed(id)) === undefined) return
    }
  })

  /** Stores content under an id of nobody's; returns that. */
  const hold = Effect.fnUntraced(function* (own: ObjectId, bytes: Uint8Array) {
    for (let n = 0; ; n++) {
      const id = holdingPlace(sha256, own, n)
      if ((yield* look(id))._tag !== "Absent") continue
      yield* storage.put([{ id, bytes }])
      return id
    }
  })

  const goHome = Effect.fnUntraced(function* (id: ObjectId) {
    const standing = yield* look(id)
    if (standing._tag !== "Stray") return
    const { bytes, own } = standing
    if ((yield* look(own))._tag === "Absent") yield* storage.put([{ id: own, bytes }])
    // Where what is in its place stays there, it stays, too.
    if ((yield* look(own))._tag === "Sound") yield* takeAway(id)
  })

  const clear = Effect.fnUntraced(function* (start: ObjectId): Effect.fn.Return<void, StorageError> {
    /** Each belongs where the next one stands. */
    const way: Array<ObjectId> = []
    const met = new Map<ObjectId, number>()
    for (let id = start; ; ) {
      const standing = yield* look(id)
      if (standing._tag === "Waste") yield* takeAway(id)
      if (standing._tag !== "Stray") break
      const at = met.get(id)
      if (at !== undefined) {
        way[at] = yield* hold(standing.own, standing.bytes)
        yield* takeAway(id)
        break
      }
      met.set(id, way.push(id) - 1)
      id = standing.own
    }
    for (const id of way.reverse()) yield* goHome(id)
  })

  const renew = Effect.fnUntraced(function* (id: ObjectId): Effect.fn.Return<void, StorageError> {
    const [bytes, info] = [yield* read(id), yield* listed(id)]
    if (bytes === undefined || info === undefined || (yield* look(id))._tag !== "Sound") return
    if (info.size === bytes.length && isAsPacked(bytes)) return
    const held = yield* hold(id, isAsPacked(bytes) ? bytes : plain(openObject(bytes), bytes))
    yield* storage.remove([id], { storedBefore: info.storedAt + 1 })
    yield* goHome(held)
  })

  return { look, clear, renew }
})

const uncompressed = makePayloads({}, "none")

/** A stored form that every runtime can read. */
const plain = (opened: Opened, bytes: Uint8Array): Uint8Array => {
  if (opened._tag === "Whole") return packWhole(opened.content, uncompressed)
  return opened._tag === "Chunks" ? packList(opened.chunks, uncompressed) : bytes
}

/** Stores anew what is sound, but told of wrongly. @internal */
export const renewMislisted = Effect.fnUntraced(function* (
  parts: StoreParts,
  ids: Iterable<ObjectId>
): Effect.fn.Return<void, StorageError> {
  const { renew } = yield* makeHomes(parts)
  for (const id of ids) yield* renew(id)
})

/**
 * Makes ids free of what does not belong there: while it is there, the right content cannot be stored.
 *
 * @internal
 */
export const clearBroken = Effect.fnUntraced(function* (
  parts: StoreParts,
  ids: ReadonlySet<ObjectId>
): Effect.fn.Return<void, StorageError> {
  const { clear, look } = yield* makeHomes(parts)
  const open: Array<ObjectId> = []
  for (const id of ids) {
    yield* clear(id)
    if ((yield* look(id))._tag === "Open") open.push(id)
  }
  // Lists, which can be told once their chunks are home.
  for (const id of open) yield* clear(id)
})
