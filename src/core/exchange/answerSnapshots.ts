/** What this store answers about its snapshots and the names of its collections. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { PeerCollectionName, PeerReply, PeerRequest } from "../../model/Exchange.ts"
import type { CollectionId, RefName, SnapshotId } from "../../model/Ids.ts"
import type { Snapshot } from "../../model/Snapshot.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { collectionNamePrefix, unescapePart } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import { snapshotText } from "./snapshotText.ts"

const largestPage = 1000

type RequestOf<Tag extends PeerRequest["_tag"]> = Extract<PeerRequest, { readonly _tag: Tag }>

/** @internal */
export const makeSnapshotAnswers = (catalog: CatalogStorageService, sha256: Sha256Function) => {
  /** Snapshots of collections. A safety snapshot is a project's, and no other store's matter. */
  const read = Effect.fnUntraced(function* (ids: ReadonlyArray<SnapshotId>) {
    const found = new Map<SnapshotId, Snapshot>()
    for (const record of (yield* askRecords(catalog, "snapshot", [...new Set(ids)])).values()) {
      const snapshot = yield* snapshotCodec.decode(record)
      if (snapshot.collection !== null && snapshot.artifacts !== null) found.set(snapshot.id, snapshot)
    }
    return found
  })

  const sumOf = (snapshot: Snapshot) => snapshotText(snapshot, sha256).id

  const nameOf = ([ref, snapshot]: readonly [RefName, string]) => {
    const [, collection = "", kind, name = ""] = ref.split("/").map(unescapePart)
    return kind === "branch" || kind === "tag"
      ? [{ kind, collection: collection as CollectionId, name, snapshot: snapshot as SnapshotId } as const]
      : []
  }

  /** A cursor is the number of the list that the page ended in, and the last name of it. */
  const collectionNames = Effect.fnUntraced(function* ({
    collections,
    cursor,
    limit
  }: RequestOf<"CollectionNames">): Effect.fn.Return<PeerReply, StorageError> {
    const prefixes = collections?.flatMap((id) => [
      collectionNamePrefix(id, "branch"),
      collectionNamePrefix(id, "tag")
    ]) ?? ["collection/"]
    const match = /^([0-9]{1,9}):(.*)$/s.exec(cursor ?? "0:")
    if (match === null) return { _tag: "Refused", detail: "the cursor is none that was given" }
    const size = Math.min(Math.max(1, limit), largestPage)
    const found: Array<ReturnType<typeof nameOf>[number]> = []
    let next: string | null = null
    let after = match[2] === "" ? undefined : (match[2] as RefName)
    for (let k = Number(match[1]); k < prefixes.length && next === null; k++) {
      for (;;) {
        const room = size - found.length
        const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({
          prefix: prefixes[k] ?? "",
          after,
          limit: room
        })
        found.push(...page.flatMap(nameOf))
        after = page.at(-1)?.[0]
        if (page.length < room) break
        // Of all collections' names some are of other kinds, and the page goes on behind them.
        if (found.length >= size) {
          next = `${k}:${after}`
          break
        }
      }
      after = undefined
    }
    const snapshots = yield* read(found.map(({ snapshot }) => snapshot))
    const names: Array<PeerCollectionName> = []
    for (const name of found) {
      const snapshot = snapshots.get(name.snapshot)
      if (snapshot === undefined) {
        const detail = `a ${name.kind} of collection ${name.collection} names it, but it is missing`
        return yield* Effect.fail(corrupt("exchange", `snapshot ${name.snapshot}`, detail))
      }
      names.push({ ...name, snapshot: { id: snapshot.id, sum: sumOf(snapshot) } })
    }
    return { _tag: "CollectionNames", names, cursor: next }
  })

  const knownSnapshots = Effect.fnUntraced(function* ({ snapshots }: RequestOf<"KnownSnapshots">) {
    const found = yield* read(snapshots)
    const known = [...found.values()].map((snapshot) => ({ id: snapshot.id, sum: sumOf(snapshot) }))
    return { _tag: "KnownSnapshots", snapshots: known } satisfies PeerReply
  })

  const snapshots = Effect.fnUntraced(function* ({ limit, snapshots: ids }: RequestOf<"Snapshots">) {
    const found = new Map<SnapshotId, Snapshot>()
    const size = Math.min(limit, largestPage)
    for (let level: ReadonlyArray<SnapshotId> = ids; level.length > 0; ) {
      const next: Array<SnapshotId> = []
      for (const snapshot of (yield* read(level)).values()) {
        found.set(snapshot.id, snapshot)
        if (snapshot.previous !== null && !found.has(snapshot.previous)) next.push(snapshot.previous)
      }
      level = next.filter((id) => !found.has(id)).slice(0, Math.max(0, size - found.size))
    }
    return { _tag: "Snapshots", snapshots: [...found.values()] } satisfies PeerReply
  })

  return { collectionNames, knownSnapshots, snapshots }
}
