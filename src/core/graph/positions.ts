/** Where branches were: the ledger knows every move. */
import * as Effect from "effect/Effect"
import type { Actor, ArtifactId, OperationId, RefName, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, joinParts } from "../catalog/names.ts"
import { type Page, readPage } from "../catalog/readPage.ts"
import { operationCodec } from "../ledger/OperationLog.ts"

/** One move of a branch. `version` is where it went; `null` when it was deleted. @public */
export interface BranchPosition {
  readonly version: VersionId | null
  readonly operation: OperationId
  readonly kind: Operation["kind"]
  readonly actor: Actor
  /** Raw time in milliseconds since 1970. */
  readonly time: number
  readonly reason: string
}

const batchSize = 200

const moveOf = (operation: Operation, name: RefName) =>
  operation.refs.find((ref) => ref.name === name && ref.before !== ref.after)

/** A page of a branch's moves, newest first. @internal */
export const branchPositions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  branch: string,
  page: { readonly limit?: number | undefined; readonly cursor?: string | null | undefined }
): Effect.fn.Return<Page<BranchPosition>, InvalidCursor | StorageError> {
  const name = branchRef(artifact, branch)
  const { cursor, items } = yield* readPage(catalog, operationCodec, {
    term: joinParts("subject", artifact),
    direction: "backward",
    limit: page.limit,
    cursor: page.cursor ?? undefined,
    accept: (operation) => moveOf(operation, name) !== undefined
  })
  const positions = items.map((operation): BranchPosition => {
    const { actor, id, kind, reason, time } = operation
    return {
      version: (moveOf(operation, name)?.after ?? null) as VersionId | null,
      operation: id,
      kind,
      actor,
      time,
      reason
    }
  })
  return { items: positions, cursor }
})

/**
 * Where a branch was at a time: where the last move that the raw clock puts no later left it. `null` where it was not
 * there. A clock that jumped ahead and back does not hide what came after.
 *
 * @internal
 */
export const branchAt = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  branch: string,
  time: number
): Effect.fn.Return<VersionId | null, StorageError> {
  const name = branchRef(artifact, branch)
  for (let after: RecordPosition | undefined; ; ) {
    const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: operationCodec.kind,
      term: joinParts("subject", artifact),
      direction: "backward",
      after,
      limit: batchSize
    })
    for (const operation of yield* Effect.forEach(page, (record) => operationCodec.decode(record))) {
      const move = operation.time <= time ? moveOf(operation, name) : undefined
      if (move !== undefined) return move.after as VersionId | null
    }
    if (page.length < batchSize) return null
    after = page.at(-1)
  }
})
