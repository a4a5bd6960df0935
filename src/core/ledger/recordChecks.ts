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
        terms: versionTerms(version, []),
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

/** Says how a record's terms differ from what they should be. @internal */
export const checkTerms = (
  record: StoredRecord,
  { prefixes, terms }: Expectation,
  report: (finding: LedgerFinding) => void
): void => {
  const present = new Set(record.terms)
  const expected = new Set(terms)
  const missing = terms.filter((term) => !present.has(term))
  const extra = record.terms.filter(
    (term) => !expected.has(term) && !prefixes.some((prefix) => term.startsWith(prefix))
  )
  if (missing.length > 0 || extra.length > 0) {
    report({ _tag: "TermsWrong", kind: record.kind, id: record.id, missing, extra })
  }
}

/** Compares records with the sums that operations hold of them, in batches; returns how many there were. @internal */
export const checkRecords = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  sha256: Sha256Function,
  sums: ReadonlyArray<readonly [OperationId, RecordSum]>,
  report: (finding: LedgerFinding) => void
): Effect.fn.Return<number, StorageError> {
  const encoder = new TextEncoder()
  for (const [kind, group] of Map.groupBy(sums, ([, sum]) => sum.kind)) {
    for (let i = 0; i < group.length; i += recordBatch) {
      const batch = group.slice(i, i + recordBatch)
      const stored = yield* catalog.records(
        kind,
        batch.map(([, sum]) => sum.id)
      )
      const sound: Array<StoredRecord> = []
      for (const [operation, { id, sha256: sum }] of batch) {
        const record = stored.get(id)
        if (record === undefined) report({ _tag: "RecordMissing", operation, kind, id })
        else if (sha256(encoder.encode(record.body)) !== sum) report({ _tag: "RecordAltered", operation, kind, id })
        else {
          sound.push(record)
          const expectation = yield* Effect.exit(expectations.get(kind)?.(record) ?? Effect.succeed(null))
          if (Exit.isFailure(expectation)) report({ _tag: "RecordAltered", operation, kind, id })
          else if (expectation.value !== null) checkTerms(record, expectation.value, report)
        }
      }
      if (kind === versionCodec.kind) yield* checkVersions(catalog, sha256, sound, report)
    }
  }
  return sums.length
})

/** A version's id is the hash of the rest, and its place follows from its time and its parents. */
const checkVersions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  sha256: Sha256Function,
  records: ReadonlyArray<StoredRecord>,
  report: (finding: LedgerFinding) => void
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
      report({ _tag: "Misplaced", kind: record.kind, id })
    }
  }
})
