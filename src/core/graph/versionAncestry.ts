/** How versions are related: parents and children, common ancestors, distances, and what contains what. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AheadBehind } from "../../algo/graph/dagQueries.ts"
import { aheadBehindWalk, isAncestorWalk, mergeBasesWalk, type Walk } from "../../algo/graph/graphWalks.ts"
import type { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { Deployment } from "../../model/Deployment.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import { type Branch, type Tag, type Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { deployedOfArtifactPrefix, joinParts, trackedPrefix } from "../catalog/names.ts"
import { reread } from "../catalog/rereading.ts"
import { readTracked, type TrackedBranch } from "../exchange/trackedBranches.ts"
import { listRefs, readDeployments } from "../projects/deploymentRecord.ts"
import { descendantsWalk } from "./descendantsAmong.ts"
import { type GraphMemory, makeGraphReader } from "./GraphReader.ts"
import type { GraphName } from "./graphData.ts"
import type { IndexedVersions, VersionIndexReader } from "./VersionIndex.ts"
import type { PageRequest, VersionHistory } from "./versionHistory.ts"
import type { VersionNames } from "./versionNames.ts"
import { comparePositions, recordPage } from "./versionPages.ts"
import { versionCodec } from "./versionRecord.ts"

const streamPage = 500
/** When walks of one engine have read so many records, a store's own index is loaded: of 100,000 versions, it costs as much. */
const walkedLimit = 1000

/** What has a version in its history. @public */
export interface Containing {
  readonly branches: ReadonlyArray<Branch>
  readonly tags: ReadonlyArray<Tag>
  /** Current deployments whose version, or whose merged result, contains it. */
  readonly deployments: ReadonlyArray<Deployment>
  /** Branches of other stores that contained it when they were last pulled. */
  readonly remotes: ReadonlyArray<TrackedBranch>
}

/** Reads versions by id; one for a service. @internal */
export const makeVersionReads = (catalog: CatalogStorageService) => {
  const getMany = Effect.fn("VersionGraph.getMany")(function* (ids: ReadonlyArray<VersionId>) {
    const records = yield* askRecords(catalog, "version", ids)
    const versions = yield* versionCodec.decodeAll(records.values())
    return new Map(versions.map((version) => [version.id, version]))
  })

  const get = Effect.fn("VersionGraph.get")(function* (id: VersionId) {
    const version = (yield* getMany([id])).get(id)
    if (version === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
    return version
  })

  return { get, getMany }
}

/** Answers questions about ancestry; one for a service. @internal */
export const makeVersionAncestry = (
  catalog: CatalogStorageService,
  memory: GraphMemory,
  index: VersionIndexReader,
  pages: VersionHistory,
  names: VersionNames
) => {
  const { get, getMany } = makeVersionReads(catalog)

  const parents = Effect.fn("VersionGraph.parents")(function* (id: VersionId) {
    const version = yield* get(id)
    const found = yield* getMany(version.parents)
    return version.parents.flatMap((parent) => found.get(parent) ?? [])
  })

  const children = Effect.fn("VersionGraph.children")(function* (id: VersionId, page: PageRequest = {}) {
    yield* get(id)
    const term = joinParts("parent", id)
    const direction = page.direction ?? "oldest"
    const found = yield* recordPage(catalog, {
      kind: "version",
      sources: [{ term }],
      omitTerms: true,
      ...page,
      direction
    })
    const versions = yield* versionCodec.decodeAll(found.records)
    return { versions, cursor: found.cursor }
  })

  const ancestorPages = (starts: ReadonlyArray<VersionId>) =>
    Stream.paginate(null as string | null, (cursor) =>
      // Each page begins at versions that its cursor names: where those are gone by then, that is what it says.
      reread(
        pages.newestReachable({ include: starts, exclude: [] }, undefined, {}, { cursor, limit: streamPage })
      ).pipe(
        // Cursors of its own making are never malformed.
        Effect.catchTag("InvalidCursor", Effect.die),
        Effect.map((page) => [page.versions, Option.fromNullOr(page.cursor)] as const)
      )
    )

  const ancestors = (id: VersionId): Stream.Stream<Version, VersionNotFound | StorageError> =>
    Stream.unwrap(
      Effect.map(get(id), (version) => (version.parents.length === 0 ? Stream.empty : ancestorPages(version.parents)))
    )

  const descendantPages = (start: { readonly at: number; readonly id: string }, term: string) => {
    const found = new Set([start.id])
    const isBelow = (terms: ReadonlyArray<string>) =>
      terms.some((t) => t.startsWith("parent/") && found.has(t.slice(7)))
    return Stream.paginate(start, (after) =>
      Effect.gen(function* () {
        const page = yield* catalog.scan({ kind: "version", term, direction: "forward", after, limit: streamPage })
        // Children stand after their parents, so one pass finds them all.
        const below = page.filter((record) => {
          const belongs = isBelow(record.terms)
          if (belongs) found.add(record.id)
          return belongs
        })
        const last = page.at(-1)
        const next = page.length < streamPage || last === undefined ? Option.none() : Option.some(last)
        return [yield* versionCodec.decodeAll(below), next] as const
      })
    )
  }

  const descendants = (id: VersionId): Stream.Stream<Version, VersionNotFound | StorageError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { artifact } = yield* get(id)
        const record = (yield* catalog.records("version", [id])).get(id)
        return descendantPages({ at: record?.at ?? 0, id }, joinParts("artifact", artifact))
      })
    )

  /** The records of versions that a caller names. */
  const ask = Effect.fnUntraced(function* (ids: ReadonlyArray<VersionId>) {
    const found = yield* askRecords(catalog, versionCodec.kind, ids)
    const records: Array<StoredRecord> = []
    for (const id of ids) {
      const record = found.get(id)
      if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
      records.push(record)
    }
    return records
  })

  /**
   * A question about some versions: put to the index where there is one, else to a walk. Where walks have read so much
   * that the index of a large graph would have cost less, to that.
   */
  const about = <A, B>(
    ids: ReadonlyArray<VersionId>,
    indexed: (versions: IndexedVersions) => B,
    walked: (graph: PartialGraph, slots: ReadonlyArray<number>) => Walk<A>,
    told: (answer: A, graph: PartialGraph, slots: ReadonlyArray<number>) => B
  ) =>
    Effect.gen(function* () {
      const records = yield* ask(ids)
      const versions = yield* index.of(records)
      if (versions !== null) return indexed(versions)
      const reader = makeGraphReader(catalog, memory.current(), { counter: memory.walked })
      const slots = reader.take(records)
      const walk = walked(reader.graph, slots)
      const limit = index.isAutomatic ? walkedLimit : Number.POSITIVE_INFINITY
      const ended = yield* reader.tryDrive(walk, limit)
      if (ended !== undefined) return told(ended.value, reader.graph, slots)
      const found = yield* index.of(records, true)
      return found === null ? told(yield* reader.drive(walk), reader.graph, slots) : indexed(found)
    })

  const mergeBases = Effect.fn("VersionGraph.mergeBases")((a: VersionId, b: VersionId) =>
    about<ReadonlyArray<number>, ReadonlyArray<VersionId>>(
      [a, b],
      ({ graph, numbers: [first = -1, second = -1], queries }) =>
        queries
          .mergeBases(first, second)
          .map((number) => ({ at: graph.at(number), id: graph.id(number) }))
          .sort((x, y) => comparePositions(y, x))
          .map(({ id }) => id as VersionId),
      (graph, [left = -1, right = -1]) => mergeBasesWalk(graph, left, right),
      (bases, graph) => bases.map((slot) => graph.id(slot) as VersionId)
    )
  )

  const isAncestor = Effect.fn("VersionGraph.isAncestor")((ancestor: VersionId, descendant: VersionId) =>
    about<boolean, boolean>(
      [ancestor, descendant],
      ({ numbers: [above = -1, below = -1], queries }) => queries.isAncestor(above, below),
      (graph, [above = -1, below = -1]) => isAncestorWalk(graph, above, below),
      (answer) => answer
    )
  )

  const aheadBehind = Effect.fn("VersionGraph.aheadBehind")((a: VersionId, b: VersionId) =>
    about<AheadBehind, AheadBehind>(
      [a, b],
      ({ numbers: [first = -1, second = -1], queries }) => queries.aheadBehind(first, second),
      (graph, [left = -1, right = -1]) => aheadBehindWalk(graph, left, right),
      (answer) => answer
    )
  )

  const deploymentsOf = Effect.fnUntraced(function* (artifact: ArtifactId) {
    const refs = yield* listRefs(catalog, deployedOfArtifactPrefix(artifact))
    return yield* readDeployments(
      catalog,
      refs.map(([, id]) => id)
    )
  })

  /** All names of an artifact's versions, for pictures. */
  const namesOf = Effect.fnUntraced(function* (
    artifact: ArtifactId
  ): Effect.fn.Return<ReadonlyArray<GraphName>, StorageError> {
    const branches = yield* names.branches(artifact)
    const tags = yield* names.tags(artifact)
    const remotes = yield* readTracked(catalog, trackedPrefix(artifact))
    const deployments = yield* deploymentsOf(artifact)
    return [
      ...branches.map(({ name, version }): GraphName => ({ kind: "branch", name, version })),
      ...remotes.map(
        ({ branch, remote, version }): GraphName => ({ kind: "remote", name: `${remote}/${branch}`, version })
      ),
      ...tags.map(({ name, version }): GraphName => ({ kind: "tag", name, version })),
      ...deployments.map(({ project, result }): GraphName => ({ kind: "deployment", name: project, version: result }))
    ]
  })

  /** Which of some versions contain another: one walk from all of them down to where it stands. */
  const thoseContaining = (id: VersionId, tips: ReadonlyArray<VersionId>) =>
    about<ReadonlySet<number>, ReadonlySet<VersionId>>(
      [id, ...tips],
      ({ numbers: [above = -1, ...below], queries }) => {
        const within = queries.descendants(above, below)
        return new Set(tips.filter((_, k) => within[k]))
      },
      (graph, [wanted = -1, ...starts]) => descendantsWalk(graph, wanted, starts),
      (within, _, [, ...starts]) => new Set(tips.filter((_, k) => within.has(starts[k] as number)))
    )

  const containing = Effect.fn("VersionGraph.containing")(function* (
    id: VersionId
  ): Effect.fn.Return<Containing, VersionNotFound | StorageError> {
    const { artifact } = yield* get(id)
    const branches = yield* names.branches(artifact)
    const tags = yield* names.tags(artifact)
    const deployments = yield* deploymentsOf(artifact)
    const remotes = yield* readTracked(catalog, trackedPrefix(artifact))
    const tips = new Set<VersionId>()
    for (const { version } of [...branches, ...tags, ...remotes]) tips.add(version)
    for (const { result, version } of deployments) tips.add(version).add(result)
    const within = yield* thoseContaining(id, [...tips])
    return {
      branches: branches.filter(({ version }) => within.has(version)),
      tags: tags.filter(({ version }) => within.has(version)),
      deployments: deployments.filter(({ result, version }) => within.has(version) || within.has(result)),
      remotes: remotes.filter(({ version }) => within.has(version))
    }
  })

  return {
    aheadBehind,
    ancestors,
    children,
    containing,
    descendants,
    get,
    getMany,
    isAncestor,
    mergeBases,
    namesOf,
    parents
  }
}
