/** Pages of a version's first-parent chain: the line of a branch, without what was merged into it. */
import * as Effect from "effect/Effect"
import { isAncestorWalk } from "../../algo/graph/graphWalks.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { ArtifactId } from "../../model/Ids.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { type GraphMemory, makeGraphReader } from "./GraphReader.ts"
import { glance, makeVersionFilter, type VersionFilter } from "./versionFilter.ts"
import type { PageRequest, VersionPage } from "./versionHistory.ts"
import { comparePositions, pageBudget, pageSize } from "./versionPages.ts"
import { versionCodec } from "./versionRecord.ts"
import { type WalkStart, walkCursor, walkStart } from "./walkCursor.ts"

const oldestChunk = 500

/** Reads the pages of first-parent chains; one for a service. @internal */
export const makeFirstParents = (catalog: CatalogStorageService, objects: ObjectsService, memory: GraphMemory) => {
  /**
   * How many records at the beginning of a chain cannot be reached from `exclude`. What follows one that can be
   * reached can be reached too, so a few questions decide.
   */
  const lengthBefore = Effect.fnUntraced(function* (
    chain: ReadonlyArray<StoredRecord>,
    exclude: ReadonlyArray<string>
  ) {
    let length = chain.length
    for (const id of exclude) {
      const reader = makeGraphReader(catalog, memory.current())
      const [start = -1] = yield* reader.require([id])
      let low = 0
      while (low < length) {
        const middle = (low + length) >> 1
        const [slot = -1] = yield* reader.require([chain[middle]?.id ?? ""])
        if (yield* reader.drive(isAncestorWalk(reader.graph, slot, start))) length = middle
        else low = middle + 1
      }
    }
    return length
  })

  /** Newest first, a page walks on from where its cursor stands; oldest first, the chain is walked down to it. */
  return Effect.fnUntraced(function* (
    first: WalkStart,
    artifact: ArtifactId | undefined,
    filter: VersionFilter,
    page: PageRequest
  ): Effect.fn.Return<VersionPage, InvalidCursor | StorageError | VersionNotFound> {
    const limit = pageSize(page.limit)
    const oldest = page.direction === "oldest"
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const wanted = makeVersionFilter(catalog, objects, artifact, filter)
    const start = yield* walkStart(page.cursor, first)
    const { exclude, place } = start
    // A graph of its own: the chain needs the records, not only the shape of what is known.
    const reader = makeGraphReader(catalog, new PartialGraph(), { keepRecords: true })
    yield* reader.require(start.include)

    const kept: Array<StoredRecord> = []
    let next = start.include[0]
    let below = Number.POSITIVE_INFINITY
    let visited = 0
    const chunkFrom = Effect.fnUntraced(function* (size: number) {
      const chain: Array<StoredRecord> = []
      while (next !== undefined && chain.length < size) {
        const id: string = next
        if (!reader.records.has(id)) yield* reader.load({ ids: [id], below, visited })
        const record = reader.records.get(id)
        if (record === undefined) return yield* Effect.fail(corrupt("read", `version ${id}`, "it is missing"))
        reader.records.delete(id)
        const isPast = record.at < since || (place !== undefined && comparePositions(record, place) <= 0)
        const { parents } = glance(record)
        next = !isPast && Array.isArray(parents) && typeof parents[0] === "string" ? parents[0] : undefined
        if (isPast) break
        chain.push(record)
        visited++
        below = record.at - 1
      }
      const length = yield* lengthBefore(chain, exclude)
      if (length < chain.length) next = undefined
      return chain.slice(0, length)
    })

    for (let examined = 0; next !== undefined && (oldest || (kept.length < limit && examined < pageBudget)); ) {
      const chain = yield* chunkFrom(oldest ? oldestChunk : limit - kept.length)
      for (const record of yield* wanted(chain)) kept.push(record)
      examined += chain.length
    }
    const decode = (records: ReadonlyArray<StoredRecord>) => versionCodec.decodeAll(records)
    if (!oldest) {
      const cursor = next === undefined ? null : walkCursor({ include: [next], exclude })
      return { versions: yield* decode(kept), cursor }
    }
    const shown = kept.reverse().slice(0, limit)
    const last = shown.at(-1)
    const more = kept.length > limit && last !== undefined
    return { versions: yield* decode(shown), cursor: more ? walkCursor({ ...start, place: last }) : null }
  })
}
