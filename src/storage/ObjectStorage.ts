/** Object storage: immutable bytes by name. What the bytes mean, and that they are right, is core's to know. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ObjectId } from "../model/Ids.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { StorageError } from "./StorageError.ts"

/** Opaque bytes, never above 4 MiB, under the id that core gave them. @public */
export interface StoredObject {
  readonly id: ObjectId
  readonly bytes: Uint8Array
}

/** What `list` tells of an object. `storedAt` is in milliseconds by the store's own clock. @public */
export interface ObjectInfo {
  readonly id: ObjectId
  readonly size: number
  readonly storedAt: number
}

/**
 * What an adapter author implements for objects.
 *
 * @remarks
 * Implementors owe: batches are all-or-nothing, also when interrupted; bytes that were handed in or out may be changed
 * by their holder without any effect on what is stored. Callers may not assume that `put` overwrites: an id that is
 * there keeps its bytes.
 *
 * @public
 */
export interface ObjectStorageService {
  readonly capabilities: Capabilities
  /** Stores every object or none. Idempotent; an object that is there already gets a fresh `storedAt`. */
  readonly put: (objects: NonEmptyReadonlyArray<StoredObject>) => Effect.Effect<void, StorageError>
  /** Returns what is stored of `ids`; absent ids are not in the map. */
  readonly get: (ids: ReadonlyArray<ObjectId>) => Effect.Effect<ReadonlyMap<ObjectId, Uint8Array>, StorageError>
  /** Gives those of `ids` that are present a fresh `storedAt` and returns those that are missing, in one atomic step. */
  readonly claim: (ids: ReadonlyArray<ObjectId>) => Effect.Effect<ReadonlyArray<ObjectId>, StorageError>
  /** Removes those of `ids` whose `storedAt` is before `storedBefore` (the store's clock); returns how many. */
  readonly remove: (
    ids: ReadonlyArray<ObjectId>,
    guard: { readonly storedBefore: number }
  ) => Effect.Effect<number, StorageError>
  /** Returns at most `limit` objects with ids above `after`, in the order of their ids. */
  readonly list: (page: {
    readonly after?: ObjectId | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<ObjectInfo>, StorageError>
  /** The store's own clock, in milliseconds. */
  readonly now: Effect.Effect<number, StorageError>
}

/** Object storage: an {@link ObjectStorageService} that the host injects. @public */
export class ObjectStorage extends Context.Service<ObjectStorage, ObjectStorageService>()(
  "tidemark/storage/ObjectStorage"
) {}
