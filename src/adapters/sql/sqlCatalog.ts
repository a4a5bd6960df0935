/** Records, their terms, and refs: three tables that one transaction changes together. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogCommit, CatalogStorageService, CommitResult, StoredRecord } from "../../storage/CatalogStorage.ts"
import { afterPrefix } from "./prefix.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { soundRows } from "./soundRows.ts"
import { checkTables, rebuildTerms } from "./sqlCheck.ts"
import { makeRecordReader } from "./sqlRecordReader.ts"
import { makeRecordWriter } from "./sqlRecordWriter.ts"
import { makeRefWriter } from "./sqlRefWriter.ts"
import { makeSqlVersionIndex } from "./sqlVersionIndex.ts"
import { makeTextKeys } from "./textKeys.ts"

/** @internal */
export const makeSqlCatalog = (base: SqlStore): CatalogStorageService => {
  const { sql, store, dialect } = base
  const keys = makeTextKeys(sql, dialect)
  const reader = makeRecordReader(base)
  const records = makeRecordWriter(base)
  const moves = makeRefWriter(base)

  const commit = Effect.fnUntraced(function* (change: CatalogCommit) {
    const refused = yield* moves.compare(change.refs)
    if (refused !== null) return refused
    if (change.remove !== undefined && change.remove.length > 0) yield* records.remove(change.remove)
    if (change.records !== undefined) yield* records.insert(change.records)
    yield* moves.move(change.refs)
    const committed: CommitResult = { _tag: "Committed" }
    return committed
  })

  const refs = Effect.fnUntraced(function* (names: ReadonlyArray<RefName>) {
    const found = new Map<RefName, string>()
    for (const part of chunked(names, 1, dialect.maxParameters - 1)) {
      const rows = yield* sql<{ name: RefName; value: string }>`
        SELECT name, value FROM tidemark_refs WHERE store = ${store} AND ${keys.isOneOf("name", part)}`
      for (const { name, value } of yield* soundRows("refs", rows, { name: "text", value: "text" }))
        found.set(name, value)
    }
    return found
  })

  const list: CatalogStorageService["list"] = ({ prefix, after, limit }) => {
    const end = afterPrefix(prefix)
    const page = sql<{ name: RefName; value: string }>`
      SELECT name, value FROM tidemark_refs WHERE ${sql.and([
        sql`store = ${store}`,
        // One lower bound: of two, a database may walk from the wider one.
        ...(after === undefined || compareUtf8(after, prefix) < 0
          ? keys.above("name", prefix, true)
          : keys.above("name", after, false)),
        ...(end === null ? [] : keys.below("name", end))
      ])} ORDER BY ${keys.order("name")} LIMIT ${Math.max(limit, 0)}`
    return base.told(
      "list",
      Effect.map(
        Effect.flatMap(page, (rows) => soundRows("list", rows, { name: "text", value: "text" })),
        (rows) => rows.map(({ name, value }) => [name, value] as const)
      )
    )
  }

  return {
    capabilities: base.capabilities,
    commit: (change) =>
      Effect.suspend(() =>
        new Set(change.refs.map(({ name }) => name)).size < change.refs.length
          ? Effect.die(new Error("A commit may name a ref only once"))
          : base.write("commit", "full", commit(change))
      ),
    records: (kind, ids) =>
      base.told(
        "records",
        Effect.map(
          reader.byId(kind, ids),
          (rows): ReadonlyMap<string, StoredRecord> => new Map(rows.map((r) => [r.id, r]))
        )
      ),
    scan: (scan) => base.told("scan", reader.scan(scan)),
    refs: (names) => base.told("refs", refs(names)),
    list,
    check: base.told("check", checkTables(base)),
    versionIndex: makeSqlVersionIndex(base),
    reindex: base.write("reindex", "full", rebuildTerms(base))
  }
}
