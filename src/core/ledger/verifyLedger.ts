/** Walks the ledger from its head to its beginning and compares everything it says with what is stored. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { OperationId, RefName } from "../../model/Ids.ts"
import type { Operation, RecordName, RecordSum } from "../../model/Operation.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { Progress } from "../references/Progress.ts"
import type { LedgerFinding, LedgerReport } from "./LedgerReport.ts"
import { operationCodec, operationTerms, operationText } from "./OperationLog.ts"
import { checkRecords, makeOddPlaces, wrongTerms } from "./recordChecks.ts"
import { readRecordPage } from "./recordPages.ts"
import { isIdentity } from "./storeIdentity.ts"

const operationBatch = 200
const refBatch = 1000
const steadyTries = 5

/** Checks the whole ledger; `knownHead` is a head that the caller noted earlier. @internal */
export const verifyLedger = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  sha256: Sha256Function,
  knownHead: string | undefined
): Effect.fn.Return<LedgerReport, StorageError> {
  const progress = yield* Progress
  const findings: Array<LedgerFinding> = []
  const report = (finding: LedgerFinding) => {
    findings.push(finding)
  }
  const { head, identity, refs } = yield* steadyRefs(catalog)
  if (identity !== undefined && !isIdentity(identity, sha256)) report({ _tag: "IdentityAltered", found: identity })
  const supply = makeSupply(catalog)
  const replay = makeReplay(report)
  const places = makeOddPlaces()
  const encoder = new TextEncoder()
  const visited = new Set<string>()
  const removed = new Set<string>()
  let records = 0
  /** The newest operation that was applied to a project: none is before the store has a name of its own. */
  let applied: OperationId | undefined
  let later: { readonly record: StoredRecord; readonly time: number } | undefined
  let sums: Array<readonly [OperationId, RecordSum]> = []

  const placeLater = (previousAt: number | undefined) => {
    if (later === undefined) return
    const place = Math.max(later.time, previousAt === undefined ? 0 : previousAt + 1)
    if (later.record.at !== place) report({ _tag: "Misplaced", kind: "operation", id: later.record.id })
  }

  for (let next: string | null = head, namedBy: OperationId | null = null; next !== null; ) {
    let record: StoredRecord | undefined = visited.has(next) ? undefined : yield* supply.take(next)
    if (record === undefined) {
      report({ _tag: "OperationMissing", operation: next, namedBy })
      // The chain is broken here: it is taken up again at the newest operation that is left.
      later = undefined
      record = yield* supply.newest
      if (record === undefined) break
    }
    visited.add(record.id)
    placeLater(record.at)
    const decoded = yield* Effect.exit(operationCodec.decode(record))
    if (Exit.isFailure(decoded)) {
      report({ _tag: "OperationAltered", operation: record.id })
      later = undefined
      next = (yield* supply.peek)?.id ?? null
      continue
    }
    const operation: Operation = decoded.value
    if (sha256(encoder.encode(operationText(operation))) !== operation.id) {
      report({ _tag: "OperationAltered", operation: operation.id })
    }
    const wrong = wrongTerms(record, { terms: operationTerms(operation, record.at), prefixes: [] })
    if (wrong !== undefined) report(wrong)
    replay.step(operation)
    if (operation.effect !== null) applied ??= operation.id
    // The walk comes from the newest: what a later operation removed need not be there any more.
    const standing = (listed: ReadonlyArray<RecordSum>) =>
      listed.flatMap((sum) => (removed.has(recordKey(sum)) ? [] : [[operation.id, sum] as const]))
    sums.push(...standing(operation.records))
    const removes = [...(operation.removes ?? [])]
    for (const page of operation.pages ?? []) {
      records += yield* checkRecords(catalog, sha256, sums, report, places)
      const listed = yield* readRecordPage(objects, page)
      if (listed === undefined) report({ _tag: "RecordListDamaged", operation: operation.id, page })
      sums = standing(listed?.records ?? [])
      for (const name of listed?.removes ?? []) removes.push(name)
      progress({ phase: "verify the ledger", done: visited.size, total: 0 })
    }
    for (const name of removes) removed.add(recordKey(name))
    later = { record, time: operation.time }
    namedBy = operation.id
    next = operation.previous
    if (next === null || sums.length >= 1000) {
      records += yield* checkRecords(catalog, sha256, sums, report, places)
      sums = []
      progress({ phase: "verify the ledger", done: visited.size, total: 0 })
    }
  }
  records += yield* checkRecords(catalog, sha256, sums, report, places)
  for (const finding of places.findings()) report(finding)
  placeLater(undefined)
  for (const operation of yield* unchained(catalog, supply, head)) report({ _tag: "OperationUnchained", operation })
  if (knownHead !== undefined && !visited.has(knownHead)) {
    report({ _tag: "OperationMissing", operation: knownHead, namedBy: null })
  }
  replay.finish(refs)
  if (identity === undefined && applied !== undefined) report({ _tag: "IdentityMissing", operation: applied })
  const tail = knownHead === undefined ? "unknown" : "checked"
  return { head, operations: visited.size, records, refs: refs.size, tail, findings }
})

const recordKey = ({ id, kind }: RecordName): string => `${kind} ${id}`

/** All refs and the head, as they stood together at one moment. */
const steadyRefs = Effect.fnUntraced(function* (catalog: CatalogStorageService) {
  const readHead = Effect.map(
    catalog.refs([ledgerHead]),
    (found) => (found.get(ledgerHead) ?? null) as OperationId | null
  )
  let head = yield* readHead
  for (let tries = 1; ; tries++) {
    const refs = new Map<RefName, string>()
    for (let after: RefName | undefined; ; ) {
      const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({
        prefix: "",
        after,
        limit: refBatch
      })
      for (const [name, value] of page) refs.set(name, value)
      if (page.length < refBatch) break
      after = page.at(-1)?.[0]
    }
    const identity = refs.get(storeIdentity)
    refs.delete(ledgerHead)
    refs.delete(storeIdentity)
    const now = yield* readHead
    if (now === head || tries === steadyTries) return { head, identity, refs }
    head = now
  }
})

/** Hands out stored operations by id. The order of the catalog is that of the chain, so they are read in pages. */
const makeSupply = (catalog: CatalogStorageService) => {
  const window = new Map<string, StoredRecord>()
  let last: StoredRecord | undefined
  let ended = false

  const fill = Effect.gen(function* () {
    const page = yield* catalog.scan({
      kind: operationCodec.kind,
      term: "all",
      direction: "backward",
      after: last,
      limit: operationBatch
    })
    for (const record of page) window.set(record.id, record)
    last = page.at(-1) ?? last
    ended = page.length < operationBatch
  })

  const take = Effect.fnUntraced(function* (id: string) {
    if (!window.has(id) && !ended) yield* fill
    const record = window.get(id) ?? (yield* catalog.records(operationCodec.kind, [id])).get(id)
    window.delete(id)
    return record
  })

  /** The newest operation that was not handed out. */
  const peek = Effect.gen(function* () {
    if (window.size === 0 && !ended) yield* fill
    return window.values().next().value
  })
  const newest = Effect.map(peek, (record) => {
    if (record !== undefined) window.delete(record.id)
    return record
  })

  /** Everything that was not handed out. */
  const rest = Effect.gen(function* () {
    while (!ended) yield* fill
    return window
  })

  return { newest, peek, rest, take }
}

/** Stored operations that the walk did not meet, without those that were appended while it went on. */
const unchained = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  supply: ReturnType<typeof makeSupply>,
  head: OperationId | null
) {
  const rest = yield* supply.rest
  if (rest.size === 0) return []
  let id = (yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null
  while (id !== null && id !== head) {
    const record: StoredRecord | undefined = (yield* catalog.records(operationCodec.kind, [id])).get(id)
    if (record === undefined) break
    rest.delete(id)
    id = (yield* operationCodec.decode(record)).previous
  }
  return [...rest.keys()]
})

/** Follows every name backwards through the operations that moved it. */
const makeReplay = (report: (finding: LedgerFinding) => void) => {
  const last = new Map<RefName, { readonly operation: OperationId; readonly after: string | null }>()
  /** The oldest move of each name seen so far: where it came from has to be where an older one left it. */
  const oldest = new Map<RefName, { readonly operation: OperationId; readonly before: string | null }>()

  const step = (operation: Operation) => {
    for (const { after, before, name } of operation.refs) {
      const next = oldest.get(name)
      if (next === undefined) last.set(name, { operation: operation.id, after })
      else if (next.before !== after) {
        report({ _tag: "RefBroken", name, operation: next.operation, expected: after, found: next.before })
      }
      oldest.set(name, { operation: operation.id, before })
    }
  }

  const finish = (refs: ReadonlyMap<RefName, string>) => {
    for (const [name, { before, operation }] of oldest) {
      if (before !== null) report({ _tag: "RefBroken", name, operation, expected: null, found: before })
    }
    for (const [name, { after, operation }] of last) {
      const found = refs.get(name) ?? null
      if (found !== after) report({ _tag: "RefMoved", name, operation, expected: after, found })
    }
    for (const [name, found] of refs) if (!last.has(name)) report({ _tag: "RefUnrecorded", name, found })
  }

  return { finish, step }
}
