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

/** A move of any name. `value` is what it held then. @internal */
export interface RefPosition extends Omit<BranchPosition, "version"> {
  readonly value: string | null
}

/** A page of a name's moves, newest first, from the operations on a subject. @internal */
export const refPositions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  subject: string,
  name: RefName,
  page: { readonly limit?: number | undefined; readonly cursor?: string | null | undefined }
): Effect.fn.Return<Page<RefPosition>, InvalidCursor | StorageError> {
  const { cursor, items } = yield* readPage(catalog, operationCodec, {
    term: joinParts("subject", subject),
    direction: "backward",
    limit: page.limit,
    cursor: page.cursor ?? undefined,
    accept: (operation) => moveOf(operation, name) !== undefined
  })
  const positions = items.map((operation): RefPosition => {
    const { actor, id, kind, reason, time } = operation
    return { value: moveOf(operation, name)?.after ?? null, operation: id, kind, actor, time, reason }
  })
  return { items: positions, cursor }
})

/** A page of a branch's moves, newest first. @internal */
export const branchPositions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  branch: string,
  page: { readonly limit?: number | undefined; readonly cursor?: string | null | undefined }
): Effect.fn.Return<Page<BranchPosition>, InvalidCursor | StorageError> {
  const { cursor, items } = yield* refPositions(catalog, artifact, branchRef(artifact, branch), page)
  return { items: items.map(({ value, ...move }) => ({ ...move, version: value as VersionId | null })), cursor }
})

/**
 * What a name held at a time: where the last move that the raw clock puts no later left it. `null` where it was not
 * there. A clock that jumped ahead and back does not hide what came after.
 *
 * @internal
 */
export const positionAt = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  subject: string,
  name: RefName,
  time: number
): Effect.fn.Return<string | null, StorageError> {
  for (let after: RecordPosition | undefined; ; ) {
    const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: operationCodec.kind,
      term: joinParts("subject", subject),
      direction: "backward",
      after,
      limit: batchSize
    })
    for (const operation of yield* Effect.forEach(page, (record) => operationCodec.decode(record))) {
      const move = operation.time <= time ? moveOf(operation, name) : undefined
      if (move !== undefined) return move.after
    }
    if (page.length < batchSize) return null
    after = page.at(-1)
  }
})

/** Where a branch was at a time. @internal */
export const branchAt = (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  branch: string,
  time: number
): Effect.Effect<VersionId | null, StorageError> =>
  Effect.map(positionAt(catalog, artifact, branchRef(artifact, branch), time), (value) => value as VersionId | null)
