/** Puts records and refs back as the ledger says they are. */
import { isReadonlyArrayNonEmpty } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { RefName, TreeId } from "../../model/Ids.ts"
import type { RecordSum } from "../../model/Operation.ts"
import type { Version } from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts, ledgerHead } from "../catalog/names.ts"
import { resolutionCodec } from "../conflicts/resolutionRecord.ts"
import { tagCodec, tagsTerm, tagTerm } from "../graph/tagRecord.ts"
import { touchedPathsLimit, versionCodec, versionTerms } from "../graph/versionRecord.ts"
import { operationCodec, operationTerms, operationText } from "../ledger/OperationLog.ts"
import { readRecordPage } from "../ledger/recordPages.ts"
import { bodySum, termsSum } from "../ledger/recordSum.ts"
import { diffTrees } from "../objects/treeWalk.ts"
import { deploymentCodec, deploymentTerms } from "../projects/deploymentRecord.ts"
import { snapshotCodec, snapshotTerms } from "../snapshots/snapshotRecord.ts"
import { keyOf } from "./recordLinks.ts"
import { eachOperationPage } from "./storePages.ts"
import type { StoreParts } from "./verifyStore.ts"

const recordBatch = 500

/** What operations say of these records; the oldest says it. @internal */
export const sumsOf = Effect.fnUntraced(function* (
  { catalog, objects }: StoreParts,
  wanted: ReadonlySet<string>
): Effect.fn.Return<ReadonlyMap<string, RecordSum>, StorageError> {
  const sums = new Map<string, RecordSum>()
  const take = (listed: ReadonlyArray<RecordSum>) => {
    for (const sum of listed) if (wanted.has(keyOf(sum))) sums.set(keyOf(sum), sum)
  }
  yield* eachOperationPage(
    catalog,
    Effect.fnUntraced(function* (page) {
      for (const record of page) {
        const decoded = yield* Effect.exit(operationCodec.decode(record))
        if (Exit.isFailure(decoded)) continue
        take(decoded.value.records)
        for (const id of decoded.value.pages ?? []) take((yield* readRecordPage(objects, id))?.records ?? [])
      }
    })
  )
  return sums
})

/** The paths a version touched, by its trees. */
const touchedBy = Effect.fnUntraced(function* ({ catalog, objects }: StoreParts, version: Version) {
  const [parent] = version.parents
  let before: TreeId | null = null
  if (parent !== undefined) {
    const record = (yield* catalog.records(versionCodec.kind, [parent])).get(parent)
    if (record === undefined) return []
    before = (yield* versionCodec.decode(record)).tree
  }
  const changes = yield* diffTrees(objects, before, version.tree)
  return changes
    .filter((change) => change.before?.kind !== "directory" || change.after?.kind !== "directory")
    .slice(0, touchedPathsLimit + 1)
    .map(({ path }) => path)
})

/** The terms that a record is to be found by, from what it says. */
const deriveTerms = Effect.fnUntraced(function* (parts: StoreParts, record: StoredRecord) {
  switch (record.kind) {
    case versionCodec.kind: {
      const version = yield* versionCodec.decode(record)
      const touched = yield* Effect.exit(touchedBy(parts, version))
      if (Exit.isSuccess(touched)) return versionTerms(version, record.at, touched.value)
      // Where the trees are lost, the paths that it was found by will have to do.
      const own = versionTerms(version, record.at, [])
      const prefix = joinParts("artifact+path", version.artifact)
      return [...own, ...record.terms.filter((term) => term.startsWith(prefix) && !own.includes(term))]
    }
    case snapshotCodec.kind:
      return snapshotTerms(yield* snapshotCodec.decode(record))
    case deploymentCodec.kind:
      return deploymentTerms(yield* deploymentCodec.decode(record))
    case resolutionCodec.kind:
      return [joinParts("artifact", (yield* resolutionCodec.decode(record)).artifact)]
    case tagCodec.kind: {
      const { artifact, name } = yield* tagCodec.decode(record)
      return [tagsTerm(artifact), tagTerm(artifact, name)]
    }
    default:
      return record.terms
  }
})

/** A record as its operation says, from what is stored or was found elsewhere; `undefined` where its body is lost. */
const mend = Effect.fnUntraced(function* (
  parts: StoreParts,
  sum: RecordSum,
  candidates: ReadonlyArray<StoredRecord>
): Effect.fn.Return<StoredRecord | undefined, StorageError> {
  const sound = candidates.filter((record) => bodySum(record, parts.sha256) === sum.sha256)
  const [first] = sound
  if (first === undefined) return undefined
  const { at, id, kind } = sum
  const known = sound.find(({ terms }) => termsSum(terms, parts.sha256) === sum.terms)
  const derived = known === undefined ? yield* Effect.exit(deriveTerms(parts, { ...first, kind, id, at })) : undefined
  const terms = known?.terms ?? (derived !== undefined && Exit.isSuccess(derived) ? derived.value : first.terms)
  return { kind, id, at, terms: [...new Set(terms)], body: first.body }
})

/** The same for an operation, whose id is the sum. */
const mendOperation = Effect.fnUntraced(function* (
  { catalog, sha256 }: StoreParts,
  id: string,
  candidates: ReadonlyArray<StoredRecord>
): Effect.fn.Return<StoredRecord | undefined, StorageError> {
  for (const record of candidates) {
    const decoded = yield* Effect.exit(operationCodec.decode({ ...record, id }))
    if (Exit.isFailure(decoded)) continue
    const operation = decoded.value
    if (sha256(new TextEncoder().encode(operationText(operation))) !== id) continue
    const { previous } = operation
    const before =
      previous === null ? undefined : (yield* catalog.records(operationCodec.kind, [previous])).get(previous)
    const at = previous !== null && before === undefined ? record.at : Math.max(operation.time, (before?.at ?? -1) + 1)
    return { kind: operationCodec.kind, id, at, terms: operationTerms(operation, at), body: record.body }
  }
  return undefined
})

/** Puts right what can be; returns what was. Each batch replaces its records in one step. @internal */
export const recoverRecords = Effect.fnUntraced(function* (
  parts: StoreParts,
  careful: CatalogStorageService,
  wanted: ReadonlySet<string>,
  found: ReadonlyMap<string, StoredRecord>
): Effect.fn.Return<ReadonlyArray<StoredRecord>, StorageError> {
  const own: StoreParts = { ...parts, catalog: careful }
  /** Operations that only such name as are lost themselves: what was found elsewhere leads from one to the next. */
  const withPredecessors = Effect.fnUntraced(function* (keys: Iterable<string>) {
    const all = new Set(keys)
    for (const key of all) {
      const record = found.get(key)
      const decoded = record === undefined ? undefined : yield* Effect.exit(operationCodec.decode(record))
      const previous = decoded !== undefined && Exit.isSuccess(decoded) ? decoded.value.previous : null
      if (previous === null || (yield* careful.records(operationCodec.kind, [previous])).has(previous)) continue
      all.add(keyOf({ kind: operationCodec.kind, id: previous }))
    }
    return [...all]
  })
  const mendAll = Effect.fnUntraced(function* (keys: ReadonlyArray<string>) {
    if (keys.length === 0) return []
    const sums = yield* sumsOf(own, new Set(keys))
    const mended: Array<StoredRecord> = []
    for (const key of keys) {
      const [kind = "", id = ""] = key.split("\0")
      const stored = (yield* careful.records(kind, [id])).get(id)
      const other = found.get(key)
      const candidates = [...(stored === undefined ? [] : [stored]), ...(other === undefined ? [] : [other])]
      const sum = sums.get(key)
      const record = isOperation(key)
        ? yield* mendOperation(own, id, candidates)
        : sum === undefined
          ? undefined
          : yield* mend(own, sum, candidates)
      if (record !== undefined) mended.push(record)
    }
    const head = (yield* careful.refs([ledgerHead])).get(ledgerHead) ?? null
    for (let i = 0; i < mended.length; i += recordBatch) {
      const records = mended.slice(i, i + recordBatch)
      const remove = records.map(({ id, kind }) => ({ id, kind }))
      const refs = [{ name: ledgerHead, expected: head, next: head }] as const
      yield* parts.catalog.commit({ records, remove, refs })
    }
    return mended
  })
  const isOperation = (key: string) => key.startsWith(`${operationCodec.kind}\0`)
  // Operations first: they are found by their terms, and say what the other records were.
  const operations = yield* mendAll(yield* withPredecessors([...wanted].filter(isOperation)))
  return [...operations, ...(yield* mendAll([...wanted].filter((key) => !isOperation(key))))]
})

/** Moves refs behind the ledger's back: to where it says they are. @internal */
export const putRefsBack = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  updates: ReadonlyArray<RefUpdate>
): Effect.fn.Return<void, StorageError> {
  for (let i = 0; i < updates.length; i += recordBatch) {
    const refs = updates.slice(i, i + recordBatch)
    if (isReadonlyArrayNonEmpty(refs)) yield* catalog.commit({ refs })
  }
})

/** The values that operations gave a ref, the newest first. @internal */
export const pastValues = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  names: ReadonlySet<RefName>
): Effect.fn.Return<ReadonlyMap<RefName, ReadonlyArray<string | null>>, StorageError> {
  const past = new Map<RefName, Array<string | null>>()
  yield* eachOperationPage(
    catalog,
    Effect.fnUntraced(function* (page) {
      for (const record of page) {
        const decoded = yield* Effect.exit(operationCodec.decode(record))
        if (Exit.isFailure(decoded)) continue
        for (const { after, before, name } of decoded.value.refs) {
          if (names.has(name)) past.set(name, [...(past.get(name) ?? []), after, before])
        }
      }
    })
  )
  return past
})
