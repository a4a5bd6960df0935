/** Finds lost content elsewhere: in a backup, or in a project where it still stands. */
import { isReadonlyArrayNonEmpty } from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { BlobId, FilePath, ObjectId } from "../../model/Ids.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StoredObject } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import type { WorkingTreeError, WorkingTreeService } from "../WorkingTree.ts"
import { decodeObject } from "./archiveFrames.ts"
import type { BackupDamaged } from "./Backup.ts"
import { objectOpener } from "./openObject.ts"
import { decodeRecords, decodeRefs } from "./readBackup.ts"
import { readFrames } from "./readFrames.ts"
import { keyOf } from "./recordLinks.ts"
import type { StoreParts } from "./verifyStore.ts"

const batchBytes = 8 * 1024 * 1024
const batchObjects = 500

/** What a backup holds that is wanted: records by their keys, and the names of the store itself and of its newest operation. @internal */
export interface Recovered {
  readonly records: ReadonlyMap<string, StoredRecord>
  readonly identity: string | undefined
  readonly head: string | undefined
}

/** Nothing. @internal */
export const nothingRecovered: Recovered = { records: new Map(), identity: undefined, head: undefined }

/**
 * Reads a backup up to its end, or to where it is damaged: stores what is missing here, and gives the records that are
 * wanted.
 *
 * @internal
 */
export const recoverFromBackup = Effect.fnUntraced(function* (
  { sha256, storage }: StoreParts,
  backup: Stream.Stream<Uint8Array, BackupDamaged>,
  wanted: { readonly areObjects: boolean; readonly isWanted: (key: string) => boolean }
): Effect.fn.Return<Recovered, StorageError> {
  const openObject = yield* objectOpener
  const records = new Map<string, StoredRecord>()
  const names = new Map<string, string>()
  let batch: Array<StoredObject> = []
  let room = batchBytes
  const flush = Effect.gen(function* () {
    const missing = new Set(yield* storage.claim(batch.map(({ id }) => id)))
    const fresh = batch.filter(({ id }) => missing.has(id))
    batch = []
    room = batchBytes
    if (isReadonlyArrayNonEmpty(fresh)) yield* storage.put(fresh)
  })
  const use = Effect.fnUntraced(function* (kind: string, payload: Uint8Array) {
    if (kind === "r") {
      const decoded = decodeRecords(new TextDecoder().decode(payload))
      for (const record of decoded._tag === "Success" ? decoded.value : []) {
        const key = keyOf(record)
        if (wanted.isWanted(key)) records.set(key, record)
      }
    } else if (kind === "n") {
      const decoded = decodeRefs(new TextDecoder().decode(payload))
      for (const [name, value] of decoded._tag === "Success" ? decoded.value : []) {
        if (name === storeIdentity || name === ledgerHead) names.set(name, value)
      }
    } else if (kind === "o" && wanted.areObjects) {
      const object = decodeObject(payload)
      const opened = openObject(object.bytes)
      if (opened._tag === "Unknown" || (opened._tag === "Whole" && sha256(opened.content) !== object.id)) return
      if (batch.length > 0 && (room < object.bytes.length || batch.length === batchObjects)) yield* flush
      batch.push({ id: object.id as ObjectId, bytes: object.bytes })
      room -= object.bytes.length
    }
  })
  yield* Effect.catchTag(readFrames(backup, sha256, use), "BackupDamaged", () => Effect.void)
  if (batch.length > 0) yield* flush
  return { records, identity: names.get(storeIdentity), head: names.get(ledgerHead) }
})

/** Stores the content of files that stand in working trees and are missing here. @internal */
export const recoverFromTrees = Effect.fnUntraced(function* (
  { objects }: StoreParts,
  tree: WorkingTreeService,
  roots: ReadonlyArray<string>,
  wanted: ReadonlySet<ObjectId>
): Effect.fn.Return<void, StorageError | WorkingTreeError> {
  if (wanted.size === 0) return
  for (const root of roots) {
    const { entries } = yield* tree.scan(root, { ignore: [] })
    const standing = new Map<BlobId, FilePath>()
    for (const { path, standing: file } of entries) {
      if (file.kind !== "directory" && wanted.has(file.id)) standing.set(file.id, path)
    }
    for (const path of standing.values()) {
      const bytes = (yield* tree.read(root, [path])).get(path)
      if (bytes !== undefined) yield* objects.put([{ id: objects.identify(bytes), bytes }])
    }
  }
})
