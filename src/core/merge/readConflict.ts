/** Conflicts out of the store. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { Conflict } from "../../model/Conflict.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"

const decodeConflictSchema = Schema.decodeUnknownExit(Conflict)

/** Reads a conflict by its id. @internal */
export const readConflict = Effect.fnUntraced(function* (
  objects: ObjectsService,
  id: ObjectId
): Effect.fn.Return<Conflict, StorageError> {
  const bytes = (yield* objects.get([id])).get(id) ?? new Uint8Array()
  const decoded = decodeConflictSchema(decodeConflict(bytes))
  if (decoded._tag === "Failure") return yield* Effect.fail(corrupt("read", `object ${id}`, "it is not a conflict"))
  return decoded.value
})
