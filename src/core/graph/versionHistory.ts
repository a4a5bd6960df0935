/** An artifact's history, page by page: along an order kept by the catalog, or down from a version. */
import * as Effect from "effect/Effect"
import { reachableWalk, type WalkEnds } from "../../algo/graph/graphWalks.ts"
import type { ArtifactId } from "../../model/Ids.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { descendantsAmong } from "./descendantsAmong.ts"
import { type GraphMemory, type GraphReader, makeGraphReader } from "./GraphReader.ts"
import { makeVersionFilter, type VersionFilter } from "./versionFilter.ts"
import { comparePositions, type PageDirection, pageBudget, pageSize, recordPage } from "./versionPages.ts"
import { skewedSources, versionCodec } from "./versionRecord.ts"
import { type WalkStart, walkCursor, walkStart } from "./walkCursor.ts"

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

/** Pages through versions; one for a service. @internal */
export const makeVersionHistory = (catalog: CatalogStorageService, objects: ObjectsService, memory: GraphMemory) => {
  const decode = (records: ReadonlyArray<StoredRecord>) => versionCodec.decodeAll(records)

  /** The page of all of an artifact's versions that the filter keeps, in the catalog's order. */
  const ofArtifact = Effect.fnUntraced(function* (
    artifact: ArtifactId,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, InvalidCursor | StorageError> {
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
    // The order key is never below the raw time, so it bounds the scan on this side. On the other side it does for all but
    // those that stand above their raw time, which terms of their own find.
    const sources =
      until === undefined
        ? terms.map((term) => ({ term, from: since }))
        : [...terms.map((term) => ({ term, from: since, to: until })), ...skewedSources(artifact, until)]
    const others = [path, author, origin].filter((value) => value !== undefined).length > 1
    const filtered = others || path !== undefined || since !== undefined || until !== undefined || text !== undefined
    const found = yield* recordPage<StorageError>(catalog, {
      kind: "version",
      sources,
      direction: page.direction ?? "newest",
      cursor: page.cursor,
      limit: page.limit,
      // Terms tell which paths a version touched; all else is in its body.
      omitTerms: path === undefined,
      ...(filtered ? { keep: makeVersionFilter(catalog, objects, artifact, filter) } : {})
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

  /** Where only what descends from what is left out is wanted: everything that does, from where the page begins. */
  const pathTo = Effect.fnUntraced(function* (
    reader: GraphReader,
    { exclude }: WalkStart,
    starts: ReadonlyArray<number>,
    path: boolean
  ) {
    const [bottom] = exclude
    if (!path || bottom === undefined) return undefined
    const [slot = -1] = yield* reader.require([bottom])
    return { end: reader.graph.at(slot), slots: yield* descendantsAmong(reader, slot, starts) }
  })

  /**
   * The page of what is reachable from some versions, newest first. The cursor holds the ids from which the walk goes
   * on, so a page costs what it shows and skips, wherever in the history it stands.
   */
  const newestReachable = Effect.fnUntraced(function* (
    first: WalkStart,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest,
    path = false
  ): Effect.fn.Return<VersionPage, InvalidCursor | StorageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = makeVersionFilter(catalog, objects, artifact, filter)
    const reader = makeGraphReader(catalog, memory.current(), { keepRecords: true })
    const { graph } = reader
    const begin = yield* walkStart(page.cursor, first)
    const slots = yield* reader.require([...begin.include, ...begin.exclude])
    let ends: WalkEnds = { include: slots.slice(0, begin.include.length), exclude: slots.slice(begin.include.length) }
    const among = yield* pathTo(reader, begin, ends.include, path)
    const kept: Array<StoredRecord> = []
    for (let examined = 0; ends.include.length > 0 && kept.length < limit && examined < pageBudget; ) {
      // Never more than the page still has room for, so that it ends exactly where the walk stands.
      const ids: Array<string> = []
      const chunk = limit - kept.length
      const walk = reachableWalk(graph, ends.include, ends.exclude, (slot) => {
        if (graph.at(slot) < since || (among !== undefined && graph.at(slot) <= among.end)) return "skipParents"
        if (among === undefined || among.slots.has(slot)) ids.push(graph.id(slot))
        return ids.length >= chunk ? "stop" : "on"
      })
      ends = yield* reader.drive(walk)
      for (const record of yield* wanted(yield* recordsOf(reader, ids))) kept.push(record)
      examined += ids.length
    }
    const names = (list: ReadonlyArray<number>) => list.map((slot) => graph.id(slot))
    const rest = { include: names(ends.include), exclude: names(ends.exclude) }
    return { versions: yield* decode(kept), cursor: walkCursor(rest) }
  })

  /** The same, oldest first: the order runs against the parents, so everything down to the cursor has to be walked. */
  const oldestReachable = Effect.fnUntraced(function* (
    first: WalkStart,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest,
    path = false
  ): Effect.fn.Return<VersionPage, InvalidCursor | StorageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = makeVersionFilter(catalog, objects, artifact, filter)
    const begin = yield* walkStart(page.cursor, first)
    const after = begin.place
    const reader = makeGraphReader(catalog, memory.current())
    const { graph } = reader
    const ends = yield* reader.require([...begin.include, ...begin.exclude])
    const slots: Array<number> = []
    const isPast = (slot: number) =>
      graph.at(slot) < since ||
      (after !== undefined && comparePositions({ at: graph.at(slot), id: graph.id(slot) }, after) <= 0)
    const [include, exclude] = [ends.slice(0, begin.include.length), ends.slice(begin.include.length)]
    const among = yield* pathTo(reader, begin, include, path)
    const walk = reachableWalk(graph, include, exclude, (slot) => {
      if (isPast(slot) || (among !== undefined && graph.at(slot) <= among.end)) return "skipParents"
      if (among === undefined || among.slots.has(slot)) slots.push(slot)
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
        const cursor = more ? walkCursor({ ...begin, place: record }) : null
        return { versions: yield* decode(kept), cursor }
      }
    }
    return { versions: yield* decode(kept), cursor: null }
  })

  return { ofArtifact, newestReachable, oldestReachable }
}

/** @internal */
export type VersionHistory = ReturnType<typeof makeVersionHistory>
