/** Questions to a peer about snapshots and the names of collections. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { PeerCollectionName, PeerError } from "../../model/Exchange.ts"
import type { CollectionId, ObjectId, SnapshotId } from "../../model/Ids.ts"
import type { Snapshot } from "../../model/Snapshot.ts"
import { malformed, onlyOf, type Question, type ReplyTo } from "./question.ts"
import { snapshotText } from "./snapshotText.ts"

const nameBatch = 1000
const collectionBatch = 100

/** A snapshot and what its text hashes to. @internal */
export interface SummedSnapshot {
  readonly snapshot: Snapshot
  readonly sum: ObjectId
}

/** @internal */
export const makeSnapshotQuestions = (ask: Question, sha256: Sha256Function) => {
  const collectionNames = Effect.fnUntraced(function* (
    collections: ReadonlyArray<CollectionId> | undefined
  ): Effect.fn.Return<ReadonlyArray<PeerCollectionName>, PeerError> {
    const all = new Map<string, PeerCollectionName>()
    const batches: Array<ReadonlyArray<CollectionId> | null> = []
    if (collections === undefined) batches.push(null)
    else
      for (let i = 0; i < collections.length; i += collectionBatch)
        batches.push(collections.slice(i, i + collectionBatch))
    const wanted = collections === undefined ? undefined : new Set(collections)
    for (const batch of batches) {
      for (let cursor: string | null = null; ; ) {
        const reply: ReplyTo<"CollectionNames"> = yield* ask(
          { _tag: "CollectionNames", collections: batch, cursor, limit: nameBatch },
          "CollectionNames"
        )
        const before = all.size
        for (const name of reply.names) {
          if (wanted?.has(name.collection) === false) {
            return yield* Effect.fail(malformed("CollectionNames", `nobody asked about ${name.collection}`))
          }
          all.set(JSON.stringify([name.kind, name.collection, name.name]), name)
        }
        if (reply.cursor === null) break
        if (all.size === before) return yield* Effect.fail(malformed("CollectionNames", "a page holds nothing new"))
        cursor = reply.cursor
      }
    }
    return [...all.values()]
  })

  /** What the texts of those hash to that are there. */
  const knownSnapshots = Effect.fnUntraced(function* (ids: ReadonlyArray<SnapshotId>) {
    const sums = new Map<SnapshotId, ObjectId>()
    for (let i = 0; i < ids.length; i += nameBatch) {
      const snapshots = ids.slice(i, i + nameBatch)
      const reply = yield* ask({ _tag: "KnownSnapshots", snapshots }, "KnownSnapshots")
      yield* onlyOf(
        "KnownSnapshots",
        snapshots,
        reply.snapshots.map(({ id }) => id)
      )
      for (const { id, sum } of reply.snapshots) sums.set(id, sum)
    }
    return sums
  })

  /** Those of some snapshots that are there, and some before them. */
  const snapshots = Effect.fnUntraced(function* (
    ids: ReadonlyArray<SnapshotId>,
    limit: number
  ): Effect.fn.Return<ReadonlyArray<SummedSnapshot>, PeerError> {
    const reply = yield* ask({ _tag: "Snapshots", snapshots: ids, limit }, "Snapshots")
    const expected = new Set(ids)
    for (const { previous } of reply.snapshots) if (previous !== null) expected.add(previous)
    const stranger = reply.snapshots.find(({ id }) => !expected.has(id))
    if (stranger !== undefined) {
      return yield* Effect.fail(malformed("Snapshots", `nobody asked about ${stranger.id}`))
    }
    return reply.snapshots.map((snapshot) => ({ snapshot, sum: snapshotText(snapshot, sha256).id }))
  })

  return { collectionNames, knownSnapshots, snapshots }
}
