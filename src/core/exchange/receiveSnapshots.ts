/** Making snapshots from elsewhere part of a store: what they say is checked like that of versions, their ids are not trusted. */
import * as Effect from "effect/Effect"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { CollectionNameMove, MissingContent, PeerReply } from "../../model/Exchange.ts"
import type { ArtifactId, CollectionId, ObjectId, SnapshotId, TreeId, VersionId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Snapshot } from "../../model/Snapshot.ts"
import type { Version } from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { collectionNameRef, trackedCollectionRef } from "../catalog/names.ts"
import { claimContent } from "../graph/claimTree.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { readArtifactList, snapshotCodec, snapshotRecord } from "../snapshots/snapshotRecord.ts"
import { readSnapshotText } from "./snapshotText.ts"

type Refusal = Extract<PeerReply, { readonly _tag: "Incomplete" | "Refused" }>

/** A branch or tag of a collection in another store, to be noted here. @internal */
export interface TrackedCollectionMove {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly remote: string
  readonly name: string
  readonly from: SnapshotId | null
  readonly to: SnapshotId | null
}

const batchSize = 500
const mostMissing = 1000
/** Beyond this no date is one, and places in the order would not be exact numbers. */
const latestTime = 8.64e15

const refused = (detail: string): Refusal => ({ _tag: "Refused", detail })

/** A snapshot that is new here. `before`: the tree of the one before it, where that was here already. @internal */
export interface FreshSnapshot {
  readonly snapshot: Snapshot
  readonly record: StoredRecord
  readonly before: TreeId | null
}

/** What is new of the snapshots of a receipt, and the collections of all of them. @internal */
export interface ReceivedSnapshots {
  readonly fresh: ReadonlyArray<FreshSnapshot>
  readonly collections: ReadonlyMap<SnapshotId, CollectionId>
  /** Snapshots that are here and come just before new ones: what both hold is not claimed again, so they have to stay. */
  readonly before: ReadonlySet<SnapshotId>
}

/** @internal */
export const makeSnapshotReceipt = (catalog: CatalogStorageService, objects: ObjectsService) => {
  const stored = Effect.fnUntraced(function* (kind: string, ids: Iterable<string>) {
    const wanted = [...new Set(ids)]
    const found = new Map<string, StoredRecord>()
    for (let i = 0; i < wanted.length; i += batchSize) {
      for (const [id, record] of yield* askRecords(catalog, kind, wanted.slice(i, i + batchSize))) found.set(id, record)
    }
    return found
  })

  /** The snapshots as they were put; or why they cannot be had. */
  const readTexts = Effect.fnUntraced(function* (sums: ReadonlyArray<ObjectId>) {
    const unique = [...new Set(sums)]
    const absent = yield* objects.claim(unique.map((id) => ({ id, size: null })))
    if (absent.length > 0) {
      const missing = absent.slice(0, mostMissing).map((id): MissingContent => ({ kind: "snapshot", id }))
      return { _tag: "Incomplete", missing } satisfies Refusal
    }
    const snapshots = new Map<SnapshotId, Snapshot>()
    for (let i = 0; i < unique.length; i += batchSize) {
      const batch = unique.slice(i, i + batchSize)
      const contents = yield* objects.get(batch)
      for (const sum of batch) {
        const snapshot = readSnapshotText(contents.get(sum) ?? new Uint8Array())
        if (snapshot === undefined) return refused(`${sum} is no snapshot`)
        const { artifacts, collection, id, project, reason, time } = snapshot
        if (collection === null || artifacts === null || project !== null || reason === "safety") {
          return refused(`snapshot ${id} is not one of a collection`)
        }
        if (Math.abs(time) > latestTime) return refused(`snapshot ${id} is of no time that there is`)
        if (snapshots.has(id)) return refused(`two snapshots have the id ${id}`)
        snapshots.set(id, snapshot)
      }
    }
    return snapshots
  })

  /** Reads what a receipt names. The order is its own: each snapshot after the one before it. */
  const read = Effect.fnUntraced(function* (
    sums: ReadonlyArray<ObjectId>
  ): Effect.fn.Return<ReceivedSnapshots | Refusal, StorageError> {
    const snapshots = yield* readTexts(sums)
    if ("_tag" in snapshots) return snapshots
    const previous = [...snapshots.values()].flatMap((snapshot) => snapshot.previous ?? [])
    const there = yield* stored(snapshotCodec.kind, [...snapshots.keys(), ...previous])
    const collections = new Map<SnapshotId, CollectionId>()
    const trees = new Map<SnapshotId, TreeId>()
    for (const record of there.values()) {
      const { collection, id, tree } = yield* snapshotCodec.decode(record)
      if (collection !== null) collections.set(id, collection)
      trees.set(id, tree)
    }
    const fresh: Array<FreshSnapshot> = []
    const before = new Set<SnapshotId>()
    const records = new Map<SnapshotId, StoredRecord>()
    for (const snapshot of snapshots.values()) {
      const { collection, id, previous } = snapshot
      const own = there.get(id)
      if (own !== undefined) {
        if (own.body !== snapshotCodec.encode(snapshot)) return refused(`snapshot ${id} is another one here`)
        continue
      }
      const earlier = previous === null ? undefined : (records.get(previous) ?? there.get(previous))
      if (previous !== null && earlier === undefined && snapshots.has(previous)) {
        return refused(`snapshot ${previous} comes before snapshot ${id}, and not in the receipt`)
      }
      if (previous !== null && earlier !== undefined && collections.get(previous) !== collection) {
        return refused(`snapshot ${previous} before snapshot ${id} is of another collection`)
      }
      if (previous !== null && there.has(previous)) before.add(previous)
      // What is before it may have been pruned where it comes from: a row of snapshots may begin anywhere.
      const record = snapshotRecord(snapshot, earlier ?? null)
      records.set(id, record)
      collections.set(id, collection as CollectionId)
      fresh.push({ snapshot, record, before: previous === null ? null : (trees.get(previous) ?? null) })
    }
    return { fresh, collections, before }
  })

  /** Claims what snapshots hold; returns what is missing of it. */
  const claim = Effect.fnUntraced(function* ({ fresh }: ReceivedSnapshots) {
    const missing = new Map<ObjectId, MissingContent>()
    const trees = new Map<SnapshotId, TreeId>()
    const lists = new Set<ObjectId>()
    for (const { before, snapshot } of fresh) {
      const { artifacts, id, previous, tree } = snapshot
      if (artifacts !== null) lists.add(artifacts)
      // What came just before is compared with where it is whole; else everything is looked at.
      const known = (previous === null ? null : trees.get(previous)) ?? before
      const absent = yield* claimContent(objects, tree, known)
      if (absent.length === 0) trees.set(id, tree)
      for (const content of absent) missing.set(content.id, content)
      if (missing.size >= mostMissing) break
    }
    for (const id of yield* objects.claim([...lists].map((id) => ({ id, size: null })))) {
      missing.set(id, { kind: "blob", id })
    }
    return [...missing.values()]
  })

  /** The versions that snapshots list; or why a list cannot be right. `received` are those of the same receipt. */
  const checkLists = Effect.fnUntraced(function* (
    { fresh }: ReceivedSnapshots,
    received: ReadonlyMap<VersionId, Version>
  ): Effect.fn.Return<ReadonlySet<VersionId> | Refusal, StorageError> {
    const versions = new Map<VersionId, { readonly artifact: ArtifactId; readonly tree: TreeId }>(received)
    const checked = new Set<ObjectId>()
    const listed = new Set<VersionId>()
    for (const { snapshot } of fresh) {
      const { artifacts, id } = snapshot
      if (artifacts === null || checked.has(artifacts)) continue
      checked.add(artifacts)
      const list = yield* readArtifactList(objects, artifacts)
      const unread = list.flatMap(({ version }) => (versions.has(version) ? [] : [version]))
      for (const record of (yield* stored(versionCodec.kind, unread)).values()) {
        const version = yield* versionCodec.decode(record)
        versions.set(version.id, version)
      }
      for (const [k, { artifact, tree, version }] of list.entries()) {
        const before = list[k - 1]
        if (before !== undefined && compareUtf8(before.artifact, artifact) >= 0) {
          return refused(`the artifacts of snapshot ${id} are in another order`)
        }
        const known = versions.get(version)
        if (known === undefined) return refused(`snapshot ${id} holds version ${version}, which is not here`)
        if (known.artifact !== artifact || known.tree !== tree) {
          return refused(`snapshot ${id} says of version ${version} what is not so`)
        }
        listed.add(version)
      }
    }
    return listed
  })

  /** The moves of collections' names. */
  const refsOf = Effect.fnUntraced(function* (
    moves: ReadonlyArray<CollectionNameMove>,
    tracked: ReadonlyArray<TrackedCollectionMove>,
    received: ReceivedSnapshots
  ): Effect.fn.Return<
    { readonly refs: ReadonlyArray<RefUpdate>; readonly elsewhere: ReadonlyArray<SnapshotId> } | Refusal,
    StorageError
  > {
    const targets = [...moves, ...tracked].flatMap(({ to }) => to ?? [])
    const fresh = new Set(received.fresh.map(({ snapshot }) => snapshot.id))
    const elsewhere = [...new Set(targets.filter((id) => !fresh.has(id)))]
    const collections = new Map(received.collections)
    for (const record of (yield* stored(snapshotCodec.kind, elsewhere)).values()) {
      const { collection, id } = yield* snapshotCodec.decode(record)
      if (collection !== null) collections.set(id, collection)
    }
    for (const { collection, to } of [...moves, ...tracked]) {
      if (to !== null && collections.get(to) !== collection) {
        return refused(`a name of collection ${collection} is to be at snapshot ${to}, which is none of it here`)
      }
    }
    const refs: Array<RefUpdate> = []
    for (const { collection, from, kind, name, to } of moves) {
      const problem = from === null ? nameProblem(name) : undefined
      if (problem !== undefined) return refused(`${JSON.stringify(name)} cannot be a ${kind}: ${problem}`)
      refs.push({ name: collectionNameRef(collection, kind, name), expected: from, next: to })
    }
    for (const { collection, from, kind, name, remote, to } of tracked) {
      refs.push({ name: trackedCollectionRef(collection, kind, remote, name), expected: from, next: to })
    }
    return { refs, elsewhere }
  })

  return { checkLists, claim, read, refsOf }
}
