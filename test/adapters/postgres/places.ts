/** Places in the server, and what tests of Postgres share. */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { postgresServer } from "../../support/postgres.ts"

/** Which database, and which store in it. */
export interface Place {
  readonly url: string
  readonly store: string
}

/** Runs work with a client of a database. */
export const withClient = <A, E>(url: string, work: Effect.Effect<A, E, SqlClient>) =>
  Effect.runPromise(work.pipe(Effect.provide(Postgres.layerClient({ url, maxConnections: 3 }), { local: true })))

let shared: Promise<string> | undefined

/** A database of its own, empty. */
export const freshDatabase = async (options = ""): Promise<string> => {
  const server = await postgresServer()
  const name = `test_${randomUUID().replaceAll("-", "")}`
  await withClient(
    `${server}/postgres`,
    Effect.flatMap(SqlClient, (sql) => sql.unsafe(`CREATE DATABASE ${name} ${options}`))
  )
  return `${server}/${name}`
}

/** A store of its own, in a database that all of them share: none may see another. */
export const freshStore = async (): Promise<Place> => {
  shared ??= freshDatabase()
  return { url: await shared, store: randomUUID() }
}

/** An open store. */
export interface Storage {
  readonly objects: ObjectStorage["Service"]
  readonly catalog: CatalogStorage["Service"]
}

/** Opens a store for one piece of work. */
export const withStore = <A, E>(
  options: Postgres.PostgresOptions,
  work: (storage: Storage) => Effect.Effect<A, E>
): Effect.Effect<A, E | StorageError> =>
  Effect.gen(function* () {
    return yield* work({ objects: yield* ObjectStorage, catalog: yield* CatalogStorage })
  }).pipe(Effect.provide(Postgres.layer({ maxConnections: 3, ...options }), { local: true }))
