/** The version graph of every artifact: what hosts ask about history, and how they name its versions. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { AheadBehind } from "../../algo/graph/dagQueries.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { PathNotFound } from "../../model/Snapshot.ts"
import {
  type Branch,
  type InvalidName,
  NameNotFound,
  type RefConflict,
  type Tag,
  type TagExists,
  type Version,
  type VersionNotFound
} from "../../model/Version.ts"
import { CatalogStorage, type CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { VersionIndexStorage, type VersionIndexStorageService } from "../../storage/VersionIndexStorage.ts"
import { branchRef } from "../catalog/names.ts"
import type { Page } from "../catalog/readPage.ts"
import { rereading } from "../catalog/rereading.ts"
import { foundation } from "../foundation.ts"
import { OperationLog, type OperationLogService } from "../ledger/OperationLog.ts"
import { Objects, type ObjectsService } from "../objects/Objects.ts"
import { Sha256 } from "../references/Sha256.ts"
import { type Blame, type BlameRequest, blameFile } from "./blameFile.ts"
import { type DeploymentLag, deploymentLags, type LagRequest } from "./deploymentLags.ts"
import { makeFirstParents } from "./firstParents.ts"
import { makeGraphMemory } from "./GraphReader.ts"
import { type GraphTextFormat, graphData, graphText, type VersionGraphData } from "./graphData.ts"
import { type BranchPosition, branchPositions } from "./positions.ts"
import { type Release, releasesOf } from "./releases.ts"
import { makeResolver, type ResolveError } from "./resolveRevision.ts"
import { makeVersionIndex } from "./VersionIndex.ts"
import { VersionWriter, type VersionWriterService } from "./VersionWriter.ts"
import { type Containing, makeVersionAncestry } from "./versionAncestry.ts"
import {
  type AppendError,
  type Appended,
  type AppendRequest,
  type Imported,
  type ImportRequest,
  makeVersionAppend
} from "./versionAppend.ts"
import type { VersionFilter } from "./versionFilter.ts"
import { makeVersionHistory, type PageRequest, type VersionPage } from "./versionHistory.ts"
import {
  type BranchDeletion,
  type BranchMove,
  makeVersionNames,
  type NameOptions,
  type TagOptions
} from "./versionNames.ts"

/** The branch that is meant where none is named and there are several. @public */
export const defaultBranch = "main"

/** Versions kept in memory between questions: their place and parents, some 60 bytes each. */
const rememberedVersions = 1_000_000

/** Which part of an artifact's history, and how much of it. @public */
export interface HistoryRequest extends VersionFilter, PageRequest {
  readonly artifact: ArtifactId
  /** Only what is reachable from this branch. */
  readonly branch?: string | undefined
  /** Only what is reachable from this version. */
  readonly from?: VersionId | undefined
  /** Not what is reachable from this version: with `from` or `branch`, the versions between the two. */
  readonly without?: VersionId | undefined
  /** With `without`: only versions that descend from that one, as `git rev-list --ancestry-path`. Not along first parents. */
  readonly ancestryPath?: boolean | undefined
  /** Only along first parents; from the branch `main`, or the only one, where neither branch nor version is given. */
  readonly firstParent?: boolean | undefined
}

/** Which of a branch's moves. @public */
export interface PositionsRequest {
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
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
  readonly append: (request: AppendRequest) => Effect.Effect<Appended, AppendError>
  /** Appends many versions at once, as one operation: all or none. */
  readonly appendMany: (request: ImportRequest) => Effect.Effect<Imported, AppendError>
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
  /**
   * Streams everything reachable from a version, newest first, without the version itself. Where the rest is collected
   * meanwhile, it ends with `VersionNotFound`.
   */
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
   * Finds the version that an expression means.
   *
   * @remarks
   * It starts with a branch, a tag, `remote/branch` (where a branch of another store was when it was last pulled), an id or at
   * least four digits of one, `branch:name`, `tag:name`, `name@{2026-05-01}` (where
   * the branch was at the end of that day, or at a moment), or `@{deployed:project}`; any number of `~`, `~n` (first parents),
   * `^`, `^n` (the n-th parent) may follow. Or it is a range of semantic versions: `^1.2`, `semver:1.x`, `latest`.
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
  /** Lists those of an artifact's tags that are semantic versions, the highest first. */
  readonly releases: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<Release>, StorageError>
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
  /** Returns a page of a branch's moves, newest first. Any of them can be restored with `moveBranch`. */
  readonly positions: (
    artifact: ArtifactId,
    branch: string,
    page?: PositionsRequest
  ) => Effect.Effect<Page<BranchPosition>, InvalidCursor | StorageError>
  /** Returns which branches (here, and in other stores when last pulled), tags and current deployments of its artifact contain a version. */
  readonly containing: (version: VersionId) => Effect.Effect<Containing, VersionNotFound | StorageError>
  /**
   * Returns a page of current deployments, of an artifact or of a project, each with how far it is behind its branch.
   *
   * @remarks
   * A page reads its deployments and heads in batches; the versions between are read once, however many deployments are
   * behind by them.
   */
  readonly lags: (request: LagRequest) => Effect.Effect<Page<DeploymentLag>, InvalidCursor | StorageError>
  /**
   * Says of each line of a file which version brought it.
   *
   * @remarks
   * The answers are git's, where it diffs without its indent heuristic. Merges are followed, and renames of whole files,
   * unless `renames` is false: where a file came under a name that was not there, what is gone is compared with it.
   * Versions that did not touch the path cost their record, read in batches.
   */
  readonly blame: (request: BlameRequest) => Effect.Effect<Blame, PathNotFound | VersionNotFound | StorageError>
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
      return make(
        yield* CatalogStorage,
        yield* Objects,
        yield* OperationLog,
        yield* VersionWriter,
        yield* Sha256,
        yield* VersionIndexStorage
      )
    })
  ).pipe(Layer.provide(foundation))
}

const make = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  log: OperationLogService,
  writer: VersionWriterService,
  sha256: Sha256Function,
  indexStorage: VersionIndexStorageService | null
): VersionGraphService => {
  const memory = makeGraphMemory(rememberedVersions)
  const names = makeVersionNames(catalog, log, sha256)
  const pages = makeVersionHistory(catalog, objects, memory)
  const firstParents = makeFirstParents(catalog, objects, memory)
  const index = makeVersionIndex(catalog, objects, sha256, indexStorage)
  const ancestry = makeVersionAncestry(catalog, memory, index, pages, names)
  const { append, appendMany } = makeVersionAppend({ catalog, objects, log, writer, sha256, index })

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
    const { ancestryPath, artifact, branch, firstParent, from, without } = request
    if (branch === undefined && from === undefined && firstParent !== true && without === undefined) {
      return yield* pages.ofArtifact(artifact, request, request)
    }
    // A later page is pinned to where the first one began, even if the branch moves on or goes away.
    const include = request.cursor != null ? [] : [from ?? (yield* tipOf(artifact, branch))]
    const start = { include, exclude: without === undefined ? [] : [without] }
    if (firstParent === true) return yield* firstParents(start, artifact, request, request)
    const reachable = request.direction === "oldest" ? pages.oldestReachable : pages.newestReachable
    return yield* reachable(start, artifact, request, request, ancestryPath)
  })

  const graph = Effect.fn("VersionGraph.graph")(function* (request: GraphRequest) {
    const { artifact } = request
    const page = yield* history({ ...request, direction: "newest" })
    const named = yield* ancestry.namesOf(artifact)
    return graphData(artifact, page.versions, named, page.cursor)
  })

  const positions = Effect.fn("VersionGraph.positions")(function* (
    artifact: ArtifactId,
    branch: string,
    page?: PositionsRequest
  ) {
    return yield* branchPositions(catalog, artifact, branch, page ?? {})
  })

  const releases = Effect.fn("VersionGraph.releases")(function* (artifact: ArtifactId) {
    return releasesOf(yield* names.tags(artifact))
  })

  const { describeTag: _describe, held: _held, ...naming } = names
  const { namesOf: _names, ...questions } = ancestry
  return rereading(
    VersionGraph.of({
      ...questions,
      ...naming,
      append,
      appendMany,
      blame: Effect.fn("VersionGraph.blame")((request: BlameRequest) => blameFile(catalog, objects, request)),
      graph,
      history,
      lags: Effect.fn("VersionGraph.lags")((request: LagRequest) =>
        deploymentLags(catalog, memory, defaultBranch, request)
      ),
      positions,
      releases,
      resolve: makeResolver(catalog),
      text: graphText
    }),
    [
      "getMany",
      "history",
      "parents",
      "children",
      "mergeBases",
      "isAncestor",
      "aheadBehind",
      "resolve",
      "releases",
      "tags",
      "branches",
      "positions",
      "containing",
      "lags",
      "blame",
      "graph"
    ]
  )
}
