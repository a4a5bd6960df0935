/** Claims what taking operations back needs: it may have been collected, or be about to. */
import * as Effect from "effect/Effect"
import type { Deployment } from "../../model/Deployment.ts"
import { type Operation, OperationCollected, type RecordName } from "../../model/Operation.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { claimBelow } from "../graph/claimTree.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"

interface Parts {
  readonly catalog: CatalogStorageService
  readonly objects: ObjectsService
}

/** Fails where one of these records is gone. @internal */
export const needRecords = Effect.fnUntraced(function* (
  { catalog }: Parts,
  operation: Operation,
  records: ReadonlyArray<RecordName>
): Effect.fn.Return<void, OperationCollected | StorageError> {
  for (const [kind, group] of Map.groupBy(records, (record) => record.kind)) {
    const ids = [...new Set(group.map(({ id }) => id))]
    const found = yield* catalog.records(kind, ids)
    const gone = ids.find((id) => !found.has(id))
    if (gone !== undefined) {
      return yield* Effect.fail(new OperationCollected({ operation: operation.id, missing: `${kind} ${gone}` }))
    }
  }
})

/** Claims what operations found and left, and the deployments that are to stand again. @internal */
export const holdReversal = Effect.fnUntraced(function* (
  parts: Parts,
  operations: ReadonlyArray<Operation>,
  moves: ReadonlyArray<{ readonly now: Deployment | null; readonly earlier: Deployment | null }>
): Effect.fn.Return<void, OperationCollected | StorageError> {
  const { objects } = parts
  for (const { effect, id } of operations) {
    if (effect === null) continue
    const missing = (yield* claimBelow(objects, effect.found, null)) ?? (yield* claimBelow(objects, effect.left, null))
    if (missing !== undefined) {
      return yield* Effect.fail(new OperationCollected({ operation: id, missing: `object ${missing}` }))
    }
  }
  const oldest = operations.at(-1)
  if (oldest === undefined) return
  for (const { earlier, now } of moves) {
    if (earlier === null || earlier === now) continue
    const versions = [earlier.version, earlier.result]
    yield* needRecords(
      parts,
      oldest,
      versions.map((id) => ({ kind: versionCodec.kind, id }))
    )
    const missing = yield* claimBelow(objects, earlier.tree, now?.tree ?? null)
    if (missing !== undefined) {
      return yield* Effect.fail(new OperationCollected({ operation: oldest.id, missing: `object ${missing}` }))
    }
  }
})
