/** Reads every object of a store and compares it with its id. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { ObjectInfo, ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { isAsPacked } from "../objects/payload.ts"
import { type RunningHash, RunningSha256 } from "../references/RunningSha256.ts"
import { objectOpener } from "./openObject.ts"
import type { StoreFinding } from "./StoreReport.ts"
import { eachObjectPage } from "./storePages.ts"

/** So much is read at once: by what is told of the sizes, and, should that be wrong, by number. */
const batchBytes = 8 * 1024 * 1024
const batchObjects = 64

/** A hash of what comes in pieces; `undefined` where the runtime has none. */
const begin = (running: () => RunningHash): RunningHash | undefined => {
  try {
    return running()
  } catch {
    return undefined
  }
}

/** What is known of the objects of a store. @internal */
export interface Survey {
  readonly sound: ReadonlySet<ObjectId>
  /** What is missing or altered. */
  readonly bad: ReadonlySet<ObjectId>
  readonly objects: number
  readonly bytes: number
  readonly unchecked: ReadonlyArray<ObjectId>
  /** Looks for objects that were not there when the store was listed. */
  readonly look: (ids: ReadonlyArray<ObjectId>) => Effect.Effect<void, StorageError>
  /** Says that an object is not what it is named as. */
  readonly spoil: (object: ObjectId, detail: string) => void
}

/** Reads every object once. What is told to `note` is told once for each object. @internal */
export const surveyObjects = Effect.fnUntraced(function* (
  storage: ObjectStorageService,
  sha256: Sha256Function,
  note: (finding: StoreFinding) => void,
  options: {
    /** What is known to be sound is listed, but not read. */
    readonly known: ReadonlySet<ObjectId>
    readonly progress: (done: number) => void
  }
): Effect.fn.Return<Survey, StorageError> {
  const openObject = yield* objectOpener
  const running = yield* RunningSha256
  const sound = new Set<ObjectId>()
  const bad = new Set<ObjectId>()
  const unchecked: Array<ObjectId> = []
  const lists = new Map<ObjectId, ReadonlyArray<{ readonly id: ObjectId; readonly size: number }>>()
  let objects = 0
  let bytes = 0

  const spoil = (object: ObjectId, detail: string) => {
    if (bad.has(object)) return
    sound.delete(object)
    bad.add(object)
    note({ _tag: "ObjectAltered", object, detail })
  }
  const lose = (object: ObjectId) => {
    if (bad.has(object)) return
    bad.add(object)
    note({ _tag: "ObjectMissing", object })
  }

  const check = (id: ObjectId, stored: Uint8Array) => {
    const opened = openObject(stored)
    if (opened._tag === "Unknown") return spoil(id, opened.detail)
    if (opened._tag === "Whole" && sha256(opened.content) !== id) return spoil(id, "its hash is another")
    if (!isAsPacked(stored)) {
      note({ _tag: "ObjectMislisted", object: id, detail: "its stored form was changed, but not what it holds" })
    }
    if (opened._tag === "Chunks") lists.set(id, opened.chunks)
    else sound.add(id)
  }

  const readBatch = Effect.fnUntraced(function* (infos: ReadonlyArray<ObjectInfo>) {
    const found = yield* storage.get(infos.map(({ id }) => id))
    for (const { id, size } of infos) {
      const stored = found.get(id)
      if (stored === undefined) {
        // Unless it was collected since: then nothing names it, and nobody looks for it again.
        const again = yield* storage.list({ after: before(id), limit: 1 })
        if (again[0]?.id === id) spoil(id, "it is listed, but not there")
        continue
      }
      bytes += stored.length
      objects += 1
      if (stored.length !== size) {
        note({
          _tag: "ObjectMislisted",
          object: id,
          detail: `it has ${stored.length} bytes, and is listed with ${size}`
        })
      }
      check(id, stored)
    }
  })

  const checkLists = Effect.fnUntraced(function* () {
    for (const [id, chunks] of lists) {
      lists.delete(id)
      const unknown = (chunk: ObjectId) => chunk !== id && !sound.has(chunk) && !bad.has(chunk) && !lists.has(chunk)
      yield* lookAt(chunks.map((chunk) => chunk.id).filter(unknown))
      if (chunks.some((chunk) => !sound.has(chunk.id))) {
        spoil(id, "a chunk of it is missing or altered")
        continue
      }
      const hash = begin(running)
      let wrong = false
      for (const chunk of chunks) {
        const stored = (yield* storage.get([chunk.id])).get(chunk.id)
        const opened = stored === undefined ? undefined : openObject(stored)
        if (opened?._tag !== "Whole" || opened.content.length !== chunk.size) wrong = true
        else hash?.update(opened.content)
      }
      if (wrong || (hash !== undefined && hash.digest() !== id)) spoil(id, "its list of chunks is not what it was")
      else {
        if (hash === undefined) unchecked.push(id)
        sound.add(id)
      }
    }
  })

  const lookAt = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    for (let i = 0; i < ids.length; i += batchObjects) {
      const batch = ids.slice(i, i + batchObjects)
      const found = yield* storage.get(batch)
      for (const id of batch) {
        const stored = found.get(id)
        if (stored === undefined) lose(id)
        else check(id, stored)
      }
    }
  })

  yield* eachObjectPage(
    storage,
    Effect.fnUntraced(function* (page) {
      let batch: Array<ObjectInfo> = []
      let room = batchBytes
      for (const info of page) {
        if (!/^[0-9a-f]{64}$/.test(info.id)) {
          note({ _tag: "ObjectMislisted", object: info.id, detail: "this is no id of an object" })
          continue
        }
        if (options.known.has(info.id)) {
          sound.add(info.id)
          objects += 1
          bytes += info.size
          continue
        }
        if (batch.length > 0 && (room < info.size || batch.length === batchObjects)) {
          yield* readBatch(batch)
          ;[batch, room] = [[], batchBytes]
        }
        batch.push(info)
        room -= info.size
      }
      if (batch.length > 0) yield* readBatch(batch)
      options.progress(objects)
    })
  )
  yield* checkLists()
  const look = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    yield* lookAt([...new Set(ids)].filter((id) => !sound.has(id) && !bad.has(id)))
    yield* checkLists()
  })
  return {
    sound,
    bad,
    get objects() {
      return objects
    },
    get bytes() {
      return bytes
    },
    unchecked,
    look,
    spoil
  }
})

/** An id below this one, and above every other that is. */
const before = (id: ObjectId): ObjectId => id.slice(0, -1) as ObjectId
