/** Storage in a directory: objects as files, and the catalog as a log, for hosts that want to see, copy and sync files. */
import { resolve } from "node:path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Capabilities } from "../../storage/Capabilities.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { makeFileCatalog } from "./store/fileCatalog.ts"
import { makeFileObjects } from "./store/fileObjects.ts"
import { openStore } from "./store/openStore.ts"
import { StoreDisk } from "./store/StoreDisk.ts"

/** Which directory, and how it is used. @public */
export interface FilesystemStorageOptions {
  /** A directory for the store alone. It is made if it is not there (its parent is not). */
  readonly directory: string
  /** How long a write waits for another process. Five seconds unless given. */
  readonly busyTimeout?: Duration.Input | undefined
  readonly readonly?: boolean | undefined
  /** Below so many bytes a log is never rewritten. @internal */
  readonly compactAbove?: number | undefined
  /** @internal */
  readonly onStep?: ((n: number, label: string) => void) | undefined
}

/** What a directory promises. @public */
export const capabilities: Capabilities = { name: "filesystem", durable: true, sharedAcrossProcesses: true }

/**
 * A store in a directory.
 *
 * @remarks
 * Everything that records and refs say is held in memory while the store is open; objects are not. Any number of processes may have
 * it open: one writes at a time, and readers wait for nobody. The directory has to be on a file system with hard links,
 * and one that several machines share has to lock and order their writes as a local one does.
 *
 * Fails with `StorageDenied` where the directory may not be opened or holds something else, `StorageCorrupt` where a log
 * is damaged, `StorageSchemaNewer` where a later Tidemark has written it, `StorageUnavailable` where another process held the
 * lock for longer than `busyTimeout`. A directory that may only be read is opened for reading.
 *
 * @public
 */
export const layer = (options: FilesystemStorageOptions): Layer.Layer<ObjectStorage | CatalogStorage, StorageError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Effect.acquireRelease(
        openStore({
          directory: resolve(options.directory),
          capabilities,
          disk: new StoreDisk(options.onStep),
          readonly: options.readonly ?? false,
          patience: Duration.toMillis(options.busyTimeout ?? "5 seconds"),
          compactAbove: options.compactAbove ?? 1024 * 1024
        }),
        (store) => Effect.sync(() => store.close())
      )
      return Context.empty().pipe(
        Context.add(ObjectStorage, makeFileObjects(store)),
        Context.add(CatalogStorage, makeFileCatalog(store))
      )
    })
  )
