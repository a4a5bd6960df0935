/** Makes versions known to a walk: in batches, guessing what it will ask for next. */
import * as Effect from "effect/Effect"
import type { GraphNode, KnownNodes, Need } from "../../algo/graph/Frontier.ts"
import type { Walk } from "../../algo/graph/graphWalks.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"

const idBatch = 1000
const firstScan = 16
const largestScan = 1000
/** Fewer versions than this in a row are read one by one. */
const patience = 2
/** Reading ahead stops when less than one in this many of the records read that way was needed. */
const worthwhile = 8

const parentTerm = "parent/"
const artifactTerm = "artifact/"

/** The shape of the graph is in a record's terms: its body need not be parsed. */
const nodeOf = (record: StoredRecord): GraphNode => ({
  id: record.id,
  at: record.at,
  parents: record.terms.filter((term) => term.startsWith(parentTerm)).map((term) => term.slice(parentTerm.length))
})

/**
 * What is known of the graph, kept between questions. Versions never change, so what is known stays true; the oldest
 * knowledge goes when there is too much.
 *
 * @internal
 */
export class GraphMemory {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(id: string): GraphNode | undefined {
    return this.#nodes.get(id)
  }

  add(node: GraphNode): void {
    this.#nodes.set(node.id, node)
    if (this.#nodes.size <= this.#limit) return
    for (const oldest of this.#nodes.keys()) {
      this.#nodes.delete(oldest)
      break
    }
  }
}

/** Answers one question: drives its walks, and reads what they need. @internal */
export interface GraphReader {
  readonly known: KnownNodes
  /** The records read for this question, where `keepRecords` was asked for. */
  readonly records: Map<string, StoredRecord>
  /** Makes sure that versions named by a caller are stored. */
  readonly require: (ids: ReadonlyArray<string>) => Effect.Effect<void, VersionNotFound | StorageError>
  /** Makes known what a walk needs. A version that is not stored is damage: another one named it. */
  readonly load: (need: Need) => Effect.Effect<void, StorageError>
  /** Runs a walk to its end. */
  readonly drive: <A>(walk: Walk<A>) => Effect.Effect<A, StorageError>
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
  memory: GraphMemory,
  options: { readonly keepRecords?: boolean | undefined } = {}
): GraphReader => {
  const records = new Map<string, StoredRecord>()
  /** Versions read ahead that no walk has asked for yet. */
  const ahead = new Set<string>()
  let loads = 0
  let scanSize = firstScan
  let scanned = 0
  let used = 0
  let term: string | undefined
  let position: RecordPosition | undefined

  const add = (record: StoredRecord): void => {
    memory.add(nodeOf(record))
    if (options.keepRecords === true) records.set(record.id, record)
    term ??= record.terms.find((candidate) => candidate.startsWith(artifactTerm))
  }

  const read = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const missing: Array<string> = []
    for (let i = 0; i < ids.length; i += idBatch) {
      const batch = ids.slice(i, i + idBatch)
      const found = yield* catalog.records("version", batch)
      for (const id of batch) {
        const record = found.get(id)
        if (record === undefined) missing.push(id)
        else add(record)
      }
    }
    return missing
  })

  const require = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const [missing] = yield* read([...new Set(ids)])
    if (missing !== undefined) return yield* Effect.fail(new VersionNotFound({ id: missing }))
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
    for (const record of page) {
      if (memory.get(record.id) === undefined) {
        ahead.add(record.id)
        scanned++
      }
      add(record)
    }
    // What was asked for is no guess.
    for (const id of need.ids) if (ahead.delete(id)) used++
    position = page.at(-1) ?? position
    scanSize = Math.min(largestScan, scanSize * 2)
  })

  const load = Effect.fnUntraced(function* (need: Need) {
    const losing = scanned >= 64 && used * worthwhile < scanned
    if (loads++ >= patience && term !== undefined && !losing) yield* readAhead(term, need)
    const [missing] = yield* read(need.ids.filter((id) => memory.get(id) === undefined))
    if (missing !== undefined) {
      return yield* Effect.fail(corrupt("read", `version ${missing}`, "its child is stored, but it is missing"))
    }
  })

  const drive = Effect.fnUntraced(function* <A>(walk: Walk<A>) {
    for (;;) {
      const step = walk.next()
      if (step.done === true) return step.value
      yield* load(step.value)
    }
  })

  const known: KnownNodes = {
    get: (id) => {
      if (ahead.delete(id)) used++
      return memory.get(id)
    }
  }
  return { known, records, require, load, drive }
}
