/** Makes a store whose logs are damaged one that can be opened again, of what is sound in them. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { StorageDenied, type StorageError } from "../../../storage/StorageError.ts"
import { CatalogIndex } from "./CatalogIndex.ts"
import { type CatalogChange, decodeChange } from "./catalogFrames.ts"
import { FileStore, storeNames } from "./FileStore.ts"
import { hasLog } from "./FrameLog.ts"
import { ObjectIndex } from "./ObjectIndex.ts"
import { decodeObjects } from "./objectFrames.ts"
import { damagedName, formatOf, type OpenOptions, publishFormat } from "./openStore.ts"
import type { StoreDisk } from "./StoreDisk.ts"
import { type LogRange, readSoundFrames } from "./soundFrames.ts"
import { attempt, Damaged, Refused } from "./storeErrors.ts"
import { WriterLock } from "./WriterLock.ts"

const operation = "salvage"

/** What became of one file of a store. @internal */
export interface SalvagedFile {
  readonly file: string
  readonly kept: string | null
  readonly saved: number
  readonly lost: ReadonlyArray<LogRange>
}

/** A second name for the damaged file, under which it stays. One that was interrupted before has given it already. */
const keepAside = (disk: StoreDisk, directory: string, name: string): string => {
  const path = join(directory, name)
  const { ino } = fs.statSync(path, { bigint: true })
  for (let n = 1; ; n++) {
    const kept = join(directory, damagedName(name, n))
    const there = fs.statSync(kept, { bigint: true, throwIfNoEntry: false })
    if (there !== undefined && there.ino !== ino) continue
    if (there === undefined) disk.link(path, kept)
    disk.syncDirectoryNow(directory)
    return kept
  }
}

const isDamaged = (open: () => void): boolean => {
  try {
    open()
    return false
  } catch (error) {
    if (error instanceof Damaged) return true
    throw error
  }
}

/** Takes a change where those before it may be missing: what it stores may be there, under the same id with another body. */
const applyTo = (index: CatalogIndex, change: CatalogChange): void => {
  const stale = change.records.filter(({ id, kind }) => index.record(kind, id) !== undefined)
  index.apply({ ...change, remove: [...change.remove, ...stale] })
}

const salvageCatalog = (disk: StoreDisk, directory: string, store: FileStore): SalvagedFile | undefined => {
  if (!isDamaged(() => store.recoverCatalog())) return undefined
  const path = join(directory, storeNames.catalogLog)
  const index = new CatalogIndex()
  const { frames, lost } = readSoundFrames(path, (payload) => applyTo(index, decodeChange(payload)))
  if (frames === 0) {
    throw new Damaged(path, "no commit in it is sound, so there is nothing to salvage")
  }
  const kept = keepAside(disk, directory, storeNames.catalogLog)
  store.replaceCatalog(index.changes())
  return { file: path, kept, saved: frames, lost }
}

/** The objects that there are can be told from their files: only when they were stored last is lost with the log. */
const salvageObjects = (
  disk: StoreDisk,
  directory: string,
  store: FileStore,
  now: number
): SalvagedFile | undefined => {
  const path = join(directory, storeNames.objectLog)
  const isThere = hasLog(path)
  if (isThere && !isDamaged(() => store.recoverObjects())) return undefined
  const known = new ObjectIndex()
  const read = isThere ? readSoundFrames(path, (payload) => known.apply(decodeObjects(payload))) : undefined
  const index = new ObjectIndex()
  for (const { id, size } of store.files.sweep()) {
    const stored = [{ id, ...(known.get(id) ?? { size, storedAt: now }) }]
    index.apply({ stored, removed: [], unsettled: [] })
  }
  const kept = isThere ? keepAside(disk, directory, storeNames.objectLog) : null
  store.replaceObjects(index.changes())
  return { file: path, kept, saved: read?.frames ?? 0, lost: read?.lost ?? [] }
}

/** The line that says which format a store has, where it is damaged; what wrote the logs says it, too. */
const salvageFormat = (disk: StoreDisk, directory: string): SalvagedFile | undefined => {
  const isLost = !fs.existsSync(join(directory, storeNames.format))
  if (!isLost && !isDamaged(() => formatOf(directory))) return undefined
  const kept = isLost ? null : keepAside(disk, directory, storeNames.format)
  publishFormat(disk, directory)
  return { file: join(directory, storeNames.format), kept, saved: 0, lost: [] }
}

/** Puts right what of a store's own files is damaged. Each file in one step: what is interrupted can be begun again. @internal */
export const salvageStore = Effect.fnUntraced(function* (
  options: Omit<OpenOptions, "readonly">
): Effect.fn.Return<ReadonlyArray<SalvagedFile>, StorageError> {
  const { directory, disk } = options
  yield* attempt(operation, () => {
    if (hasLog(join(directory, storeNames.catalogLog))) {
      for (const name of [storeNames.locks, storeNames.objects]) disk.mkdir(join(directory, name))
      return
    }
    const detail = `${directory} holds no ${storeNames.catalogLog}, so there is nothing to salvage`
    throw new Refused(new StorageDenied({ operation, detail }))
  })
  const lock = new WriterLock(disk, join(directory, storeNames.locks))
  const store = new FileStore({ ...options, lock, isReadonly: false })
  const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  const salvage = attempt(operation, () => {
    // Refuses what a later Tidemark has written, before anything is touched.
    isDamaged(() => formatOf(directory))
    return [
      salvageCatalog(disk, directory, store),
      salvageObjects(disk, directory, store, now),
      // The last: from here on the store is opened.
      salvageFormat(disk, directory)
    ].filter((file) => file !== undefined)
  })
  return yield* Effect.ensuring(
    store.write(operation, salvage),
    Effect.sync(() => store.close())
  )
}, Effect.uninterruptible)
