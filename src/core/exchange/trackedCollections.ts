/** Where names of collections in other stores were, as far as is known here. */
import * as Effect from "effect/Effect"
import type { CollectionId, SnapshotId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { collectionPrefix, collectionRefs, unescapePart } from "../catalog/names.ts"
import { listRefs } from "../projects/deploymentRecord.ts"
import type { CollectionComparison } from "./compareCollections.ts"
import type { GoneCollectionName } from "./ExchangeReport.ts"
import type { PullRequest } from "./ExchangeRequest.ts"

/** A name of a collection in another store, where it was when that was last pulled. */
interface TrackedCollectionName {
  readonly kind: "branch" | "tag"
  readonly collection: CollectionId
  readonly remote: string
  readonly name: string
  readonly snapshot: SnapshotId
}

const readTracked = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  collections: ReadonlyArray<CollectionId> | undefined
) {
  const prefixes = collections?.map(collectionPrefix) ?? [collectionRefs]
  const refs = (yield* Effect.forEach(prefixes, (prefix) => listRefs(catalog, prefix))).flat()
  return refs.flatMap(([ref, snapshot]): ReadonlyArray<TrackedCollectionName> => {
    const [, collection = "", kind, remote = "", name = ""] = ref.split("/").map(unescapePart)
    if (kind !== "remote" && kind !== "remote-tag") return []
    return [
      {
        kind: kind === "remote" ? "branch" : "tag",
        collection: collection as CollectionId,
        remote,
        name,
        snapshot: snapshot as SnapshotId
      }
    ]
  })
})

/** Names in question that another store had when it was last pulled, and has no more. @internal */
export const goneCollectionNames = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  scope: PullRequest,
  names: ReadonlyArray<CollectionComparison>
): Effect.fn.Return<ReadonlyArray<GoneCollectionName>, StorageError> {
  const { collections = false } = scope
  if (collections === false) return []
  const key = (kind: string, collection: string, name: string) => JSON.stringify([kind, collection, name])
  const there = new Map(names.map((pair) => [key(pair.kind, pair.collection, pair.name), pair]))
  const known = yield* readTracked(catalog, collections === true ? undefined : collections)
  const sorted = [...known].sort(
    (a, b) => compareUtf8(a.collection, b.collection) || compareUtf8(a.kind, b.kind) || compareUtf8(a.name, b.name)
  )
  return sorted.flatMap(({ collection, kind, name, remote, snapshot: was }) => {
    const pair = there.get(key(kind, collection, name))
    const isMeant =
      kind === "tag" ? scope.tags !== false : scope.branches === undefined || scope.branches.includes(name)
    if (remote !== scope.remote || !isMeant || (pair !== undefined && pair.theirs !== null)) return []
    const deleted = scope.followDeletions === true && pair?.ours === was
    return [{ kind, collection, name, was, deleted }]
  })
})
