/** A storage that counts what is asked of it: costs that no machine's load can change. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"

/** What was asked of a storage: objects, records, refs and terms, one by one, and calls. */
export interface Counts {
  calls: number
  objectsPut: number
  bytesPut: number
  objectsRead: number
  objectsClaimed: number
  recordsRead: number
  recordsWritten: number
  termsWritten: number
  refsRead: number
  refsNamed: number
}

/** Nothing asked yet. */
export const zero = (): Counts => ({
  calls: 0,
  objectsPut: 0,
  bytesPut: 0,
  objectsRead: 0,
  objectsClaimed: 0,
  recordsRead: 0,
  recordsWritten: 0,
  termsWritten: 0,
  refsRead: 0,
  refsNamed: 0
})

/** Sets every count to nothing. */
export const reset = (counts: Counts): void => void Object.assign(counts, zero())

/** The same storage; what is asked of it is added to `counts`. */
export const counted = <E>(storage: Layer.Layer<StorageServices, E>, counts: Counts): Layer.Layer<StorageServices, E> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const objects = yield* ObjectStorage
      const catalog = yield* CatalogStorage
      const call = (what: Partial<Counts>) =>
        Effect.sync(() => {
          counts.calls++
          for (const [name, more] of Object.entries(what)) counts[name as keyof Counts] += more
        })
      const countedObjects = ObjectStorage.of({
        ...objects,
        put: (batch) => {
          const bytesPut = batch.reduce((sum, { bytes }) => sum + bytes.length, 0)
          return Effect.andThen(call({ objectsPut: batch.length, bytesPut }), objects.put(batch))
        },
        get: (ids) => Effect.andThen(call({ objectsRead: ids.length }), objects.get(ids)),
        claim: (ids) => Effect.andThen(call({ objectsClaimed: ids.length }), objects.claim(ids))
      })
      const countedCatalog = CatalogStorage.of({
        ...catalog,
        commit: (change) => {
          const records = [...(change.records ?? [])]
          const termsWritten = records.reduce((sum, { terms }) => sum + terms.length, 0)
          const what = { recordsWritten: records.length, termsWritten, refsNamed: change.refs.length }
          return Effect.andThen(call(what), catalog.commit(change))
        },
        records: (kind, ids) => Effect.andThen(call({ recordsRead: ids.length }), catalog.records(kind, ids)),
        scan: (scan) => Effect.tap(catalog.scan(scan), (rows) => call({ recordsRead: rows.length })),
        refs: (names) => Effect.andThen(call({ refsRead: names.length }), catalog.refs(names)),
        list: (page) => Effect.tap(catalog.list(page), (rows) => call({ refsRead: rows.length }))
      })
      return Context.make(ObjectStorage, countedObjects).pipe(Context.add(CatalogStorage, countedCatalog))
    })
  ).pipe(Layer.provide(storage))
