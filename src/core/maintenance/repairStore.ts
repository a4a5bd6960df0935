/** Repairs a store: what can be had again is, what is lost is named, and everything else stays as it was. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Stream from "effect/Stream"
import type { ObjectId, OperationId, RefName } from "../../model/Ids.ts"
import type { RecordName, RefChange } from "../../model/Operation.ts"
import type { RefConflict } from "../../model/Version.ts"
import type { RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import { type OperationLogService, operationCodec } from "../ledger/OperationLog.ts"
import { isIdentity } from "../ledger/storeIdentity.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import type { WorkingTreeError, WorkingTreeService } from "../WorkingTree.ts"
import type { BackupDamaged } from "./Backup.ts"
import { carefulCatalog, carefulObjects } from "./carefulStorage.ts"
import { checkRecords } from "./checkRecords.ts"
import { isNamedIn } from "./checkTerms.ts"
import { clearBroken, renewMislisted } from "./homeObjects.ts"
import type { RepairReport } from "./RepairReport.ts"
import { rebuildLists } from "./rebuildLists.ts"
import { keyOf, linkOfRef } from "./recordLinks.ts"
import { nothingRecovered, type Recovered, recoverFromBackup, recoverFromTrees } from "./recoverObjects.ts"
import { pastValues, putRefsBack, recoverRecords } from "./recoverRecords.ts"
import type { StoreReport } from "./StoreReport.ts"
import { type Finding, lostRecords } from "./storeFindings.ts"
import { eachOperationPage, eachRefPage } from "./storePages.ts"
import { checkedStore, type StoreParts } from "./verifyStore.ts"

/** What a repair works on and with. @internal */
export interface RepairParts {
  readonly store: StoreParts
  readonly log: OperationLogService
  readonly tree: WorkingTreeService
}

/** Why a repair may fail. @public */
export type RepairError = RefConflict | WorkingTreeError | StorageError

const badObjects = (findings: ReadonlyArray<Finding>): ReadonlySet<ObjectId> =>
  new Set(
    findings.flatMap((finding) =>
      finding._tag === "ObjectMissing" || finding._tag === "ObjectAltered" ? [finding.object as ObjectId] : []
    )
  )

/** Those that are as they should be, but are told of wrongly. What is listed under no id can be had by none. */
const mislistedObjects = (findings: ReadonlyArray<Finding>): ReadonlySet<ObjectId> =>
  new Set(
    findings.flatMap((finding) =>
      finding._tag === "ObjectMislisted" && /^[0-9a-f]{64}$/.test(finding.object) ? [finding.object as ObjectId] : []
    )
  )

/** The records about which something is wrong. */
const wrongRecords = (findings: ReadonlyArray<Finding>): ReadonlySet<string> =>
  new Set(
    findings.flatMap((finding) => {
      switch (finding._tag) {
        case "RecordMissing":
        case "RecordAltered":
        case "Misplaced":
        case "TermsWrong":
        case "LinkBroken":
        case "NotFoundBy":
        case "FoundBy":
          return [keyOf(finding)]
        case "OperationAltered":
        case "OperationMissing":
          return [keyOf({ kind: operationCodec.kind, id: finding.operation })]
        default:
          return []
      }
    })
  )

const isIdentityWrong = ({ _tag }: Finding) => _tag === "IdentityAltered" || _tag === "IdentityMissing"

const isOperationLost = ({ _tag }: Finding) => _tag === "OperationAltered" || _tag === "OperationMissing"

/** @internal */
export const repairStore = Effect.fnUntraced(function* (
  { log, store, tree }: RepairParts,
  options: {
    readonly from?: Stream.Stream<Uint8Array, BackupDamaged> | undefined
    readonly roots?: ReadonlyArray<string> | undefined
    readonly reason?: string | undefined
  }
): Effect.fn.Return<RepairReport, RepairError> {
  const catalog = carefulCatalog(store.catalog, () => {})
  const storage = carefulObjects(store.storage, () => {})
  const parts: StoreParts = { ...store, storage }
  const first = yield* checkedStore(store, {})
  const none: RepairReport = { operation: null, findings: 0, objects: [], records: [], refs: [], moved: [], lost: [] }
  if (first.findings.length === 0) return none

  // What cannot be read, or stands under another kind, may be so for something that the storage can tell.
  const isOdd = first.findings.some(({ _tag }) => _tag === "Unreadable" || _tag === "StorageDamaged")
  const { reindex } = store.catalog
  if (isOdd && reindex !== undefined) yield* reindex
  const before = isOdd && reindex !== undefined ? yield* checkedStore(store, { known: first.sound }) : first
  const stillLost = lostRecords(before.findings)
  const bad = badObjects(before.findings)
  const wrong = wrongRecords(before.findings)
  yield* clearBroken(parts, bad)
  const mislisted = mislistedObjects(before.findings)
  yield* renewMislisted(parts, mislisted)
  // Without a head, nothing was compared with what operations say: that has to be done once there is one.
  const isChained = yield* hasHead(catalog)
  // What an operation that is lost has stored is missed only once that operation is back: all of it may be wanted then.
  const isWanted = (key: string) => !isChained || before.findings.some(isOperationLost) || wrong.has(key)
  const found =
    options.from === undefined
      ? nothingRecovered
      : yield* recoverFromBackup(parts, options.from, {
          // What only a lost record leads to is not missed before that is back.
          areObjects: bad.size + wrong.size > 0 || !isChained,
          isWanted
        })
  yield* recoverFromTrees(store, tree, options.roots ?? [], bad)

  // Each round but the first follows one that brought an operation back, which says of records what nobody could before it. No
  // round changes objects: only records are looked at again.
  const mended = new Map<string, StoredRecord>()
  let isWhole = isChained
  for (let wanted = wrong; ; isWhole = true) {
    const records = yield* recoverRecords(store, catalog, wanted, found.records)
    yield* mendHead(store, catalog)
    const isFresh = records.some((record) => record.kind === operationCodec.kind && !mended.has(keyOf(record)))
    for (const record of records) mended.set(keyOf(record), record)
    if (isWhole && !isFresh) break
    wanted = wrongRecords(yield* checkRecords(store))
  }
  /** Operations that are lost; the newest one is not missed any more once the head names another. */
  const missing = before.affected.filter(
    ({ id, isLost, kind }) => isLost && kind === operationCodec.kind && !mended.has(keyOf({ kind, id }))
  )
  if (reindex !== undefined) yield* reindex

  // Records that are back may miss content in their turn.
  const late = mended.size > 0 ? yield* checkedStore(store, { known: before.sound }) : undefined
  const missed = new Set([...bad, ...badObjects(late?.findings ?? [])])
  if (late !== undefined) {
    yield* recoverFromTrees(store, tree, options.roots ?? [], badObjects(late.findings))
  }
  const snapshots = [...before.affected, ...(late?.affected ?? [])].flatMap(({ id, kind }) =>
    kind === snapshotCodec.kind ? [id] : []
  )
  if (missed.size > 0) yield* rebuildLists({ ...store, catalog }, [...new Set(snapshots)], missed)

  // The ledger is whole again as far as it can be: now it says where names are.
  const ledger = late?.findings ?? (yield* checkRecords(store))
  const isMoved = ledger.some(({ _tag }) => _tag === "RefMoved" || _tag === "RefUnrecorded")
  // What only the head named: no operation at all, unless a name is where none of those that are left put it.
  const isNone = (id: string) => id === before.head && !(isMoved && /^[0-9a-f]{64}$/.test(id))
  const holes = missing.filter(({ id }) => !isNone(id))
  const identity = yield* identityOf(store, found)
  const refs = yield* refsToPutBack(store, ledger, holes.length > 0, identity)
  yield* putRefsBack(store.catalog, refs)
  // Where no backup says what the store was called, it gets a new name.
  if (ledger.some(isIdentityWrong)) yield* log.storeId

  yield* dropStrays(store, catalog, ledger)
  // Objects were changed only where some were wrong: then all of them are read again.
  const after = yield* checkedStore(store, { known: bad.size + mislisted.size > 0 ? undefined : before.sound })
  const known = new Set(after.affected.map(({ id }) => id))
  const affected = [...after.affected, ...holes.filter(({ id }) => !known.has(id))]
  const lost = affected.filter(({ isLost }) => isLost)
  const lostKeys = new Set(lost.map(keyOf))
  const moved = yield* namesOfLost(store, catalog, lostKeys)
  const removes: ReadonlyArray<RecordName> = lost
    .filter(({ kind }) => kind !== operationCodec.kind)
    .map(({ id, kind }) => ({ kind, id }))
  yield* dropOperations(store, lost)
  const stillMislisted = mislistedObjects(after.findings)
  // What stood under an id of nobody's does not stand there again.
  const objects = [...new Set([...missed, ...mislisted])].filter((id) => after.sound.has(id) && !stillMislisted.has(id))
  const records = new Map([...lostRecords(first.findings)].filter(([key]) => !stillLost.has(key)))
  for (const [key, { id, kind }] of mended) records.set(key, { kind, id })
  const operation = yield* log.append({
    kind: "repair",
    reason: options.reason ?? "",
    subjects: [],
    refs: moved.map(({ after: next, before: expected, name }) => ({ name, expected, next })),
    records: [],
    removes,
    details: {
      findings: first.findings.length,
      objects: objects.length,
      records: records.size,
      refs: refs.length,
      lost: affected.length
    }
  })
  return {
    operation: operation.id,
    findings: first.findings.length,
    objects,
    records: [...records.values()],
    refs: refs.map(({ expected, name, next }) => ({ name, before: expected, after: next })),
    moved,
    lost: affected
  }
})

/** Whether the head names an operation that can be read. */
const hasHead = Effect.fnUntraced(function* (catalog: StoreParts["catalog"]) {
  const head = (yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null
  const record = head === null ? undefined : (yield* catalog.records(operationCodec.kind, [head])).get(head)
  return record !== undefined && Exit.isSuccess(yield* Effect.exit(operationCodec.decode(record)))
})

/** A head that names no operation that can be read: it is put on the newest one that can. */
const mendHead = Effect.fnUntraced(function* (store: StoreParts, catalog: StoreParts["catalog"]) {
  if (yield* hasHead(catalog)) return
  const head = (yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null
  let newest: string | null = null
  yield* eachOperationPage(
    catalog,
    Effect.fnUntraced(function* (page) {
      for (const candidate of page) {
        if (newest !== null) return
        if (Exit.isSuccess(yield* Effect.exit(operationCodec.decode(candidate)))) newest = candidate.id
      }
    })
  )
  if (newest !== head) yield* putRefsBack(store.catalog, [{ name: ledgerHead, expected: head, next: newest }])
})

/** The store's own name by a backup, if that is one of this store's: its newest operation is one of ours. */
const identityOf = Effect.fnUntraced(function* ({ catalog, sha256 }: StoreParts, { head, identity }: Recovered) {
  if (head === undefined || identity === undefined || !isIdentity(identity, sha256)) return undefined
  return (yield* catalog.records(operationCodec.kind, [head])).has(head) ? identity : undefined
})

/**
 * Where the ledger says that names are. Where an operation is lost, it may have been the one that moved a name: then what the
 * name holds stays, if it is there.
 */
const refsToPutBack = Effect.fnUntraced(function* (
  { catalog }: StoreParts,
  findings: ReadonlyArray<Finding>,
  isCut: boolean,
  identity: string | undefined
) {
  const hasHole = isCut || findings.some(isOperationLost)
  const updates = new Map<RefName, RefUpdate>()
  const isThere = Effect.fnUntraced(function* (name: RefName, value: string | null) {
    const link = value === null ? undefined : linkOfRef(name, value)
    return link !== undefined && (yield* catalog.records(link.kind, [link.id])).has(link.id)
  })
  for (const finding of findings) {
    switch (finding._tag) {
      case "RefMoved":
        if (hasHole && (yield* isThere(finding.name, finding.found))) break
        updates.set(finding.name, { name: finding.name, expected: finding.found, next: finding.expected })
        break
      case "RefUnrecorded":
        if (hasHole && (yield* isThere(finding.name, finding.found))) break
        updates.set(finding.name, { name: finding.name, expected: finding.found, next: null })
        break
      case "IdentityAltered":
        updates.set(storeIdentity, { name: storeIdentity, expected: finding.found, next: identity ?? null })
        break
      case "IdentityMissing":
        if (identity !== undefined) updates.set(storeIdentity, { name: storeIdentity, expected: null, next: identity })
        break
    }
  }
  return [...updates.values()]
})

/** Names of what is lost: a branch or collection goes back to the newest that is left, every other name goes. */
const namesOfLost = Effect.fnUntraced(function* (
  store: StoreParts,
  catalog: StoreParts["catalog"],
  lost: ReadonlySet<string>
) {
  const held = new Map<RefName, string>()
  yield* eachRefPage(catalog, (page) =>
    Effect.sync(() => {
      for (const [name, value] of page) {
        const link = name === ledgerHead ? undefined : linkOfRef(name, value)
        if (link !== undefined && lost.has(keyOf(link))) held.set(name, value)
      }
    })
  )
  const past = yield* pastValues(catalog, new Set(held.keys()))
  const moved: Array<RefChange> = []
  for (const [name, before] of held) {
    let after: string | null = null
    if (/^(branch|collection)\//.test(name)) {
      for (const value of past.get(name) ?? []) {
        const link = value === null ? undefined : linkOfRef(name, value)
        if (value === null || link === undefined || lost.has(keyOf(link))) continue
        if (!(yield* store.catalog.records(link.kind, [link.id])).has(link.id)) continue
        after = value
        break
      }
    }
    moved.push({ name, before, after })
  }
  return moved
})

/** Records under ids that are not theirs, which no operation stored: they stand in the way of every list that finds them. */
const dropStrays = Effect.fnUntraced(function* (
  { catalog }: StoreParts,
  careful: StoreParts["catalog"],
  findings: ReadonlyArray<Finding>
) {
  const remove: Array<RecordName> = []
  const found = findings.flatMap((finding) => (finding._tag === "FoundBy" ? [finding] : []))
  for (const [kind, group] of Map.groupBy(found, (finding) => finding.kind)) {
    const records = yield* careful.records(kind, [...new Set(group.map(({ id }) => id))])
    for (const { body, id } of records.values()) if (!isNamedIn(body, id)) remove.push({ kind, id })
  }
  if (remove.length === 0) return
  const head = (yield* careful.refs([ledgerHead])).get(ledgerHead) ?? null
  yield* catalog.commit({ remove, refs: [{ name: ledgerHead, expected: head, next: head }] })
})

/** Operations that cannot be read stand in the way of every list. The hole that they leave in the chain stays to be seen. */
const dropOperations = Effect.fnUntraced(function* ({ catalog }: StoreParts, lost: StoreReport["affected"]) {
  const head = ((yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null) as OperationId | null
  const remove = lost.flatMap(({ id, kind }) => (kind === operationCodec.kind && id !== head ? [{ kind, id }] : []))
  if (remove.length === 0) return
  yield* catalog.commit({ remove, refs: [{ name: ledgerHead, expected: head, next: head }] })
})
