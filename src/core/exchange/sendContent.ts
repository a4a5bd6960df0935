/** Brings versions and everything they hold from one store to another: only what is missing, in batches. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeConflict, settledObjects } from "../../algo/conflict/conflictEncoding.ts"
import { decodeTree } from "../../algo/tree/treeEncoding.ts"
import { Conflict } from "../../model/Conflict.ts"
import type { MissingContent, PeerChunks, PeerContent, PeerError, VersionOutline } from "../../model/Exchange.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { EntryKind } from "../../model/Tree.ts"
import { wholeLimit } from "../objects/storedForm.ts"
import { Progress } from "../references/Progress.ts"
import type { SummedSnapshot } from "./askSnapshots.ts"
import type { Ask } from "./ExchangePeer.ts"
import { malformed } from "./question.ts"

/**
 * What was brought over: versions, snapshots, and objects (files, directories, conflicts, lists of artifacts) with the bytes
 * that went over for them. Of a large file only the pieces go over that were not there.
 *
 * @public
 */
export interface Transferred {
  readonly versions: number
  readonly snapshots: number
  readonly objects: number
  readonly bytes: number
}

const versionBatch = 200
/** Each brings the tree of a whole collection. */
const snapshotBatch = 20
const batchBytes = 8 * 1024 * 1024
const batchObjects = 500
/** Pieces of so many bytes are joined by one request, unless one content is larger. */
const joinBytes = 64 * 1024 * 1024
/** So often pieces may be gone again when they are to be joined. */
const mostJoins = 3

const decodeConflictSchema = Schema.decodeUnknownExit(Conflict)

/**
 * A part of a tree that may have to be sent. `size` is what its tree says, where it says so. `pieces`: whether it may be
 * kept in pieces.
 */
interface Part {
  readonly kind: MissingContent["kind"]
  readonly size: number | null
  readonly pieces: boolean
}

const tree: Part = { kind: "tree", size: null, pieces: false }
/** A list of artifacts is long where they are many. */
const list: Part = { kind: "blob", size: null, pieces: true }

const partOf = (kind: EntryKind, size: number): Part =>
  kind === "directory"
    ? tree
    : kind === "conflict"
      ? { kind: "conflict", size: null, pieces: false }
      : kind === "symlink"
        ? { kind: "blob", size: null, pieces: false }
        : { kind: "blob", size, pieces: size > wholeLimit }

/** What an object names: the entries of a tree, the terms of a conflict. */
const partsOf = (
  kind: "tree" | "conflict",
  bytes: Uint8Array
): ReadonlyArray<readonly [ObjectId, Part]> | undefined => {
  if (kind === "tree") {
    const entries = decodeTree(bytes)
    return "invalid" in entries ? undefined : entries.map(({ id, kind, size }) => [id, partOf(kind, size)] as const)
  }
  const decoded = decodeConflictSchema(decodeConflict(bytes))
  if (decoded._tag === "Failure") return undefined
  const { bases, sides } = decoded.value
  return [
    ...[...bases, ...sides].flatMap((term) =>
      term === null ? [] : [[term.id, partOf(term.kind, term.size)] as const]
    ),
    ...settledObjects(decoded.value).map((id) => [id, { kind: "blob", size: null, pieces: true }] as const)
  ]
}

/**
 * A sender between two stores.
 *
 * @remarks
 * Content is put before what names it: files, then directories from the deepest up, then versions. So what a killed
 * transfer left behind needs no second look: where a directory is there, what it holds came before it. Should some of it
 * have been collected since, the receiver says so when the versions are to become history. `texts` are those of snapshots,
 * by their hashes.
 *
 * @internal
 */
export const makeSender = (source: Ask, destination: Ask, texts: ReadonlyMap<ObjectId, Uint8Array>) => {
  let versions = 0
  let snapshots = 0
  let objects = 0
  let bytes = 0

  const put = Effect.fnUntraced(function* (contents: ReadonlyArray<PeerContent>) {
    let batch: Array<PeerContent> = []
    let size = 0
    for (const content of contents) {
      if (batch.length > 0 && (size + content.bytes.length > batchBytes || batch.length >= batchObjects)) {
        yield* destination.put(batch)
        batch = []
        size = 0
      }
      batch.push(content)
      size += content.bytes.length
    }
    if (batch.length > 0) yield* destination.put(batch)
  })

  /** Puts those of some pieces that are not there, a batch at a time. */
  const sendPieces = Effect.fnUntraced(function* (pieces: ReadonlyMap<ObjectId, number>) {
    const absent = yield* destination.missing([...pieces.keys()].map((id) => ({ id, size: 0 })))
    let batch: Array<ObjectId> = []
    let size = 0
    const flush = Effect.fnUntraced(function* () {
      if (batch.length === 0) return
      const contents = yield* source.contents("Objects", batch)
      for (const content of contents) bytes += content.bytes.length
      yield* put(contents)
      batch = []
      size = 0
    })
    for (const id of absent) {
      const told = pieces.get(id) ?? 0
      if (batch.length > 0 && size + told > batchBytes) yield* flush()
      batch.push(id)
      size += told
    }
    yield* flush()
  })

  /**
   * Sends content in the pieces that the source keeps it in: of each only those that are not there, so that neither a long
   * file nor a small change of one goes over as a whole. What the source keeps whole is named to `sendWhole`.
   */
  const sendLarge = Effect.fnUntraced(function* (
    blobs: ReadonlyMap<ObjectId, Part>,
    sendWhole: (id: ObjectId) => void
  ) {
    const progress = yield* Progress
    const lists = yield* source.chunks([...blobs.keys()])
    let batch: Array<PeerChunks> = []
    let size = 0
    const flush = Effect.fnUntraced(function* () {
      if (batch.length === 0) return
      const pieces = new Map(batch.flatMap(({ chunks }) => chunks.map(({ id, size }) => [id, size] as const)))
      for (let round = 0; ; round++) {
        yield* sendPieces(pieces)
        const reply = yield* destination.join(batch)
        if (reply._tag === "Stored") break
        if (round === mostJoins) return yield* Effect.fail(malformed("Join", "whatever it is sent, it lacks a piece"))
      }
      objects += batch.length
      batch = []
      size = 0
      progress({ phase: "send content", done: objects, total: 0 })
    })
    for (const [id, part] of blobs) {
      const chunks = lists.get(id)
      if (chunks === undefined) {
        sendWhole(id)
        continue
      }
      const total = chunks.reduce((sum, chunk) => sum + chunk.size, 0)
      if (part.size !== null && part.size !== total) {
        return yield* Effect.fail(malformed("Chunks", `${id} has ${total} bytes, its tree says ${part.size}`))
      }
      if (batch.length > 0 && size + total > joinBytes) yield* flush()
      batch.push({ id, chunks })
      size += total
    }
    yield* flush()
  })

  /** Reads and puts blobs, as many at a time as their sizes allow. */
  const sendBlobs = Effect.fnUntraced(function* (blobs: ReadonlyMap<ObjectId, Part>) {
    const progress = yield* Progress
    const whole = new Set<ObjectId>()
    let batch: Array<ObjectId> = []
    let size = 0
    const flush = Effect.fnUntraced(function* () {
      if (batch.length === 0) return
      const contents = yield* source.contents("Objects", batch)
      for (const { bytes: content, id } of contents) {
        const told = blobs.get(id)?.size ?? null
        if (told !== null && told !== content.length) {
          return yield* Effect.fail(malformed("Objects", `${id} has ${content.length} bytes, its tree says ${told}`))
        }
        bytes += content.length
      }
      yield* put(contents)
      objects += contents.length
      batch = []
      size = 0
      progress({ phase: "send content", done: objects, total: 0 })
    })
    yield* sendLarge(new Map([...blobs].filter(([, { pieces }]) => pieces)), (id) => whole.add(id))
    for (const [id, part] of blobs) {
      if (part.pieces && !whole.has(id)) continue
      if (batch.length > 0 && (size + (part.size ?? 0) > batchBytes || batch.length >= batchObjects)) yield* flush()
      batch.push(id)
      size += part.size ?? 0
    }
    yield* flush()
  })

  /**
   * Sends those of some parts that are missing, and what they name, the deepest first. A tree that is there is only looked
   * at where it is `unsure`: seldom is one so large that it is kept in pieces.
   */
  const sendParts = Effect.fnUntraced(function* (roots: ReadonlyMap<ObjectId, Part>, unsure: boolean) {
    const seen = new Set<ObjectId>()
    const blobs = new Map<ObjectId, Part>()
    const levels: Array<ReadonlyArray<PeerContent>> = []
    for (let level = roots; level.size > 0; ) {
      const asked = [...level].map(([id, part]) => ({ id, size: part.pieces || unsure ? part.size : 0 }))
      const missing = yield* destination.missing(asked)
      const inner: Array<readonly [ObjectId, "tree" | "conflict"]> = []
      for (const id of missing) {
        const part = level.get(id)
        if (part === undefined) continue
        if (part.kind === "tree" || part.kind === "conflict") inner.push([id, part.kind])
        else blobs.set(id, part)
      }
      const contents = yield* source.contents(
        "Objects",
        inner.map(([id]) => id)
      )
      const next = new Map<ObjectId, Part>()
      for (const [k, [id, kind]] of inner.entries()) {
        const parts = partsOf(kind, contents[k]?.bytes ?? new Uint8Array())
        if (parts === undefined) return yield* Effect.fail(malformed("Objects", `${id} is no ${kind}`))
        for (const [part, what] of parts) {
          if (seen.has(part)) continue
          seen.add(part)
          next.set(part, what)
        }
      }
      levels.push(contents)
      level = next
    }
    yield* sendBlobs(blobs)
    for (const contents of levels.reverse()) {
      yield* put(contents)
      objects += contents.length
      for (const content of contents) bytes += content.bytes.length
    }
  })

  /** Sends versions, parents first. Returns when they and all they hold are there. */
  const sendVersions = Effect.fnUntraced(function* (
    outlines: ReadonlyArray<VersionOutline>
  ): Effect.fn.Return<void, PeerError> {
    const progress = yield* Progress
    for (let i = 0; i < outlines.length; i += versionBatch) {
      const batch = outlines.slice(i, i + versionBatch)
      const absent = yield* destination.missing(batch.map(({ id }) => ({ id: id as string as ObjectId, size: 0 })))
      const fresh = batch.filter(({ id }) => absent.has(id as string as ObjectId))
      if (fresh.length === 0) continue
      yield* sendParts(new Map(fresh.map((version) => [version.tree, tree] as const)), false)
      const contents = yield* source.contents(
        "Versions",
        fresh.map(({ id }) => id as string as ObjectId)
      )
      yield* put(contents)
      versions += contents.length
      progress({ phase: "send versions", done: i + batch.length, total: outlines.length })
    }
  })

  const putTexts = Effect.fnUntraced(function* (sums: ReadonlyArray<ObjectId>) {
    const contents = sums.flatMap((id) => {
      const text = texts.get(id)
      return text === undefined ? [] : [{ id, bytes: text }]
    })
    yield* put(contents)
    snapshots += contents.length
  })

  /** Sends snapshots, after the versions that they list. Returns when they and all they hold are there. */
  const sendSnapshots = Effect.fnUntraced(function* (
    all: ReadonlyArray<SummedSnapshot>
  ): Effect.fn.Return<void, PeerError> {
    const progress = yield* Progress
    for (let i = 0; i < all.length; i += snapshotBatch) {
      const batch = all.slice(i, i + snapshotBatch)
      const absent = yield* destination.missing(batch.map(({ sum }) => ({ id: sum, size: null })))
      const fresh = batch.filter(({ sum }) => absent.has(sum))
      if (fresh.length === 0) continue
      const parts = fresh.flatMap(
        ({ snapshot }): ReadonlyArray<readonly [ObjectId, Part]> => [
          [snapshot.tree, tree],
          ...(snapshot.artifacts === null ? [] : [[snapshot.artifacts, list] as const])
        ]
      )
      yield* sendParts(new Map(parts), false)
      yield* putTexts(fresh.map(({ sum }) => sum))
      progress({ phase: "send snapshots", done: i + batch.length, total: all.length })
    }
  })

  /** Sends what the receiver found missing. */
  const sendMissing = Effect.fnUntraced(function* (
    missing: ReadonlyArray<MissingContent>
  ): Effect.fn.Return<void, PeerError> {
    const parts = missing.filter(({ kind }) => kind !== "version" && kind !== "snapshot")
    yield* sendParts(
      new Map(parts.map(({ id, kind }) => [id, { kind, size: null, pieces: kind === "blob" }] as const)),
      true
    )
    const contents = yield* source.contents(
      "Versions",
      missing.filter(({ kind }) => kind === "version").map(({ id }) => id)
    )
    yield* put(contents)
    versions += contents.length
    yield* putTexts(missing.filter(({ kind }) => kind === "snapshot").map(({ id }) => id))
  })

  const transferred = (): Transferred => ({ versions, snapshots, objects, bytes })
  return { sendMissing, sendSnapshots, sendVersions, transferred }
}
