/** Branches and tags: mutable and immutable names of an artifact's versions. Every change of one is an operation. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { Actor, ArtifactId, RefName, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import { compareUtf8 } from "../../model/order.ts"
import {
  type Branch,
  InvalidName,
  NameNotFound,
  RefConflict,
  type Tag,
  TagExists,
  VersionNotFound
} from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { branchPrefix, branchRef, tagPrefix, tagRef, unescapePart } from "../catalog/names.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { reliesOn } from "./reliesOn.ts"
import { tagCodec, tagRecord, tagTerm } from "./tagRecord.ts"

/** What a caller may say about a change of names. @public */
export interface NameOptions {
  /** Why; kept in the ledger. */
  readonly reason?: string | undefined
}

/** What to record with a tag, and whether to move one that is there. @public */
export interface TagOptions extends NameOptions {
  /** Said about the tag, and kept with it. */
  readonly message?: string | undefined
  /** Moves a tag that is there already. The ledger keeps where it was. */
  readonly force?: boolean | undefined
}

/** Where a branch was seen, and where it is to go. `null` stands for nothing: it creates, or deletes. @public */
export interface BranchMove extends NameOptions {
  readonly from: VersionId | null
  readonly to: VersionId
}

/** Which branch to delete, and where it is expected to be. @public */
export interface BranchDeletion extends NameOptions {
  /** Deletes only a branch that is here; wherever it is, when absent. */
  readonly expected?: VersionId | undefined
}

const listPage = 1000

/** Changes and lists names; one for a service. @internal */
export const makeVersionNames = (catalog: CatalogStorageService, log: OperationLogService, sha256: Sha256Function) => {
  const held = (name: RefName) =>
    Effect.map(catalog.refs([name]), (refs) => (refs.get(name) ?? null) as VersionId | null)

  const checkName = (name: string) => {
    const reason = nameProblem(name)
    return reason === undefined ? Effect.void : Effect.fail(new InvalidName({ name, reason }))
  }

  const checkVersion = Effect.fnUntraced(function* (id: VersionId) {
    if (!(yield* askRecords(catalog, "version", [id])).has(id)) return yield* Effect.fail(new VersionNotFound({ id }))
  })

  const change = (
    kind: "branch" | "tag",
    artifact: ArtifactId,
    refs: ReadonlyArray<RefUpdate>,
    details: Operation["details"],
    options: NameOptions | undefined,
    records: ReadonlyArray<StoredRecord> = []
  ) => log.append({ kind, reason: options?.reason ?? "", subjects: [artifact], refs, records, details })

  /** The same for a change that names a version which nothing else may hold. */
  const point = (
    version: VersionId,
    ...[kind, artifact, refs, details, options, records = []]: Parameters<typeof change>
  ) =>
    log.append({
      kind,
      reason: options?.reason ?? "",
      subjects: [artifact],
      refs,
      records,
      details,
      relies: reliesOn([version])
    })

  const list = Effect.fnUntraced(function* (prefix: string) {
    const names: Array<readonly [string, VersionId]> = []
    for (let after: RefName | undefined; ; ) {
      const page = yield* catalog.list({ prefix, after, limit: listPage })
      for (const [name, value] of page) names.push([unescapePart(name.slice(prefix.length)), value as VersionId])
      // The order of refs is that of their escaped names.
      if (page.length < listPage) return names.sort(([x], [y]) => compareUtf8(x, y))
      after = page.at(-1)?.[0]
    }
  })

  const createTag = Effect.fn("VersionGraph.createTag")(function* (
    artifact: ArtifactId,
    tag: string,
    version: VersionId,
    options?: TagOptions
  ): Effect.fn.Return<Operation, InvalidName | VersionNotFound | TagExists | RefConflict | StorageError> {
    yield* checkName(tag)
    yield* checkVersion(version)
    const name = tagRef(artifact, tag)
    const before = yield* held(name)
    if (before !== null && options?.force !== true) {
      return yield* Effect.fail(new TagExists({ artifact, tag, version: before }))
    }
    const [previous] = yield* newestRecords(artifact, tag, 1)
    const value: Tag = {
      artifact,
      name: tag,
      version,
      message: options?.message ?? "",
      author: (yield* CurrentActor) as Actor,
      time: Math.trunc(yield* Clock.currentTimeMillis)
    }
    const details = { tag, version, message: value.message, forced: before !== null }
    const refs = [{ name, expected: before, next: version }]
    return yield* point(version, "tag", artifact, refs, details, options, [tagRecord(value, previous, sha256)])
  })

  const removeTag = Effect.fn("VersionGraph.removeTag")(function* (
    artifact: ArtifactId,
    tag: string,
    options?: NameOptions
  ): Effect.fn.Return<Operation, NameNotFound | RefConflict | StorageError> {
    const name = tagRef(artifact, tag)
    const before = yield* held(name)
    if (before === null) return yield* Effect.fail(new NameNotFound({ artifact, name: tag }))
    return yield* change("tag", artifact, [{ name, expected: before, next: null }], { tag, removed: before }, options)
  })

  const newestRecords = (artifact: ArtifactId, tag: string, limit: number) =>
    catalog.scan({ kind: tagCodec.kind, term: tagTerm(artifact, tag), direction: "backward", limit })

  /** The tag as it was put when the name last came to this version. Names that no record tells of were put elsewhere. */
  const describeTag = Effect.fnUntraced(function* (artifact: ArtifactId, name: string, version: VersionId) {
    for (const record of yield* newestRecords(artifact, name, 20)) {
      const { id: _, ...tag } = yield* tagCodec.decode(record)
      if (tag.version === version) return tag satisfies Tag
    }
    return { artifact, name, version, message: "", author: "unknown" as Actor, time: 0 } satisfies Tag
  })

  const tags = Effect.fn("VersionGraph.tags")(function* (
    artifact: ArtifactId
  ): Effect.fn.Return<ReadonlyArray<Tag>, StorageError> {
    const names = yield* list(tagPrefix(artifact))
    return yield* Effect.forEach(names, ([name, version]) => describeTag(artifact, name, version), { concurrency: 8 })
  })

  const branches = Effect.fn("VersionGraph.branches")(function* (
    artifact: ArtifactId
  ): Effect.fn.Return<ReadonlyArray<Branch>, StorageError> {
    const names = yield* list(branchPrefix(artifact))
    return names.map(([name, version]) => ({ artifact, name, version }))
  })

  const moveBranch = Effect.fn("VersionGraph.moveBranch")(function* (
    artifact: ArtifactId,
    branch: string,
    move: BranchMove
  ): Effect.fn.Return<Operation | null, InvalidName | VersionNotFound | RefConflict | StorageError> {
    // What is there already may bear any name: captures name branches after their collection.
    if (move.from === null) yield* checkName(branch)
    yield* checkVersion(move.to)
    const name = branchRef(artifact, branch)
    if (move.from === move.to) {
      const found = yield* held(name)
      if (found !== move.from) return yield* Effect.fail(new RefConflict({ name, expected: move.from, found }))
      return null
    }
    const refs = [{ name, expected: move.from, next: move.to }]
    return yield* point(move.to, "branch", artifact, refs, { branch, from: move.from, to: move.to }, move)
  })

  const createBranch = Effect.fn("VersionGraph.createBranch")(function* (
    artifact: ArtifactId,
    branch: string,
    version: VersionId,
    options?: NameOptions
  ): Effect.fn.Return<Operation, InvalidName | VersionNotFound | RefConflict | StorageError> {
    yield* checkName(branch)
    yield* checkVersion(version)
    const refs = [{ name: branchRef(artifact, branch), expected: null, next: version }]
    return yield* point(version, "branch", artifact, refs, { branch, from: null, to: version }, options)
  })

  const renameBranch = Effect.fn("VersionGraph.renameBranch")(function* (
    artifact: ArtifactId,
    from: string,
    to: string,
    options?: NameOptions
  ): Effect.fn.Return<Operation | null, InvalidName | NameNotFound | RefConflict | StorageError> {
    yield* checkName(to)
    const name = branchRef(artifact, from)
    const version = yield* held(name)
    if (version === null) return yield* Effect.fail(new NameNotFound({ artifact, name: from }))
    if (from === to) return null
    const refs = [
      { name, expected: version, next: null },
      { name: branchRef(artifact, to), expected: null, next: version }
    ]
    return yield* change("branch", artifact, refs, { branch: to, renamedFrom: from, to: version }, options)
  })

  const deleteBranch = Effect.fn("VersionGraph.deleteBranch")(function* (
    artifact: ArtifactId,
    branch: string,
    options?: BranchDeletion
  ): Effect.fn.Return<Operation, NameNotFound | RefConflict | StorageError> {
    const name = branchRef(artifact, branch)
    const before = yield* held(name)
    if (before === null) return yield* Effect.fail(new NameNotFound({ artifact, name: branch }))
    const expected = options?.expected ?? before
    const refs = [{ name, expected, next: null }]
    return yield* change("branch", artifact, refs, { branch, from: expected, to: null }, options)
  })

  return {
    branches,
    createBranch,
    createTag,
    deleteBranch,
    describeTag,
    held,
    moveBranch,
    removeTag,
    renameBranch,
    tags
  }
}

/** @internal */
export type VersionNames = ReturnType<typeof makeVersionNames>
