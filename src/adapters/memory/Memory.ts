/** Storage in this process's memory: for tests, previews, and hosts that keep nothing. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Capabilities } from "../../storage/Capabilities.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import { makeMemoryCatalog } from "./memoryCatalog.ts"
import { makeMemoryObjects } from "./memoryObjects.ts"

/** A store in memory. Every build of its `layer` opens the same state. @public */
export interface MemoryStore {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
  readonly layer: Layer.Layer<ObjectStorage | CatalogStorage>
}

/** What memory promises: nothing beyond the core of the contract. @public */
export const capabilities: Capabilities = { name: "memory", durable: false, sharedAcrossProcesses: false }

/**
 * Makes an empty store whose state can be opened several times, one after another or at once.
 *
 * @public
 */
export const make: Effect.Effect<MemoryStore> = Effect.sync(() => {
  const objects = makeMemoryObjects(capabilities)
  const catalog = makeMemoryCatalog(capabilities)
  const layer = Layer.mergeAll(Layer.succeed(ObjectStorage, objects), Layer.succeed(CatalogStorage, catalog))
  return { objects, catalog, layer }
})

/** An empty store for each build of the layer. @public */
export const layer: Layer.Layer<ObjectStorage | CatalogStorage> = Layer.unwrap(Effect.map(make, (store) => store.layer))
