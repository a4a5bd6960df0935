/** Storage in Postgres: many stores, of many hosts on many machines, in one database. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SqlClient } from "effect/sql/SqlClient"
import type { Capabilities } from "../../storage/Capabilities.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { StorageError, StorageUnsupported } from "../../storage/StorageError.ts"
import { postgresDialect } from "../sql/postgresDialect.ts"
import * as SqlStorage from "../sql/SqlStorage.ts"

/** How the database is reached. @public */
export interface PostgresClientOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string | Redacted.Redacted
  /** How many connections are opened at most; ten unless given. */
  readonly maxConnections?: number | undefined
  /**
   * How long a statement waits for another writer. Five seconds unless given. `null` leaves it to the server; needed for
   * poolers that let no setting through.
   */
  readonly busyTimeout?: Duration.Input | null | undefined
  /** Whether statements are kept prepared: `false` for poolers that hand out connections by transaction. */
  readonly prepare?: boolean | undefined
}

/** Which store of a database that is open already. @public */
export interface PostgresStoreOptions {
  /** The store's name within the database; `default` unless given, and at most 200 bytes long. */
  readonly store?: string | undefined
  /** Names the database to people, in errors. */
  readonly database?: string | undefined
  readonly readonly?: boolean | undefined
}

/** Which database, and which store in it. @public */
export interface PostgresOptions extends PostgresClientOptions {
  /** The store's name within the database; `default` unless given, and at most 200 bytes long. */
  readonly store?: string | undefined
  readonly readonly?: boolean | undefined
}

/** What Postgres promises. @public */
export const capabilities: Capabilities = { name: "postgres", durable: true, sharedAcrossProcesses: true }

const textOf = (url: PostgresClientOptions["url"]) => (typeof url === "string" ? url : Redacted.value(url))

/** The database as errors name it: without user and password. */
const named = (url: PostgresClientOptions["url"]): string => {
  const parsed = URL.parse(textOf(url))
  return parsed === null ? "the database" : `${parsed.host}${parsed.pathname}`
}

/**
 * A SqlClient of one database: share it between stores with {@link layerStore}, or query the views through it.
 *
 * @public
 */
export const layerClient = (options: PostgresClientOptions): Layer.Layer<SqlClient, StorageError> => {
  const { busyTimeout = "5 seconds", maxConnections = 10, prepare = true, url } = options
  const client = PgClient.layer({
    url: Redacted.make(textOf(url)),
    applicationName: "tidemark",
    maxConnections,
    prepare,
    ...(busyTimeout === null
      ? {}
      : { startupParameters: { lock_timeout: `${Math.ceil(Duration.toMillis(busyTimeout))}` } })
  })
  return Layer.catch(client, (error) =>
    Layer.effect(
      SqlClient,
      Effect.fail(new StorageError({ reason: postgresDialect.reason(error, "open", named(url)) }))
    )
  )
}

/** Another encoding has other bytes, and with them another order of texts. */
const requireUtf8 = Effect.fnUntraced(function* (sql: SqlClient, database: string) {
  const rows = yield* Effect.mapError(
    sql<{ encoding: string }>`SELECT current_setting('server_encoding') AS encoding`,
    (error) => new StorageError({ reason: postgresDialect.reason(error, "open", database) })
  )
  const encoding = rows[0]?.encoding
  if (encoding === "UTF8") return
  const detail = `${database} is encoded as ${encoding}; create one with ENCODING 'UTF8'`
  return yield* new StorageError({ reason: new StorageUnsupported({ operation: "open", detail }) })
})

/**
 * A store in a database that the host has opened, by whichever Postgres client. Within a transaction of the host's, a
 * commit is part of it, and it is the host that makes the transaction again after a serialization failure.
 *
 * @public
 */
export const layerStore = (
  options: PostgresStoreOptions = {}
): Layer.Layer<ObjectStorage | CatalogStorage, StorageError, SqlClient> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { store = "default", database = "the database", readonly } = options
      if (new TextEncoder().encode(store).length > 200)
        return yield* Effect.die(new Error("A store's name is too long"))
      const sql = yield* SqlClient
      yield* requireUtf8(sql, database)
      return SqlStorage.layer({ sql, dialect: postgresDialect, capabilities, store, database, readonly })
    })
  )

/**
 * A store in a Postgres database.
 *
 * @remarks
 * Its tables and views are made where they are not there, in the first schema of the connection's search path. Fails with
 * `StorageDenied` where the database may not be used, `StorageUnavailable` where it does not answer, `StorageSchemaNewer` where a
 * later Tidemark has migrated it, `StorageUnsupported` where it is not encoded as UTF-8.
 *
 * @public
 */
export const layer = (options: PostgresOptions): Layer.Layer<ObjectStorage | CatalogStorage, StorageError> => {
  const { readonly, store, url } = options
  return layerStore({ store, database: named(url), readonly }).pipe(Layer.provide(layerClient(options)))
}
