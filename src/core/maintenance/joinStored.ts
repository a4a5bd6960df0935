/** The content of an object that is known to be sound. */
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import { joinBytes } from "../../model/joinBytes.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { type Opened, objectOpener } from "./openObject.ts"

const openOne = (storage: ObjectStorageService, id: ObjectId) =>
  Effect.gen(function* () {
    const open = yield* objectOpener
    const stored = (yield* storage.get([id])).get(id)
    return stored === undefined ? undefined : open(stored)
  })

/**
 * The content of a stored object, its chunks put together. Nothing is compared with ids here: what is missing is left out.
 *
 * @internal
 */
export const joinStored = Effect.fnUntraced(function* (
  storage: ObjectStorageService,
  id: ObjectId,
  known?: Opened | undefined
): Effect.fn.Return<Uint8Array, StorageError> {
  const opened = known ?? (yield* openOne(storage, id))
  if (opened?._tag === "Whole") return opened.content
  const parts: Array<Uint8Array> = []
  for (const chunk of opened?._tag === "Chunks" ? opened.chunks : []) {
    const part = yield* openOne(storage, chunk.id)
    if (part?._tag === "Whole") parts.push(part.content)
  }
  return joinBytes(parts)
})
