/** An artifact's history, page by page: along an order kept by the catalog, or down from a version. */
import * as Effect from "effect/Effect"
import { reachableWalk } from "../../algo/graph/graphWalks.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { ArtifactId, FilePath, TreeId, VersionId } from "../../model/Ids.ts"
import { InvalidCursor } from "../../model/Page.ts"
import type { Version, VersionNotFound, VersionOrigin } from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { cursorOf, positionOf } from "../catalog/readPage.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { entryAt } from "../objects/treeWalk.ts"
import { type GraphMemory, type GraphReader, makeGraphReader } from "./GraphReader.ts"
import { comparePositions, type PageDirection, pageBudget, pageSize, recordPage } from "./versionPages.ts"
import { versionCodec } from "./versionRecord.ts"

/** What keeps a version in a page of history. Everything that is given must hold. @public */
export interface VersionFilter {
  /** Made at this time or later, by the raw clock; milliseconds since 1970. */
  readonly since?: number | undefined
  /** Made at this time or earlier, by the raw clock. */
  readonly until?: number | undefined
  readonly origin?: VersionOrigin | undefined
  readonly author?: string | undefined
  /** A path in which the version differs from its first parent. */
  readonly path?: FilePath | undefined
  /** The message contains this, whatever the case of its letters. */
  readonly text?: string | undefined
}

/** Where a page begins, how long it is, and which way it goes. @public */
export interface PageRequest {
  readonly direction?: PageDirection | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
}

/** Some versions in order, and the cursor of the page that follows; `null` when none does. @public */
export interface VersionPage {
  readonly versions: ReadonlyArray<Version>
  readonly cursor: string | null
}

/** @internal */
export type PageError = InvalidCursor | StorageError

/** What a filter needs to know of a version, before it is checked as a whole. */
interface Glance {
  readonly author?: unknown
  readonly message?: unknown
  readonly origin?: unknown
  readonly parents?: unknown
  readonly time?: unknown
  readonly tree?: unknown
}

const glance = (record: StoredRecord): Glance => {
  try {
    return JSON.parse(record.body) as Glance
  } catch {
    return {}
  }
}

/** Pages through versions; one for a service. @internal */
export const makeVersionHistory = (catalog: CatalogStorageService, objects: ObjectsService, memory: GraphMemory) => {
  const decode = (records: ReadonlyArray<StoredRecord>) =>
    Effect.forEach(records, (record) => versionCodec.decode(record))

  /** A change of very many paths is not found by each of them, so such a version's trees are asked. */
  const touches = Effect.fnUntraced(function* (record: StoredRecord, artifact: ArtifactId, path: FilePath) {
    if (record.terms.includes(joinParts("artifact+path", artifact, path))) return true
    if (!record.terms.includes(joinParts("artifact+paths", artifact))) return false
    const version = yield* versionCodec.decode(record)
    const after = yield* entryAt(objects, version.tree, path)
    const [parent] = version.parents
    if (parent === undefined) return after !== null
    const stored = (yield* catalog.records("version", [parent])).get(parent)
    if (stored === undefined) return yield* Effect.fail(corrupt("read", `version ${parent}`, "it is missing"))
    const before = yield* entryAt(objects, (yield* versionCodec.decode(stored)).tree as TreeId, path)
    return before?.id !== after?.id || before?.kind !== after?.kind
  })

  const keep = (filter: VersionFilter, artifact: ArtifactId | undefined) => {
    const text = filter.text?.toLowerCase()
    const plain = (record: StoredRecord): boolean => {
      const seen = glance(record)
      return (
        (filter.since === undefined || (typeof seen.time === "number" && seen.time >= filter.since)) &&
        (filter.until === undefined || (typeof seen.time === "number" && seen.time <= filter.until)) &&
        (filter.origin === undefined || seen.origin === filter.origin) &&
        (filter.author === undefined || seen.author === filter.author) &&
        (text === undefined || (typeof seen.message === "string" && seen.message.toLowerCase().includes(text)))
      )
    }
    const { path } = filter
    return Effect.fnUntraced(function* (
      batch: ReadonlyArray<StoredRecord>
    ): Effect.fn.Return<ReadonlyArray<StoredRecord>, StorageError> {
      const kept = batch.filter(plain)
      if (path === undefined || artifact === undefined) return kept
      return yield* Effect.filter(kept, (record) => touches(record, artifact, path))
    })
  }

  /** The page of all of an artifact's versions that the filter keeps, in the catalog's order. */
  const ofArtifact = Effect.fnUntraced(function* (
    artifact: ArtifactId,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, PageError> {
    const { author, origin, path, since, text, until } = filter
    // The scarcest of the terms the catalog can look up; the rest is tested while reading.
    const terms =
      path !== undefined
        ? [joinParts("artifact+path", artifact, path), joinParts("artifact+paths", artifact)]
        : author !== undefined
          ? [joinParts("artifact+author", artifact, author)]
          : origin !== undefined
            ? [joinParts("artifact+origin", artifact, origin)]
            : [joinParts("artifact", artifact)]
    const others = [path, author, origin].filter((value) => value !== undefined).length > 1
    const filtered = others || path !== undefined || since !== undefined || until !== undefined || text !== undefined
    const found = yield* recordPage<StorageError>(catalog, {
      kind: "version",
      terms,
      direction: page.direction ?? "newest",
      // The order key is never below the raw time; so it bounds the scan from this side, and only from this side.
      from: since,
      cursor: page.cursor,
      limit: page.limit,
      ...(filtered ? { keep: keep(filter, artifact) } : {})
    })
    return { versions: yield* decode(found.records), cursor: found.cursor }
  })

  /** The records of some versions in the order asked for, from what was just read or from the catalog. */
  const recordsOf = Effect.fnUntraced(function* (reader: GraphReader, ids: ReadonlyArray<string>) {
    const unread = ids.filter((id) => !reader.records.has(id))
    const read = unread.length === 0 ? new Map<string, StoredRecord>() : yield* catalog.records("version", unread)
    const records: Array<StoredRecord> = []
    for (const id of ids) {
      const record = reader.records.get(id) ?? read.get(id)
      if (record === undefined) return yield* Effect.fail(corrupt("read", `version ${id}`, "it is missing"))
      records.push(record)
    }
    return records
  })

  const idsCursor = (ids: ReadonlyArray<string>) => (ids.length === 0 ? null : ids.join("."))
  const cursorIds = (cursor: string) =>
    /^[0-9a-f]{64}(\.[0-9a-f]{64})*$/.test(cursor)
      ? Effect.succeed(cursor.split("."))
      : Effect.fail(new InvalidCursor({ cursor }))

  /**
   * The page of what is reachable from some versions, newest first. The cursor holds the ids from which the walk goes
   * on, so a page costs what it shows and skips, wherever in the history it stands.
   */
  const newestReachable = Effect.fnUntraced(function* (
    starts: ReadonlyArray<string>,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, PageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = keep(filter, artifact)
    const reader = makeGraphReader(catalog, memory.current(), { keepRecords: true })
    const { graph } = reader
    let from = yield* reader.require(page.cursor == null ? starts : yield* cursorIds(page.cursor))
    const kept: Array<StoredRecord> = []
    for (let examined = 0; from.length > 0 && kept.length < limit && examined < pageBudget; ) {
      // Never more than the page still has room for, so that it ends exactly where the walk stands.
      const ids: Array<string> = []
      const chunk = limit - kept.length
      const walk = reachableWalk(graph, from, [], (slot) => {
        if (graph.at(slot) < since) return "skipParents"
        ids.push(graph.id(slot))
        return ids.length >= chunk ? "stop" : "on"
      })
      from = (yield* reader.drive(walk)).include
      for (const record of yield* wanted(yield* recordsOf(reader, ids))) kept.push(record)
      examined += ids.length
    }
    return { versions: yield* decode(kept), cursor: idsCursor(from.map((slot) => graph.id(slot))) }
  })

  /** The same, oldest first: the order runs against the parents, so everything down to the cursor has to be walked. */
  const oldestReachable = Effect.fnUntraced(function* (
    starts: ReadonlyArray<VersionId>,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, PageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = keep(filter, artifact)
    const [pinned = "", place] = (page.cursor ?? "").split("/")
    const from = page.cursor == null ? starts : yield* cursorIds(pinned)
    const after: RecordPosition = place === undefined ? { at: since - 1, id: "" } : yield* positionOf(place)
    const reader = makeGraphReader(catalog, memory.current())
    const { graph } = reader
    const slots: Array<number> = []
    const walk = reachableWalk(graph, yield* reader.require(from), [], (slot) => {
      if (graph.at(slot) < after.at || comparePositions({ at: graph.at(slot), id: graph.id(slot) }, after) <= 0) {
        return "skipParents"
      }
      slots.push(slot)
      return "on"
    })
    yield* reader.drive(walk)
    slots.reverse()
    const last = slots.at(-1)
    const kept: Array<StoredRecord> = []
    const batch = 500
    for (let i = 0; i < slots.length; i += batch) {
      const ids = slots.slice(i, i + batch).map((slot) => graph.id(slot))
      for (const record of yield* wanted(yield* recordsOf(reader, ids))) {
        kept.push(record)
        if (kept.length < limit) continue
        const more = last !== undefined && record.id !== graph.id(last)
        const cursor = more ? `${from.join(".")}/${cursorOf(record)}` : null
        return { versions: yield* decode(kept), cursor }
      }
    }
    return { versions: yield* decode(kept), cursor: null }
  })

  /** The page of a version's first-parent chain, newest first; oldest first it is walked to its end. */
  const firstParents = Effect.fnUntraced(function* (
    start: VersionId,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, PageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const oldest = page.direction === "oldest"
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = keep(filter, artifact)
    // Its own memory: the chain needs the records, not only the shape of what is known.
    const reader = makeGraphReader(catalog, new PartialGraph(), { keepRecords: true })
    const [pinned, place] = page.cursor == null ? [start] : page.cursor.split("/")
    const [first] = yield* cursorIds(pinned ?? "")
    const after = place === undefined ? undefined : yield* positionOf(place)
    yield* reader.require([first ?? start])
    let next: string | undefined = first
    let below = Number.POSITIVE_INFINITY
    let read = 0
    const kept: Array<StoredRecord> = []
    for (let examined = 0; next !== undefined && (oldest || (kept.length < limit && examined < pageBudget)); ) {
      const chain: Array<StoredRecord> = []
      const chunk = oldest ? 500 : limit - kept.length
      while (next !== undefined && chain.length < chunk) {
        if (!reader.records.has(next)) yield* reader.load({ ids: [next], below, visited: read })
        const record: StoredRecord | undefined = reader.records.get(next)
        if (record === undefined) return yield* Effect.fail(corrupt("read", `version ${next}`, "it is missing"))
        if (record.at < since || (after !== undefined && comparePositions(record, after) <= 0)) {
          next = undefined
          break
        }
        reader.records.delete(next)
        chain.push(record)
        read++
        below = record.at - 1
        const { parents } = glance(record)
        next = Array.isArray(parents) && typeof parents[0] === "string" ? parents[0] : undefined
      }
      examined += chain.length
      for (const record of yield* wanted(chain)) kept.push(record)
    }
    if (!oldest) return { versions: yield* decode(kept), cursor: next ?? null }
    kept.reverse()
    const shown = kept.slice(0, limit)
    const last = shown.at(-1)
    const cursor = kept.length > limit && last !== undefined ? `${first ?? start}/${cursorOf(last)}` : null
    return { versions: yield* decode(shown), cursor }
  })

  return { ofArtifact, newestReachable, oldestReachable, firstParents }
}
