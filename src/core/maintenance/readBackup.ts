/** Takes a backup back into a store in which nothing was done yet. */
import { isReadonlyArrayNonEmpty } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { type ObjectId, OperationId, type RefName } from "../../model/Ids.ts"
import type { RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StoredObject } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import { Progress } from "../references/Progress.ts"
import { decodeObject, type FrameKind } from "./archiveFrames.ts"
import { BackupDamaged, type BackupRestored, StoreNotEmpty } from "./Backup.ts"
import { readFrames } from "./readFrames.ts"
import type { StoreParts } from "./verifyStore.ts"

const batchBytes = 8 * 1024 * 1024

const Records = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      kind: Schema.String,
      id: Schema.String,
      at: Schema.Int,
      terms: Schema.Array(Schema.String),
      body: Schema.String
    })
  )
)
const Refs = Schema.fromJsonString(Schema.Array(Schema.Tuple([Schema.String, Schema.String])))
const End = Schema.fromJsonString(
  Schema.Struct({
    head: Schema.NullOr(OperationId),
    objects: Schema.Int,
    refs: Schema.Int,
    removed: Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
  })
)
/** @internal */
export const decodeRecords = Schema.decodeUnknownExit(Records)
/** @internal */
export const decodeRefs = Schema.decodeUnknownExit(Refs)
const decodeEnd = Schema.decodeUnknownExit(End)

/** @internal */
export const readBackup = Effect.fnUntraced(function* <E>(
  { catalog, sha256, storage }: StoreParts,
  archive: Stream.Stream<Uint8Array, E>
): Effect.fn.Return<BackupRestored, E | BackupDamaged | StoreNotEmpty | StorageError> {
  const progress = yield* Progress
  const known = (yield* catalog.refs([ledgerHead, storeIdentity])) as ReadonlyMap<RefName, string>
  const there = known.get(ledgerHead)
  if (there !== undefined) return yield* Effect.fail(new StoreNotEmpty({ head: there as OperationId }))
  const still: RefUpdate = { name: ledgerHead, expected: null, next: null }
  const refs: Array<readonly [string, string]> = []
  let [offset, objects, records] = [0, 0, 0]
  let end: typeof End.Type | undefined
  let pending: Array<StoredObject> = []
  let room = batchBytes

  const damaged = (detail: string) => Effect.fail(new BackupDamaged({ at: offset, detail }))
  const flush = Effect.suspend(() => {
    const batch = pending
    pending = []
    room = batchBytes
    return isReadonlyArrayNonEmpty(batch) ? storage.put(batch) : Effect.void
  })

  const useFrame = Effect.fnUntraced(function* (kind: FrameKind, payload: Uint8Array) {
    if (kind === "o") {
      const { bytes, id } = decodeObject(payload)
      if (pending.length > 0 && (room < bytes.length || pending.length === 500)) yield* flush
      pending.push({ id: id as ObjectId, bytes })
      room -= bytes.length
      objects += 1
      if (objects % 500 === 0) progress({ phase: "restore objects", done: objects, total: 0 })
      return
    }
    const text = new TextDecoder().decode(payload)
    if (kind === "r") {
      const decoded = decodeRecords(text)
      if (decoded._tag === "Failure") return yield* damaged("its records cannot be read")
      const given: ReadonlyArray<StoredRecord> = decoded.value
      const done = yield* catalog.commit({ records: given, refs: [still] })
      if (done._tag === "Refused") return yield* Effect.fail(new StoreNotEmpty({ head: done.actual as OperationId }))
      records += given.length
      progress({ phase: "restore records", done: records, total: 0 })
    } else if (kind === "n") {
      const decoded = decodeRefs(text)
      if (decoded._tag === "Failure") return yield* damaged("its refs cannot be read")
      for (const ref of decoded.value) refs.push(ref)
    } else {
      const decoded = decodeEnd(text)
      if (decoded._tag === "Failure") return yield* damaged("its end cannot be read")
      end = decoded.value
    }
  })

  yield* readFrames(archive, sha256, (kind, payload, at) => {
    offset = at
    return useFrame(kind, payload)
  })
  if (end === undefined) return yield* damaged("it is cut short")
  if (refs.length !== end.refs) return yield* damaged("refs of it are missing")
  yield* flush
  const updates = refs.map(([name, next]): RefUpdate => {
    const expected = name === storeIdentity ? (known.get(storeIdentity) ?? null) : null
    return { name: name as RefName, expected, next }
  })
  const [first = still, ...others] = updates
  const remove = end.removed.map(([kind, id]) => ({ kind, id }))
  const done = yield* catalog.commit({ remove, refs: [first, ...others] })
  if (done._tag === "Refused") return yield* Effect.fail(new StoreNotEmpty({ head: done.actual as OperationId }))
  return { head: end.head, objects, records: records - remove.length, refs: refs.length }
})
