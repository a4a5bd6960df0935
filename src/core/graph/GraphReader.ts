/** Makes versions known to a walk: in batches, guessing what it will ask for next. */
import * as Effect from "effect/Effect"
import type { Need } from "../../algo/graph/Frontier.ts"
import type { Walk } from "../../algo/graph/graphWalks.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { recordParents } from "./recordParents.ts"

const idBatch = 1000
const firstScan = 16
const largestScan = 2000
/** Fewer versions than this in a row are read one by one. */
const patience = 2
/** Reading ahead stops when less than one in this many of the records read that way was needed. */
const worthwhile = 4

const artifactTerm = "artifact/"

/**
 * What is known of the graph, kept between questions. Versions never change, so what is known stays true. When there is
 * too much of it, the next question begins with nothing; questions under way keep what they have.
 *
 * @internal
 */
export interface GraphMemory {
  readonly current: () => PartialGraph
  /** How many records all walks have read so far that were to be counted. */
  readonly walked: { records: number }
}

/** Makes a memory of at most about `limit` versions. @internal */
export const makeGraphMemory = (limit: number): GraphMemory => {
  let graph = new PartialGraph()
  return {
    walked: { records: 0 },
    current: () => {
      if (graph.size > limit) graph = new PartialGraph()
      return graph
    }
  }
}

/** Answers one question: drives its walks, and reads what they need. @internal */
export interface GraphReader {
  readonly graph: PartialGraph
  /** The records read for this question, where `keepRecords` was asked for. */
  readonly records: Map<string, StoredRecord>
  /** Gives the slots of versions that a caller names; fails where one is not stored. */
  readonly require: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<number>, VersionNotFound | StorageError>
  /** Gives the slots of versions whose records were read already. */
  readonly take: (records: ReadonlyArray<StoredRecord>) => ReadonlyArray<number>
  /** Makes known what a walk needs. A version that is not stored is damage: another one named it. */
  readonly load: (need: Need) => Effect.Effect<void, StorageError>
  /** Runs a walk to its end. */
  readonly drive: <A>(walk: Walk<A>) => Effect.Effect<A, StorageError>
  /** The same, until `limit` records were counted: then `undefined`, and the walk can be driven on. */
  readonly tryDrive: <A>(walk: Walk<A>, limit: number) => Effect.Effect<{ readonly value: A } | undefined, StorageError>
}

/**
 * Makes the reader of one question.
 *
 * @remarks
 * A walk down a chain asks for one version at a time. After the first few, the reader scans the artifact's versions
 * below the one asked for, in pages that grow: their order is the order of the walk. Where most of what it reads that
 * way belongs to other branches, it goes back to reading by id, so a question between near versions stays cheap
 * however much else the artifact's history holds.
 *
 * @internal
 */
export const makeGraphReader = (
  catalog: CatalogStorageService,
  graph: PartialGraph,
  options: { readonly keepRecords?: boolean | undefined; readonly counter?: GraphMemory["walked"] | undefined } = {}
): GraphReader => {
  const records = new Map<string, StoredRecord>()
  let loads = 0
  let scanSize = firstScan
  let scanned = 0
  /** How many versions the walk had been through when reading ahead began. */
  let visitedBefore = 0
  let term: string | undefined
  let position: RecordPosition | undefined

  const counter = options.counter ?? { records: 0 }

  const add = (record: StoredRecord): number => {
    counter.records++
    if (options.keepRecords === true) records.set(record.id, record)
    term ??= record.terms.find((candidate) => candidate.startsWith(artifactTerm))
    const parents = recordParents(record)
    // A damaged one stays unknown: whoever needs it asks for it by its id, and is told.
    return parents === undefined ? graph.slot(record.id) : graph.add(record.id, record.at, parents)
  }

  const read = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const missing: Array<string> = []
    for (let i = 0; i < ids.length; i += idBatch) {
      const batch = ids.slice(i, i + idBatch)
      const found = yield* askRecords(catalog, "version", batch)
      for (const id of batch) {
        const record = found.get(id)
        if (record === undefined) missing.push(id)
        else if (!graph.isKnown(add(record))) {
          return yield* Effect.fail(corrupt("read", `version ${id}`, "its record does not say its parents"))
        }
      }
    }
    return missing
  })

  const require = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const [missing] = yield* read([...new Set(ids)])
    if (missing !== undefined) return yield* Effect.fail(new VersionNotFound({ id: missing }))
    return ids.map((id) => graph.slot(id))
  })

  const readAhead = Effect.fnUntraced(function* (within: string, need: Need) {
    const below = Number.isFinite(need.below) ? need.below : undefined
    const resume = position !== undefined && (below === undefined || position.at <= below)
    const page = yield* catalog.scan({
      kind: "version",
      term: within,
      direction: "backward",
      ...(resume ? { after: position } : { to: below }),
      limit: scanSize
    })
    for (const record of page) add(record)
    scanned += page.length
    position = page.at(-1) ?? position
    scanSize = Math.min(largestScan, scanSize * 2)
  })

  const load = Effect.fnUntraced(function* (need: Need) {
    if (loads++ === patience) visitedBefore = need.visited
    const losing = scanned >= 64 && (need.visited - visitedBefore) * worthwhile < scanned
    if (losing) scanSize = firstScan
    else if (loads > patience && term !== undefined) yield* readAhead(term, need)
    const [missing] = yield* read(need.ids.filter((id) => !graph.isKnown(graph.slot(id))))
    if (missing !== undefined) {
      return yield* Effect.fail(corrupt("read", `version ${missing}`, "its child is stored, but it is missing"))
    }
  })

  const tryDrive = Effect.fnUntraced(function* <A>(walk: Walk<A>, limit: number) {
    for (let step = walk.next(); ; step = walk.next()) {
      if (step.done === true) return { value: step.value }
      if (counter.records >= limit) return undefined
      yield* load(step.value)
    }
  })

  const drive = Effect.fnUntraced(function* <A>(walk: Walk<A>) {
    for (;;) {
      const step = walk.next()
      if (step.done === true) return step.value
      yield* load(step.value)
    }
  })

  return { graph, records, require, take: (given) => given.map(add), load, drive, tryDrive }
}
