/** Finding a store in a directory, or making one there. */
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { StorageDenied, type StorageError, StorageSchemaNewer } from "../../../storage/StorageError.ts"
import { codeOf } from "../failures.ts"
import { FileStore, type FileStoreOptions, storeNames } from "./FileStore.ts"
import { framesStart } from "./frames.ts"
import type { StoreDisk } from "./StoreDisk.ts"
import { attempt, Damaged, Refused } from "./storeErrors.ts"
import { WriterLock } from "./WriterLock.ts"

/** The number of the format that this code writes. A later one is refused, an earlier one is migrated under the lock. @internal */
export const storeFormat = 1

const operation = "open"
const formatText = (format: number) => `tidemark filesystem store ${format}\n`
const denied = (detail: string) => new Refused(new StorageDenied({ operation, detail }))

/** The format of the store that is there; 0 when there is none. @internal */
export const formatOf = (directory: string): number => {
  const at = join(directory, storeNames.format)
  try {
    const text = fs.readFileSync(at, "utf8")
    const found = Number(/^tidemark filesystem store (\d{1,9})\n$/.exec(text)?.[1])
    if (!(found > 0)) throw new Damaged(at, "it does not say which format the store has")
    if (found > storeFormat) throw new Refused(new StorageSchemaNewer({ operation, found, supported: storeFormat }))
    return found
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0
    throw error
  }
}

/** Says that a store is here, and which format it has. @internal */
export const publishFormat = (disk: StoreDisk, directory: string): void =>
  disk.publish(directory, storeNames.format, Buffer.from(formatText(storeFormat)))

/** The name that a damaged file is kept under beside the one that was made of it. @internal */
export const damagedName = (name: string, n: number): string => `${name}.damaged-${n}`

const damaged = /\.damaged-\d+$/
const unfinished = /(?:\.[-0-9a-f]+\.tmp|\.new)$/
const ours = new Set<string>(Object.values(storeNames))
const isOurs = (name: string) => ours.has(name.replace(unfinished, "").replace(damaged, ""))

/** Removes what a process was writing when it died. For the one who holds the lock: nobody else writes here meanwhile. */
const sweepUnfinished = (disk: StoreDisk, directory: string): void => {
  for (const name of fs.readdirSync(directory)) {
    if (unfinished.test(name) && isOurs(name)) disk.unlink(join(directory, name))
  }
}

/** A directory that holds something else is not taken for a new store's. */
const refuseStrangers = (directory: string): void => {
  const stranger = fs.readdirSync(directory).find((name) => !isOurs(name))
  if (stranger === undefined) return
  throw denied(`${directory} is no store, and holds ${JSON.stringify(stranger)}; name a directory that is empty or new`)
}

const prepare = (disk: StoreDisk, directory: string): void => {
  try {
    disk.mkdir(directory)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
    throw denied(`the directory ${dirname(directory)} does not exist; create it first`)
  }
  refuseStrangers(directory)
  refuseFrames(directory)
  disk.mkdir(join(directory, storeNames.locks))
}

/** A store that is whole but for the file that says so is not made anew over what it holds. */
const refuseFrames = (directory: string): void => {
  for (const name of [storeNames.catalogLog, storeNames.objectLog]) {
    const size = fs.statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
    if (size <= framesStart) continue
    const lost = join(directory, storeNames.format)
    throw new Damaged(
      lost,
      `it is missing, though ${name} holds a store. The salvage of tidemark/filesystem makes it anew`
    )
  }
}

const create = (disk: StoreDisk, directory: string, store: FileStore): void => {
  disk.mkdir(join(directory, storeNames.objects))
  store.create()
  // The last: from here on it is a store, and everything of it is there.
  publishFormat(disk, directory)
}

const mayWrite = (directory: string): boolean => {
  try {
    for (const name of ["", storeNames.locks, storeNames.objects, storeNames.catalogLog, storeNames.objectLog]) {
      fs.accessSync(join(directory, name), fs.constants.W_OK)
    }
    return true
  } catch (error) {
    if (codeOf(error) === "EACCES" || codeOf(error) === "EROFS" || codeOf(error) === "EPERM") return false
    throw error
  }
}

/** @internal */
export interface OpenOptions
  extends Pick<FileStoreOptions, "directory" | "capabilities" | "patience" | "compactAbove"> {
  readonly disk: StoreDisk
  readonly readonly: boolean
}

/** Opens a store, and makes it where there is none. The caller closes it. @internal */
export const openStore = Effect.fnUntraced(function* (options: OpenOptions): Effect.fn.Return<FileStore, StorageError> {
  const { directory, disk } = options
  const found = yield* attempt(operation, () => formatOf(directory))
  const isReadonly = options.readonly || (yield* attempt(operation, () => found > 0 && !mayWrite(directory)))
  if (isReadonly && found === 0) {
    return yield* attempt(operation, () => {
      throw denied(`${directory} holds no store, and was opened for reading only`)
    })
  }
  if (found === 0) yield* attempt(operation, () => prepare(disk, directory))
  const lock = new WriterLock(disk, join(directory, storeNames.locks))
  const store = new FileStore({ ...options, lock, isReadonly })
  const settle = attempt(operation, () => {
    if (formatOf(directory) === 0) create(disk, directory, store)
    store.recover()
    if (isReadonly) return
    lock.sweep()
    sweepUnfinished(disk, directory)
  })
  const opened = isReadonly
    ? settle
    : Effect.catchIf(
        store.write(operation, settle),
        // Who holds the lock has settled what there was to settle, so reading need not wait.
        (error) => found > 0 && error.isRetryable,
        () => attempt(operation, () => store.refresh())
      )
  yield* Effect.onError(opened, () => Effect.sync(() => store.close()))
  return store
}, Effect.uninterruptible)
