/** Opens a store by a text that fits a command line: `filesystem:/place`, or what Postgres calls a URL. */
import type * as Layer from "effect/Layer"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"

/** A store that several processes may open. */
export type Place = `filesystem:${string}`

/** The layer of the store at that place. */
export const openAdapter = (place: string): Layer.Layer<StorageServices, StorageError> => {
  const [scheme, rest] = [place.slice(0, place.indexOf(":")), place.slice(place.indexOf(":") + 1)]
  if (scheme === "filesystem") return Filesystem.layer({ directory: rest, busyTimeout: "20 seconds" })
  throw new Error(`No adapter opens ${place}`)
}
