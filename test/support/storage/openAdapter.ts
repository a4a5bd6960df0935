/** Opens a store by a text that fits a command line: `filesystem:/place`, `sqlite:/place`, or `postgres://host/database#store`. */
import type * as Layer from "effect/Layer"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"

/** The layer of the store at that place. */
export const openAdapter = (place: string): Layer.Layer<StorageServices, StorageError> => {
  const busyTimeout = "20 seconds"
  if (place.startsWith("filesystem:")) {
    return Filesystem.layer({ directory: place.slice("filesystem:".length), busyTimeout })
  }
  if (place.startsWith("sqlite:")) return Sqlite.layer({ file: place.slice("sqlite:".length), busyTimeout })
  const [url = "", store = ""] = place.split("#")
  return Postgres.layer({ url, store, busyTimeout, maxConnections: 3 })
}
