/** The part of an exchange that is about whole collections: which of their names move, and what snapshots and versions that takes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CollectionNameMove, PeerCollectionName, PeerError, PeerSnapshot } from "../../model/Exchange.ts"
import type { SnapshotId, VersionId } from "../../model/Ids.ts"
import { SnapshotArtifact } from "../../model/Snapshot.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { trackedCollectionRef } from "../catalog/names.ts"
import { artifactListText } from "../snapshots/snapshotRecord.ts"
import type { SummedSnapshot } from "./askSnapshots.ts"
import { compareCollections, pairCollections } from "./compareCollections.ts"
import type { Ask } from "./ExchangePeer.ts"
import type { ExchangedCollectionName, GoneCollectionName } from "./ExchangeReport.ts"
import type { ExchangeScope, PullRequest, PushRequest } from "./ExchangeRequest.ts"
import { leadingTo, leadsToClash, listSnapshots, type MissingSnapshots } from "./listSnapshots.ts"
import { malformed } from "./question.ts"
import type { TrackedCollectionMove } from "./receiveSnapshots.ts"
import { goneCollectionNames } from "./trackedCollections.ts"

const listBatch = 20
const decodeList = Schema.decodeUnknownExit(Schema.fromJsonString(Schema.Array(SnapshotArtifact)))

/** What goes over, and which names move with it. @internal */
export interface CollectionPlan {
  readonly names: ReadonlyArray<ExchangedCollectionName>
  readonly gone: ReadonlyArray<GoneCollectionName>
  readonly moves: ReadonlyArray<CollectionNameMove>
  /** Each after the one before it. */
  readonly snapshots: ReadonlyArray<SummedSnapshot>
  /** The versions that those hold. */
  readonly versions: ReadonlySet<VersionId>
}

/** @internal */
export const makeCollectionExchange = (catalog: CatalogStorageService, here: Ask) => {
  const survey = Effect.fnUntraced(function* (scope: ExchangeScope, peer: Ask) {
    const { collections = false } = scope
    const found: MissingSnapshots = { missing: new Map(), clashing: new Set() }
    if (collections === false) return { compared: [], found, pairs: [] }
    const asked = collections === true ? undefined : collections
    const isMeant = ({ kind, name }: PeerCollectionName) =>
      kind === "tag" ? scope.tags !== false : scope.branches === undefined || scope.branches.includes(name)
    const ours = (yield* here.collectionNames(asked)).filter(isMeant)
    const theirs = (yield* peer.collectionNames(asked)).filter(isMeant)
    const pairs = pairCollections(ours, theirs)
    const missing = yield* listSnapshots(
      peer,
      here,
      theirs.map(({ snapshot }) => snapshot)
    )
    return { compared: yield* compareCollections(catalog, missing, pairs), found: missing, pairs }
  })

  /** The versions that the lists of some snapshots name. */
  const listed = Effect.fnUntraced(function* (source: Ask, snapshots: ReadonlyArray<SummedSnapshot>) {
    const versions = new Set<VersionId>()
    const lists = [...new Set(snapshots.flatMap(({ snapshot }) => snapshot.artifacts ?? []))]
    for (let i = 0; i < lists.length; i += listBatch) {
      for (const { bytes, id } of yield* source.contents("Objects", lists.slice(i, i + listBatch))) {
        const decoded = decodeList(artifactListText(bytes))
        if (decoded._tag === "Failure") {
          return yield* Effect.fail(malformed("Objects", `${id} is no list of artifacts`))
        }
        for (const { version } of decoded.value) versions.add(version)
      }
    }
    return versions
  })

  const pull = Effect.fnUntraced(function* (
    request: PullRequest,
    peer: Ask
  ): Effect.fn.Return<
    CollectionPlan & { readonly tracked: ReadonlyArray<TrackedCollectionMove> },
    PeerError | StorageError
  > {
    const { compared, found } = yield* survey(request, peer)
    const names = compared.map((name): ExchangedCollectionName => {
      const { kind, relation } = name
      const forward = relation === "theirs-only" || relation === "behind"
      const moved =
        kind === "branch"
          ? forward && request.moveBranches !== false
          : forward || (relation === "different" && request.forceTags === true)
      return { ...name, moved }
    })
    const { remote } = request
    const gone = yield* goneCollectionNames(catalog, request, names)
    const there = [
      ...names.flatMap(({ collection, kind, name, relation, theirs }) =>
        relation !== "clash" && theirs !== null ? [{ kind, collection, name, to: theirs }] : []
      ),
      ...(request.followDeletions === true
        ? gone.map(({ collection, kind, name }) => ({ kind, collection, name, to: null }))
        : [])
    ]
    const refs = there.map(({ collection, kind, name }) => trackedCollectionRef(collection, kind, remote, name))
    const seen = refs.length === 0 ? new Map<string, string>() : yield* catalog.refs(refs)
    const tracked = there.map((name, k): TrackedCollectionMove => {
      const from = (seen.get(refs[k] as (typeof refs)[number]) ?? null) as SnapshotId | null
      return { ...name, remote, from }
    })
    const moves = [
      ...names.flatMap(
        ({ collection, kind, moved, name, ours, theirs }): ReadonlyArray<CollectionNameMove> =>
          moved && theirs !== null ? [{ kind, collection, name, from: ours, to: theirs }] : []
      ),
      ...gone.flatMap(
        ({ collection, deleted, kind, name, was }): ReadonlyArray<CollectionNameMove> =>
          deleted ? [{ kind, collection, name, from: was, to: null }] : []
      )
    ]
    const heads = [...there, ...moves].flatMap(({ to }) => to ?? [])
    const snapshots = leadingTo(found.missing, heads)
    return { names, gone, moves, tracked, snapshots, versions: yield* listed(peer, snapshots) }
  })

  const push = Effect.fnUntraced(function* (
    request: PushRequest,
    peer: Ask
  ): Effect.fn.Return<CollectionPlan, PeerError | StorageError> {
    const { compared, pairs } = yield* survey(request, peer)
    const removals = request.deleteCollectionNames ?? []
    const key = ({ collection, kind, name }: Pick<CollectionNameMove, "collection" | "kind" | "name">) =>
      JSON.stringify([kind, collection, name])
    const removed = new Set(removals.map(key))
    // What is to be deleted there is not sent, though it is here.
    const wanted = compared.map((name) => {
      const { kind, relation } = name
      if (removed.has(key(name))) return false
      if (relation === "different") return request.forceTags === true
      return relation === "ours-only" || (relation === "ahead" && kind === "branch")
    })
    const heads = pairs.flatMap(
      ({ ours }, k): ReadonlyArray<PeerSnapshot> => (wanted[k] === true && ours !== null ? [ours] : [])
    )
    const found = yield* listSnapshots(here, peer, heads)
    const names = compared.map((name, k): ExchangedCollectionName => {
      if (wanted[k] !== true || name.ours === null) return { ...name, moved: false }
      return leadsToClash(found, name.ours) ? { ...name, relation: "clash", moved: false } : { ...name, moved: true }
    })
    const moves = [
      ...names.flatMap(
        ({ collection, kind, moved, name, ours, theirs }): ReadonlyArray<CollectionNameMove> =>
          moved && ours !== null ? [{ kind, collection, name, from: theirs, to: ours }] : []
      ),
      ...removals.map((name): CollectionNameMove => ({ ...name, to: null }))
    ]
    const gone = removals.map(({ from: was, ...name }): GoneCollectionName => ({ ...name, was, deleted: true }))
    const snapshots = leadingTo(
      found.missing,
      moves.flatMap(({ to }) => to ?? [])
    )
    return { names, gone, moves, snapshots, versions: yield* listed(here, snapshots) }
  })

  return { pull, push, survey }
}
