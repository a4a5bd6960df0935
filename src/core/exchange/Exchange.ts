/** Stores talk: histories and their names go from one store to another, and back. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { PeerError, PeerName, PeerReply, PeerRequest, VersionOutline } from "../../model/Exchange.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import { InvalidName, RefConflict, type Tag } from "../../model/Version.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import {
  trackedPrefix,
  trackedRef,
  trackedRefs,
  trackedTagPrefix,
  trackedTagRef,
  trackedTagRefs
} from "../catalog/names.ts"
import { foundation } from "../foundation.ts"
import { makeGraphMemory } from "../graph/GraphReader.ts"
import { OperationLog } from "../ledger/OperationLog.ts"
import { Objects } from "../objects/Objects.ts"
import { Sha256 } from "../references/Sha256.ts"
import { makeAnswer } from "./answer.ts"
import type { SummedSnapshot } from "./askSnapshots.ts"
import { branchProblem } from "./branchProblem.ts"
import { type BranchComparison, compareBranches } from "./compareBranches.ts"
import { type Ask, makeAsk } from "./ExchangePeer.ts"
import type {
  Exchanged,
  ExchangedBranch,
  ExchangedTag,
  GoneBranch,
  GoneTag,
  LeftOutBranch,
  StoreComparison,
  TagComparison
} from "./ExchangeReport.ts"
import type { ExchangeScope, PullRequest, PushRequest } from "./ExchangeRequest.ts"
import { makeCollectionExchange } from "./exchangeCollections.ts"
import { listMissing } from "./listMissing.ts"
import { malformed } from "./question.ts"
import type { Receipt, ReceiveParts } from "./receive.ts"
import { makeSender } from "./sendContent.ts"
import { snapshotText } from "./snapshotText.ts"
import { readTracked, type TrackedBranch } from "./trackedBranches.ts"

/** Why stores could not exchange. @public */
export type ExchangeError = PeerError | RefConflict | StorageError

/**
 * Brings versions, branches and tags from one store to another, and snapshots with the names of whole collections.
 *
 * @remarks
 * The stores may be of any two adapters, and in processes that never meet: a peer is one function, and what it is asked
 * and answers is data. Only what is missing goes over, in batches. A transfer that is killed shows nothing and loses
 * nothing: the next one goes on where it ended. Then one operation makes the versions part of the history and moves the
 * names, all or none, each only if it is still where it was seen. It can be undone like any other.
 *
 * What a peer says is checked: content and versions are what their ids say, and where a version stands in the order is
 * worked out anew from its parents.
 *
 * @public
 */
export interface ExchangeService {
  /** Answers another store. Give it as the peer to an engine of this process, or let a transport call it. */
  readonly answer: (request: PeerRequest) => Effect.Effect<PeerReply>
  /** Says how the branches and tags of two stores stand to each other. */
  readonly compare: (request: ExchangeScope) => Effect.Effect<StoreComparison, ExchangeError>
  /**
   * Brings what another store has here.
   *
   * @remarks
   * Its branches are noted as `remote/branch`, which revision expressions understand. A branch here moves only where theirs
   * goes on from it; one that diverged stays, and is reported with both heads, for `MergeEngine.versions` to merge. One that
   * was deleted there since the last pull is reported as `gone`, and deleted here only with `followDeletions`.
   */
  readonly pull: (request: PullRequest) => Effect.Effect<Exchanged, InvalidName | ExchangeError>
  /**
   * Brings what this store has to another one.
   *
   * @remarks
   * A branch there moves only where this store's goes on from it. One that diverged, or that is ahead of this store's, is
   * reported and left: pull, merge, and push again. Branches are deleted there only where `deleteBranches` names them.
   */
  readonly push: (request: PushRequest) => Effect.Effect<Exchanged, ExchangeError>
  /** Lists where branches of other stores were when they were last pulled. */
  readonly tracked: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<TrackedBranch>, StorageError>
}

/** Push and pull between stores: see {@link ExchangeService}. @public */
export class Exchange extends Context.Service<Exchange, ExchangeService>()("tidemark/core/Exchange") {
  static readonly layer: Layer.Layer<Exchange, never, CatalogStorage | ObjectStorage> = Layer.effect(
    Exchange,
    Effect.gen(function* () {
      return make({
        catalog: yield* CatalogStorage,
        objects: yield* Objects,
        log: yield* OperationLog,
        sha256: yield* Sha256
      })
    })
  ).pipe(Layer.provide(foundation))
}

/** Versions kept in memory between questions: their place and parents, some 60 bytes each. */
const rememberedVersions = 1_000_000
/** More versions than this one exchange does not bring: a peer must not fill the memory. */
const mostVersions = 2_000_000
/** Each round, the receiver names what it found missing; a store from which things vanish all the time is not well. */
const mostRounds = 100

/** A pair of names, one or both of them there. */
interface Pair {
  readonly kind: PeerName["kind"]
  readonly artifact: ArtifactId
  readonly name: string
  readonly ours: VersionId | null
  readonly theirs: VersionId | null
}

const make = (parts: ReceiveParts): ExchangeService => {
  const { catalog, sha256 } = parts
  const { answer, receive } = makeAnswer(parts, makeGraphMemory(rememberedVersions))
  const here = makeAsk(answer, sha256)
  const ofCollections = makeCollectionExchange(catalog, here)

  /** The names of both sides, by what they name; apart from them, branches whose names stay where they are. */
  const pairs = Effect.fnUntraced(function* (scope: ExchangeScope, peer: Ask) {
    const found = new Map<string, Pair>()
    const add = ({ artifact, kind, name, version }: PeerName, side: "ours" | "theirs") => {
      const wanted =
        kind === "tag" ? scope.tags !== false : scope.branches === undefined || scope.branches.includes(name)
      if (!wanted) return
      const key = JSON.stringify([artifact, kind, name])
      const pair = found.get(key) ?? { kind, artifact, name, ours: null, theirs: null }
      found.set(key, { ...pair, [side]: version })
    }
    for (const name of yield* here.names(scope.artifacts)) add(name, "ours")
    for (const name of yield* peer.names(scope.artifacts)) add(name, "theirs")
    const sorted = [...found.values()].sort(
      (a, b) => compareUtf8(a.artifact, b.artifact) || compareUtf8(a.kind, b.kind) || compareUtf8(a.name, b.name)
    )
    const leftOut = sorted.flatMap(({ artifact, kind, name: branch, ours, theirs }): ReadonlyArray<LeftOutBranch> => {
      const reason = kind === "branch" ? branchProblem(branch) : undefined
      return reason === undefined ? [] : [{ artifact, branch, ours, theirs, reason }]
    })
    return { all: sorted.filter(({ kind, name }) => kind === "tag" || branchProblem(name) === undefined), leftOut }
  })

  /** Where both sides are, and the versions of theirs that are not here: `besides` are some more that are meant. */
  const survey = Effect.fnUntraced(function* (scope: ExchangeScope, peer: Ask, besides: Iterable<VersionId> = []) {
    const { all, leftOut } = yield* pairs(scope, peer)
    const moved = all.filter(({ ours, theirs }) => ours !== theirs)
    const heads = [...moved.flatMap(({ theirs }) => (theirs === null ? [] : [theirs])), ...besides]
    const hints = moved.flatMap(({ ours }) => (ours === null ? [] : [ours]))
    const incoming = yield* listMissing(peer, here, heads, hints, mostVersions)
    const branches = yield* compareBranches(
      catalog,
      incoming,
      all
        .filter(({ kind }) => kind === "branch")
        .map(({ artifact, name, ours, theirs }) => ({ artifact, branch: name, ours, theirs }))
    )
    const tags = moved
      .filter(({ kind }) => kind === "tag")
      .map(({ artifact, name, ours, theirs }): TagComparison => {
        const relation = ours === null ? "theirs-only" : theirs === null ? "ours-only" : "different"
        return { artifact, tag: name, ours, theirs, relation }
      })
    return { branches, leftOut, tags, incoming, tagPairs: all.filter(({ kind }) => kind === "tag") }
  })

  /** Sends versions, and asks the receiver to take them, until it has everything. */
  const bring = Effect.fnUntraced(function* <E>(
    source: Ask,
    destination: Ask,
    outlines: ReadonlyArray<VersionOutline>,
    snapshots: ReadonlyArray<SummedSnapshot>,
    take: Effect.Effect<Extract<PeerReply, { readonly _tag: "Received" | "Incomplete" | "Moved" }>, E>
  ) {
    const texts = new Map(snapshots.map(({ snapshot, sum }) => [sum, snapshotText(snapshot, sha256).bytes]))
    const sender = makeSender(source, destination, texts)
    yield* sender.sendVersions(outlines)
    yield* sender.sendSnapshots(snapshots)
    for (let round = 0; round < mostRounds; round++) {
      const reply = yield* take
      if (reply._tag === "Received") return { operation: reply.operation, transferred: sender.transferred() }
      if (reply._tag === "Moved") {
        const { expected, found, name } = reply
        return yield* Effect.fail(new RefConflict({ name, expected, found }))
      }
      yield* sender.sendMissing(reply.missing)
    }
    return yield* Effect.fail(malformed("Receive", "whatever it is sent, it finds something missing"))
  })

  const tracked = Effect.fn("Exchange.tracked")((artifact: ArtifactId) => readTracked(catalog, trackedPrefix(artifact)))

  /** Branches in question that another store had when it was last pulled, and has no more. */
  const goneFrom = Effect.fnUntraced(function* (scope: PullRequest, branches: ReadonlyArray<BranchComparison>) {
    const key = (artifact: ArtifactId, branch: string) => JSON.stringify([artifact, branch])
    const there = new Map(branches.map((pair) => [key(pair.artifact, pair.branch), pair]))
    const prefixes = scope.artifacts?.map(trackedPrefix) ?? [trackedRefs]
    const known = (yield* Effect.forEach(prefixes, (prefix) => readTracked(catalog, prefix))).flat()
    return known.flatMap(({ artifact, branch, remote, version }) => {
      const pair = there.get(key(artifact, branch))
      if (remote !== scope.remote || (pair !== undefined && pair.theirs !== null)) return []
      if (scope.branches !== undefined && !scope.branches.includes(branch)) return []
      const deleted = scope.followDeletions === true && pair?.ours === version
      return [{ artifact, branch, was: version, deleted } satisfies GoneBranch]
    })
  })

  /** Tags in question that another store had when it was last pulled, and has no more. */
  const goneTagsFrom = Effect.fnUntraced(function* (scope: PullRequest, pairs: ReadonlyArray<Pair>) {
    if (scope.tags === false) return []
    const there = new Map(pairs.map((pair) => [JSON.stringify([pair.artifact, pair.name]), pair]))
    const prefixes = scope.artifacts?.map(trackedTagPrefix) ?? [trackedTagRefs]
    const known = (yield* Effect.forEach(prefixes, (prefix) => readTracked(catalog, prefix))).flat()
    return known.flatMap(({ artifact, branch: tag, remote, version }) => {
      const pair = there.get(JSON.stringify([artifact, tag]))
      if (remote !== scope.remote || (pair !== undefined && pair.theirs !== null)) return []
      const deleted = scope.followDeletions === true && pair?.ours === version
      return [{ artifact, tag, was: version, deleted } satisfies GoneTag]
    })
  })

  /** Notes where the tags of another store are; those that are gone are forgotten where they are followed. */
  const noteTags = Effect.fnUntraced(function* (
    { followDeletions, remote }: PullRequest,
    pairs: ReadonlyArray<Pair>,
    gone: ReadonlyArray<GoneTag>
  ) {
    const theirs = [
      ...pairs.flatMap(({ artifact, name: tag, theirs: to }) => (to === null ? [] : [{ artifact, tag, to }])),
      ...(followDeletions === true ? gone.map(({ artifact, tag }) => ({ artifact, tag, to: null })) : [])
    ]
    const seen = yield* catalog.refs(theirs.map(({ artifact, tag }) => trackedTagRef(artifact, remote, tag)))
    return theirs.map(({ artifact, tag, to }) => {
      const from = (seen.get(trackedTagRef(artifact, remote, tag)) ?? null) as VersionId | null
      return { artifact, remote, tag, from, to }
    })
  })

  const compare = Effect.fn("Exchange.compare")(function* (
    scope: ExchangeScope
  ): Effect.fn.Return<StoreComparison, ExchangeError> {
    const peer = makeAsk(scope.peer, sha256)
    const collections = yield* ofCollections.survey(scope, peer)
    const { branches, incoming, leftOut, tags } = yield* survey(scope, peer)
    return {
      branches,
      leftOut,
      tags,
      collections: collections.compared,
      incoming: incoming.length,
      incomingSnapshots: collections.found.missing.size
    }
  })

  const pull = Effect.fn("Exchange.pull")(function* (
    request: PullRequest
  ): Effect.fn.Return<Exchanged, InvalidName | ExchangeError> {
    const { remote } = request
    const problem = nameProblem(remote) ?? (remote.includes("/") ? "it contains `/`" : undefined)
    if (problem !== undefined) return yield* Effect.fail(new InvalidName({ name: remote, reason: problem }))
    const peer = makeAsk(request.peer, sha256)
    const collections = yield* ofCollections.pull(request, peer)
    const { branches, incoming, leftOut, tagPairs, tags } = yield* survey(request, peer, collections.versions)
    const forward = branches.map((branch): ExchangedBranch => {
      const { relation } = branch
      const moved = request.moveBranches !== false && (relation === "behind" || relation === "theirs-only")
      return { ...branch, moved }
    })
    const outcome = tags.map((tag): ExchangedTag => {
      const { relation } = tag
      return { ...tag, moved: relation === "theirs-only" || (relation === "different" && request.forceTags === true) }
    })
    const gone = yield* goneFrom(request, branches)
    const goneTags = yield* goneTagsFrom(request, tagPairs)
    const forgotten = request.followDeletions === true ? gone.map((branch) => ({ ...branch, to: null })) : []
    const theirs = [
      ...branches.flatMap(({ artifact, branch, theirs: to }) => (to === null ? [] : [{ artifact, branch, to }])),
      ...forgotten
    ]
    const seen = yield* catalog.refs(theirs.map(({ artifact, branch }) => trackedRef(artifact, remote, branch)))
    const fetched = yield* tagsOf(peer, outcome, "theirs")
    const receipt: Receipt = {
      versions: incoming.map(({ id }) => id),
      branches: [
        ...forward.flatMap(({ artifact, branch, moved, ours, theirs: to }) =>
          moved && to !== null ? [{ artifact, name: branch, from: ours, to }] : []
        ),
        ...gone.flatMap(({ artifact, branch, deleted, was }) =>
          deleted ? [{ artifact, name: branch, from: was, to: null }] : []
        )
      ],
      tags: fetched.map(({ other, tag }) => ({ tag, from: other })),
      tracked: theirs.map(({ artifact, branch, to }) => {
        const from = (seen.get(trackedRef(artifact, remote, branch)) ?? null) as VersionId | null
        return { artifact, remote, branch, from, to }
      }),
      snapshots: collections.snapshots.map(({ sum }) => sum),
      collections: collections.moves,
      trackedCollections: collections.tracked,
      removedTags: goneTags.flatMap(({ artifact, deleted, tag, was }) =>
        deleted ? [{ artifact, name: tag, from: was }] : []
      ),
      trackedTags: yield* noteTags(request, tagPairs, goneTags),
      reason: request.reason ?? `Pull from ${remote}`
    }
    const take = Effect.flatMap(receive(receipt), (reply) =>
      reply._tag === "Refused" ? Effect.fail(malformed("Versions", reply.detail)) : Effect.succeed(reply)
    )
    const brought = yield* bring(peer, here, incoming, collections.snapshots, take)
    const { gone: goneCollections, names } = collections
    return {
      ...brought,
      branches: forward,
      leftOut,
      tags: outcome,
      collections: names,
      gone,
      goneTags,
      goneCollections
    }
  })

  const push = Effect.fn("Exchange.push")(function* (request: PushRequest): Effect.fn.Return<Exchanged, ExchangeError> {
    const peer = makeAsk(request.peer, sha256)
    const removals = request.deleteBranches ?? []
    const removed = new Set(removals.map(({ artifact, branch }) => JSON.stringify([artifact, branch])))
    const collections = yield* ofCollections.push(request, peer)
    const tagRemovals = request.deleteTags ?? []
    const removedTags = new Set(tagRemovals.map(({ artifact, tag }) => JSON.stringify([artifact, tag])))
    const { branches, leftOut, tags } = yield* survey(request, peer)
    const forward = branches.map((pair): ExchangedBranch => {
      const { artifact, branch, relation } = pair
      const moved = relation === "ahead" || relation === "ours-only"
      // What is to be deleted there is not sent, though it is here.
      return { ...pair, moved: moved && !removed.has(JSON.stringify([artifact, branch])) }
    })
    const outcome = tags.map((tag): ExchangedTag => {
      const { artifact, relation, tag: name } = tag
      const moved = relation === "ours-only" || (relation === "different" && request.forceTags === true)
      return { ...tag, moved: moved && !removedTags.has(JSON.stringify([artifact, name])) }
    })
    const moving = [...forward, ...outcome].filter(({ moved }) => moved)
    const heads = [...moving.flatMap(({ ours }) => (ours === null ? [] : [ours])), ...collections.versions]
    const hints = [...branches, ...tags].flatMap(({ theirs }) => (theirs === null ? [] : [theirs]))
    const outgoing = yield* listMissing(here, peer, heads, hints, mostVersions)
    const described = yield* tagsOf(here, outcome, "ours")
    const receipt = {
      _tag: "Receive",
      versions: outgoing.map(({ id }) => id),
      branches: [
        ...forward.flatMap(({ artifact, branch, moved, ours: to, theirs: from }) =>
          moved && to !== null ? [{ artifact, name: branch, from, to }] : []
        ),
        ...removals.map(({ artifact, branch, from }) => ({ artifact, name: branch, from, to: null }))
      ],
      tags: described.map(({ other, tag }) => ({ tag, from: other })),
      ...(collections.moves.length === 0
        ? {}
        : { snapshots: collections.snapshots.map(({ sum }) => sum), collections: collections.moves }),
      ...(tagRemovals.length === 0
        ? {}
        : { removedTags: tagRemovals.map(({ artifact, from, tag }) => ({ artifact, name: tag, from })) }),
      reason: request.reason ?? ""
    } as const
    // With nothing to say, a peer that only gives need not be asked to take.
    const idle = receipt.branches.length + receipt.tags.length + tagRemovals.length + collections.moves.length === 0
    const take = idle ? Effect.succeed({ _tag: "Received", operation: null } as const) : peer.receive(receipt)
    const brought = yield* bring(here, peer, outgoing, collections.snapshots, take)
    const gone = removals.map(
      ({ artifact, branch, from: was }): GoneBranch => ({ artifact, branch, was, deleted: true })
    )
    const goneTags = tagRemovals.map(({ artifact, from: was, tag }): GoneTag => ({ artifact, tag, was, deleted: true }))
    const { gone: goneCollections, names } = collections
    return {
      ...brought,
      branches: forward,
      leftOut,
      tags: outcome,
      collections: names,
      gone,
      goneTags,
      goneCollections
    }
  })

  /** What is known of the tags that are to move, and where the other side has them. */
  const tagsOf = Effect.fnUntraced(function* (
    source: Ask,
    tags: ReadonlyArray<ExchangedTag>,
    side: "ours" | "theirs"
  ): Effect.fn.Return<ReadonlyArray<{ readonly tag: Tag; readonly other: VersionId | null }>, PeerError> {
    const moving = tags.flatMap((pair) => {
      const version = pair[side]
      const other = side === "ours" ? pair.theirs : pair.ours
      return pair.moved && version !== null ? [{ artifact: pair.artifact, name: pair.tag, version, other }] : []
    })
    const told = yield* source.tags(moving)
    return told.map((tag, k) => ({ tag, other: moving[k]?.other ?? null }))
  })

  return Exchange.of({ answer, compare, pull, push, tracked })
}
