/** What tests of the directory's storage share. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Filesystem from "../../../../src/adapters/filesystem/FilesystemStorage.ts"
import { ObjectId, RefName } from "../../../../src/model/Ids.ts"
import {
  CatalogStorage,
  type CatalogStorageService,
  type RefUpdate,
  type StoredRecord
} from "../../../../src/storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../../src/storage/StorageError.ts"

/**
 * A folder that is removed with the scope; in memory where that can be had, unless everything is to be tested: the laws
 * pull no plug.
 */
export const inMemory = Effect.acquireRelease(
  Effect.sync(() => {
    const isQuick = existsSync("/dev/shm") && process.env.TIDEMARK_FULL === undefined
    return mkdtempSync(join(isQuick ? "/dev/shm" : tmpdir(), "tidemark-"))
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** An open store. */
export interface Storage {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
}

/** Opens a store for one piece of work. */
export const withStore = <A, E>(
  options: Filesystem.FilesystemStorageOptions,
  work: (storage: Storage) => Effect.Effect<A, E>
): Effect.Effect<A, E | StorageError> =>
  Effect.gen(function* () {
    return yield* work({ objects: yield* ObjectStorage, catalog: yield* CatalogStorage })
  }).pipe(Effect.provide(Filesystem.layer(options), { local: true }))

export const objectId = (n: number): ObjectId =>
  ObjectId.make(((n * 97) % 256).toString(16).padStart(2, "0") + n.toString(16).padStart(62, "0"))

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
  body: JSON.stringify({ id }),
  ...fields
})

/** The tag of the reason that work fails for. */
export const reasonOf = <A>(work: Effect.Effect<A, StorageError>): Effect.Effect<string> =>
  Effect.match(work, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "no failure" })

/** The files of objects that stand in a directory, whether they count or not. */
export const objectFiles = (directory: string): ReadonlyArray<string> =>
  readdirSync(join(directory, "objects"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("/"))
    .map((path) => path.slice(path.indexOf("/") + 1))
    .sort()

/** Does what finding a holder dead does: a test's process cannot die and look on. */
export const forgetLocks = (directory: string): void => {
  for (const name of readdirSync(join(directory, "locks"))) rmSync(join(directory, "locks", name))
}
