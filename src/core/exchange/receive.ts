/** Making versions from elsewhere part of the history. Nothing that they say about themselves is trusted. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { MissingContent, PeerReply, PeerRequest } from "../../model/Exchange.ts"
import type { ArtifactId, ObjectId, TreeId, VersionId } from "../../model/Ids.ts"
import type { Version } from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, tagRef, trackedRef, trackedTagRef } from "../catalog/names.ts"
import { claimContent } from "../graph/claimTree.ts"
import { prepareImport } from "../graph/importVersions.ts"
import { tagCodec, tagRecord, tagTerm } from "../graph/tagRecord.ts"
import { readVersionText, versionCodec } from "../graph/versionRecord.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { type Lease, makeLease } from "../objects/lease.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import { branchProblem } from "./branchProblem.ts"
import { makeSnapshotReceipt, type TrackedCollectionMove } from "./receiveSnapshots.ts"

/** What a peer asks for, and where its branches are when it is this store that asks itself. @internal */
export interface Receipt extends Omit<Extract<PeerRequest, { readonly _tag: "Receive" }>, "_tag"> {
  readonly tracked?: ReadonlyArray<{
    readonly artifact: ArtifactId
    readonly remote: string
    readonly branch: string
    readonly from: VersionId | null
    readonly to: VersionId | null
  }>
  readonly trackedTags?: ReadonlyArray<{
    readonly artifact: ArtifactId
    readonly remote: string
    readonly tag: string
    readonly from: VersionId | null
    readonly to: VersionId | null
  }>
  readonly trackedCollections?: ReadonlyArray<TrackedCollectionMove>
}

/** @internal */
export interface ReceiveParts {
  readonly catalog: CatalogStorageService
  readonly objects: ObjectsService
  readonly log: OperationLogService
  readonly sha256: Sha256Function
}

type Outcome = Extract<PeerReply, { readonly _tag: "Received" | "Incomplete" | "Moved" | "Refused" }>

const batchSize = 500
const mostMissing = 1000
/** Beyond this no date is one, and places in the order would not be exact numbers. */
const latestTime = 8.64e15

const refused = (detail: string) => ({ _tag: "Refused", detail }) satisfies Outcome

/** A record that the receipt relies on was removed before the commit. */
class Gone {
  readonly _tag = "Gone"
  readonly kind: string
  readonly id: string
  constructor(kind: string, id: string) {
    this.kind = kind
    this.id = id
  }
}

/** What is here under its own hash and yet not what it was sent as is the sender's fault. */
const refusingDamage = <A>(effect: Effect.Effect<A, StorageError>) =>
  Effect.catchIf(
    effect,
    ({ reason }) => reason._tag === "StorageCorrupt",
    (error) => Effect.succeed(refused(error.message))
  )

/** The tags that were there and are moved, for the ledger to say so. */
const forcedTags = ({ collections = [], tags }: Receipt) => [
  ...tags.flatMap(({ from, tag }) =>
    from === null || from === tag.version
      ? []
      : [{ artifact: tag.artifact as string, tag: tag.name, from: from as string, to: tag.version as string }]
  ),
  ...collections.flatMap(({ collection, from, kind, name, to }) =>
    kind === "branch" || from === null || to === null || from === to ? [] : [{ collection, tag: name, from, to }]
  )
]

/** Carries a receipt out: one operation, or nothing. @internal */
export const makeReceive = (parts: ReceiveParts) =>
  Effect.fn("Exchange.receive")(function* (receipt: Receipt): Effect.fn.Return<Outcome, StorageError> {
    return yield* receiveWith(parts, yield* makeLease(parts.objects))(receipt)
  })

const receiveWith = ({ catalog, log, sha256 }: ReceiveParts, { objects, renew }: Lease) => {
  const ofSnapshots = makeSnapshotReceipt(catalog, objects)

  const storedVersions = Effect.fnUntraced(function* (ids: Iterable<VersionId>) {
    const wanted = [...new Set(ids)]
    const stored = new Map<VersionId, StoredRecord>()
    for (let i = 0; i < wanted.length; i += batchSize) {
      for (const [id, record] of yield* catalog.records("version", wanted.slice(i, i + batchSize))) {
        stored.set(id as VersionId, record)
      }
    }
    return stored
  })

  /** The versions that are new here, as they were put; or why they cannot be had. */
  const readVersions = Effect.fnUntraced(function* (ids: ReadonlyArray<VersionId>) {
    const stored = yield* storedVersions(ids)
    const fresh = [...new Set(ids)].filter((id) => !stored.has(id))
    const asObjects = fresh as ReadonlyArray<string> as ReadonlyArray<ObjectId>
    const absent = yield* objects.claim(asObjects.map((id) => ({ id, size: null })))
    if (absent.length > 0) {
      const missing = absent.slice(0, mostMissing).map((id): MissingContent => ({ kind: "version", id }))
      return { _tag: "Incomplete", missing } satisfies Outcome
    }
    const versions = new Map<VersionId, Version>()
    for (let i = 0; i < asObjects.length; i += batchSize) {
      for (const [object, bytes] of yield* objects.get(asObjects.slice(i, i + batchSize))) {
        const id = object as string as VersionId
        const version = readVersionText(id, bytes, sha256)
        if (version === undefined) return refused(`${id} is no version`)
        if (Math.abs(version.time) > latestTime) return refused(`version ${id} is of no time that there is`)
        versions.set(id, version)
      }
    }
    return versions
  })

  /** The versions in the order asked for, with the trees of the parents that are here already. */
  const checkParents = Effect.fnUntraced(function* (versions: ReadonlyMap<VersionId, Version>) {
    const outside = [...versions.values()].flatMap(({ parents }) => parents.filter((id) => !versions.has(id)))
    const stored = yield* storedVersions(outside)
    const trees = new Map<VersionId, TreeId>()
    for (const [id, record] of stored) trees.set(id, (yield* versionCodec.decode(record)).tree)
    for (const { id, parents, tree } of versions.values()) {
      const orphaned = parents.find((parent) => !trees.has(parent))
      if (orphaned !== undefined)
        return refused(`parent ${orphaned} of version ${id} comes neither before it nor is here`)
      trees.set(id, tree)
    }
    return trees
  })

  const claimAll = Effect.fnUntraced(function* (
    versions: ReadonlyMap<VersionId, Version>,
    trees: ReadonlyMap<VersionId, TreeId>
  ) {
    const missing = new Map<ObjectId, MissingContent>()
    const claimed = new Set<string>()
    const incomplete = new Set<TreeId>()
    for (const { parents, tree } of versions.values()) {
      const parent = parents[0] === undefined ? null : (trees.get(parents[0]) ?? null)
      // What is not all there cannot be read to compare with.
      const before = parent !== null && incomplete.has(parent) ? null : parent
      const pair = `${before} ${tree}`
      if (claimed.has(pair)) continue
      claimed.add(pair)
      const absent = yield* claimContent(objects, tree, before)
      if (absent.length > 0) incomplete.add(tree)
      for (const content of absent) missing.set(content.id, content)
      if (missing.size >= mostMissing) break
    }
    return [...missing.values()]
  })

  const namesOf = Effect.fnUntraced(function* (receipt: Receipt) {
    const refs: Array<RefUpdate> = []
    const records: Array<StoredRecord> = []
    for (const { artifact, from, name, to } of receipt.branches) {
      const problem = from === null ? branchProblem(name) : undefined
      if (problem !== undefined) return refused(`${JSON.stringify(name)} cannot be a branch: ${problem}`)
      refs.push({ name: branchRef(artifact, name), expected: from, next: to })
    }
    for (const { artifact, branch, from, remote, to } of receipt.tracked ?? []) {
      refs.push({ name: trackedRef(artifact, remote, branch), expected: from, next: to })
    }
    for (const { artifact, from, name } of receipt.removedTags ?? []) {
      refs.push({ name: tagRef(artifact, name), expected: from, next: null })
    }
    for (const { artifact, from, remote, tag, to } of receipt.trackedTags ?? []) {
      refs.push({ name: trackedTagRef(artifact, remote, tag), expected: from, next: to })
    }
    for (const { from, tag } of receipt.tags) {
      const problem = nameProblem(tag.name)
      if (problem !== undefined) return refused(`${JSON.stringify(tag.name)} cannot be a tag: ${problem}`)
      if (Math.abs(tag.time) > latestTime) return refused(`tag ${tag.name} is of no time that there is`)
      const term = tagTerm(tag.artifact, tag.name)
      const [previous] = yield* catalog.scan({ kind: tagCodec.kind, term, direction: "backward", limit: 1 })
      const record = tagRecord(tag, previous, sha256)
      refs.push({ name: tagRef(tag.artifact, tag.name), expected: from, next: tag.version })
      // A tag that was here before has its record, in the place that it had then.
      if (!(yield* catalog.records(record.kind, [record.id])).has(record.id)) records.push(record)
    }
    return { refs, records }
  })

  return Effect.fnUntraced(function* (receipt: Receipt): Effect.fn.Return<Outcome, StorageError> {
    const versions = yield* readVersions(receipt.versions)
    if ("_tag" in versions) return versions
    const trees = yield* checkParents(versions)
    if ("_tag" in trees) return trees
    const names = yield* namesOf(receipt)
    if ("_tag" in names) return names
    const snapshots = yield* ofSnapshots.read(receipt.snapshots ?? [])
    if ("_tag" in snapshots) return snapshots
    const ofCollections = yield* ofSnapshots.refsOf(
      receipt.collections ?? [],
      receipt.trackedCollections ?? [],
      snapshots
    )
    if ("_tag" in ofCollections) return ofCollections
    const named = [...names.refs, ...ofCollections.refs]
    if (new Set(named.map(({ name }) => name)).size < named.length) return refused("it names one thing twice")
    const refs = named.filter(({ expected, next }) => expected !== next)
    const targets = names.refs.flatMap(({ next }) => (next === null ? [] : [next as VersionId]))
    const elsewhere = yield* storedVersions(targets.filter((id) => !versions.has(id)))
    const unknown = targets.find((id) => !versions.has(id) && !elsewhere.has(id))
    if (unknown !== undefined) return refused(`a name is to be at version ${unknown}, which is not here`)
    const missing = yield* refusingDamage(
      Effect.zipWith(claimAll(versions, trees), ofSnapshots.claim(snapshots), (a, b) => [...a, ...b])
    )
    if ("_tag" in missing) return missing
    if (missing.length > 0) return { _tag: "Incomplete", missing: missing.slice(0, mostMissing) }
    const listed = yield* refusingDamage(ofSnapshots.checkLists(snapshots, versions))
    if ("_tag" in listed) return listed

    const places = new Map([...versions.keys()].map((id, place) => [id, place]))
    const drafts = [...versions.values()].map((version) => ({
      ...version,
      parents: version.parents.map((parent) => places.get(parent) ?? parent)
    }))
    const prepared = yield* prepareImport({ catalog, objects, sha256 }, drafts).pipe(
      // Both were looked at a moment ago; what is gone since makes the whole fail, and it can be asked again.
      Effect.catchTags({
        TreeNotFound: ({ id }) => Effect.succeed(refused(`tree ${id} is gone`)),
        VersionNotFound: ({ id }) => Effect.succeed(refused(`version ${id} is gone`))
      })
    )
    if ("_tag" in prepared) return prepared
    const records = [...prepared.records, ...names.records, ...snapshots.fresh.map(({ record }) => record)]
    if (records.length === 0 && refs.length === 0) return { _tag: "Received", operation: null }
    const artifacts = [...versions.values()].map(({ artifact }) => artifact)
    const collections = [...(receipt.collections ?? []), ...(receipt.trackedCollections ?? [])]
    const forced = forcedTags(receipt)
    const versionsHere = [
      ...elsewhere.keys(),
      ...[...listed].filter((id) => !versions.has(id)),
      ...[...versions.values()].flatMap(({ parents }) => parents.filter((parent) => !versions.has(parent)))
    ]
    return yield* log
      .append({
        kind: "receive",
        reason: receipt.reason,
        subjects: [...new Set([...artifacts, ...collections.map(({ collection }) => collection)])],
        refs,
        records,
        renew,
        relies: {
          records: [
            ...versionsHere.map((id) => ({ kind: versionCodec.kind, id })),
            ...[...ofCollections.elsewhere, ...snapshots.before].map((id) => ({ kind: snapshotCodec.kind, id }))
          ],
          otherwise: ({ id, kind }) => new Gone(kind, id)
        },
        details: {
          versions: versions.size,
          ...(snapshots.fresh.length === 0 ? {} : { snapshots: snapshots.fresh.length }),
          ...(forced.length === 0 ? {} : { forced })
        }
      })
      .pipe(
        Effect.map(({ id }): Outcome => ({ _tag: "Received", operation: id })),
        Effect.catchTag("Gone", ({ id, kind }) => Effect.succeed(refused(`${kind} ${id} is gone`))),
        Effect.catchTag("RefConflict", ({ expected, found, name }) =>
          Effect.succeed<Outcome>({ _tag: "Moved", name, expected, found })
        )
      )
  })
}
