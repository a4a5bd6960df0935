/** Every record that the ledger, a ref or another record leads to, once. */
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { readRecordPage } from "../ledger/recordPages.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { keyOf, type Links, linkOfRef, linksOf, type RecordKey } from "./recordLinks.ts"
import { eachOperationPage, eachRefPage } from "./storePages.ts"

const recordBatch = 500

/** A record, and what it leads to where that can be read. @internal */
export interface Met {
  readonly record: StoredRecord
  readonly links: Links | undefined
}

const unkey = (key: string): RecordKey => {
  const [kind = "", id = ""] = key.split("\0")
  return { kind, id }
}

/** What refs and versions lead to must be there; what was only recorded once may have been pruned or collected. */
const keepsAlive = (by: string) => by.startsWith("ref ") || by.startsWith("version ")

/**
 * Walks from the newest operation to the oldest, with the records that each stored, then from the refs, then along what was
 * met. `use` gets them in batches. What a later operation removed is not looked for.
 *
 * @internal
 */
export const walkRecords = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  objects: ObjectsService,
  use: (batch: ReadonlyArray<Met>) => Effect.Effect<void, E>
): Effect.fn.Return<
  {
    /** Everything that was met. */
    readonly met: () => Iterable<RecordKey>
    /** What is named but not stored, and by whom. */
    readonly absent: ReadonlyMap<string, { readonly key: RecordKey; readonly by: string }>
    readonly refs: number
  },
  E | StorageError
> {
  const met = new Set<string>()
  const removed = new Set<string>()
  const absent = new Map<string, { readonly key: RecordKey; readonly by: string }>()
  let queue: Array<{ readonly key: RecordKey; readonly by: string }> = []

  /** Lists of records that operations name, to be read one at a time. */
  const pages: Array<{ readonly page: ObjectId; readonly by: string }> = []

  const follow = Effect.fnUntraced(function* (records: ReadonlyArray<StoredRecord>) {
    const batch: Array<Met> = []
    for (const record of records) {
      const links = yield* linksOf(record)
      batch.push({ record, links })
      const by = `${record.kind} ${record.id}`
      for (const key of links?.records ?? []) if (!met.has(keyOf(key))) queue.push({ key, by })
      const operation = links?.operation
      for (const page of operation?.pages ?? []) pages.push({ page, by })
      // What an operation stored is older than it; so is everything that nobody looks for any more.
      for (const key of operation?.removes ?? []) if (!met.has(keyOf(key))) removed.add(keyOf(key))
      for (const key of operation?.records ?? []) if (!met.has(keyOf(key))) queue.push({ key, by })
      if (operation?.previous != null) queue.push({ key: { kind: record.kind, id: operation.previous }, by })
    }
    yield* use(batch)
  })

  const drain = Effect.fnUntraced(function* (isOperation: boolean) {
    while (queue.length > 0) {
      const taken = queue
      queue = []
      const wanted = new Map<string, (typeof taken)[number]>()
      for (const item of taken) {
        const name = keyOf(item.key)
        // Operations come in pages of their own; the chain is followed where a page could not be read.
        if (!isOperation && item.key.kind === operationCodec.kind) later.push(item)
        else if (!met.has(name) && !absent.has(name) && (!removed.has(name) || keepsAlive(item.by)))
          wanted.set(name, item)
      }
      for (const [kind, group] of Map.groupBy(wanted.values(), ({ key }) => key.kind)) {
        for (let i = 0; i < group.length; i += recordBatch) {
          const some = group.slice(i, i + recordBatch)
          const found = yield* catalog.records(
            kind,
            some.map(({ key }) => key.id)
          )
          for (const item of some) {
            if (found.has(item.key.id)) met.add(keyOf(item.key))
            else absent.set(keyOf(item.key), item)
          }
          yield* follow(some.flatMap(({ key }) => found.get(key.id) ?? []))
        }
      }
    }
  })
  const later: typeof queue = []

  yield* eachOperationPage(
    catalog,
    Effect.fnUntraced(function* (page) {
      const fresh = page.filter((record) => !met.has(keyOf(record)))
      for (const record of fresh) met.add(keyOf(record))
      yield* follow(fresh)
      const storing: typeof pages = []
      for (const item of pages.splice(0)) {
        // One that is damaged is a finding of the ledger's check, and of the objects'.
        const { records = [], removes = [] } = (yield* readRecordPage(objects, item.page)) ?? {}
        for (const key of removes) if (!met.has(keyOf(key))) removed.add(keyOf(key))
        // Read again when it is its turn: only one is held at a time.
        if (records.length > 0) storing.push(item)
      }
      yield* drain(false)
      for (const { by, page } of storing) {
        for (const key of (yield* readRecordPage(objects, page))?.records ?? []) {
          if (!met.has(keyOf(key))) queue.push({ key, by })
        }
        yield* drain(false)
      }
    })
  )
  let refs = 0
  yield* eachRefPage(catalog, (page) =>
    Effect.sync(() => {
      refs += page.length
      for (const [name, value] of page) {
        const key = linkOfRef(name, value)
        if (key !== undefined) queue.push({ key, by: `ref ${name}` })
      }
    })
  )
  for (const item of later) queue.push(item)
  yield* drain(true)
  return { met: () => met.values().map(unkey), absent, refs }
})
