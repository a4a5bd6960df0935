/** Records and refs in maps, with every order that can be asked for kept beside them. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Capabilities } from "../../storage/Capabilities.ts"
import type {
  CatalogCommit,
  CatalogStorageService,
  CommitResult,
  RecordPosition,
  RecordScan,
  StoredRecord
} from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"
import { SortedList } from "./SortedList.ts"

const comparePositions = (a: RecordPosition, b: RecordPosition) => a.at - b.at || compareUtf8(a.id, b.id)

// NUL is in no kind and no id, so the pair has one text.
const keyOf = (kind: string, rest: string) => `${kind}\0${rest}`

const corrupt = (record: StoredRecord) =>
  new StorageError({
    reason: new StorageCorrupt({
      operation: "commit",
      key: `${record.kind} ${record.id}`,
      detail: "a record of this id is stored with another body"
    })
  })

/** @internal */
export const makeMemoryCatalog = (capabilities: Capabilities): CatalogStorageService => {
  const records = new Map<string, StoredRecord>()
  const byTerm = new Map<string, SortedList<StoredRecord>>()
  const refs = new Map<RefName, string>()
  const names = new SortedList<RefName>(compareUtf8)

  const insert = (given: StoredRecord) => {
    const record = Object.freeze({ ...given, terms: Object.freeze([...new Set(given.terms)]) })
    records.set(keyOf(record.kind, record.id), record)
    for (const term of record.terms) {
      const key = keyOf(record.kind, term)
      const list = byTerm.get(key) ?? new SortedList<StoredRecord>(comparePositions)
      list.add(record)
      byTerm.set(key, list)
    }
  }
  const erase = (record: StoredRecord) => {
    records.delete(keyOf(record.kind, record.id))
    for (const term of record.terms) {
      const key = keyOf(record.kind, term)
      const list = byTerm.get(key)
      list?.delete(record)
      if (list?.size === 0) byTerm.delete(key)
    }
  }

  /** Looks at everything before it changes anything; runs in one go, so no fiber sees a half. */
  const commit = (change: CatalogCommit): CommitResult | StorageError => {
    for (const { name, expected } of change.refs) {
      const actual = refs.get(name) ?? null
      if (actual !== expected) return { _tag: "Refused", name, actual }
    }
    const gone = new Set((change.remove ?? []).map(({ kind, id }) => keyOf(kind, id)))
    const fresh = new Map<string, StoredRecord>()
    for (const record of change.records ?? []) {
      const key = keyOf(record.kind, record.id)
      const known = gone.has(key) ? fresh.get(key) : (records.get(key) ?? fresh.get(key))
      if (known === undefined) fresh.set(key, record)
      else if (known.body !== record.body) return corrupt(record)
    }
    for (const key of gone) {
      const known = records.get(key)
      if (known !== undefined) erase(known)
    }
    for (const record of fresh.values()) insert(record)
    for (const { name, next } of change.refs) {
      if (next === null) {
        refs.delete(name)
        names.delete(name)
      } else {
        refs.set(name, next)
        names.add(name)
      }
    }
    return { _tag: "Committed" }
  }

  const scan = ({ kind, term, direction, from = -Infinity, to = Infinity, after, limit }: RecordScan) => {
    const list = byTerm.get(keyOf(kind, term))
    const page: Array<StoredRecord> = []
    if (list === undefined || limit <= 0) return page
    const forward = direction === "forward"
    const walk = forward
      ? list.ascend((r) => r.at < from || (after !== undefined && comparePositions(r, after) <= 0))
      : list.descend((r) => r.at > to || (after !== undefined && comparePositions(r, after) >= 0))
    for (const record of walk) {
      if (forward ? record.at > to : record.at < from) break
      page.push(record)
      if (page.length === limit) break
    }
    return page
  }

  return {
    capabilities,
    commit: (change) =>
      Effect.suspend(() => {
        if (new Set(change.refs.map((ref) => ref.name)).size < change.refs.length) {
          return Effect.die(new Error("A commit may name a ref only once"))
        }
        const result = commit(change)
        return result._tag === "StorageError" ? Effect.fail(result) : Effect.succeed(result)
      }),
    records: (kind, ids) =>
      Effect.sync(() => {
        const found = new Map<string, StoredRecord>()
        for (const id of ids) {
          const record = records.get(keyOf(kind, id))
          if (record !== undefined) found.set(id, record)
        }
        return found
      }),
    scan: (request) => Effect.sync(() => scan(request)),
    refs: (wanted) =>
      Effect.sync(() => {
        const found = new Map<RefName, string>()
        for (const name of wanted) {
          const value = refs.get(name)
          if (value !== undefined) found.set(name, value)
        }
        return found
      }),
    list: ({ prefix, after, limit }) =>
      Effect.sync(() => {
        const page: Array<readonly [RefName, string]> = []
        const below = (name: RefName) =>
          compareUtf8(name, prefix) < 0 || (after !== undefined && compareUtf8(name, after) <= 0)
        for (const name of names.ascend(below)) {
          // Names that start alike stand together in the order of bytes.
          if (page.length >= limit || !name.startsWith(prefix)) break
          page.push([name, refs.get(name) ?? ""])
        }
        return page
      })
  }
}
