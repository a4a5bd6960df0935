/** Looking after a store. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { OperationId } from "../../model/Ids.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { Objects } from "../objects/Objects.ts"
import { Sha256 } from "../references/Sha256.ts"
import { countStore } from "./countStore.ts"
import type { StoreReport } from "./StoreReport.ts"
import type { StoreStatistics } from "./StoreStatistics.ts"
import { verifyStore } from "./verifyStore.ts"

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
  /**
   * Checks the whole store: the ledger's chain, every record and its terms, every ref, every byte of every object, and that
   * all that leads from one to another arrives. Damage is no failure but a list of findings, with the versions, snapshots,
   * deployments and operations that suffer from it; no finding means that all is well. Changes nothing.
   *
   * @remarks
   * Reads everything, in batches; told to `Progress`. It holds the ids of objects and records, and what directories lead to,
   * but no content beyond a batch. Others may write meanwhile. `knownHead` is an operation that was noted elsewhere: with it, a
   * cut tail is seen, too. Fails where the storage cannot be reached, never because it is damaged.
   *
   * @example
   * ```ts
   * import * as Memory from "tidemark/memory"
   * import { open } from "tidemark/promise"
   *
   * await using tidemark = await open({ storage: Memory.layer, workingTree: Memory.makeWorkingTree().layer })
   * const { findings } = await tidemark.maintenance.verify()
   * findings // => []
   * ```
   */
  readonly verify: (options?: {
    readonly knownHead?: OperationId | undefined
  }) => Effect.Effect<StoreReport, StorageError>
}

/** Looks after a store: see {@link MaintenanceService}. @public */
export class Maintenance extends Context.Service<Maintenance, MaintenanceService>()("tidemark/core/Maintenance") {
  static readonly layer: Layer.Layer<Maintenance, never, CatalogStorage | ObjectStorage> = Layer.effect(
    Maintenance,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const storage = yield* ObjectStorage
      const objects = yield* Objects
      const sha256 = yield* Sha256
      return Maintenance.of({
        verify: Effect.fn("Maintenance.verify")((options) =>
          verifyStore({ catalog, storage, objects, sha256 }, options ?? {})
        ),
        statistics: Effect.fn("Maintenance.statistics")((options) =>
          countStore(catalog, storage, objects, options ?? {})
        )
      })
    })
  ).pipe(Layer.provide(Objects.layer))
}
