/** An open store: its two logs with what they say, its objects' files, and the lock of those who write. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Capabilities } from "../../../storage/Capabilities.ts"
import { StorageDenied, StorageError, StorageUnavailable } from "../../../storage/StorageError.ts"
import { CatalogIndex } from "./CatalogIndex.ts"
import { type CatalogChange, decodeChange, encodeChange } from "./catalogFrames.ts"
import { FrameLog } from "./FrameLog.ts"
import { ObjectIndex } from "./ObjectIndex.ts"
import { ObjectFiles } from "./objectFiles.ts"
import { decodeObjects, encodeObjects, type ObjectChange } from "./objectFrames.ts"
import type { StoreDisk } from "./StoreDisk.ts"
import { attempt } from "./storeErrors.ts"
import type { WriterLock } from "./WriterLock.ts"

/** The names of what a store's directory holds. @internal */
export const storeNames = {
  format: "format",
  locks: "locks",
  objects: "objects",
  objectLog: "objects.log",
  catalogLog: "catalog.log"
} as const

/** @internal */
export interface FileStoreOptions {
  readonly directory: string
  readonly capabilities: Capabilities
  readonly disk: StoreDisk
  readonly lock: WriterLock
  readonly isReadonly: boolean
  /** How long a write waits for another process, in milliseconds. */
  readonly patience: number
  /** Below so many bytes a log is never rewritten. */
  readonly compactAbove: number
}

/** Waits by the machine's clock, not the program's: a test that stops the clock must not stop a lock's release. */
const wait = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

/** A log that has more than this for each byte of what it still says is rewritten. */
const garbageRatio = 2

/** Whether a holder is dead is asked at once, and then each time after so many more tries. */
const triesBetweenClearing = 16

/** @internal */
export class FileStore {
  readonly capabilities: Capabilities
  readonly catalog = new CatalogIndex()
  readonly objects = new ObjectIndex()
  readonly files: ObjectFiles
  readonly #options: FileStoreOptions
  readonly #catalogLog: FrameLog
  readonly #objectLog: FrameLog
  /** The fibers of one process queue here, in turn, before they ask for the lock of all processes. */
  readonly #queue = Semaphore.makeUnsafe(1)
  #catalogLimit: number
  #objectLimit: number

  constructor(options: FileStoreOptions) {
    const { directory, disk, isReadonly } = options
    this.#options = options
    this.capabilities = options.capabilities
    this.files = new ObjectFiles(disk, join(directory, storeNames.objects))
    this.#catalogLimit = options.compactAbove
    this.#objectLimit = options.compactAbove
    this.#catalogLog = new FrameLog(disk, join(directory, storeNames.catalogLog), isReadonly, {
      reset: () => this.catalog.clear(),
      frame: (payload) => this.catalog.apply(decodeChange(payload))
    })
    this.#objectLog = new FrameLog(disk, join(directory, storeNames.objectLog), isReadonly, {
      reset: () => this.objects.clear(),
      frame: (payload) => this.objects.apply(decodeObjects(payload))
    })
  }

  /** Makes both logs, empty. */
  create(): void {
    this.#catalogLog.write([])
    this.#objectLog.write([])
  }

  /** Makes the catalog's log of these changes, in place of a damaged one. Under the lock. */
  replaceCatalog(changes: Iterable<CatalogChange>): void {
    this.#catalogLog.write(Array.from(changes, encodeChange))
  }

  /** The same for the objects' log. */
  replaceObjects(changes: Iterable<ObjectChange>): void {
    this.#objectLog.write(Array.from(changes, encodeObjects))
  }

  refresh(): void {
    this.#catalogLog.refresh()
    this.#objectLog.refresh()
  }

  refreshCatalog(): void {
    this.#catalogLog.refresh()
  }

  refreshObjects(): void {
    this.#objectLog.refresh()
  }

  /** Takes or cuts off what a writer left that died. Under the lock, unless the store is only read. */
  recover(): void {
    this.#catalogLog.recover()
    this.recoverObjects()
  }

  recoverCatalog(): void {
    this.#catalogLog.recover()
  }

  recoverObjects(): void {
    this.#objectLog.recover()
    if (this.objects.unsettled.length === 0 || this.#options.isReadonly) return
    this.files.clear(this.objects.unsettled.filter((id) => this.objects.get(id) === undefined))
    this.appendObjects({})
  }

  /** Appends a change of the catalog, durably. */
  appendCatalog(change: CatalogChange): void {
    this.#catalogLog.append(encodeChange(change), true)
    this.catalog.apply(change)
    const { length } = this.#catalogLog
    if (length < this.#catalogLimit || length < garbageRatio * this.catalog.cost) return
    const { catalog } = this
    this.#catalogLimit = this.#rewrite(this.#catalogLog, catalog.changes().map(encodeChange))
  }

  /** Appends a change of the objects. What may be lost with the power: a fresh time, and what is unsettled. */
  appendObjects(given: Partial<ObjectChange>, durable = false): void {
    const change = { stored: [], removed: [], unsettled: [], ...given }
    this.#objectLog.append(encodeObjects(change), durable)
    this.objects.apply(change)
    const { length } = this.#objectLog
    if (change.unsettled.length > 0 || length < this.#objectLimit || length < garbageRatio * this.objects.cost) return
    const { objects } = this
    this.#objectLimit = this.#rewrite(this.#objectLog, objects.changes().map(encodeObjects))
  }

  /** Rewrites a log, and gives the length below which that is not done again. It is no matter if it fails. */
  #rewrite(log: FrameLog, payloads: Iterable<Uint8Array>): number {
    try {
      log.write(payloads)
    } catch {}
    return Math.max(this.#options.compactAbove, garbageRatio * log.length)
  }

  /** Reads in one go: no fiber of this process, and no other process, changes anything between. */
  read<A>(operation: string, f: () => A): Effect.Effect<A, StorageError> {
    return attempt(operation, f)
  }

  /** Runs `body` under the lock of all processes. */
  write<A>(operation: string, body: Effect.Effect<A, StorageError>): Effect.Effect<A, StorageError> {
    const { directory, isReadonly } = this.#options
    if (isReadonly) {
      const detail = `${directory} was opened for reading only`
      return Effect.fail(new StorageError({ reason: new StorageDenied({ operation, detail }) }))
    }
    return this.#queue.withPermit(this.#locked(operation, body))
  }

  close(): void {
    this.#catalogLog.close()
    this.#objectLog.close()
    // What cannot be removed now is removed as a dead process's.
    Effect.runSync(Effect.ignore(attempt("close", () => this.#options.lock.close())))
  }

  #locked<A>(operation: string, body: Effect.Effect<A, StorageError>): Effect.Effect<A, StorageError> {
    const { lock, patience } = this.#options
    const release = Effect.ignore(attempt(operation, () => lock.release()))
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const deadline = performance.now() + patience
        for (let tries = 0; !(yield* attempt(operation, () => lock.take())); tries++) {
          const isLate = performance.now() >= deadline
          if (isLate || tries % triesBetweenClearing === 0) {
            const holder = yield* attempt(operation, () => lock.clear())
            if (holder !== undefined && isLate) {
              const detail = `it is locked by ${holder}`
              return yield* new StorageError({ reason: new StorageUnavailable({ operation, detail }) })
            }
          }
          yield* restore(wait(Math.min(2 ** tries, 8)))
        }
        return yield* Effect.ensuring(restore(body), release)
      })
    )
  }
}
