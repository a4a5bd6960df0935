/** Branches and tags of whole collections: names of snapshots. Every change of one is an operation. */
import * as Effect from "effect/Effect"
import { nameProblem, parseRevision, type RevisionBase } from "../../algo/graph/revision.ts"
import type { CollectionId, RefName, SnapshotId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import { type Snapshot, SnapshotNotFound } from "../../model/Snapshot.ts"
import {
  AmbiguousName,
  InvalidName,
  MalformedExpression,
  NameNotFound,
  type PositionTooFar,
  RefConflict
} from "../../model/Version.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import {
  collectionHead,
  collectionNamePrefix,
  collectionNameRef,
  trackedCollectionRef,
  unescapePart
} from "../catalog/names.ts"
import type { Page } from "../catalog/readPage.ts"
import { positionAt, refPositions } from "../graph/positions.ts"
import { highestRelease, rangeProblem } from "../graph/releases.ts"
import type { NameOptions } from "../graph/versionNames.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { listRefs } from "../projects/deploymentRecord.ts"
import { snapshotCodec } from "./snapshotRecord.ts"

/** A branch or tag of a collection, and the snapshot it is at. @public */
export interface SnapshotName {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly name: string
  readonly snapshot: SnapshotId
}

/** Where a collection's branch was seen, and where it is to go; `null` stands for nothing: it creates, or deletes. @public */
export interface SnapshotBranchMove extends NameOptions {
  readonly from: SnapshotId | null
  readonly to: SnapshotId | null
}

/** Whether a collection's tag that is there may be moved. @public */
export interface SnapshotTagOptions extends NameOptions {
  readonly force?: boolean | undefined
}

/** One move of a collection's branch. `snapshot` is where it went; `null` when it was deleted. @public */
export interface SnapshotBranchPosition {
  readonly snapshot: SnapshotId | null
  readonly operation: Operation["id"]
  readonly kind: Operation["kind"]
  readonly actor: Operation["actor"]
  /** Raw time in milliseconds since 1970. */
  readonly time: number
  readonly reason: string
}

/** Why a collection's name was not changed. @public */
export type SnapshotNameError = InvalidName | SnapshotNotFound | RefConflict | StorageError

/** Why an expression means no snapshot. @public */
export type SnapshotResolveError =
  | AmbiguousName
  | MalformedExpression
  | NameNotFound
  | PositionTooFar
  | SnapshotNotFound
  | StorageError

/** Changes, lists and resolves the names of collections; one for a service. @internal */
export const makeSnapshotNames = (catalog: CatalogStorageService, log: OperationLogService) => {
  const held = (name: RefName) =>
    Effect.map(catalog.refs([name]), (refs) => (refs.get(name) ?? null) as SnapshotId | null)

  const snapshotOf = Effect.fnUntraced(function* (
    collection: CollectionId,
    id: string
  ): Effect.fn.Return<Snapshot, SnapshotNotFound | StorageError> {
    const record = yield* askRecord(catalog, "snapshot", id)
    const snapshot = record === undefined ? undefined : yield* snapshotCodec.decode(record)
    if (snapshot?.collection !== collection) return yield* Effect.fail(new SnapshotNotFound({ id: id as SnapshotId }))
    return snapshot
  })

  const change = Effect.fnUntraced(function* (
    kind: "branch" | "tag",
    collection: CollectionId,
    name: string,
    from: SnapshotId | null,
    to: SnapshotId | null,
    options: (NameOptions & { readonly force?: boolean | undefined }) | undefined
  ): Effect.fn.Return<Operation | null, SnapshotNameError> {
    const problem = from === null ? nameProblem(name) : undefined
    if (problem !== undefined) return yield* Effect.fail(new InvalidName({ name, reason: problem }))
    if (to !== null) yield* snapshotOf(collection, to)
    const ref = collectionNameRef(collection, kind, name)
    if (from === to) {
      const found = yield* held(ref)
      return found === from ? null : yield* Effect.fail(new RefConflict({ name: ref, expected: from, found }))
    }
    const details =
      kind === "branch"
        ? { branch: name, from, to }
        : to === null
          ? { tag: name, removed: from }
          : { tag: name, version: to, forced: from !== null }
    const refs = [{ name: ref, expected: from, next: to }]
    return yield* log.append({
      kind,
      reason: options?.reason ?? "",
      subjects: [collection],
      refs,
      records: [],
      details
    })
  })

  const moveBranch = Effect.fn("SnapshotStore.moveBranch")(
    (collection: CollectionId, branch: string, move: SnapshotBranchMove) =>
      change("branch", collection, branch, move.from, move.to, move)
  )

  const createTag = Effect.fn("SnapshotStore.createTag")(function* (
    collection: CollectionId,
    tag: string,
    snapshot: SnapshotId,
    options?: SnapshotTagOptions
  ) {
    const from = options?.force === true ? yield* held(collectionNameRef(collection, "tag", tag)) : null
    return yield* change("tag", collection, tag, from, snapshot, options)
  })

  const removeTag = Effect.fn("SnapshotStore.removeTag")(function* (
    collection: CollectionId,
    tag: string,
    options?: NameOptions
  ): Effect.fn.Return<Operation | null, NameNotFound | SnapshotNameError> {
    const from = yield* held(collectionNameRef(collection, "tag", tag))
    if (from === null) return yield* Effect.fail(new NameNotFound({ artifact: collection, name: tag }))
    return yield* change("tag", collection, tag, from, null, options)
  })

  const names = Effect.fn("SnapshotStore.names")(function* (collection: CollectionId) {
    const found: Array<SnapshotName> = []
    for (const kind of ["branch", "tag"] as const) {
      const prefix = collectionNamePrefix(collection, kind)
      for (const [ref, snapshot] of yield* listRefs(catalog, prefix)) {
        found.push({ kind, collection, name: unescapePart(ref.slice(prefix.length)), snapshot: snapshot as SnapshotId })
      }
    }
    return found
  })

  const positions = Effect.fn("SnapshotStore.positions")(function* (
    collection: CollectionId,
    branch: string,
    page?: { readonly limit?: number | undefined; readonly cursor?: string | null | undefined }
  ): Effect.fn.Return<Page<SnapshotBranchPosition>, InvalidCursor | StorageError> {
    const ref = collectionNameRef(collection, "branch", branch)
    const { cursor, items } = yield* refPositions(catalog, collection, ref, page ?? {})
    return { cursor, items: items.map(({ value, ...move }) => ({ ...move, snapshot: value as SnapshotId | null })) }
  })

  const base = Effect.fnUntraced(function* (
    collection: CollectionId,
    start: RevisionBase,
    expression: string
  ): Effect.fn.Return<SnapshotId, SnapshotResolveError> {
    const unknown = Effect.fail(new NameNotFound({ artifact: collection, name: expression }))
    if (start.kind === "deployed") {
      const reason = "a collection is not deployed as one thing"
      return yield* Effect.fail(new MalformedExpression({ expression, position: 0, reason }))
    }
    if (start.kind === "past") {
      const ref = collectionNameRef(collection, "branch", start.name)
      const was = yield* positionAt(catalog, collection, ref, start.time)
      return was === null ? yield* unknown : (was as SnapshotId)
    }
    if (start.kind === "release" || (start.kind === "name" && start.name === "latest")) {
      const range = start.kind === "release" ? start.range : start.name
      const reason = rangeProblem(range)
      if (reason !== undefined) {
        const position = expression.length - range.length
        return yield* Effect.fail(new MalformedExpression({ expression, position, reason }))
      }
      const tags = new Map(
        (yield* names(collection)).filter(({ kind }) => kind === "tag").map(({ name, snapshot }) => [name, snapshot])
      )
      const highest = highestRelease([...tags.keys()], range)
      const found = highest === undefined ? undefined : tags.get(highest)
      return found === undefined ? yield* unknown : found
    }
    const branch = collectionNameRef(collection, "branch", start.name)
    const tag = collectionNameRef(collection, "tag", start.name)
    const refs = yield* catalog.refs([branch, tag])
    const candidates = new Map<string, SnapshotId>()
    if (start.kind !== "tag" && refs.has(branch)) candidates.set(`branch:${start.name}`, refs.get(branch) as SnapshotId)
    if (start.kind !== "branch" && refs.has(tag)) candidates.set(`tag:${start.name}`, refs.get(tag) as SnapshotId)
    const slash = start.name.indexOf("/")
    if (start.kind === "name" && slash > 0 && slash + 1 < start.name.length) {
      const tracked = trackedCollectionRef(
        collection,
        "branch",
        start.name.slice(0, slash),
        start.name.slice(slash + 1)
      )
      const there = yield* held(tracked)
      if (there !== null) candidates.set(`remote ${start.name}`, there)
    }
    const [only, ...others] = new Set(candidates.values())
    if (others.length > 0) {
      const ambiguous = { artifact: collection, name: start.name, candidates: [...candidates.keys()] }
      return yield* Effect.fail(new AmbiguousName(ambiguous))
    }
    if (only !== undefined) return only
    if (start.kind !== "name") return yield* unknown
    if (start.name === "head") return (yield* held(collectionHead(collection))) ?? (yield* unknown)
    const record = yield* askRecord(catalog, "snapshot", start.name)
    if (record === undefined) return yield* unknown
    return (yield* snapshotOf(collection, start.name)).id
  })

  const resolve = Effect.fn("SnapshotStore.resolve")(function* (
    collection: CollectionId,
    expression: string
  ): Effect.fn.Return<SnapshotId, SnapshotResolveError> {
    const revision = parseRevision(expression)
    if ("reason" in revision) return yield* Effect.fail(new MalformedExpression({ expression, ...revision }))
    let at = yield* base(collection, revision.base, expression)
    // What came from elsewhere may say of two snapshots that each follows the other.
    const passed = new Set([at])
    for (const step of revision.steps) {
      const count = step.kind === "firstParents" ? step.count : step.number
      if (step.kind === "parent" && step.number > 1) {
        const reason = "a snapshot follows one other, not several"
        return yield* Effect.fail(new MalformedExpression({ expression, position: 0, reason }))
      }
      for (let k = 0; k < count; k++) {
        const { previous } = yield* snapshotOf(collection, at)
        if (previous === null || passed.has(previous)) {
          return yield* Effect.fail(new SnapshotNotFound({ id: expression as SnapshotId }))
        }
        passed.add(previous)
        at = previous
      }
    }
    return at
  })

  return { createTag, moveBranch, names, positions, removeTag, resolve }
}
