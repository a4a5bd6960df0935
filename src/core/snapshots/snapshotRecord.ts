/** Snapshots as the catalog keeps them, and the object that lists their artifacts. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { CollectionId, ObjectId, SnapshotId } from "../../model/Ids.ts"
import { Snapshot, SnapshotArtifact, SnapshotNotFound } from "../../model/Snapshot.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { joinParts } from "../catalog/names.ts"
import { corrupt, recordCodec } from "../catalog/recordCodec.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"

/** The records of snapshots. @internal */
export const snapshotCodec = recordCodec("snapshot", Snapshot)

/** The terms a snapshot is found by. @internal */
export const snapshotTerms = ({ collection, project, reason, tree }: Snapshot): ReadonlyArray<string> => [
  ...(collection === null
    ? []
    : [joinParts("collection", collection), joinParts("collection+reason", collection, reason)]),
  ...(project === null ? [] : [joinParts("project", project)]),
  joinParts("tree", tree)
]

/** The record of a snapshot, ordered after the one before it of the same collection. @internal */
export const snapshotRecord = (snapshot: Snapshot, previous: StoredRecord | null): StoredRecord => ({
  kind: "snapshot",
  id: snapshot.id,
  at: Math.max(snapshot.time, previous === null ? 0 : previous.at + 1),
  terms: snapshotTerms(snapshot),
  body: snapshotCodec.encode(snapshot)
})

const header = "tidemark artifacts 1\n"
const decodeList = Schema.decodeUnknownExit(Schema.Array(SnapshotArtifact))

/** The object that lists a snapshot's artifacts, sorted by id. @internal */
export const artifactList = (
  artifacts: ReadonlyArray<SnapshotArtifact>,
  identify: ObjectsService["identify"]
): Content => {
  const bytes = new TextEncoder().encode(header + canonicalJson(artifacts))
  return { id: identify(bytes), bytes }
}

/** The JSON of such an object; `undefined` where it is none. @internal */
export const artifactListText = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder().decode(bytes)
  return text.startsWith(header) ? text.slice(header.length) : undefined
}

/** Reads the artifacts of a snapshot; a safety snapshot has none. @internal */
export const readArtifactList = Effect.fnUntraced(function* (
  objects: ObjectsService,
  id: ObjectId | null
): Effect.fn.Return<ReadonlyArray<SnapshotArtifact>, StorageError> {
  if (id === null) return []
  const text = artifactListText((yield* objects.get([id])).get(id) ?? new Uint8Array())
  const damaged = Effect.fail(corrupt("read", `object ${id}`, "it is not a list of artifacts"))
  if (text === undefined) return yield* damaged
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return yield* damaged
  }
  const decoded = decodeList(json)
  return decoded._tag === "Success" ? decoded.value : yield* damaged
})

/** Reads the artifacts of a collection's snapshot. A safety snapshot is none: no upstream can be read from it. @internal */
export const readCollectionSnapshot = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  id: SnapshotId
): Effect.fn.Return<
  { readonly collection: CollectionId; readonly artifacts: ReadonlyArray<SnapshotArtifact> },
  SnapshotNotFound | StorageError
> {
  const record = yield* askRecord(catalog, "snapshot", id)
  const snapshot = record === undefined ? null : yield* snapshotCodec.decode(record)
  if (snapshot === null || snapshot.collection === null) return yield* Effect.fail(new SnapshotNotFound({ id }))
  return { collection: snapshot.collection, artifacts: yield* readArtifactList(objects, snapshot.artifacts) }
})
