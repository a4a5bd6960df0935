/** SQLite's dialect, whichever client speaks it. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { StorageErrorReason } from "../../storage/StorageError.ts"
import { StorageCorrupt, StorageDenied, StorageFull, StorageUnavailable } from "../../storage/StorageError.ts"
import type { Dialect } from "./Dialect.ts"

// Primary result codes: https://www.sqlite.org/rescode.html
const byName: ReadonlyMap<string, number> = new Map([
  ["PERM", 3],
  ["BUSY", 5],
  ["LOCKED", 6],
  ["NOMEM", 7],
  ["READONLY", 8],
  ["INTERRUPT", 9],
  ["IOERR", 10],
  ["CORRUPT", 11],
  ["FULL", 13],
  ["CANTOPEN", 14],
  ["PROTOCOL", 15],
  ["AUTH", 23],
  ["NOTADB", 26]
])

interface CodeCarrier {
  readonly errcode?: unknown
  readonly errno?: unknown
  readonly code?: unknown
  readonly message?: unknown
}
const carrier = (cause: unknown): CodeCarrier => (typeof cause === "object" && cause !== null ? cause : {})

/** The primary result code. node:sqlite calls it `errcode`; other clients have a number in `errno` or a name in `code`. */
const primaryCode = (cause: CodeCarrier): number | undefined => {
  const { errcode, errno, code } = cause
  if (typeof errcode === "number") return errcode & 0xff
  if (typeof code === "string") {
    const named = /^SQLITE_([A-Z]+)/.exec(code)?.[1]
    const known = named === undefined ? undefined : byName.get(named)
    if (known !== undefined) return known
  }
  return typeof errno === "number" && errno >= 0 ? errno & 0xff : undefined
}

const reason = (error: SqlError, operation: string, database: string): StorageErrorReason => {
  const cause = carrier(error.reason.cause)
  const detail = typeof cause.message === "string" ? cause.message : error.message
  const common = { operation, cause: error }
  switch (primaryCode(cause)) {
    case 3:
    case 8:
    case 14:
    case 23:
      return new StorageDenied({ ...common, detail: `${detail} (${database})` })
    case 13:
      return new StorageFull(common)
    case 5:
    case 6:
      return new StorageUnavailable({ ...common, detail: "another writer held the database for too long" })
    case 7:
    case 9:
    case 10:
    case 15:
    // A client that is closed, or was never connected, has no result code.
    case undefined:
      return new StorageUnavailable({ ...common, detail })
    default:
      // What is left says that tables, columns or constraints are not what the migrations made of them.
      return new StorageCorrupt({ ...common, key: database, detail })
  }
}

const member = (path: string) => `'$.${path}'`

/** How much of the file SQLite may keep in memory while it stores very many records. */
const bulkCacheKilobytes = 192 * 1024

/** What this room needs to know of SQLite. @public */
export const sqliteDialect: Dialect = {
  name: "sqlite",
  // A plain BEGIN takes the write lock with its first write, and fails when another writer was faster.
  begin: "BEGIN IMMEDIATE",
  isSerial: true,
  relax: null,
  isTransient: () => false,
  now: null,
  maxParameters: 32_766,
  forUpdate: "",
  lockMigrations: null,
  types: { text: "TEXT", integer: "INTEGER", bytes: "BLOB", row: "INTEGER PRIMARY KEY" },
  table: { rows: "STRICT", clustered: "WITHOUT ROWID, STRICT" },
  longTexts: null,
  json: {
    text: (body, path) => `(${body} ->> ${member(path)})`,
    integer: (body, path) => `(${body} ->> ${member(path)})`,
    json: (body, path) => `nullif(${body} -> ${member(path)}, 'null')`,
    each: (body, path, alias) => ({
      table: `json_each(${body}, ${member(path)}) AS ${alias}`,
      position: `${alias}.key`,
      value: `${alias}.value`
    })
  },
  relations: (sql, names) =>
    sql<{ name: string; type: string }>`
      SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name IN ${sql.in(names)}`,
  // A row that is longer than a page has the rest of it in pages of its own; what these leave empty is a thirtieth then.
  sharedRows: { below: 32 * 1024, objectsBelow: 8 * 1024 },
  drawContents: (sql, count) =>
    Effect.map(
      sql<{ last: number }>`SELECT coalesce(max(content), 0) AS last FROM tidemark_contents`,
      // Nobody else can draw: this runs under the write lock.
      (rows) => Array.from({ length: count }, (_, i) => (rows[0]?.last ?? 0) + 1 + i)
    ),
  bulk: {
    rows: 100,
    prepare: (sql) =>
      Effect.gen(function* () {
        // Ids are random: with SQLite's own 2 MB, each of them would push a page of the index out to the disk.
        const rows = yield* sql.unsafe<{ cache_size: number }>("PRAGMA cache_size")
        yield* sql.unsafe(`PRAGMA cache_size = ${-bulkCacheKilobytes}`)
        const before = Number(rows[0]?.cache_size ?? -2000)
        return Effect.andThen(sql.unsafe(`PRAGMA cache_size = ${before}`), sql.unsafe("PRAGMA shrink_memory"))
      })
  },
  arrays: null,
  deleteTerms: null,
  check: (sql) =>
    Effect.map(sql<{ integrity_check: string }>`PRAGMA integrity_check`, (rows) =>
      rows.map((row) => row.integrity_check).filter((line) => line !== "ok")
    ),
  reindex: "REINDEX",
  reason
}
