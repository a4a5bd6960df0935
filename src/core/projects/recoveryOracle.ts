/** What recovery is told of this store. */
import * as Effect from "effect/Effect"
import type { BlobId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import type { RecoveryOracle } from "../WorkingTree.ts"

/** @internal */
export const recoveryOracle = (
  { log, objects }: { readonly log: OperationLogService; readonly objects: ObjectsService },
  store: string
): RecoveryOracle<StorageError, never> => ({
  store,
  happened: (applyId) => Effect.map(log.byApply(applyId), (operation) => operation !== null),
  content: Effect.fnUntraced(function* (ids) {
    const ask = (some: typeof ids) =>
      objects.get(some).pipe(
        Effect.catchIf(
          ({ reason }) => reason._tag === "StorageCorrupt",
          () => Effect.succeed<ReadonlyMap<BlobId, Uint8Array>>(new Map())
        )
      )
    const all = yield* ask(ids)
    if (all.size > 0 || ids.length < 2) return all
    // One is gone, or damaged: the others are there.
    const found = new Map<BlobId, Uint8Array>()
    for (const id of ids) for (const [one, bytes] of yield* ask([id])) found.set(one, bytes)
    return found
  })
})
