/** Object storage over an open store: a file for each object, and a log that says which of them count. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../../model/Ids.ts"
import type { ObjectStorageService, StoredObject } from "../../../storage/ObjectStorage.ts"
import type { StorageError } from "../../../storage/StorageError.ts"
import type { FileStore } from "./FileStore.ts"
import { attempt, toStorageError } from "./storeErrors.ts"

/** So many files are read before other fibers have their turn. */
const readAtOnce = 256

/** @internal */
export const makeFileObjects = (store: FileStore): ObjectStorageService => {
  const { files, objects } = store

  /** What is known and still stands as it was stored. A file that was lost is stored anew. */
  const isStored = (id: ObjectId): boolean => {
    const known = objects.get(id)
    return known !== undefined && files.isThere(id, known.size)
  }

  /**
   * The log first says whose files may be there, then come the files, then the log says that they count: in one frame,
   * so that a batch is there whole or not at all. Once begun it is carried through, so an interruption comes before or after.
   */
  const put = Effect.fnUntraced(function* (given: ReadonlyArray<StoredObject>) {
    const byId = new Map<ObjectId, StoredObject>()
    for (const object of given) if (!byId.has(object.id)) byId.set(object.id, object)
    const all = [...byId.values()]
    const fresh = yield* attempt("put", () => {
      store.recoverObjects()
      const missing = all.filter(({ id }) => !isStored(id))
      if (missing.length > 0) store.appendObjects({ unsettled: missing.map(({ id }) => id) })
      return missing
    })
    if (fresh.length > 0) {
      yield* Effect.tryPromise({
        try: () => files.write(fresh),
        catch: (error) => toStorageError("put", error)
        // What was begun is cleared away by the next writer, if not now.
      }).pipe(Effect.tapError(() => Effect.ignore(attempt("put", () => store.recoverObjects()))))
    }
    const storedAt = yield* Clock.currentTimeMillis
    const isFresh = new Set(fresh.map(({ id }) => id))
    const stored = all.map(({ id, bytes }) => {
      const size = isFresh.has(id) ? bytes.length : (objects.get(id)?.size ?? bytes.length)
      return { id, size, storedAt }
    })
    yield* attempt("put", () => store.appendObjects({ stored }, fresh.length > 0))
  }, Effect.uninterruptible)

  const claim = (ids: ReadonlyArray<ObjectId>, storedAt: number): ReadonlyArray<ObjectId> => {
    store.recoverObjects()
    const wanted = [...new Set(ids)]
    const missing = new Set(wanted.filter((id) => !isStored(id)))
    const stored = wanted.flatMap((id) => {
      const known = missing.has(id) ? undefined : objects.get(id)
      return known === undefined || known.storedAt === storedAt ? [] : [{ id, size: known.size, storedAt }]
    })
    if (stored.length > 0) store.appendObjects({ stored })
    return [...missing]
  }

  /** The log says that they are gone before their files are: the other way round, it would name what is not there. */
  const remove = (ids: ReadonlyArray<ObjectId>, storedBefore: number): number => {
    store.recoverObjects()
    const removed = [...new Set(ids)].filter((id) => (objects.get(id)?.storedAt ?? storedBefore) < storedBefore)
    if (removed.length === 0) return 0
    store.appendObjects({ removed, unsettled: removed }, true)
    // They are removed, whether their files can be or not.
    Effect.runSync(
      Effect.ignore(
        attempt("remove", () => {
          files.remove(removed)
          store.appendObjects({})
        })
      )
    )
    return removed.length
  }

  const getSome = (ids: ReadonlyArray<ObjectId>, found: Map<ObjectId, Uint8Array>): Effect.Effect<void, StorageError> =>
    store.read("get", () => {
      store.refreshObjects()
      for (const id of ids) {
        const bytes = objects.get(id) === undefined ? undefined : files.read(id)
        if (bytes !== undefined) found.set(id, bytes)
      }
    })

  const get = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const found = new Map<ObjectId, Uint8Array>()
    for (let i = 0; i < ids.length; i += readAtOnce) {
      if (i > 0) yield* Effect.yieldNow
      yield* getSome(ids.slice(i, i + readAtOnce), found)
    }
    return found
  })

  return {
    capabilities: store.capabilities,
    put: (given) => store.write("put", put(given)),
    get,
    claim: (ids) =>
      ids.length === 0
        ? Effect.succeed([])
        : store.write(
            "claim",
            Effect.flatMap(Clock.currentTimeMillis, (now) => attempt("claim", () => claim(ids, now)))
          ),
    remove: (ids, { storedBefore }) =>
      ids.length === 0
        ? Effect.succeed(0)
        : store.write(
            "remove",
            attempt("remove", () => remove(ids, storedBefore))
          ),
    list: ({ after, limit }) =>
      store.read("list", () => {
        store.refreshObjects()
        return objects.list(after, limit)
      }),
    now: Clock.currentTimeMillis
  }
}
