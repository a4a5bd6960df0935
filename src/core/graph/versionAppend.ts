/** Appending versions, one or many: one operation each time. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import { InvalidName, type RefConflict, type TreeNotFound, type Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef } from "../catalog/names.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { makeLease } from "../objects/lease.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { claimTree } from "./claimTree.ts"
import { type ImportedVersion, prepareImport } from "./importVersions.ts"
import { reliesOn } from "./reliesOn.ts"
import type { VersionIndexReader } from "./VersionIndex.ts"
import type { VersionDraft, VersionWriterService } from "./VersionWriter.ts"
import { makeVersionReads } from "./versionAncestry.ts"
import type { NameOptions } from "./versionNames.ts"

/** A version to be, and the branch that is to be at it. @public */
export interface AppendRequest extends VersionDraft, NameOptions {
  /** Moves a branch in the same commit. `from` is where it was seen: the first parent, or nothing, when not given. */
  readonly branch?: { readonly name: string; readonly from?: VersionId | null | undefined } | undefined
}

/** A version that was appended, and the operation that did it. @public */
export interface Appended {
  readonly version: Version
  readonly operation: Operation
}

/** Many versions, parents before children, and the branches that are to be at some of them. @public */
export interface ImportRequest extends NameOptions {
  readonly versions: ReadonlyArray<ImportedVersion>
  /** `to` is a stored version's id, or the place (from 0) of one of `versions`. */
  readonly branches?:
    | ReadonlyArray<{
        readonly artifact: ArtifactId
        readonly name: string
        readonly from: VersionId | null
        readonly to: VersionId | number
      }>
    | undefined
}

/** The ids of imported versions, in the order given, and the operation that stored them all. @public */
export interface Imported {
  readonly ids: ReadonlyArray<VersionId>
  readonly operation: Operation
}

/** Why versions were not appended. @public */
export type AppendError = InvalidName | VersionNotFound | TreeNotFound | RefConflict | StorageError

/** Appends versions; one for a service. @internal */
export const makeVersionAppend = (parts: {
  readonly catalog: CatalogStorageService
  readonly objects: ObjectsService
  readonly log: OperationLogService
  readonly writer: VersionWriterService
  readonly sha256: Sha256Function
  readonly index: VersionIndexReader
}) => {
  const { catalog, index, log, objects, writer } = parts
  const { get, getMany } = makeVersionReads(catalog)

  const checkName = (name: string) => {
    const reason = nameProblem(name)
    return reason === undefined ? Effect.void : Effect.fail(new InvalidName({ name, reason }))
  }

  const append = Effect.fn("VersionGraph.append")(function* (
    request: AppendRequest
  ): Effect.fn.Return<Appended, AppendError> {
    const { branch, reason, ...draft } = request
    const [parent] = draft.parents
    const expected = branch?.from === undefined ? (parent ?? null) : branch.from
    // What is there already may bear any name: captures name branches after their collection.
    if (branch !== undefined && expected === null) yield* checkName(branch.name)
    const lease = yield* makeLease(objects)
    yield* claimTree(lease.objects, draft.tree, parent === undefined ? null : (yield* get(parent)).tree)
    const { record, version } = yield* writer.prepare(draft)
    const operation = yield* log.append({
      kind: "append",
      reason: reason ?? "",
      subjects: [draft.artifact],
      refs: branch === undefined ? [] : [{ name: branchRef(draft.artifact, branch.name), expected, next: version.id }],
      records: [record],
      renew: lease.renew,
      relies: reliesOn(draft.parents),
      details: { version: version.id, origin: version.origin, ...(branch === undefined ? {} : { branch: branch.name }) }
    })
    return { version, operation }
  })

  const appendMany = Effect.fn("VersionGraph.appendMany")(function* (
    request: ImportRequest
  ): Effect.fn.Return<Imported, AppendError> {
    const branches = request.branches ?? []
    for (const { from, name } of branches) if (from === null) yield* checkName(name)
    const lease = yield* makeLease(objects)
    const { edges, ids, records } = yield* prepareImport({ ...parts, objects: lease.objects }, request.versions)
    const refs = branches.map(({ artifact, from, name, to }) => {
      const next = typeof to === "number" ? ids[to] : to
      return { name: branchRef(artifact, name), expected: from, next: next ?? null }
    })
    const own = new Set<string>(ids)
    const elsewhere = refs.flatMap(({ next }) => (next === null || own.has(next) ? [] : [next as VersionId]))
    const known = yield* getMany(elsewhere)
    for (const id of elsewhere) if (!known.has(id)) return yield* Effect.fail(new VersionNotFound({ id }))
    const operation = yield* log.append({
      kind: "append",
      reason: request.reason ?? "",
      subjects: [...new Set([...request.versions, ...branches].map(({ artifact }) => artifact))],
      refs,
      records,
      renew: lease.renew,
      relies: reliesOn([
        ...elsewhere,
        ...request.versions.flatMap(({ parents }) => parents.filter((parent) => typeof parent === "string"))
      ]),
      details: { versions: ids.length }
    })
    yield* index.add(operation.id, ids.length, edges)
    return { ids, operation }
  })

  return { append, appendMany }
}
