/** Content that is never in memory as a whole: stored and read in pieces, each verified. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { cutChunks, makeChunkCutter } from "../../algo/encoding/cutChunks.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { BlobId, ObjectId } from "../../model/Ids.ts"
import { joinBytes } from "../../model/joinBytes.ts"
import type { ObjectStorageService, StoredObject } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { RunningHash } from "../references/RunningSha256.ts"
import type { Payloads } from "./payload.ts"
import { type Chunk, packList, packWhole, type Stored, wholeLimit } from "./storedForm.ts"

/** So many bytes of chunks are stored at once where they are in memory anyway. */
const batchBytes = 8 * 1024 * 1024

/** So many bytes of chunks are read at once, unless one is larger. */
const readBytes = 2 * 1024 * 1024

/** What storing and reading in pieces needs. @internal */
export interface LargeContentParts {
  readonly storage: ObjectStorageService
  readonly sha256: Sha256Function
  readonly running: () => RunningHash
  readonly payloads: Payloads
  /** Reads objects that must be there. */
  readonly fetch: (ids: ReadonlyArray<ObjectId>) => Effect.Effect<ReadonlyMap<ObjectId, Uint8Array>, StorageError>
  /** Takes the stored form off. */
  readonly open: (
    id: ObjectId,
    bytes: Uint8Array | undefined
  ) => Effect.Effect<Extract<Stored, { readonly _tag: "Whole" | "Chunks" }>, StorageError>
}

const isNonEmpty = <A>(items: ReadonlyArray<A>): items is NonEmptyReadonlyArray<A> => items.length > 0

/** @internal */
export const makeLargeContent = ({ fetch, open, payloads, running, sha256, storage }: LargeContentParts) => {
  /** Stores chunks as they come, `atOnce` bytes at a time; those that are there already are only refreshed. */
  const makeWriter = (atOnce: number) => {
    const list: Array<Chunk> = []
    let batch = new Map<ObjectId, Uint8Array>()
    let held = 0
    const flush = Effect.suspend(() => {
      const full = batch
      batch = new Map()
      held = 0
      return full.size === 0 ? Effect.void : store(full)
    })
    const store = Effect.fnUntraced(function* (chunks: ReadonlyMap<ObjectId, Uint8Array>) {
      const objects: Array<StoredObject> = []
      for (const id of yield* storage.claim([...chunks.keys()])) {
        objects.push({ id, bytes: packWhole(chunks.get(id) ?? new Uint8Array(), payloads) })
      }
      if (isNonEmpty(objects)) yield* storage.put(objects)
    })
    const add = Effect.fnUntraced(function* (chunks: Iterable<Uint8Array>) {
      for (const chunk of chunks) {
        const id = sha256(chunk) as ObjectId
        list.push({ id, size: chunk.length })
        if (held > 0 && held + chunk.length > atOnce) yield* flush
        batch.set(id, chunk)
        held += chunk.length
        if (held >= atOnce) yield* flush
      }
    })
    /** The list comes last: what is named is there. One chunk alone is the content itself, under the same id. */
    const finish = Effect.fnUntraced(function* (id: ObjectId) {
      yield* flush
      if (list.length > 1) yield* storage.put([{ id, bytes: packList(list, payloads) }])
    })
    return { add, finish }
  }

  /** Stores a large content that is in memory. */
  const putLarge = Effect.fnUntraced(function* (id: ObjectId, content: Uint8Array) {
    const writer = makeWriter(batchBytes)
    yield* writer.add(cutChunks(content))
    yield* writer.finish(id)
  })

  const putStream = Effect.fn("Objects.putStream")(function* <E, R>(
    pieces: Stream.Stream<Uint8Array, E, R>
  ): Effect.fn.Return<{ readonly id: BlobId; readonly size: number }, E | StorageError, R> {
    const cutter = makeChunkCutter()
    const hash = running()
    // One after the other: a chunk stays where it is only until the next one is cut.
    const writer = makeWriter(0)
    let size = 0
    yield* Stream.runForEach(pieces, (piece) =>
      Effect.suspend(() => {
        hash.update(piece)
        size += piece.length
        return writer.add(cutter.push(piece))
      })
    )
    const last = cutter.end()
    const id = hash.digest() as BlobId
    // What is small is stored whole, however it came.
    yield* writer.add(size <= wholeLimit ? [joinBytes(last)] : last)
    yield* writer.finish(id)
    return { id, size }
  })

  /** The chunks of a list, some at a time, each verified; the whole when all of them have passed. */
  const chunksOf = (id: ObjectId, chunks: ReadonlyArray<Chunk>): Stream.Stream<Uint8Array, StorageError> =>
    Stream.suspend(() => {
      const hash = running()
      return Stream.paginate(
        0,
        Effect.fnUntraced(function* (
          from: number
        ): Effect.fn.Return<readonly [ReadonlyArray<Uint8Array>, Option.Option<number>], StorageError> {
          let to = from
          for (let bytes = 0; to < chunks.length && (to === from || bytes <= readBytes); to++) {
            bytes += chunks[to]?.size ?? 0
          }
          const batch = chunks.slice(from, to)
          const found = yield* fetch([...new Set(batch.map((chunk) => chunk.id))])
          const contents: Array<Uint8Array> = []
          for (const chunk of batch) {
            const stored = yield* open(chunk.id, found.get(chunk.id))
            if (stored._tag !== "Whole" || stored.content.length !== chunk.size) {
              return yield* Effect.fail(corrupt("read", `object ${chunk.id}`, `it is not the chunk that ${id} names`))
            }
            if (sha256(stored.content) !== chunk.id) {
              return yield* Effect.fail(corrupt("read", `object ${chunk.id}`, "its hash is another"))
            }
            hash.update(stored.content)
            contents.push(stored.content)
          }
          if (to < chunks.length) return [contents, Option.some(to)]
          return hash.digest() === id
            ? [contents, Option.none()]
            : yield* Effect.fail(corrupt("read", `object ${id}`, "its list of chunks is not what it was"))
        })
      )
    })

  const stream = (id: ObjectId): Stream.Stream<Uint8Array, StorageError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const stored = yield* open(id, (yield* fetch([id])).get(id))
        if (stored._tag === "Chunks") return chunksOf(id, stored.chunks)
        return sha256(stored.content) === id
          ? Stream.make(stored.content)
          : Stream.fail(corrupt("read", `object ${id}`, "its hash is another"))
      })
    )

  return { putLarge, putStream, stream }
}
