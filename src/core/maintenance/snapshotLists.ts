/** Lists of artifacts of snapshots, read from a store that may be damaged. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ObjectId } from "../../model/Ids.ts"
import { SnapshotArtifact } from "../../model/Snapshot.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { artifactListText } from "../snapshots/snapshotRecord.ts"
import { joinStored } from "./joinStored.ts"

const decodeList = Schema.decodeUnknownExit(Schema.fromJsonString(Schema.Array(SnapshotArtifact)))

/** The artifacts that a sound object lists; `undefined` where it is no such list. @internal */
export const readSnapshotList = Effect.fnUntraced(function* (
  storage: ObjectStorageService,
  id: ObjectId
): Effect.fn.Return<ReadonlyArray<SnapshotArtifact> | undefined, StorageError> {
  const text = artifactListText(yield* joinStored(storage, id))
  if (text === undefined) return undefined
  const decoded = decodeList(text)
  return decoded._tag === "Success" ? decoded.value : undefined
})
