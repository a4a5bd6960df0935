/** Where the index of the version graph is kept: beside a store, never instead of it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { StorageError } from "./StorageError.ts"

/**
 * What an author implements who keeps the index of the version graph somewhere. It can be made again from the store at any
 * time, so nothing is lost with it, and nothing that it says is believed unchecked.
 *
 * @public
 */
export interface VersionIndexStorageService {
  /** Returns what was saved last, or `null`. The caller does not change the bytes. */
  readonly load: Effect.Effect<Uint8Array | null, StorageError>
  /** Keeps the bytes, all or none: who loads meanwhile gets what was there before. */
  readonly save: (bytes: Uint8Array) => Effect.Effect<void, StorageError>
}

/**
 * Turns the index of the version graph on for every question, and says where it is kept. `null`, the default: where the
 * store keeps one by itself (`CatalogStorage.versionIndex`), hard questions about large graphs are put to that one; all
 * others are answered by walking the store. With `versionIndexInMemory` it lives as long as the engine. Provide it to the engine's layer.
 *
 * @public
 */
export const VersionIndexStorage: Context.Reference<VersionIndexStorageService | null> =
  Context.Reference<VersionIndexStorageService | null>("tidemark/storage/VersionIndexStorage", {
    defaultValue: () => null
  })

/** An index that is made anew by each engine that is opened. @public */
export const versionIndexInMemory: VersionIndexStorageService = {
  load: Effect.succeed(null),
  save: () => Effect.void
}
