/** Content by its hash: what every service reads and writes objects through. Nothing unverified passes. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { decodeTree } from "../../algo/tree/treeEncoding.ts"
import type { BlobId, ObjectId, TreeId } from "../../model/Ids.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import { ObjectStorage, type ObjectStorageService, type StoredObject } from "../../storage/ObjectStorage.ts"
import { StorageError, StorageUnsupported } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { Codecs } from "../references/Codecs.ts"
import { Compression } from "../references/Compression.ts"
import { type RunningHash, RunningSha256 } from "../references/RunningSha256.ts"
import { Sha256 } from "../references/Sha256.ts"
import { makeLargeContent } from "./largeContent.ts"
import { makePayloads, type Payloads } from "./payload.ts"
import { type Chunk, fromStored, packWhole, wholeLimit } from "./storedForm.ts"

/** Content on its way into the store, under the id that its hash gave it. @public */
export interface Content {
  readonly id: ObjectId
  readonly bytes: Uint8Array
}

/** An object and the size of its content in bytes; `null` where it is not known. @public */
export interface SizedObject {
  readonly id: ObjectId
  readonly size: number | null
}

/**
 * Reads and writes content by its hash.
 *
 * @public
 */
export interface ObjectsService {
  /** Names bytes: their SHA-256. */
  readonly identify: (bytes: Uint8Array) => BlobId
  /** Stores content. What is there already is only refreshed. */
  readonly put: (contents: ReadonlyArray<Content>) => Effect.Effect<void, StorageError>
  /**
   * Returns the ids of what is not stored whole; refreshes everything else with all its chunks, so that collecting leaves
   * it alone. Sizes save reads: only large content can have chunks.
   */
  readonly claim: (objects: ReadonlyArray<SizedObject>) => Effect.Effect<ReadonlyArray<ObjectId>, StorageError>
  /** Returns the content of every id, verified. A missing or damaged object is `StorageCorrupt` naming it. */
  readonly get: <Id extends ObjectId>(
    ids: ReadonlyArray<Id>
  ) => Effect.Effect<ReadonlyMap<Id, Uint8Array>, StorageError>
  /**
   * Stores content that comes in pieces, and returns what it turned out to be. Holds some chunks of it at a time, never the
   * whole.
   */
  readonly putStream: <E, R>(
    pieces: Stream.Stream<Uint8Array, E, R>
  ) => Effect.Effect<{ readonly id: BlobId; readonly size: number }, E | StorageError, R>
  /**
   * Gives content in pieces of at most 4 MiB. Each was verified before it is given, and the whole with the last one: until
   * the stream has ended, what came must be trusted with nothing that cannot be taken back.
   */
  readonly stream: (id: ObjectId) => Stream.Stream<Uint8Array, StorageError>
  /**
   * Returns the pieces that large content is kept in, in order: objects of their own. Content that is kept whole, or missing,
   * is not in the map. What the list says is only certain once the content was read.
   */
  readonly chunks: (
    ids: ReadonlyArray<ObjectId>
  ) => Effect.Effect<
    ReadonlyMap<ObjectId, ReadonlyArray<{ readonly id: ObjectId; readonly size: number }>>,
    StorageError
  >
  /** Returns decoded trees, from a bounded cache where possible. */
  readonly trees: (
    ids: ReadonlyArray<TreeId>
  ) => Effect.Effect<ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>, StorageError>
}

/** Content by its hash: see {@link ObjectsService}. @public */
export class Objects extends Context.Service<Objects, ObjectsService>()("tidemark/core/Objects") {
  static readonly layer: Layer.Layer<Objects, never, ObjectStorage> = Layer.effect(
    Objects,
    Effect.gen(function* () {
      const payloads = makePayloads(yield* Codecs, yield* Compression)
      const [storage, sha256, running] = [yield* ObjectStorage, yield* Sha256, yield* RunningSha256]
      return make({ storage, sha256, running, payloads })
    })
  )
}

/** A batch ends at this many bytes or objects, whichever comes first: memory stays bounded, round trips few. */
const batchBytes = 8 * 1024 * 1024
const batchObjects = 500
/** Content of more bytes than this is never put together in memory, whatever a list of chunks says. */
const joinLimit = 2 ** 31
/** Objects read at once to see what form they have: each may be of 4 MiB. */
const lookedAtOnce = 16
/** Decoded trees kept, in entries. */
const cachedEntries = 200_000

interface Parts {
  readonly storage: ObjectStorageService
  readonly sha256: Sha256Function
  readonly running: () => RunningHash
  readonly payloads: Payloads
}

const make = ({ payloads, running, sha256, storage }: Parts): ObjectsService => {
  const cache = new Map<TreeId, ReadonlyArray<TreeEntry>>()
  let cached = 0
  const remember = (id: TreeId, entries: ReadonlyArray<TreeEntry>) => {
    cache.set(id, entries)
    cached += entries.length + 1
    for (const [oldest, old] of cache) {
      if (cached <= cachedEntries || oldest === id) break
      cache.delete(oldest)
      cached -= old.length + 1
    }
  }

  const put = Effect.fn("Objects.put")(function* (contents: ReadonlyArray<Content>) {
    let batch: Array<StoredObject> = []
    let bytes = 0
    const flush = Effect.suspend(() => {
      const full = batch
      batch = []
      bytes = 0
      return isNonEmpty(full) ? storage.put(full) : Effect.void
    })
    const queued = new Set<ObjectId>()
    for (const content of contents) {
      if (queued.has(content.id)) continue
      queued.add(content.id)
      if (content.bytes.length > wholeLimit) {
        yield* large.putLarge(content.id, content.bytes)
        continue
      }
      const packed = packWhole(content.bytes, payloads)
      if (bytes + packed.length > batchBytes || batch.length >= batchObjects) yield* flush
      batch.push({ id: content.id, bytes: packed })
      bytes += packed.length
    }
    yield* flush
  })

  const verified = (id: ObjectId, content: Uint8Array) =>
    sha256(content) === id
      ? Effect.succeed(content)
      : Effect.fail(corrupt("read", `object ${id}`, "its hash is another"))

  const fetch = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const found = new Map<ObjectId, Uint8Array>()
    for (let i = 0; i < ids.length; i += batchObjects) {
      for (const [id, bytes] of yield* storage.get(ids.slice(i, i + batchObjects))) found.set(id, bytes)
    }
    for (const id of ids)
      if (!found.has(id)) return yield* Effect.fail(corrupt("read", `object ${id}`, "it is missing"))
    return found
  })

  /** The form of a stored object. What cannot be read is named. */
  const open = (id: ObjectId, bytes: Uint8Array | undefined) => {
    const stored = fromStored(bytes ?? new Uint8Array(), payloads)
    switch (stored._tag) {
      case "Damaged":
        return Effect.fail(corrupt("read", `object ${id}`, stored.detail))
      case "Undecodable":
        return Effect.fail(undecodable(id, stored.codec))
      default:
        return Effect.succeed(stored)
    }
  }

  const large = makeLargeContent({ storage, sha256, running, payloads, fetch, open })

  const join = Effect.fnUntraced(function* (id: ObjectId, chunks: ReadonlyArray<Chunk>) {
    const total = chunks.reduce((sum, chunk) => sum + chunk.size, 0)
    if (total > joinLimit) return yield* Effect.fail(tooLarge(id, total))
    const content = new Uint8Array(total)
    let at = 0
    for (const chunk of chunks) {
      const stored = yield* open(chunk.id, (yield* fetch([chunk.id])).get(chunk.id))
      if (stored._tag !== "Whole" || stored.content.length !== chunk.size) {
        return yield* Effect.fail(corrupt("read", `object ${chunk.id}`, `it is not the chunk that ${id} names`))
      }
      content.set(yield* verified(chunk.id, stored.content), at)
      at += chunk.size
    }
    return content
  })

  const get = Effect.fn("Objects.get")(function* <Id extends ObjectId>(
    ids: ReadonlyArray<Id>
  ): Effect.fn.Return<ReadonlyMap<Id, Uint8Array>, StorageError> {
    const contents = new Map<Id, Uint8Array>()
    const unique = [...new Set(ids)]
    const found = yield* fetch(unique)
    for (const id of unique) {
      const stored = yield* open(id, found.get(id))
      const content = stored._tag === "Whole" ? stored.content : yield* join(id, stored.chunks)
      contents.set(id, yield* verified(id, content))
    }
    return contents
  })

  const trees = Effect.fnUntraced(function* (ids: ReadonlyArray<TreeId>) {
    const result = new Map<TreeId, ReadonlyArray<TreeEntry>>()
    const missing: Array<TreeId> = []
    for (const id of ids) {
      const entries = cache.get(id)
      if (entries === undefined) missing.push(id)
      else result.set(id, entries)
    }
    if (missing.length > 0) {
      const contents = yield* get(missing)
      for (const id of missing) {
        const entries = decodeTree(contents.get(id) ?? new Uint8Array())
        if ("invalid" in entries) return yield* Effect.fail(corrupt("read", `object ${id}`, entries.invalid))
        if (!result.has(id)) remember(id, entries)
        result.set(id, entries)
      }
    }
    return result
  })

  const chunks = Effect.fn("Objects.chunks")(function* (ids: ReadonlyArray<ObjectId>) {
    const lists = new Map<ObjectId, ReadonlyArray<Chunk>>()
    for (let i = 0; i < ids.length; i += lookedAtOnce) {
      for (const [id, bytes] of yield* storage.get(ids.slice(i, i + lookedAtOnce))) {
        const stored = yield* open(id, bytes)
        if (stored._tag === "Chunks") lists.set(id, stored.chunks)
      }
    }
    return lists
  })

  /** Claims ids as they are; answers those that are missing. */
  const refresh = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const missing = new Set<ObjectId>()
    for (let i = 0; i < ids.length; i += 5000) {
      for (const id of yield* storage.claim(ids.slice(i, i + 5000))) missing.add(id)
    }
    return missing
  })

  const claim = Effect.fnUntraced(function* (claims: ReadonlyArray<SizedObject>) {
    const sizes = new Map(claims.map(({ id, size }) => [id, size]))
    const missing = yield* refresh([...sizes.keys()])
    const unsure = [...sizes].flatMap(([id, size]) =>
      missing.has(id) || (size !== null && size <= wholeLimit) ? [] : [id]
    )
    for (let i = 0; i < unsure.length; i += lookedAtOnce) {
      const ids = unsure.slice(i, i + lookedAtOnce)
      const found = yield* storage.get(ids)
      for (const id of ids) {
        const bytes = found.get(id)
        const stored = bytes === undefined ? undefined : yield* open(id, bytes)
        if (stored?._tag === "Whole") continue
        const chunks = [...new Set((stored?.chunks ?? []).map((chunk) => chunk.id))]
        // Without one of its chunks it is as good as missing: putting it stores the chunk again.
        if (stored === undefined || (yield* refresh(chunks)).size > 0) missing.add(id)
      }
    }
    return [...missing]
  })

  return Objects.of({
    identify: (bytes) => sha256(bytes) as BlobId,
    put,
    claim,
    chunks,
    get,
    trees,
    putStream: large.putStream,
    stream: large.stream
  })
}

const undecodable = (id: ObjectId, codec: string): StorageError => {
  const detail = `object ${id} is compressed with ${codec}, which this runtime cannot undo. Use Node 22.15 or newer, or provide Codecs`
  return new StorageError({ reason: new StorageUnsupported({ operation: "read", detail }) })
}

const tooLarge = (id: ObjectId, size: number): StorageError => {
  const detail = `object ${id} is of ${size} bytes, which is more than is held in memory at once (${joinLimit})`
  return new StorageError({ reason: new StorageUnsupported({ operation: "read", detail }) })
}

const isNonEmpty = <A>(items: ReadonlyArray<A>): items is NonEmptyReadonlyArray<A> => items.length > 0
