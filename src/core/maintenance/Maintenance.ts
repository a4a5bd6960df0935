/** Looking after a store. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { countStore } from "./countStore.ts"
import type { StoreStatistics } from "./StoreStatistics.ts"

/**
 * Looks after a store: what is in it, whether all of it is sound.
 *
 * @public
 */
export interface MaintenanceService {
  /**
   * Counts what the store holds: objects, records, refs, operations, with their bytes.
   *
   * @remarks
   * Everything is read in pages; beside them it holds the id of each record. `forms: true` also reads every object, to
   * tell in which form it is kept.
   */
  readonly statistics: (options?: {
    readonly forms?: boolean | undefined
  }) => Effect.Effect<StoreStatistics, StorageError>
}

/** Looks after a store: see {@link MaintenanceService}. @public */
export class Maintenance extends Context.Service<Maintenance, MaintenanceService>()("tidemark/core/Maintenance") {
  static readonly layer: Layer.Layer<Maintenance, never, CatalogStorage | ObjectStorage> = Layer.effect(
    Maintenance,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const storage = yield* ObjectStorage
      return Maintenance.of({
        statistics: Effect.fn("Maintenance.statistics")((options) => countStore(catalog, storage, options ?? {}))
      })
    })
  )
}
