/** Objects in a map, with their ids sorted beside it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Capabilities } from "../../storage/Capabilities.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import { SortedList } from "./SortedList.ts"

/** @internal */
export const makeMemoryObjects = (capabilities: Capabilities): ObjectStorageService => {
  const stored = new Map<ObjectId, { readonly bytes: Uint8Array; storedAt: number }>()
  const ids = new SortedList<ObjectId>(compareUtf8)

  return {
    capabilities,
    put: (objects) =>
      Effect.map(Clock.currentTimeMillis, (storedAt) => {
        for (const { id, bytes } of objects) {
          const known = stored.get(id)
          if (known === undefined) {
            // Not `slice`: a Node Buffer's shares the memory.
            stored.set(id, { bytes: new Uint8Array(bytes), storedAt })
            ids.add(id)
          } else known.storedAt = storedAt
        }
      }),
    get: (wanted) =>
      Effect.sync(() => {
        const found = new Map<ObjectId, Uint8Array>()
        for (const id of wanted) {
          const known = stored.get(id)
          if (known !== undefined) found.set(id, new Uint8Array(known.bytes))
        }
        return found
      }),
    claim: (wanted) =>
      Effect.map(Clock.currentTimeMillis, (storedAt) => {
        const missing = new Set<ObjectId>()
        for (const id of wanted) {
          const known = stored.get(id)
          if (known === undefined) missing.add(id)
          else known.storedAt = storedAt
        }
        return [...missing]
      }),
    remove: (unwanted, { storedBefore }) =>
      Effect.sync(() => {
        let removed = 0
        for (const id of unwanted) {
          const known = stored.get(id)
          if (known === undefined || known.storedAt >= storedBefore) continue
          stored.delete(id)
          ids.delete(id)
          removed++
        }
        return removed
      }),
    list: ({ after, limit }) =>
      Effect.sync(() =>
        ids
          .ascend((id) => after !== undefined && compareUtf8(id, after) <= 0)
          .take(limit)
          .map((id) => {
            const known = stored.get(id)
            return { id, size: known?.bytes.length ?? 0, storedAt: known?.storedAt ?? 0 }
          })
          .toArray()
      ),
    now: Clock.currentTimeMillis
  }
}
