/** How versions are related: parents and children, common ancestors, distances, and what contains what. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { aheadBehindWalk, isAncestorWalk, mergeBasesWalk } from "../../algo/graph/graphWalks.ts"
import type { Deployment } from "../../model/Deployment.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import { type Branch, type Tag, type Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { deployedOfArtifactPrefix, joinParts } from "../catalog/names.ts"
import { listRefs, readDeployments } from "../projects/deploymentRecord.ts"
import { descendantsAmong } from "./descendantsAmong.ts"
import { type GraphMemory, makeGraphReader } from "./GraphReader.ts"
import type { GraphName } from "./graphData.ts"
import type { PageRequest, VersionHistory } from "./versionHistory.ts"
import type { VersionNames } from "./versionNames.ts"
import { recordPage } from "./versionPages.ts"
import { versionCodec } from "./versionRecord.ts"

const streamPage = 500

/** What has a version in its history. @public */
export interface Containing {
  readonly branches: ReadonlyArray<Branch>
  readonly tags: ReadonlyArray<Tag>
  /** Current deployments whose version, or whose merged result, contains it. */
  readonly deployments: ReadonlyArray<Deployment>
}

/** Reads versions by id; one for a service. @internal */
export const makeVersionReads = (catalog: CatalogStorageService) => {
  const getMany = Effect.fn("VersionGraph.getMany")(function* (ids: ReadonlyArray<VersionId>) {
    const records = yield* askRecords(catalog, "version", ids)
    const versions = yield* Effect.forEach(records.values(), (record) => versionCodec.decode(record))
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
    const found = yield* recordPage(catalog, { kind: "version", terms: [term], ...page, direction })
    const versions = yield* Effect.forEach(found.records, (record) => versionCodec.decode(record))
    return { versions, cursor: found.cursor }
  })

  const ancestorPages = (starts: ReadonlyArray<VersionId>) =>
    Stream.paginate(null as string | null, (cursor) =>
      pages.newestReachable({ include: starts, exclude: [] }, undefined, {}, { cursor, limit: streamPage }).pipe(
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
        return [yield* Effect.forEach(below, (record) => versionCodec.decode(record)), next] as const
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
    const deployments = yield* deploymentsOf(artifact)
    return [
      ...branches.map(({ name, version }): GraphName => ({ kind: "branch", name, version })),
      ...tags.map(({ name, version }): GraphName => ({ kind: "tag", name, version })),
      ...deployments.map(({ project, result }): GraphName => ({ kind: "deployment", name: project, version: result }))
    ]
  })

  /** Which of some versions contain another: one walk from all of them down to where it stands. */
  const thoseContaining = Effect.fnUntraced(function* (id: VersionId, tips: ReadonlyArray<VersionId>) {
    const reader = makeGraphReader(catalog, memory.current())
    const [wanted = -1, ...starts] = yield* reader.require([id, ...tips])
    const containing = yield* descendantsAmong(reader, wanted, starts)
    return new Set(tips.filter((_, k) => containing.has(starts[k] as number)))
  })

  const containing = Effect.fn("VersionGraph.containing")(function* (
    id: VersionId
  ): Effect.fn.Return<Containing, VersionNotFound | StorageError> {
    const { artifact } = yield* get(id)
    const branches = yield* names.branches(artifact)
    const tags = yield* names.tags(artifact)
    const deployments = yield* deploymentsOf(artifact)
    const tips = new Set<VersionId>()
    for (const { version } of [...branches, ...tags]) tips.add(version)
    for (const { result, version } of deployments) tips.add(version).add(result)
    const within = yield* thoseContaining(id, [...tips])
    return {
      branches: branches.filter(({ version }) => within.has(version)),
      tags: tags.filter(({ version }) => within.has(version)),
      deployments: deployments.filter(({ result, version }) => within.has(version) || within.has(result))
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
