/** Counts what a store holds. */
import * as Effect from "effect/Effect"
import type { ObjectId, OperationId } from "../../model/Ids.ts"
import type { RecordSum } from "../../model/Operation.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead } from "../catalog/names.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { eachRecordList } from "../ledger/recordPages.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { formOf } from "../objects/storedForm.ts"
import { Progress } from "../references/Progress.ts"
import { keyOf } from "./recordLinks.ts"
import type { StoreStatistics } from "./StoreStatistics.ts"
import { eachObjectPage, eachOperationPage, eachRefPage } from "./storePages.ts"

/** Objects read at once where their forms are asked for: each is 4 MiB at most. */
const readAtOnce = 16
const recordBatch = 500

type Sums = Record<string, { count: number; bytes: number }>

const add = (sums: Sums, key: string, bytes: number): void => {
  const sum = sums[key] ?? { count: 0, bytes: 0 }
  sums[key] = { count: sum.count + 1, bytes: sum.bytes + bytes }
}
const sorted = <A>(sums: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))

const utf8Length = (text: string) => new TextEncoder().encode(text).length

/** Counts everything; reads the objects only where `forms` asks for it. @internal */
export const countStore = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  storage: ObjectStorageService,
  contents: ObjectsService,
  { forms = false }: { readonly forms?: boolean | undefined }
): Effect.fn.Return<StoreStatistics, StorageError> {
  const progress = yield* Progress
  const head = ((yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null) as OperationId | null
  const objects = { count: 0, bytes: 0, oldest: null as number | null, newest: null as number | null }
  const byForm: Sums = {}
  const readForms = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    for (let i = 0; i < ids.length; i += readAtOnce) {
      for (const bytes of (yield* storage.get(ids.slice(i, i + readAtOnce))).values()) {
        add(byForm, formOf(bytes), bytes.length)
      }
    }
  })
  yield* eachObjectPage(storage, (page) =>
    Effect.suspend(() => {
      for (const { size, storedAt } of page) {
        objects.count += 1
        objects.bytes += size
        objects.oldest = Math.min(objects.oldest ?? storedAt, storedAt)
        objects.newest = Math.max(objects.newest ?? storedAt, storedAt)
      }
      progress({ phase: "count objects", done: objects.count, total: 0 })
      return forms ? readForms(page.map(({ id }) => id)) : Effect.void
    })
  )

  const refs: Record<string, number> = {}
  yield* eachRefPage(catalog, (page) =>
    Effect.sync(() => {
      for (const [name] of page) {
        const group = name.split("/")[0] ?? name
        refs[group] = (refs[group] ?? 0) + 1
      }
    })
  )

  const records: Sums = {}
  const operations: Record<string, number> = {}
  /** A record that two operations stored is counted with the first that is met. */
  const counted = new Set<string>()
  const addRecords = Effect.fnUntraced(function* (sums: ReadonlyArray<RecordSum>) {
    const wanted = sums.filter((sum) => {
      const key = keyOf(sum)
      return !counted.has(key) && counted.add(key)
    })
    for (const [kind, ofKind] of Map.groupBy(wanted, (sum) => sum.kind)) {
      for (let i = 0; i < ofKind.length; i += recordBatch) {
        const ids = ofKind.slice(i, i + recordBatch).map(({ id }) => id)
        for (const { body } of (yield* catalog.records(kind, ids)).values()) add(records, kind, utf8Length(body))
      }
    }
    progress({ phase: "count records", done: counted.size, total: 0 })
  })
  yield* eachOperationPage(
    catalog,
    Effect.fnUntraced(function* (page) {
      let listed: Array<RecordSum> = []
      for (const record of page) {
        add(records, record.kind, utf8Length(record.body))
        const operation = yield* operationCodec.decode(record)
        operations[operation.kind] = (operations[operation.kind] ?? 0) + 1
        yield* eachRecordList(contents, operation, (sums) => {
          for (const sum of sums) listed.push(sum)
          if (listed.length < recordBatch) return Effect.void
          const full = listed
          listed = []
          return addRecords(full)
        })
      }
      yield* addRecords(listed)
    })
  )
  return {
    head,
    objects: { ...objects, forms: forms ? sorted(byForm) : null },
    records: sorted(records),
    refs: sorted(refs),
    operations: sorted(operations)
  }
})
