/** Catalog storage over an open store: what was read from the log answers, and a commit is one frame of it. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../../model/Ids.ts"
import type {
  CatalogCommit,
  CatalogStorageService,
  CommitResult,
  StoredRecord
} from "../../../storage/CatalogStorage.ts"
import type { CatalogIndex } from "./CatalogIndex.ts"
import { isEmptyChange } from "./catalogFrames.ts"
import type { FileStore } from "./FileStore.ts"
import { Damaged } from "./storeErrors.ts"

const keyOf = ({ id, kind }: { readonly kind: string; readonly id: string }) => `${kind}\0${id}`

/** The records that will not be stored yet; throws for one that will, or is given twice, with another body. */
const freshRecords = (
  index: CatalogIndex,
  records: Iterable<StoredRecord>,
  gone: ReadonlySet<string>
): ReadonlyArray<StoredRecord> => {
  const fresh = new Map<string, StoredRecord>()
  for (const record of records) {
    const key = keyOf(record)
    const known = (gone.has(key) ? undefined : index.record(record.kind, record.id)) ?? fresh.get(key)
    if (known === undefined) fresh.set(key, record)
    else if (known.body !== record.body) {
      throw new Damaged(`${record.kind} ${record.id}`, "a record of this id is stored with another body")
    }
  }
  return [...fresh.values()]
}

/** @internal */
export const makeFileCatalog = (store: FileStore): CatalogStorageService => {
  const { catalog } = store

  const commit = (change: CatalogCommit): CommitResult => {
    store.recoverCatalog()
    for (const { name, expected } of change.refs) {
      const actual = catalog.ref(name)
      if (actual !== expected) return { _tag: "Refused", name, actual }
    }
    const remove = change.remove ?? []
    const records = freshRecords(catalog, change.records ?? [], new Set(remove.map(keyOf)))
    const effective = {
      records,
      remove: remove.filter(({ kind, id }) => catalog.record(kind, id) !== undefined),
      refs: change.refs.filter(({ expected, next }) => expected !== next).map(({ name, next }) => [name, next] as const)
    }
    if (!isEmptyChange(effective)) store.appendCatalog(effective)
    return { _tag: "Committed" }
  }

  const read = <A>(operation: string, f: () => A) =>
    store.read(operation, () => {
      store.refreshCatalog()
      return f()
    })

  return {
    capabilities: store.capabilities,
    commit: (change) =>
      Effect.suspend(() =>
        new Set(change.refs.map(({ name }) => name)).size < change.refs.length
          ? Effect.die(new Error("A commit may name a ref only once"))
          : store.write(
              "commit",
              store.read("commit", () => commit(change))
            )
      ),
    records: (kind, ids) =>
      read("records", () => {
        const found = new Map<string, StoredRecord>()
        for (const id of ids) {
          const record = catalog.record(kind, id)
          if (record !== undefined) found.set(id, record)
        }
        return found
      }),
    scan: (scan) => read("scan", () => catalog.scan(scan)),
    refs: (names) =>
      read("refs", () => {
        const found = new Map<RefName, string>()
        for (const name of names) {
          const value = catalog.ref(name)
          if (value !== null) found.set(name, value)
        }
        return found
      }),
    list: ({ prefix, after, limit }) => read("list", () => catalog.list(prefix, after, limit))
  }
}
