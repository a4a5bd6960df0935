/** How names of whole collections here and in another store stand to each other. */
import * as Effect from "effect/Effect"
import type { PeerCollectionName } from "../../model/Exchange.ts"
import type { CollectionId, SnapshotId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { leadsToClash, type MissingSnapshots } from "./listSnapshots.ts"
import { makeSnapshotPlaces, type SnapshotPlace } from "./snapshotPlaces.ts"

/**
 * A branch or tag of a whole collection, here and there.
 *
 * - `same`: at the same snapshot; `ours-only`, `theirs-only`: one side has no such name
 * - `ahead`, `behind`, `diverged`, of branches: as of branches of artifacts, along the snapshots before. `base` is the newest
 *   that both come from; `null` where there is none, or where it was pruned
 * - `different`, of tags: they name different snapshots
 * - `clash`: on both sides one id stands for different snapshots, this one or one before it. Nothing of it is exchanged
 *
 * `ahead` counts the snapshots that lead to ours alone, `behind` those that lead to theirs alone.
 *
 * @public
 */
export interface CollectionComparison {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly name: string
  readonly ours: SnapshotId | null
  readonly theirs: SnapshotId | null
  readonly relation: "same" | "ahead" | "behind" | "diverged" | "different" | "ours-only" | "theirs-only" | "clash"
  readonly ahead: number
  readonly behind: number
  readonly base: SnapshotId | null
}

/** A name of a collection on both sides. @internal */
export interface CollectionPair {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly name: string
  readonly ours: PeerCollectionName["snapshot"] | null
  readonly theirs: PeerCollectionName["snapshot"] | null
}

/** Puts the names of both sides together. @internal */
export const pairCollections = (
  ours: ReadonlyArray<PeerCollectionName>,
  theirs: ReadonlyArray<PeerCollectionName>
): ReadonlyArray<CollectionPair> => {
  const found = new Map<string, CollectionPair>()
  const add = ({ collection, kind, name, snapshot }: PeerCollectionName, side: "ours" | "theirs") => {
    const key = JSON.stringify([collection, kind, name])
    const pair = found.get(key) ?? { kind, collection, name, ours: null, theirs: null }
    found.set(key, { ...pair, [side]: snapshot })
  }
  for (const name of ours) add(name, "ours")
  for (const name of theirs) add(name, "theirs")
  return [...found.values()].sort(
    (a, b) => compareUtf8(a.collection, b.collection) || compareUtf8(a.kind, b.kind) || compareUtf8(a.name, b.name)
  )
}

/**
 * Walks back from both, the later one first, until they meet: each snapshot follows one other, so what they share begins at
 * the first that both pass. What is passed is read in batches; a wrong order of times only makes it pass more.
 */
const meet = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  missing: MissingSnapshots["missing"],
  collection: CollectionId,
  ours: SnapshotId,
  theirs: SnapshotId
) {
  const stored = makeSnapshotPlaces(catalog, collection)
  const place = (id: SnapshotId | null, below?: number): Effect.Effect<SnapshotPlace | undefined, StorageError> => {
    if (id === null) return Effect.succeed(undefined)
    const incoming = missing.get(id)
    if (incoming === undefined) return stored(id, Number.isFinite(below) ? below : undefined)
    return Effect.succeed({ at: Number.POSITIVE_INFINITY, previous: incoming.snapshot.previous })
  }
  const start = Effect.fnUntraced(function* (id: SnapshotId) {
    return { id: id as SnapshotId | null, place: yield* place(id), passed: new Map<SnapshotId, number>() }
  })
  const [left, right] = [yield* start(ours), yield* start(theirs)]
  for (;;) {
    const side = (right.place?.at ?? -1) >= (left.place?.at ?? -1) ? right : left
    const other = side === left ? right : left
    const { id } = side
    // An end, or a ring, which only a broken store makes.
    if (id === null || side.place === undefined || side.passed.has(id)) {
      if (other.place === undefined || other.id === null || other.passed.has(other.id)) {
        return { ahead: left.passed.size, behind: right.passed.size, base: null }
      }
      side.place = undefined
      side.id = null
      continue
    }
    const met = other.passed.get(id)
    if (met !== undefined || other.id === id) {
      const counts = [side.passed.size, met ?? other.passed.size] as const
      const [ahead, behind] = side === left ? counts : [counts[1], counts[0]]
      return { ahead, behind, base: id }
    }
    side.passed.set(id, side.passed.size)
    const { at, previous } = side.place
    side.id = previous
    side.place = yield* place(previous, at)
  }
})

/** Compares names. `found` are the snapshots of theirs that are not stored here. @internal */
export const compareCollections = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  found: MissingSnapshots,
  pairs: ReadonlyArray<CollectionPair>
): Effect.fn.Return<ReadonlyArray<CollectionComparison>, StorageError> {
  const compared: Array<CollectionComparison> = []
  for (const pair of pairs) {
    const ours = pair.ours?.id ?? null
    const theirs = pair.theirs?.id ?? null
    const result = (
      relation: CollectionComparison["relation"],
      counts: Pick<CollectionComparison, "ahead" | "behind" | "base"> = { ahead: 0, behind: 0, base: null }
    ) => compared.push({ ...pair, ours, theirs, relation, ...counts })
    if (theirs !== null && leadsToClash(found, theirs)) result("clash")
    else if (theirs === null) result("ours-only")
    else if (ours === null) result("theirs-only")
    else if (ours === theirs) result("same", { ahead: 0, behind: 0, base: ours })
    else if (pair.kind === "tag") result("different")
    else {
      const counts = yield* meet(catalog, found.missing, pair.collection, ours, theirs)
      const { ahead, base, behind } = counts
      result(base === null || (ahead > 0 && behind > 0) ? "diverged" : ahead > 0 ? "ahead" : "behind", counts)
    }
  }
  return compared
})
