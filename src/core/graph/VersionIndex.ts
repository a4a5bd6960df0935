/** The index of the version graph: made from the ledger's operations, and brought up to date before each question. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { type DagQueries, makeDagQueries } from "../../algo/graph/dagQueries.ts"
import { IndexedGraph } from "../../algo/graph/IndexedGraph.ts"
import type { OperationId } from "../../model/Ids.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { VersionIndexStorageService } from "../../storage/VersionIndexStorage.ts"
import { ledgerHead } from "../catalog/names.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { eachRecordList } from "../ledger/recordPages.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { Progress } from "../references/Progress.ts"
import { recordParents } from "./recordParents.ts"
import { versionCodec } from "./versionRecord.ts"

const operationBatch = 100
const recordBatch = 1000
/** It is saved again when so many versions came in, or a tenth of what is in it, whichever is more. */
const savedAfter = 10_000
/** A question brings an index that the store keeps by itself up to date by about so many versions, not more. */
const extendedBy = 20_000
/** More versions than this are not held in memory unless the host asks for it. */
const automaticLimit = 2_000_000

/** The graph with its questions, and which of its numbers the versions have that were asked about. @internal */
export interface IndexedVersions {
  readonly graph: IndexedGraph
  readonly queries: DagQueries
  readonly numbers: ReadonlyArray<number>
}

/** A version that was just stored. @internal */
export interface StoredEdge {
  readonly id: string
  readonly at: number
  readonly parents: ReadonlyArray<string>
}

/** @internal */
export interface VersionIndexReader {
  /**
   * The index, if it has the versions that are asked about; else `null`, and the store is to be walked. `null` too where
   * it does not agree with the records of those versions: it is then made anew for the next question.
   *
   * @remarks
   * An index that the host asked for is made, and extended by what it does not know yet, for any question. One that the store keeps by itself is
   * loaded once a question is `hard`: till then walking costs less.
   */
  readonly of: (
    records: ReadonlyArray<StoredRecord>,
    hard?: boolean
  ) => Effect.Effect<IndexedVersions | null, StorageError>
  /** Takes in the many versions of an operation that was just committed, where it knows everything before it. */
  readonly add: (operation: OperationId, count: number, edges: Iterable<StoredEdge>) => Effect.Effect<void>
  /** Whether hard questions may find an index that easy ones do not. */
  readonly isAutomatic: boolean
}

interface State {
  graph: IndexedGraph
  queries: DagQueries
  /** How many versions the questions know. */
  asked: number
  /** The last operation whose versions are in it. */
  through: RecordPosition | null
  saved: number
  /** Versions that operations stored and that are not there: a later operation must have removed them. */
  readonly absent: Set<string>
}

const stateOf = (graph: IndexedGraph, through: RecordPosition | null): State => ({
  graph,
  queries: makeDagQueries(graph.dag()),
  asked: graph.size,
  through,
  saved: graph.size,
  absent: new Set()
})
const fresh = (): State => stateOf(new IndexedGraph(), null)

type Extended = "whole" | "part" | "unsound"

/** Makes the index of one service. @internal */
export const makeVersionIndex = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  sha256: Sha256Function,
  asked: VersionIndexStorageService | null
): VersionIndexReader => {
  const isAutomatic = asked === null && catalog.versionIndex !== undefined
  const storage = asked ?? catalog.versionIndex ?? null
  const turn = Semaphore.makeUnsafe(1)
  let state: State | undefined
  /** With this head no index could be made: something it would need is missing. */
  let hopeless: string | null = null
  let isTooLarge = false

  const noteOf = ({ through }: State) => JSON.stringify(through)

  /** What was kept, if it is an index of this very store: the operation it went up to is part of its chain. */
  const load = Effect.fnUntraced(function* () {
    const bytes = storage === null ? null : yield* Effect.catch(storage.load, () => Effect.succeed(null))
    const decoded = bytes === null ? undefined : IndexedGraph.decode(bytes, sha256)
    if (decoded === undefined) return fresh()
    const { graph, note } = decoded
    const through = JSON.parse(note) as RecordPosition | null
    const known =
      through === null ? undefined : (yield* catalog.records(operationCodec.kind, [through.id])).get(through.id)
    return known === undefined || known.at !== through?.at ? fresh() : stateOf(graph, through)
  })

  const addVersions = Effect.fnUntraced(function* ({ absent, graph }: State, ids: ReadonlyArray<string>) {
    for (let i = 0; i < ids.length; i += recordBatch) {
      const batch = ids.slice(i, i + recordBatch)
      const records = yield* catalog.records(versionCodec.kind, batch)
      for (const id of batch) {
        const record = records.get(id)
        const parents = record === undefined ? undefined : recordParents(record)
        if (record === undefined) absent.add(id)
        else if (parents === undefined || !graph.add(id, record.at, parents)) return false
      }
    }
    return true
  })

  /** Adds what later operations stored. Unsound where they do not follow one another, or something they name is missing. */
  const extend = Effect.fnUntraced(function* (
    into: State,
    before?: OperationId
  ): Effect.fn.Return<Extended, StorageError> {
    const progress = yield* Progress
    const enough = isAutomatic ? into.graph.size + extendedBy : Number.POSITIVE_INFINITY
    for (;;) {
      const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
        kind: operationCodec.kind,
        term: "all",
        direction: "forward",
        after: into.through ?? undefined,
        limit: operationBatch
      })
      for (const record of page) {
        if (record.id === before) return into.absent.size === 0 ? "whole" : "unsound"
        const operation = yield* operationCodec.decode(record)
        if (operation.previous !== (into.through?.id ?? null)) return "unsound"
        let complete = true
        yield* eachRecordList(
          objects,
          operation,
          (sums) =>
            Effect.gen(function* () {
              const ids = sums.flatMap(({ id, kind }) => (kind === versionCodec.kind ? [id] : []))
              complete = (yield* addVersions(into, ids)) && complete
              progress({ phase: "index versions", done: into.graph.size, total: 0 })
            }),
          (names) =>
            Effect.sync(() => {
              for (const { id } of names) into.absent.delete(id)
            })
        )
        if (!complete) return "unsound"
        into.through = { at: record.at, id: record.id }
      }
      if (page.length < operationBatch) return into.absent.size === 0 ? "whole" : "unsound"
      if (into.graph.size >= enough) return "part"
    }
  })

  const save = Effect.fnUntraced(function* (of: State) {
    const added = of.graph.size - of.saved
    const least = of.saved > 0 || isAutomatic ? Math.max(savedAfter, of.saved / 10) : 1
    // What a note says is complete: nothing may be waiting for the operation that removed it.
    if (storage === null || added < least || of.absent.size > 0) return
    of.saved = of.graph.size
    // One that cannot be kept costs the next engine its time, nothing else.
    yield* Effect.ignore(storage.save(of.graph.encode(noteOf(of), sha256)))
  })

  const ready = Effect.fnUntraced(function* (of: State) {
    isTooLarge = isAutomatic && of.graph.size > automaticLimit
    state = isTooLarge ? undefined : { ...of, queries: makeDagQueries(of.graph.dag()), asked: of.graph.size }
    if (state !== undefined) yield* save(state)
  })

  const upToDate = Effect.fnUntraced(function* () {
    const head = ((yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null) as OperationId | null
    if (head === null || head === hopeless || isTooLarge) return
    let current: State = state ?? (yield* load())
    state = current
    // After a failure on the way, versions may be in it that no question knows of yet.
    if (current.through?.id === head && current.asked === current.graph.size) return
    const { size } = current.graph
    // A failure on the way leaves what was added up to an operation's end, and half of the next: added once more, no matter.
    let extended = yield* extend(current)
    if (extended === "unsound" && size > 0) {
      current = fresh()
      extended = yield* extend(current)
    }
    if (extended === "unsound") {
      state = undefined
      hopeless = head
    } else yield* ready(current)
  })

  /** The numbers of versions; those that it does not have are left out. Nothing where it says something else of one. */
  const numbersOf = ({ graph }: State, records: ReadonlyArray<StoredRecord>): ReadonlyArray<number> | undefined => {
    const numbers: Array<number> = []
    for (const record of records) {
      const number = graph.find(record.id)
      if (number === -1) continue
      if (graph.at(number) !== record.at || `${graph.parents(number)}` !== `${recordParents(record)}`) return undefined
      numbers.push(number)
    }
    return numbers
  }

  /** What is in it has all its ancestors in it: it need not know what came later. */
  const answer = (records: ReadonlyArray<StoredRecord>): IndexedVersions | null => {
    if (state === undefined) return null
    const { asked, graph, queries } = state
    const numbers = numbersOf(state, records)
    if (numbers === undefined) state = fresh()
    const known = numbers !== undefined && numbers.length === records.length && numbers.every((n) => n < asked)
    return known ? { graph, queries, numbers } : null
  }

  return {
    isAutomatic,
    of: Effect.fnUntraced(function* (records, hard = false) {
      if (storage === null) return null
      const known = answer(records)
      if (known !== null || (isAutomatic && !hard)) return known
      if (state === undefined && isAutomatic) {
        // What was kept may do as it is.
        yield* turn.withPermit(
          Effect.gen(function* () {
            state ??= isTooLarge || hopeless !== null ? undefined : yield* load()
          })
        )
        const loaded = answer(records)
        if (loaded !== null) return loaded
      }
      yield* turn.withPermit(upToDate())
      return answer(records)
    }),
    add: (operation, count, edges) => {
      const take = Effect.gen(function* () {
        const current: State = state ?? (yield* load())
        const record = (yield* catalog.records(operationCodec.kind, [operation])).get(operation)
        if (record === undefined) return
        state = current
        // What came before is little as a rule; where it is not, questions will catch up.
        if ((yield* extend(current, operation)) !== "whole") return
        let isComplete = true
        for (const { at, id, parents } of edges) isComplete = current.graph.add(id, at, parents) && isComplete
        if (!isComplete) return
        current.through = { at: record.at, id: record.id }
        yield* ready(current)
      })
      return isAutomatic && count >= savedAfter ? Effect.ignore(turn.withPermit(take)) : Effect.void
    }
  }
}
