/** Storage that may be damaged: what cannot be read is told, and the rest is read all the same. */
import * as Effect from "effect/Effect"
import type { ObjectId, RefName } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService, RecordPosition, RecordScan, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { ObjectInfo, ObjectStorageService } from "../../storage/ObjectStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import type { StoreFinding } from "./StoreReport.ts"

type Note = (finding: StoreFinding) => void

/** Runs a read; where damage makes it fail, or throw, what is there instead. Other failures are the caller's. */
const orDamaged = <A>(
  read: Effect.Effect<A, StorageError>,
  instead: (detail: string) => Effect.Effect<A, StorageError>
): Effect.Effect<A, StorageError> =>
  read.pipe(
    // A damaged row can have any type, which no reader is made for.
    Effect.catchDefect((defect) =>
      Effect.fail(
        new StorageError({ reason: new StorageCorrupt({ operation: "read", key: "store", detail: String(defect) }) })
      )
    ),
    Effect.catch((error) =>
      error.reason._tag === "StorageCorrupt"
        ? instead(`${error.reason.key}: ${error.reason.detail}`)
        : Effect.fail(error)
    )
  )

/** Reads many by key; where that fails, one after the other, telling which of them cannot be read. */
const readEach = <K, V>(
  keys: ReadonlyArray<K>,
  read: (keys: ReadonlyArray<K>) => Effect.Effect<ReadonlyMap<K, V>, StorageError>,
  unreadable: (key: K, detail: string) => void
): Effect.Effect<ReadonlyMap<K, V>, StorageError> =>
  orDamaged(
    read(keys),
    Effect.fnUntraced(function* (detail) {
      if (keys.length === 1) {
        for (const key of keys) unreadable(key, detail)
        return new Map<K, V>()
      }
      const found = new Map<K, V>()
      for (const key of keys) {
        for (const [id, value] of yield* readEach([key], read, unreadable)) found.set(id, value)
      }
      return found
    })
  )

/** Reads a page; where that fails, shorter ones, up to what cannot be read. */
const readPart = <A>(
  limit: number,
  read: (limit: number) => Effect.Effect<ReadonlyArray<A>, StorageError>,
  unreadable: (detail: string) => void
): Effect.Effect<ReadonlyArray<A>, StorageError> =>
  orDamaged(
    read(limit),
    Effect.fnUntraced(function* (detail) {
      unreadable(detail)
      let [sound, page]: [number, ReadonlyArray<A>] = [0, []]
      for (let bad = limit; bad - sound > 1; ) {
        const middle = (sound + bad) >>> 1
        const part = yield* orDamaged<ReadonlyArray<A> | null>(read(middle), () => Effect.succeed(null))
        if (part === null) bad = middle
        else [sound, page] = [middle, part]
      }
      return page
    })
  )

/** The beginning of a page that is in order, so that reading on from its end comes to an end. */
const inOrder = <A>(
  page: ReadonlyArray<A>,
  after: A | undefined,
  compare: (a: A, b: A) => number,
  odd: (item: A) => void
): ReadonlyArray<A> => {
  let previous = after
  for (const [i, item] of page.entries()) {
    if (previous !== undefined && !(compare(previous, item) < 0)) {
      odd(item)
      return page.slice(0, i)
    }
    previous = item
  }
  return page
}

const comparePositions = (a: RecordPosition, b: RecordPosition) => a.at - b.at || compareUtf8(a.id, b.id)

/** @internal */
export const carefulCatalog = (catalog: CatalogStorageService, note: Note): CatalogStorageService => {
  const scan = (request: RecordScan) => {
    const { after, direction, from, kind, limit, term, to } = request
    const key = `${kind} by ${term}`
    const sign = direction === "forward" ? 1 : -1
    const start = after === undefined ? undefined : { kind, terms: [], body: "", ...after }
    return Effect.map(
      readPart(
        limit,
        // Terms are looked at here, whoever asks.
        (size) => catalog.scan({ ...request, limit: size, omitTerms: false }),
        (detail) => note({ _tag: "Unreadable", key, detail })
      ),
      (page) => {
        for (const { at, id, terms } of page) {
          if (!terms.includes(term)) note({ _tag: "FoundBy", kind, id, term })
          if (at < (from ?? at) || at > (to ?? at)) note({ _tag: "Unreadable", key, detail: `${id} is out of place` })
        }
        return inOrder<StoredRecord>(
          page,
          start,
          (a, b) => sign * comparePositions(a, b),
          ({ id }) => note({ _tag: "Unreadable", key, detail: `${id} is out of order` })
        )
      }
    )
  }
  const { check } = catalog
  return {
    ...catalog,
    scan,
    check: check === undefined ? undefined : orDamaged(check, (detail) => Effect.succeed([{ key: "storage", detail }])),
    records: (kind, ids) =>
      readEach(
        ids,
        (some) =>
          Effect.map(catalog.records(kind, some), (found) => {
            for (const [id, record] of found) {
              if (record.id === id && some.includes(id)) continue
              note({ _tag: "Unreadable", key: `${kind} ${id}`, detail: "another record stands in its place" })
            }
            return found
          }),
        (id, detail) => note({ _tag: "Unreadable", key: `${kind} ${id}`, detail })
      ),
    refs: (names) =>
      readEach(names, catalog.refs, (name, detail) => note({ _tag: "Unreadable", key: `ref ${name}`, detail })),
    list: (request) =>
      Effect.map(
        readPart(
          request.limit,
          (limit) => catalog.list({ ...request, limit }),
          (detail) => note({ _tag: "Unreadable", key: "refs", detail })
        ),
        (page) =>
          inOrder<readonly [RefName, string]>(
            page,
            request.after === undefined ? undefined : [request.after, ""],
            ([a], [b]) => compareUtf8(a, b),
            ([name]) => note({ _tag: "Unreadable", key: `ref ${name}`, detail: "it is out of order" })
          )
      )
  }
}

/** @internal */
export const carefulObjects = (storage: ObjectStorageService, note: Note): ObjectStorageService => ({
  ...storage,
  get: (ids) =>
    readEach(ids, storage.get, (object, detail) =>
      note({ _tag: "ObjectAltered", object, detail: `it cannot be read: ${detail}` })
    ),
  list: ({ after, limit }) =>
    Effect.map(
      readPart(
        limit,
        (size) => storage.list({ after, limit: size }),
        (detail) => note({ _tag: "Unreadable", key: "objects", detail })
      ),
      (page) =>
        inOrder<ObjectInfo>(
          page,
          after === undefined ? undefined : { id: after as ObjectId, size: 0, storedAt: 0 },
          (a, b) => compareUtf8(a.id, b.id),
          ({ id }) => note({ _tag: "ObjectMislisted", object: id, detail: "it is out of order" })
        )
    )
})
