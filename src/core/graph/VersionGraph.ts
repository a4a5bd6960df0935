/** The version graph of every artifact: what hosts ask about history, and how they name its versions. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { AheadBehind } from "../../algo/graph/dagQueries.ts"
import { aheadBehindWalk, isAncestorWalk, mergeBasesWalk } from "../../algo/graph/graphWalks.ts"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import {
  type Branch,
  InvalidName,
  NameNotFound,
  type RefConflict,
  type Tag,
  type TagExists,
  type TreeNotFound,
  type Version,
  VersionNotFound
} from "../../model/Version.ts"
import { CatalogStorage, type CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, joinParts } from "../catalog/names.ts"
import { foundation } from "../foundation.ts"
import { OperationLog, type OperationLogService } from "../ledger/OperationLog.ts"
import { Objects, type ObjectsService } from "../objects/Objects.ts"
import { Sha256 } from "../references/Sha256.ts"
import { claimTree } from "./claimTree.ts"
import { makeGraphMemory, makeGraphReader } from "./GraphReader.ts"
import { type GraphTextFormat, graphData, graphText, type VersionGraphData } from "./graphData.ts"
import { type ImportedVersion, prepareImport } from "./importVersions.ts"
import { makeResolver, type ResolveError } from "./resolveRevision.ts"
import { type VersionDraft, VersionWriter, type VersionWriterService } from "./VersionWriter.ts"
import { makeVersionHistory, type PageRequest, type VersionFilter, type VersionPage } from "./versionHistory.ts"
import {
  type BranchDeletion,
  type BranchMove,
  makeVersionNames,
  type NameOptions,
  type TagOptions
} from "./versionNames.ts"
import { recordPage } from "./versionPages.ts"
import { versionCodec } from "./versionRecord.ts"

/** The branch that is meant where none is named and there are several. @public */
export const defaultBranch = "main"

/** Versions kept in memory between questions: their place and parents, some 60 bytes each. */
const rememberedVersions = 1_000_000
const streamPage = 500

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

/** Which part of an artifact's history, and how much of it. @public */
export interface HistoryRequest extends VersionFilter, PageRequest {
  readonly artifact: ArtifactId
  /** Only what is reachable from this branch. */
  readonly branch?: string | undefined
  /** Only what is reachable from this version. */
  readonly from?: VersionId | undefined
  /** Only along first parents; from the branch `main`, or the only one, where neither branch nor version is given. */
  readonly firstParent?: boolean | undefined
}

/** Which window of an artifact's graph. @public */
export interface GraphRequest extends PageRequest {
  readonly artifact: ArtifactId
  readonly branch?: string | undefined
}

/** What changing a branch or tag may fail with. @public */
export type NameChangeError = InvalidName | VersionNotFound | RefConflict | StorageError

/**
 * An artifact's versions and their names.
 *
 * @remarks
 * Reading never changes anything; every change is one operation of the ledger and can be undone. Questions about
 * ancestry go by the versions' place in the order, never by the clock, read in batches, and stop as soon as the answer
 * is certain.
 *
 * @public
 */
export interface VersionGraphService {
  /**
   * Appends a version to an artifact's history, and moves a branch to it if asked. Its tree must be stored.
   *
   * Fails with `RefConflict` when the branch is no longer where the caller saw it; then nothing is stored.
   */
  readonly append: (
    request: AppendRequest
  ) => Effect.Effect<Appended, InvalidName | VersionNotFound | TreeNotFound | RefConflict | StorageError>
  /** Appends many versions at once, as one operation: all or none. */
  readonly appendMany: (
    request: ImportRequest
  ) => Effect.Effect<Imported, InvalidName | VersionNotFound | TreeNotFound | RefConflict | StorageError>
  /** Returns a version. Fails with `VersionNotFound` when there is none. */
  readonly get: (id: VersionId) => Effect.Effect<Version, VersionNotFound | StorageError>
  /** Returns those of `ids` that are stored; others are not in the map. */
  readonly getMany: (ids: ReadonlyArray<VersionId>) => Effect.Effect<ReadonlyMap<VersionId, Version>, StorageError>
  /**
   * Returns a page of history.
   *
   * @remarks
   * Pages are keyed by position, so nothing is shown twice, and nothing is missed that was there when paging began,
   * whatever is appended meanwhile. A page that filters reads a bounded number of versions: it may come back short, or
   * empty, with a cursor; only a `null` cursor means the end. Oldest first from a branch walks the branch down first.
   */
  readonly history: (
    request: HistoryRequest
  ) => Effect.Effect<VersionPage, InvalidCursor | NameNotFound | VersionNotFound | StorageError>
  /** Returns a version's parents, the first parent first. */
  readonly parents: (id: VersionId) => Effect.Effect<ReadonlyArray<Version>, VersionNotFound | StorageError>
  /** Returns a page of the versions that have this one as a parent. */
  readonly children: (
    id: VersionId,
    page?: PageRequest
  ) => Effect.Effect<VersionPage, InvalidCursor | VersionNotFound | StorageError>
  /** Streams everything reachable from a version, newest first, without the version itself. */
  readonly ancestors: (id: VersionId) => Stream.Stream<Version, VersionNotFound | StorageError>
  /** Streams everything of the same artifact that this version is reachable from, oldest first, without itself. */
  readonly descendants: (id: VersionId) => Stream.Stream<Version, VersionNotFound | StorageError>
  /**
   * Returns all best common ancestors of two versions: those that no other common ancestor descends from; newest first.
   * Empty when the two share no history.
   */
  readonly mergeBases: (
    a: VersionId,
    b: VersionId
  ) => Effect.Effect<ReadonlyArray<VersionId>, VersionNotFound | StorageError>
  /** Whether `ancestor` is reachable from `descendant`. Every version is its own ancestor. */
  readonly isAncestor: (
    ancestor: VersionId,
    descendant: VersionId
  ) => Effect.Effect<boolean, VersionNotFound | StorageError>
  /** Counts the versions reachable from `a` alone (ahead) and from `b` alone (behind). */
  readonly aheadBehind: (a: VersionId, b: VersionId) => Effect.Effect<AheadBehind, VersionNotFound | StorageError>
  /**
   * Finds the version that an expression means: a branch, a tag, an id or at least four digits of one, `branch:name`
   * or `tag:name`, then any number of `~`, `~n`, `^`, `^n`.
   */
  readonly resolve: (artifact: ArtifactId, expression: string) => Effect.Effect<VersionId, ResolveError>
  /** Names a version for good. Fails with `TagExists` when the name is taken, unless it is forced. */
  readonly createTag: (
    artifact: ArtifactId,
    tag: string,
    version: VersionId,
    options?: TagOptions
  ) => Effect.Effect<Operation, TagExists | NameChangeError>
  /** Takes a tag away. */
  readonly removeTag: (
    artifact: ArtifactId,
    tag: string,
    options?: NameOptions
  ) => Effect.Effect<Operation, NameNotFound | RefConflict | StorageError>
  /** Lists an artifact's tags by name. */
  readonly tags: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<Tag>, StorageError>
  /** Creates a branch. Fails with `RefConflict` when it is there already. */
  readonly createBranch: (
    artifact: ArtifactId,
    branch: string,
    version: VersionId,
    options?: NameOptions
  ) => Effect.Effect<Operation, NameChangeError>
  /**
   * Moves a branch to another version, if it is still where the caller saw it.
   *
   * @remarks
   * The move is atomic across processes. `from: null` creates the branch. Moving to the version it already has succeeds,
   * writes nothing, and returns `null`.
   *
   * Fails with `RefConflict`, naming what was expected and what was found, when another writer was first.
   */
  readonly moveBranch: (
    artifact: ArtifactId,
    branch: string,
    move: BranchMove
  ) => Effect.Effect<Operation | null, NameChangeError>
  /** Renames a branch. Fails with `RefConflict` when the new name is taken. */
  readonly renameBranch: (
    artifact: ArtifactId,
    from: string,
    to: string,
    options?: NameOptions
  ) => Effect.Effect<Operation | null, InvalidName | NameNotFound | RefConflict | StorageError>
  /** Deletes a branch. Its versions stay; the ledger keeps where it was. */
  readonly deleteBranch: (
    artifact: ArtifactId,
    branch: string,
    options?: BranchDeletion
  ) => Effect.Effect<Operation, NameNotFound | RefConflict | StorageError>
  /** Lists an artifact's branches by name. */
  readonly branches: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<Branch>, StorageError>
  /** Returns a window of the graph as data, newest versions first. */
  readonly graph: (
    request: GraphRequest
  ) => Effect.Effect<VersionGraphData, InvalidCursor | NameNotFound | VersionNotFound | StorageError>
  /** Draws a graph as lines of text. */
  readonly text: (graph: VersionGraphData, format?: GraphTextFormat) => string
}

/** The version graph: see {@link VersionGraphService}. @public */
export class VersionGraph extends Context.Service<VersionGraph, VersionGraphService>()("tidemark/core/VersionGraph") {
  static readonly layer: Layer.Layer<VersionGraph, never, CatalogStorage | ObjectStorage> = Layer.effect(
    VersionGraph,
    Effect.gen(function* () {
      return make(yield* CatalogStorage, yield* Objects, yield* OperationLog, yield* VersionWriter, yield* Sha256)
    })
  ).pipe(Layer.provide(foundation))
}

const make = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  log: OperationLogService,
  writer: VersionWriterService,
  sha256: Sha256Function
): VersionGraphService => {
  const memory = makeGraphMemory(rememberedVersions)
  const names = makeVersionNames(catalog, log, sha256)
  const pages = makeVersionHistory(catalog, objects, memory)
  const resolve = makeResolver(catalog)

  const checkName = (name: string) => {
    const reason = nameProblem(name)
    return reason === undefined ? Effect.void : Effect.fail(new InvalidName({ name, reason }))
  }

  const getMany = Effect.fn("VersionGraph.getMany")(function* (ids: ReadonlyArray<VersionId>) {
    const records = yield* catalog.records("version", ids)
    const versions = yield* Effect.forEach(records.values(), (record) => versionCodec.decode(record))
    return new Map(versions.map((version) => [version.id, version]))
  })

  const get = Effect.fn("VersionGraph.get")(function* (id: VersionId) {
    const version = (yield* getMany([id])).get(id)
    if (version === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
    return version
  })

  const append = Effect.fn("VersionGraph.append")(function* (request: AppendRequest) {
    const { branch, reason, ...draft } = request
    const [parent] = draft.parents
    const expected = branch?.from === undefined ? (parent ?? null) : branch.from
    // What is there already may bear any name: captures name branches after their collection.
    if (branch !== undefined && expected === null) yield* checkName(branch.name)
    yield* claimTree(objects, draft.tree, parent === undefined ? null : (yield* get(parent)).tree)
    const { record, version } = yield* writer.prepare(draft)
    const operation = yield* log.append({
      kind: "append",
      reason: reason ?? "",
      subjects: [draft.artifact],
      refs: branch === undefined ? [] : [{ name: branchRef(draft.artifact, branch.name), expected, next: version.id }],
      records: [record],
      details: { version: version.id, origin: version.origin, ...(branch === undefined ? {} : { branch: branch.name }) }
    })
    return { version, operation }
  })

  const appendMany = Effect.fn("VersionGraph.appendMany")(function* (request: ImportRequest) {
    const branches = request.branches ?? []
    for (const { from, name } of branches) if (from === null) yield* checkName(name)
    const { ids, records } = yield* prepareImport({ catalog, objects, sha256 }, request.versions)
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
      details: { versions: ids.length }
    })
    return { ids, operation }
  })

  /** Where a branch is. Not naming one means the default branch, or the only one there is. */
  const tipOf = Effect.fnUntraced(function* (artifact: ArtifactId, branch: string | undefined) {
    const name = branch ?? defaultBranch
    const tip = yield* names.held(branchRef(artifact, name))
    if (tip !== null) return tip
    const [only, ...others] = branch === undefined ? yield* names.branches(artifact) : []
    if (only === undefined || others.length > 0) return yield* Effect.fail(new NameNotFound({ artifact, name }))
    return only.version
  })

  const history = Effect.fn("VersionGraph.history")(function* (request: HistoryRequest) {
    const { artifact, branch, firstParent, from } = request
    if (branch === undefined && from === undefined && firstParent !== true) {
      return yield* pages.ofArtifact(artifact, request, request)
    }
    // A later page is pinned to where the first one began, even if the branch moves on or goes away.
    const pinned = request.cursor != null
    const start = from ?? (pinned ? ("" as VersionId) : yield* tipOf(artifact, branch))
    if (firstParent === true) return yield* pages.firstParents(start, artifact, request, request)
    const reachable = request.direction === "oldest" ? pages.oldestReachable : pages.newestReachable
    return yield* reachable([start], artifact, request, request)
  })

  const parents = Effect.fn("VersionGraph.parents")(function* (id: VersionId) {
    const version = yield* get(id)
    const found = yield* getMany(version.parents)
    return version.parents.flatMap((parent) => found.get(parent) ?? [])
  })

  const children = Effect.fn("VersionGraph.children")(function* (id: VersionId, page: PageRequest = {}) {
    yield* get(id)
    const term = joinParts("parent", id)
    const direction = page.direction ?? "oldest"
    const found = yield* recordPage(catalog, { kind: "version", terms: [term], ...page, direction })
    const versions = yield* Effect.forEach(found.records, (record) => versionCodec.decode(record))
    return { versions, cursor: found.cursor }
  })

  const ancestors = (id: VersionId) =>
    Stream.unwrap(
      Effect.map(parents(id), (list) =>
        list.length === 0
          ? Stream.empty
          : Stream.paginate(null as string | null, (cursor) =>
              Effect.map(
                // Cursors of its own making are never malformed.
                Effect.catchTag(
                  pages.newestReachable(
                    list.map((parent) => parent.id),
                    undefined,
                    {},
                    { cursor, limit: streamPage }
                  ),
                  "InvalidCursor",
                  Effect.die
                ),
                (page) => [page.versions, Option.fromNullOr(page.cursor)] as const
              )
            )
      )
    )

  const descendants = (id: VersionId) =>
    Stream.unwrap(
      Effect.map(
        Effect.flatMap(catalog.records("version", [id]), (records) =>
          Effect.fromNullishOr(records.get(id)).pipe(Effect.mapError(() => new VersionNotFound({ id })))
        ),
        (start) => {
          const term = start.terms.find((candidate) => candidate.startsWith("artifact/")) ?? ""
          const found = new Set([id as string])
          return Stream.paginate({ at: start.at, id: start.id }, (after) =>
            Effect.flatMap(
              catalog.scan({ kind: "version", term, direction: "forward", after, limit: streamPage }),
              (page) => {
                // Children stand after their parents, so one pass finds them all.
                const below = page.filter((record) => {
                  const belongs = record.terms.some((t) => t.startsWith("parent/") && found.has(t.slice(7)))
                  if (belongs) found.add(record.id)
                  return belongs
                })
                const last = page.at(-1)
                const next = page.length < streamPage || last === undefined ? Option.none() : Option.some(last)
                return Effect.map(
                  Effect.forEach(below, (record) => versionCodec.decode(record)),
                  (versions) => [versions, next] as const
                )
              }
            )
          )
        }
      )
    )

  const mergeBases = Effect.fn("VersionGraph.mergeBases")(function* (a: VersionId, b: VersionId) {
    const reader = makeGraphReader(catalog, memory.current())
    const [left = -1, right = -1] = yield* reader.require([a, b])
    const bases = yield* reader.drive(mergeBasesWalk(reader.graph, left, right))
    return bases.map((slot) => reader.graph.id(slot) as VersionId)
  })

  const isAncestor = Effect.fn("VersionGraph.isAncestor")(function* (ancestor: VersionId, descendant: VersionId) {
    const reader = makeGraphReader(catalog, memory.current())
    const [above = -1, below = -1] = yield* reader.require([ancestor, descendant])
    return yield* reader.drive(isAncestorWalk(reader.graph, above, below))
  })

  const aheadBehind = Effect.fn("VersionGraph.aheadBehind")(function* (a: VersionId, b: VersionId) {
    const reader = makeGraphReader(catalog, memory.current())
    const [left = -1, right = -1] = yield* reader.require([a, b])
    return yield* reader.drive(aheadBehindWalk(reader.graph, left, right))
  })

  const graph = Effect.fn("VersionGraph.graph")(function* (request: GraphRequest) {
    const { artifact } = request
    const page = yield* history({ ...request, direction: "newest" })
    const [branches, tags] = yield* Effect.all([names.branches(artifact), names.tags(artifact)], { concurrency: 2 })
    const named = [
      ...branches.map(({ name, version }) => ({ kind: "branch" as const, name, version })),
      ...tags.map(({ name, version }) => ({ kind: "tag" as const, name, version }))
    ]
    return graphData(artifact, page.versions, named, page.cursor)
  })

  const { branches, createBranch, createTag, deleteBranch, moveBranch, removeTag, renameBranch, tags } = names
  return VersionGraph.of({
    aheadBehind,
    ancestors,
    append,
    appendMany,
    branches,
    children,
    createBranch,
    createTag,
    deleteBranch,
    descendants,
    get,
    getMany,
    graph,
    history,
    isAncestor,
    mergeBases,
    moveBranch,
    parents,
    removeTag,
    renameBranch,
    resolve,
    tags,
    text: graphText
  })
}
