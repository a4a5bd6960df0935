/** Looking after a store. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { OperationId } from "../../model/Ids.ts"
import type { RetentionPolicy } from "../../model/Retention.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { foundation } from "../foundation.ts"
import { OperationLog } from "../ledger/OperationLog.ts"
import { Objects } from "../objects/Objects.ts"
import { Codecs } from "../references/Codecs.ts"
import { RunningSha256 } from "../references/RunningSha256.ts"
import { Sha256 } from "../references/Sha256.ts"
import { WorkingTree } from "../WorkingTree.ts"
import { BackupDamaged, type BackupRestored, type StoreNotEmpty } from "./Backup.ts"
import type { CollectReport, PruneReport } from "./CollectReport.ts"
import { type CollectOptions, collect } from "./collect.ts"
import { countStore } from "./countStore.ts"
import { type PruneOptions, prune } from "./prune.ts"
import type { RepairReport } from "./RepairReport.ts"
import { readBackup } from "./readBackup.ts"
import { type RepairError, repairStore } from "./repairStore.ts"
import type { StoreReport } from "./StoreReport.ts"
import type { StoreStatistics } from "./StoreStatistics.ts"
import { verifyStore } from "./verifyStore.ts"
import { writeBackup } from "./writeBackup.ts"

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
  /**
   * Prunes snapshots that a policy does not keep: they can no longer be listed, read or restored. The newest snapshot of
   * each collection always stays.
   *
   * @remarks
   * Each collection is a timeline of its own, and so is each project for its safety snapshots. Versions stay, whichever
   * snapshots held them: only `collect` gives room back, and only of what nothing leads to. It is one operation, and cannot
   * be undone. What was pruned cannot be gone back to by undoing a capture either.
   */
  readonly prune: (policy: RetentionPolicy, options?: PruneOptions) => Effect.Effect<PruneReport, StorageError>
  /**
   * Removes what nothing leads to any more: from branches, tags, collections, deployments, decisions, snapshots, and the
   * operations that can still be taken back.
   *
   * @remarks
   * Others may write meanwhile. What was stored or claimed within the grace stays, so a writer whose commit is still to come
   * loses nothing. It is one operation, and cannot be undone; operations outside the window can be undone afterwards only
   * where everything that they need is still there, and fail with `OperationCollected` else. Versions that nothing leads to
   * go with their records. A damaged store is not collected: it fails with `StorageCorrupt`, and nothing is removed.
   *
   * It reads every directory and every record that is kept, and holds 64 to 100 bytes of memory for each object.
   *
   * @example
   * ```ts
   * import * as Memory from "tidemark/memory"
   * import { open } from "tidemark/promise"
   *
   * await using tidemark = await open({ storage: Memory.layer, workingTree: Memory.makeWorkingTree().layer })
   * const { garbage } = await tidemark.maintenance.collect({ dryRun: true })
   * garbage // => { objects: 0, bytes: 0 }
   * ```
   */
  readonly collect: (options?: CollectOptions) => Effect.Effect<CollectReport, StorageError>
  /**
   * Repairs the store: puts back what can be found elsewhere or derived, gives up the rest, and says exactly what is lost.
   * Everything else stays as it was.
   *
   * @remarks
   * Lost content is looked for in `from`, a backup (of this store or of one that shares content with it: a damaged one is
   * read as far as it goes), and in the files of `roots`, directories that something was deployed into or captured from. Places,
   * terms and names are put back as the ledger says. Records that are lost are removed, so that they are in no list's way; branches
   * and collections that named one go back to the newest that is left, other names go. It is one operation of the ledger,
   * kind `repair`, and cannot be undone. A sound store is left alone. Nobody else should write meanwhile.
   *
   * The operation is the last step. One that is interrupted or killed before has put some things back and not said so; nothing is lost by
   * it, and the next one does the rest. Content that has to leave its place is stored elsewhere first.
   */
  readonly repair: (options?: RepairOptions) => Effect.Effect<RepairReport, RepairError>
  /**
   * The whole store as one stream of bytes: objects, records and refs as they are at one operation, the newest when it begins.
   * Others may write meanwhile. It ends with a checksum of everything.
   *
   * @remarks
   * What is pruned or collected meanwhile may be gone before it is read: then the backup is as of a later operation. Damage is copied as
   * it is; `verify` finds it there, too.
   */
  readonly backup: Stream.Stream<Uint8Array, StorageError>
  /**
   * Takes a backup back into a store in which nothing was done yet, of any adapter. Its names are set last, all at once: what
   * is interrupted or refused before leaves none, and can be begun again.
   *
   * @remarks
   * Fails with `BackupDamaged` where a byte is not what was written, `StoreNotEmpty` where the store has a ledger. What the
   * source itself fails with is a `BackupDamaged`, too.
   */
  readonly restore: (
    backup: BackupSource
  ) => Effect.Effect<BackupRestored, BackupDamaged | StoreNotEmpty | StorageError>
}

/** What the bytes of a backup come from: a stream, or any async iterable such as Node's file streams. @public */
export type BackupSource = Stream.Stream<Uint8Array, unknown> | AsyncIterable<Uint8Array>

/** Where lost content may be found, and why the store is repaired. @public */
export interface RepairOptions {
  readonly from?: BackupSource | undefined
  /** Directories, as the working tree names them. */
  readonly roots?: ReadonlyArray<string> | undefined
  readonly reason?: string | undefined
}

/** Looks after a store: see {@link MaintenanceService}. @public */
export class Maintenance extends Context.Service<Maintenance, MaintenanceService>()("tidemark/core/Maintenance") {
  static readonly layer: Layer.Layer<Maintenance, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Maintenance,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const storage = yield* ObjectStorage
      const objects = yield* Objects
      const sha256 = yield* Sha256
      const tree = yield* WorkingTree
      const parts = { catalog, storage, objects, log: yield* OperationLog }
      const store = { catalog, storage, objects, sha256 }
      // What the host gave to the layer holds for every call, as it does for `Objects`.
      const host = Context.empty().pipe(
        Context.add(Codecs, yield* Codecs),
        Context.add(RunningSha256, yield* RunningSha256)
      )
      const withHost = <A, E>(run: Effect.Effect<A, E>) => Effect.provideContext(run, host)
      return Maintenance.of({
        prune: (policy, options) => prune(parts, policy, options),
        collect: (options) => withHost(collect(parts, options)),
        verify: Effect.fn("Maintenance.verify")((options) => withHost(verifyStore(store, options ?? {}))),
        repair: Effect.fn("Maintenance.repair")((options = {}) =>
          withHost(
            repairStore(
              { store, log: parts.log, tree },
              { ...options, from: options.from === undefined ? undefined : streamOf(options.from) }
            )
          )
        ),
        backup: writeBackup(store),
        restore: Effect.fn("Maintenance.restore")((source) => readBackup(store, streamOf(source))),
        statistics: Effect.fn("Maintenance.statistics")((options) =>
          countStore(catalog, storage, objects, options ?? {})
        )
      })
    })
  ).pipe(Layer.provide(foundation))
}

const unreadable = (cause: unknown) =>
  new BackupDamaged({ at: 0, detail: `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})` })

const streamOf = (source: BackupSource): Stream.Stream<Uint8Array, BackupDamaged> =>
  Stream.isStream(source)
    ? Stream.mapError(source, unreadable)
    : Stream.fromAsyncIterable<Uint8Array, BackupDamaged>(source, unreadable)
