/** Checks a whole store: the ledger, every record with its terms, every ref, every object, and all that leads from one to another. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId, OperationId } from "../../model/Ids.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { resolutionCodec } from "../conflicts/resolutionRecord.ts"
import { unlessCleared } from "../ledger/unlessCleared.ts"
import { verifyLedger } from "../ledger/verifyLedger.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { deploymentCodec } from "../projects/deploymentRecord.ts"
import { Progress } from "../references/Progress.ts"
import { carefulCatalog, carefulObjects } from "./carefulStorage.ts"
import { checkRefs } from "./checkRefs.ts"
import { checkTerms } from "./checkTerms.ts"
import { keyOf, linksOf } from "./recordLinks.ts"
import { type Met, walkRecords } from "./recordWalk.ts"
import type { Affected, StoreReport } from "./StoreReport.ts"
import { readSnapshotList } from "./snapshotLists.ts"
import { lostRecords, makeFindings } from "./storeFindings.ts"
import { eachRefPage } from "./storePages.ts"
import { surveyObjects } from "./surveyObjects.ts"
import { makeTreeWalk } from "./walkTrees.ts"

const recordBatch = 500

/** What checks and repairs work on. @internal */
export interface StoreParts {
  readonly catalog: CatalogStorageService
  readonly storage: ObjectStorageService
  readonly objects: ObjectsService
  readonly sha256: Sha256Function
}

/** A report, and the objects that were found sound. @internal */
export interface Checked extends StoreReport {
  readonly sound: ReadonlySet<ObjectId>
}

interface CheckOptions {
  readonly knownHead?: OperationId | undefined
  /** Objects that were read and found sound, and that nobody can have changed since: they are not read again. */
  readonly known?: ReadonlySet<ObjectId> | undefined
}

/** Checks a store once: what is pruned or collected meanwhile may be missed. */
const checkStore = Effect.fnUntraced(function* (
  parts: StoreParts,
  options: CheckOptions
): Effect.fn.Return<Checked, StorageError> {
  const progress = yield* Progress
  const { note, all } = makeFindings()
  const catalog = carefulCatalog(parts.catalog, note)
  const storage = carefulObjects(parts.storage, note)

  const ledger = yield* verifyLedger(catalog, parts.objects, parts.sha256, options.knownHead)
  for (const finding of ledger.findings) note(finding)
  const lost = lostRecords(ledger.findings)

  const survey = yield* surveyObjects(storage, parts.sha256, note, {
    known: options.known ?? new Set(),
    progress: (done) => progress({ phase: "verify objects", done, total: 0 })
  })
  const trees = makeTreeWalk(storage, survey)
  const lists = new Map<ObjectId, boolean>()

  let terms = 0
  let records = 0
  /**
   * Once something was collected, what older operations found and left in projects need not be there; nor what deployments
   * and decisions hold that no name leads to any more.
   */
  let wasCollected = false
  const named = new Set<string>()
  yield* eachRefPage(catalog, (page) =>
    Effect.sync(() => {
      for (const [name, value] of page) if (/^(deployed|resolution)\//.test(name)) named.add(value)
    })
  )
  const mayBeGone = new Set<string>([deploymentCodec.kind, resolutionCodec.kind])
  const checkBatch = Effect.fnUntraced(function* (batch: ReadonlyArray<Met>) {
    const sound = batch.filter(({ record }) => !lost.has(keyOf(record)))
    const roots = sound.flatMap(({ links, record }) => {
      const past = links?.operation !== undefined || (mayBeGone.has(record.kind) && !named.has(record.id))
      const optional = past && wasCollected
      if (links?.operation?.kind === "collect") wasCollected = true
      return optional ? [] : (links?.roots ?? [])
    })
    yield* trees.walk(roots)
    for (const { links } of sound) {
      const list = links?.list
      if (list === undefined || lists.has(list)) continue
      yield* survey.look([list])
      const named = survey.sound.has(list) ? yield* readSnapshotList(storage, list) : undefined
      if (survey.sound.has(list) && named === undefined)
        survey.spoil(list, "it is named as a list of artifacts, and is none")
      lists.set(list, named !== undefined)
      yield* trees.walk((named ?? []).map(({ tree }) => ({ kind: "directory", id: tree })))
    }
    terms += yield* checkTerms(
      catalog,
      batch.map(({ record }) => record),
      note
    )
    records += batch.length
    progress({ phase: "verify records", done: records, total: ledger.operations + ledger.records })
  })
  const walked = yield* walkRecords(catalog, parts.objects, checkBatch)
  for (const [name, { by, key }] of walked.absent) {
    if (!lost.has(name)) note({ _tag: "LinkBroken", by, ...key })
  }

  for (const finding of yield* checkRefs(catalog)) note(finding)
  if (catalog.check !== undefined) {
    for (const { detail, key } of yield* catalog.check) note({ _tag: "StorageDamaged", key, detail })
  }

  const affected: Array<Affected> = []
  const gone = new Map(lostRecords(all()))
  const subjectOf = new Map<string, string>()
  if (gone.size > 0 || survey.bad.size > 0) {
    for (const [kind, group] of Map.groupBy(walked.met(), (key) => key.kind)) {
      for (let i = 0; i < group.length; i += recordBatch) {
        const ids = group.slice(i, i + recordBatch).map(({ id }) => id)
        for (const record of (yield* catalog.records(kind, ids)).values()) {
          const links = yield* linksOf(record)
          const name = keyOf(record)
          if (gone.has(name)) {
            if (links?.subject != null) subjectOf.set(name, links.subject)
            continue
          }
          const all = { paths: new Set<Affected["paths"][number]>(), objects: new Set<ObjectId>(), more: false }
          for (const { id } of links?.roots ?? []) {
            const damage = trees.damaged(id)
            for (const path of damage.paths) all.paths.add(path)
            for (const object of damage.objects) all.objects.add(object)
            all.more ||= damage.more
          }
          if (links?.list !== undefined && survey.bad.has(links.list)) all.objects.add(links.list)
          if (all.objects.size === 0) continue
          const { more, objects, paths } = all
          const subject = links?.subject ?? null
          affected.push({ kind, id: record.id, subject, isLost: false, paths: [...paths], more, objects: [...objects] })
        }
      }
    }
    for (const [name, key] of gone) {
      affected.push({ ...key, subject: subjectOf.get(name) ?? null, isLost: true, paths: [], more: false, objects: [] })
    }
  }
  return {
    head: ledger.head,
    operations: ledger.operations,
    records: ledger.records,
    refs: ledger.refs,
    terms,
    objects: survey.objects,
    bytes: survey.bytes,
    unchecked: survey.unchecked,
    tail: ledger.tail,
    findings: all(),
    affected,
    sound: survey.sound
  }
})

/** Checks a store for those who go on from what was found sound. @internal */
export const checkedStore = (parts: StoreParts, options: CheckOptions): Effect.Effect<Checked, StorageError> =>
  unlessCleared(parts.catalog, checkStore(parts, options))

/** @internal */
export const verifyStore = (
  parts: StoreParts,
  options: { readonly knownHead?: OperationId | undefined }
): Effect.Effect<StoreReport, StorageError> =>
  Effect.map(checkedStore(parts, options), ({ sound: _, ...report }) => report)
