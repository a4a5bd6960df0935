/** Compares the records that operations stored with what is stored now. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { OperationId } from "../../model/Ids.ts"
import type { RecordSum } from "../../model/Operation.ts"
import type { Version } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { tagCodec, tagsTerm, tagTerm } from "../graph/tagRecord.ts"
import { versionCodec, versionId, versionTerms } from "../graph/versionRecord.ts"
import { deploymentCodec, deploymentTerms } from "../projects/deploymentRecord.ts"
import { snapshotCodec, snapshotTerms } from "../snapshots/snapshotRecord.ts"
import type { LedgerFinding } from "./LedgerReport.ts"
import { bodySum, termsSum } from "./recordSum.ts"

const recordBatch = 1000

/** What a record should be found by: these terms, and no others but those that begin so. */
interface Expectation {
  readonly terms: ReadonlyArray<string>
  readonly prefixes: ReadonlyArray<string>
}

/** The terms of each kind that can be told from the record alone. */
const expectations: ReadonlyMap<string, (record: StoredRecord) => Effect.Effect<Expectation, StorageError>> = new Map([
  [
    versionCodec.kind,
    (record) =>
      Effect.map(versionCodec.decode(record), (version) => ({
        terms: versionTerms(version, record.at, []),
        // Only its trees know which paths a version touched.
        prefixes: [`${joinParts("artifact+path", version.artifact)}/`, joinParts("artifact+paths", version.artifact)]
      }))
  ],
  [
    snapshotCodec.kind,
    (record) => Effect.map(snapshotCodec.decode(record), (value) => ({ terms: snapshotTerms(value), prefixes: [] }))
  ],
  [
    deploymentCodec.kind,
    (record) => Effect.map(deploymentCodec.decode(record), (value) => ({ terms: deploymentTerms(value), prefixes: [] }))
  ],
  [
    tagCodec.kind,
    (record) =>
      Effect.map(tagCodec.decode(record), ({ artifact, name }) => ({
        terms: [tagsTerm(artifact), tagTerm(artifact, name)],
        prefixes: []
      }))
  ]
])

type TermsWrong = Extract<LedgerFinding, { readonly _tag: "TermsWrong" }>

/** How a record's terms differ from what they should be; `undefined` where they do not. @internal */
export const wrongTerms = (record: StoredRecord, expectation: Expectation | null): TermsWrong | undefined => {
  if (expectation === null) return undefined
  const { prefixes, terms } = expectation
  const present = new Set(record.terms)
  const expected = new Set(terms)
  const missing = terms.filter((term) => !present.has(term))
  const extra = record.terms.filter(
    (term) => !expected.has(term) && !prefixes.some((prefix) => term.startsWith(prefix))
  )
  if (missing.length === 0 && extra.length === 0) return undefined
  return { _tag: "TermsWrong", kind: record.kind, id: record.id, missing, extra }
}

/**
 * Records that do not stand where an operation says, or are found by other terms. Where two operations stored one record,
 * it stands where the older put it, and the walk comes from the newer.
 *
 * @internal
 */
export const makeOddPlaces = () => {
  const odd = new Map<string, LedgerFinding>()
  const note = (key: string, finding: LedgerFinding | null) => {
    if (finding === null) odd.delete(key)
    else odd.set(key, finding)
  }
  return { note, findings: () => [...odd.values()] }
}

/** Compares records with the sums that operations hold of them, in batches; returns how many there were. @internal */
export const checkRecords = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  sha256: Sha256Function,
  sums: ReadonlyArray<readonly [OperationId, RecordSum]>,
  report: (finding: LedgerFinding) => void,
  places: ReturnType<typeof makeOddPlaces>
): Effect.fn.Return<number, StorageError> {
  for (const [kind, group] of Map.groupBy(sums, ([, sum]) => sum.kind)) {
    for (let i = 0; i < group.length; i += recordBatch) {
      const batch = group.slice(i, i + recordBatch)
      const stored = yield* catalog.records(
        kind,
        batch.map(([, sum]) => sum.id)
      )
      const sound: Array<StoredRecord> = []
      for (const [operation, { at, id, sha256: sum, terms }] of batch) {
        const record = stored.get(id)
        if (record === undefined) report({ _tag: "RecordMissing", operation, kind, id })
        else if (bodySum(record, sha256) !== sum) report({ _tag: "RecordAltered", operation, kind, id })
        else {
          sound.push(record)
          const expectation = yield* Effect.exit(expectations.get(kind)?.({ ...record, at }) ?? Effect.succeed(null))
          if (Exit.isFailure(expectation)) report({ _tag: "RecordAltered", operation, kind, id })
          places.note(`at ${kind} ${id}`, record.at === at ? null : { _tag: "Misplaced", kind, id })
          const wrong = Exit.isSuccess(expectation) ? wrongTerms(record, expectation.value) : undefined
          const isSound = wrong === undefined && termsSum(record.terms, sha256) === terms
          const none: TermsWrong = { _tag: "TermsWrong", kind, id, missing: [], extra: [] }
          places.note(`terms ${kind} ${id}`, isSound ? null : (wrong ?? none))
        }
      }
      if (kind === versionCodec.kind) yield* checkVersions(catalog, sha256, sound, places)
    }
  }
  return sums.length
})

/** A version's id is the hash of the rest, and its place follows from its time and its parents. */
const checkVersions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  sha256: Sha256Function,
  records: ReadonlyArray<StoredRecord>,
  places: ReturnType<typeof makeOddPlaces>
): Effect.fn.Return<void, StorageError> {
  const known = new Map(records.map((record) => [record.id, record]))
  const versions: Array<readonly [StoredRecord, Version]> = []
  const outside = new Set<string>()
  for (const record of records) {
    const version = yield* Effect.exit(versionCodec.decode(record))
    if (Exit.isFailure(version)) continue
    versions.push([record, version.value])
    for (const parent of version.value.parents) if (!known.has(parent)) outside.add(parent)
  }
  const wanted = [...outside]
  for (let i = 0; i < wanted.length; i += recordBatch) {
    for (const [id, record] of yield* catalog.records(versionCodec.kind, wanted.slice(i, i + recordBatch))) {
      known.set(id, record)
    }
  }
  for (const [record, { id, ...body }] of versions) {
    const parents = body.parents.map((parent) => known.get(parent))
    const place = parents.reduce((at, parent) => Math.max(at, (parent?.at ?? at) + 1), body.time)
    // A parent that is gone is a finding of the operation that stored it.
    const decided = parents.every((parent) => parent !== undefined)
    if (versionId(body, sha256) !== id || (decided && place !== record.at)) {
      places.note(`at ${record.kind} ${record.id}`, { _tag: "Misplaced", kind: record.kind, id })
    }
  }
})
