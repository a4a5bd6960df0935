/** Saving what is left of a store in a directory whose own files are damaged. */
import { resolve } from "node:path"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { StorageError } from "../../storage/StorageError.ts"
import { capabilities } from "./FilesystemStorage.ts"
import { StoreDisk } from "./store/StoreDisk.ts"
import { salvageStore } from "./store/salvageStore.ts"

/** Which directory. @public */
export interface SalvageOptions {
  /** The store's directory. */
  readonly directory: string
  /** How long it waits for another process that writes. Five seconds unless given. */
  readonly busyTimeout?: Duration.Input | undefined
  /** @internal */
  readonly onStep?: ((n: number, label: string) => void) | undefined
}

/**
 * One file of a store that was damaged, and what became of it.
 *
 * - `file`: its path; there is a sound one now
 * - `kept`: where the damaged one stands now, as it was; `null` when there was none any more
 * - `saved`: how many entries of the log were sound
 * - `lost`: the bytes of the log, `from` a position up to before another, in which nothing is sound any more. In the catalog's
 *   log each such range is at least one commit. Of objects nothing but the time at which they were stored is lost
 *
 * @public
 */
export interface Salvaged {
  readonly file: string
  readonly kept: string | null
  readonly saved: number
  readonly lost: ReadonlyArray<{ readonly from: number; readonly to: number }>
}

/**
 * Makes a store in a directory that is not opened any more, because its logs are damaged, one that is opened: of every commit
 * that is sound. The damaged files stay beside it under names that end in `.damaged-1` and so on.
 *
 * @remarks
 * Commits that are damaged are gone, and those that came after them stay. So the store is whole as a catalog, but not as a history: run
 * `Maintenance.repair` next, with a backup if there is one; it tells what is lost by name. What cannot be told is what the
 * newest commits held: where the last of the ranges in `lost` reaches to the log's end, the store looks like one in which they
 * never happened. A sound store is left as it is, and the answer is empty. Files that are not damaged are not touched.
 *
 * Nobody else may write meanwhile: it takes the lock that writers take. It may be interrupted anywhere and called again.
 *
 * Fails with `StorageDenied` where there is no catalog's log, `StorageCorrupt` where nothing in it is sound,
 * `StorageSchemaNewer` where a later Tidemark has written it, `StorageUnavailable` where another process holds the lock.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as fs from "node:fs"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 * import * as Filesystem from "tidemark/filesystem"
 * import * as Memory from "tidemark/memory"
 * import { open } from "tidemark/promise"
 *
 * const directory = fs.mkdtempSync(join(tmpdir(), "salvage-"))
 * {
 *   await using tidemark = await open({ storage: Filesystem.layer({ directory }), workingTree: Memory.layerWorkingTree() })
 *   await tidemark.snapshots.capture({ collection: "kit", files: [] })
 * }
 * const salvaged = await Effect.runPromise(Filesystem.salvage({ directory }))
 * salvaged // => []
 * fs.rmSync(directory, { recursive: true })
 * ```
 *
 * @public
 */
export const salvage = (options: SalvageOptions): Effect.Effect<ReadonlyArray<Salvaged>, StorageError> =>
  salvageStore({
    directory: resolve(options.directory),
    capabilities,
    disk: new StoreDisk(options.onStep),
    patience: Duration.toMillis(options.busyTimeout ?? "5 seconds"),
    compactAbove: Number.POSITIVE_INFINITY
  })
