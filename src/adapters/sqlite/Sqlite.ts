/** Storage in one SQLite file: the default for a program on one machine. */
import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Capabilities } from "../../storage/Capabilities.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { StorageDenied, StorageError } from "../../storage/StorageError.ts"
import * as SqlStorage from "../sql/SqlStorage.ts"
import { sqliteDialect } from "../sql/sqliteDialect.ts"
import type { SqliteClientOptions } from "./SqliteClient.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** Which file, and which store in it. @public */
export interface SqliteOptions extends SqliteClientOptions {
  /** The store's name within the file; `default` unless given. Stores in one file see nothing of each other. */
  readonly store?: string | undefined
}

/** Which store of a database that is open already. @public */
export interface SqliteStoreOptions {
  /** The store's name within the database; `default` unless given. */
  readonly store?: string | undefined
  /** Names the database to people, in errors. */
  readonly database?: string | undefined
  /** Whether what the client writes outlives it; `false` for a database in memory. */
  readonly durable?: boolean | undefined
  readonly readonly?: boolean | undefined
}

const isMemory = (file: string) => file === ":memory:"

/** What SQLite promises of a file. In memory, it promises neither. @public */
export const capabilities: Capabilities = { name: "sqlite", durable: true, sharedAcrossProcesses: true }

/** Absolute, so that a later change of the working directory changes nothing, and a name is never read as a URI. */
const located = (file: string) => (isMemory(file) ? file : resolve(file))

/** SQLite says of most things that stand in the way only that it cannot open the file. */
const whyNotOpened = (file: string, error: SqlError): StorageError => {
  const operation = "open"
  const directory = dirname(file)
  if (!isMemory(file) && !existsSync(directory)) {
    const detail = `the directory ${directory} does not exist; create it first`
    return new StorageError({ reason: new StorageDenied({ operation, detail, cause: error }) })
  }
  return new StorageError({ reason: sqliteDialect.reason(error, operation, file) })
}

/**
 * A SqlClient of one database file: share it between stores with {@link layerStore}, or query the views through it.
 *
 * @public
 */
export const layerClient = (options: SqliteClientOptions): Layer.Layer<SqlClient, StorageError> => {
  const file = located(options.file)
  return Layer.catch(SqliteClient.layer({ ...options, file }), (error) =>
    Layer.effect(SqlClient, Effect.fail(whyNotOpened(file, error)))
  )
}

/**
 * A store in a database that the host has opened, by whichever SQLite client. Objects and names are as durable as that
 * client's `synchronous` setting makes them: SQLite's own default is enough. Within a transaction of the host's, a commit
 * is part of it.
 *
 * @public
 */
export const layerStore = (
  options: SqliteStoreOptions = {}
): Layer.Layer<ObjectStorage | CatalogStorage, StorageError, SqlClient> =>
  Layer.unwrap(
    Effect.map(SqlClient, (sql) => {
      const { store = "default", database = "the database", durable = true, readonly } = options
      return SqlStorage.layer({
        sql,
        dialect: sqliteDialect,
        capabilities: { ...capabilities, durable, sharedAcrossProcesses: durable },
        store,
        database,
        readonly
      })
    })
  )

/**
 * A store in a file, which is made if it is not there (its directory is not).
 *
 * @remarks
 * Fails with `StorageDenied` where the file may not be opened, `StorageCorrupt` where it is no database,
 * `StorageSchemaNewer` where a later Tidemark has written it, `StorageUnavailable` where another process held it for longer
 * than `busyTimeout`.
 *
 * @public
 */
export const layer = (options: SqliteOptions): Layer.Layer<ObjectStorage | CatalogStorage, StorageError> => {
  const { file, readonly, store } = options
  return layerStore({ store, database: located(file), durable: !isMemory(file), readonly }).pipe(
    Layer.provide(layerClient(options))
  )
}
