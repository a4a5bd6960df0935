/** Places for databases, and what tests of SQLite share. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { ObjectId, RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage, type RefUpdate, type StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"

/** A directory that goes with the scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The name of a database file in a directory of its own. */
export const place = Effect.map(directory, (path) => join(path, "store.db"))

export interface Storage {
  readonly objects: ObjectStorage["Service"]
  readonly catalog: CatalogStorage["Service"]
}

/** Opens a store for one piece of work. */
export const withStore = <A, E>(
  options: Sqlite.SqliteOptions,
  work: (storage: Storage) => Effect.Effect<A, E>
): Effect.Effect<A, E | StorageError> =>
  Effect.gen(function* () {
    return yield* work({ objects: yield* ObjectStorage, catalog: yield* CatalogStorage })
  }).pipe(Effect.provide(Sqlite.layer(options), { local: true }))

/** Opens the database alone. */
export const withClient = <A, E>(
  file: string,
  work: Effect.Effect<A, E, SqlClient>
): Effect.Effect<A, E | StorageError> => work.pipe(Effect.provide(Sqlite.layerClient({ file }), { local: true }))

export const objectId = (n: number): ObjectId => ObjectId.make(n.toString(16).padStart(64, "0"))

export const move = (name: string, expected: string | null, next: string | null): RefUpdate => ({
  name: RefName.make(name),
  expected,
  next
})

export const record = (id: string, fields: Partial<StoredRecord> = {}): StoredRecord => ({
  kind: "version",
  id,
  at: 1000,
  terms: ["all"],
  body: "{}",
  ...fields
})

/** The tag of the reason that work fails for. */
export const reasonOf = <A>(work: Effect.Effect<A, StorageError>): Effect.Effect<string> =>
  Effect.match(work, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "no failure" })
