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
import { versionCodec } from "./versionRecord.ts"

const operationBatch = 100
const recordBatch = 1000
const parentTerm = "parent/"
/** It is saved again when so many versions came in, or a tenth of what is in it, whichever is more. */
const savedAfter = 10_000

/** The graph with its questions, and which of its numbers the versions have that were asked about. @internal */
export interface IndexedVersions {
  readonly graph: IndexedGraph
  readonly queries: DagQueries
  readonly numbers: ReadonlyArray<number>
}

/** @internal */
export interface VersionIndexReader {
  /**
   * The index, if the host wants one and it can be had; else `null`, and the store is to be walked. `null` too where it does
   * not agree with the records of the versions that are asked about: it is then made anew for the next question.
   */
  readonly of: (records: ReadonlyArray<StoredRecord>) => Effect.Effect<IndexedVersions | null, StorageError>
}

const parentsOf = (record: StoredRecord): ReadonlyArray<string> =>
  record.terms.flatMap((term) => (term.startsWith(parentTerm) ? [term.slice(parentTerm.length)] : []))

interface State {
  graph: IndexedGraph
  queries: DagQueries
  /** How many versions the questions know. */
  asked: number
  /** The last operation whose versions are in it. */
  through: RecordPosition | null
  saved: number
}

const fresh = (): State => {
  const graph = new IndexedGraph()
  return { graph, queries: makeDagQueries(graph.dag()), asked: 0, through: null, saved: 0 }
}

/** Makes the index of one service. @internal */
export const makeVersionIndex = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  sha256: Sha256Function,
  storage: VersionIndexStorageService | null
): VersionIndexReader => {
  const turn = Semaphore.makeUnsafe(1)
  let state: State | undefined
  /** With this head no index could be made: something it would need is missing. */
  let hopeless: string | null = null

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
    if (known === undefined || known.at !== through?.at) return fresh()
    const queries = makeDagQueries(graph.dag())
    return { graph, queries, asked: graph.size, through, saved: graph.size } satisfies State
  })

  const addVersions = Effect.fnUntraced(function* (graph: IndexedGraph, ids: ReadonlyArray<string>) {
    for (let i = 0; i < ids.length; i += recordBatch) {
      const batch = ids.slice(i, i + recordBatch)
      const records = yield* catalog.records(versionCodec.kind, batch)
      for (const id of batch) {
        const record = records.get(id)
        if (record === undefined || !graph.add(id, record.at, parentsOf(record))) return false
      }
    }
    return true
  })

  /** Adds what later operations stored. False where they do not follow one another, or something they name is missing. */
  const extend = Effect.fnUntraced(function* (into: State) {
    const progress = yield* Progress
    for (;;) {
      const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
        kind: operationCodec.kind,
        term: "all",
        direction: "forward",
        after: into.through ?? undefined,
        limit: operationBatch
      })
      for (const record of page) {
        const operation = yield* operationCodec.decode(record)
        if (operation.previous !== (into.through?.id ?? null)) return false
        let complete = true
        yield* eachRecordList(objects, operation, (sums) =>
          Effect.gen(function* () {
            const ids = sums.flatMap(({ id, kind }) => (kind === versionCodec.kind ? [id] : []))
            complete = (yield* addVersions(into.graph, ids)) && complete
            progress({ phase: "index versions", done: into.graph.size, total: 0 })
          })
        )
        if (!complete) return false
        into.through = { at: record.at, id: record.id }
      }
      if (page.length < operationBatch) return true
    }
  })

  const save = Effect.fnUntraced(function* (of: State) {
    const added = of.graph.size - of.saved
    if (storage === null || added === 0 || (of.saved > 0 && added < Math.max(savedAfter, of.saved / 10))) return
    of.saved = of.graph.size
    // One that cannot be kept costs the next engine its time, nothing else.
    yield* Effect.ignore(storage.save(of.graph.encode(noteOf(of), sha256)))
  })

  const upToDate = Effect.fnUntraced(function* () {
    const head = ((yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null) as OperationId | null
    if (head === null || head === hopeless) return null
    let current: State = state ?? (yield* load())
    state = current
    // After a failure on the way, versions may be in it that no question knows of yet.
    if (current.through?.id === head && current.asked === current.graph.size) return current
    const { size } = current.graph
    // A failure on the way leaves what was added up to an operation's end, and half of the next: added once more, no matter.
    let sound = yield* extend(current)
    if (!sound && size > 0) {
      current = fresh()
      sound = yield* extend(current)
    }
    if (!sound) {
      state = undefined
      hopeless = head
      return null
    }
    state = { ...current, queries: makeDagQueries(current.graph.dag()), asked: current.graph.size }
    yield* save(state)
    return state
  })

  return {
    of: Effect.fnUntraced(function* (records) {
      if (storage === null) return null
      const current = yield* turn.withPermit(upToDate())
      if (current === null) return null
      const { graph, queries } = current
      const numbers: Array<number> = []
      for (const record of records) {
        const number = graph.find(record.id)
        const agrees =
          number !== -1 && graph.at(number) === record.at && `${graph.parents(number)}` === `${parentsOf(record)}`
        if (!agrees) {
          state = fresh()
          return null
        }
        numbers.push(number)
      }
      return { graph, queries, numbers }
    })
  }
}
