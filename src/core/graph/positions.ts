/** Where branches were: the ledger knows every move. */
import * as Effect from "effect/Effect"
import type { Actor, ArtifactId, OperationId, RefName, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import { PositionTooFar } from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, joinParts, unescapePart } from "../catalog/names.ts"
import { type Page, readPage } from "../catalog/readPage.ts"
import { skewRanges } from "../catalog/skew.ts"
import { operationCodec, skewedSubjectTerm } from "../ledger/OperationLog.ts"
import { comparePositions, type RecordSource } from "./versionPages.ts"

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

const firstBatch = 10
/** So many operations are read at most to find where a name was: some seconds' worth. */
const mostOperations = 100_000
const batchSize = 200

/** What a ref of a name calls it. */
const nameOf = (ref: RefName) => unescapePart(ref.split("/").at(-1) ?? "")

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

/** How many operations may still be read, of how many. */
interface Budget {
  readonly most: number
  left: number
}

/** The last move of a name, up to a raw time, among some operations; and where it stands. */
const lastMove = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  name: RefName,
  time: number,
  source: RecordSource,
  { budget, subject }: { readonly budget: Budget; readonly subject: string }
): Effect.fn.Return<(RecordPosition & { readonly value: string | null }) | undefined, PositionTooFar | StorageError> {
  for (let after: RecordPosition | undefined, size = firstBatch; ; size = Math.min(batchSize, size * 2)) {
    const limit = Math.min(size, budget.left)
    if (limit === 0) {
      const told = nameOf(name)
      return yield* Effect.fail(new PositionTooFar({ subject, name: told, searched: budget.most }))
    }
    const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: operationCodec.kind,
      ...source,
      direction: "backward",
      after,
      limit
    })
    budget.left -= page.length
    const operations = yield* operationCodec.decodeAll(page)
    for (const [k, operation] of operations.entries()) {
      const move = operation.time <= time ? moveOf(operation, name) : undefined
      if (move !== undefined) return { at: page[k]?.at ?? 0, id: operation.id, value: move.after }
    }
    if (page.length < limit) return undefined
    after = page.at(-1)
  }
})

/**
 * What a name held at a time: where the last move that the raw clock puts no later left it. `null` where it was not
 * there. A clock that jumped ahead and back does not hide what came after.
 *
 * @remarks
 * Reads from that time back to the move, and of what came later only what stands above its raw time. All that stands
 * there comes later in the order than what stands below. Reads at most `most` operations in all.
 *
 * @internal
 */
export const positionAt = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  subject: string,
  name: RefName,
  time: number,
  most = mostOperations
): Effect.fn.Return<string | null, PositionTooFar | StorageError> {
  const within = { budget: { most, left: most }, subject }
  let last: Effect.Success<ReturnType<typeof lastMove>>
  for (const { from, group, to } of skewRanges(time)) {
    const found = yield* lastMove(catalog, name, time, { term: skewedSubjectTerm(subject, group), from, to }, within)
    if (found !== undefined && (last === undefined || comparePositions(found, last) > 0)) last = found
  }
  last ??= yield* lastMove(catalog, name, time, { term: joinParts("subject", subject), to: time }, within)
  return last?.value ?? null
})

/** Where a branch was at a time. @internal */
export const branchAt = (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  branch: string,
  time: number
): Effect.Effect<VersionId | null, PositionTooFar | StorageError> =>
  Effect.map(positionAt(catalog, artifact, branchRef(artifact, branch), time), (value) => value as VersionId | null)
