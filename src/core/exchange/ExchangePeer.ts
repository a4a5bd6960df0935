/** Another store, as one function: whatever carries a request there and the reply back is a transport. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import {
  type PeerChunks,
  type PeerContent,
  PeerError,
  type PeerName,
  type PeerObject,
  type PeerReply,
  type PeerRequest,
  type VersionOutline
} from "../../model/Exchange.ts"
import type { ArtifactId, ObjectId, VersionId } from "../../model/Ids.ts"
import type { Tag } from "../../model/Version.ts"
import { makeSnapshotQuestions } from "./askSnapshots.ts"
import { makeQuestion, malformed, onlyOf, type ReplyTo } from "./question.ts"

/**
 * Asks another store. In one process that is the other engine's `Exchange.answer`; between processes, what sends the
 * request (both are schemas: see `PeerRequest` and `PeerReply`) to a host that calls `answer` there.
 *
 * @public
 */
export type ExchangePeer = (request: PeerRequest) => Effect.Effect<PeerReply, PeerError>

/** Makes a peer of a function that gives promises. What it throws is an `unavailable` peer. @public */
export const peerOf =
  (ask: (request: PeerRequest) => Promise<PeerReply>): ExchangePeer =>
  (request) =>
    Effect.tryPromise({
      try: () => ask(request),
      catch: (cause) =>
        new PeerError({
          reason: "unavailable",
          request: request._tag,
          detail: cause instanceof Error ? cause.message : String(cause),
          isRetryable: true,
          cause
        })
    })

const idBatch = 1000
/** Lists of chunks asked for at once: that of a file of a gibibyte is of some 80 KiB. */
const listBatch = 100

/**
 * Questions to a peer, with answers that were checked: of the right shape, about nothing but what was asked, and content
 * that is what its id says. Long lists are asked in batches.
 *
 * @internal
 */
export const makeAsk = (peer: ExchangePeer, sha256: Sha256Function) => {
  const ask = makeQuestion(peer)

  const names = Effect.fnUntraced(function* (
    artifacts: ReadonlyArray<ArtifactId> | undefined
  ): Effect.fn.Return<ReadonlyArray<PeerName>, PeerError> {
    const all = new Map<string, PeerName>()
    const batches: Array<ReadonlyArray<ArtifactId> | null> = []
    if (artifacts === undefined) batches.push(null)
    else for (let i = 0; i < artifacts.length; i += 100) batches.push(artifacts.slice(i, i + 100))
    for (const batch of batches) {
      for (let cursor: string | null = null; ; ) {
        const reply: ReplyTo<"Names"> = yield* ask({ _tag: "Names", artifacts: batch, cursor, limit: idBatch }, "Names")
        const before = all.size
        for (const name of reply.names) all.set(`${name.kind} ${name.artifact} ${name.name}`, name)
        if (reply.cursor === null) break
        if (all.size === before) return yield* Effect.fail(malformed("Names", "a page holds nothing new"))
        cursor = reply.cursor
      }
    }
    if (artifacts === undefined) return [...all.values()]
    const wanted = new Set(artifacts)
    return [...all.values()].filter(({ artifact }) => wanted.has(artifact))
  })

  const known = Effect.fnUntraced(function* (ids: ReadonlyArray<VersionId>) {
    const found = new Set<VersionId>()
    for (let i = 0; i < ids.length; i += idBatch) {
      const versions = ids.slice(i, i + idBatch)
      const reply = yield* ask({ _tag: "Known", versions }, "Known")
      for (const id of yield* onlyOf("Known", versions, reply.versions)) found.add(id)
    }
    return found
  })

  const missing = Effect.fnUntraced(function* (wanted: ReadonlyArray<PeerObject>) {
    const absent = new Set<ObjectId>()
    for (let i = 0; i < wanted.length; i += idBatch) {
      const objects = wanted.slice(i, i + idBatch)
      const reply = yield* ask({ _tag: "Missing", objects }, "Missing")
      const ids = objects.map(({ id }) => id)
      for (const id of yield* onlyOf("Missing", ids, reply.objects)) absent.add(id)
    }
    return absent
  })

  /** The pieces of those that are kept in pieces. What they come to is checked when they are joined. */
  const chunks = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const lists = new Map<ObjectId, PeerChunks["chunks"]>()
    for (let i = 0; i < ids.length; i += listBatch) {
      const objects = ids.slice(i, i + listBatch)
      const reply = yield* ask({ _tag: "Chunks", objects }, "Chunks")
      yield* onlyOf(
        "Chunks",
        objects,
        reply.contents.map(({ id }) => id)
      )
      for (const { chunks, id } of reply.contents) if (chunks.length > 0) lists.set(id, chunks)
    }
    return lists
  })

  const outlines = Effect.fnUntraced(function* (
    want: ReadonlyArray<VersionId>,
    have: ReadonlyArray<VersionId>,
    limit: number
  ): Effect.fn.Return<ReadonlyArray<VersionOutline>, PeerError> {
    return (yield* ask({ _tag: "Outlines", want, have, limit }, "Outlines")).outlines
  })

  /** Content by id, verified; asked again for what an answer had no room for. */
  const contents = Effect.fnUntraced(function* (kind: "Versions" | "Objects", ids: ReadonlyArray<ObjectId>) {
    const found: Array<PeerContent> = []
    for (let rest = ids; rest.length > 0; ) {
      const batch = rest.slice(0, idBatch)
      const request: PeerRequest =
        kind === "Objects"
          ? { _tag: "Objects", objects: batch }
          : { _tag: "Versions", versions: batch as ReadonlyArray<string> as ReadonlyArray<VersionId> }
      const reply: ReplyTo<"Contents"> = yield* ask(request, "Contents")
      if (reply.contents.length === 0) return yield* Effect.fail(malformed(kind, "it gave none of what it has"))
      for (const [k, { bytes, id }] of reply.contents.entries()) {
        if (id !== batch[k]) return yield* Effect.fail(malformed(kind, `it gave ${id} for ${batch[k] ?? "nothing"}`))
        if (sha256(bytes) !== id) return yield* Effect.fail(malformed(kind, `the content of ${id} is another`))
      }
      found.push(...reply.contents)
      rest = rest.slice(reply.contents.length)
    }
    return found
  })

  const tags = Effect.fnUntraced(function* (
    wanted: ReadonlyArray<Pick<PeerName, "artifact" | "name" | "version">>
  ): Effect.fn.Return<ReadonlyArray<Tag>, PeerError> {
    const found: Array<Tag> = []
    for (let i = 0; i < wanted.length; i += 100) {
      const batch = wanted.slice(i, i + 100)
      const asked = batch.map(({ artifact, name }) => ({ artifact, name }))
      const reply = yield* ask({ _tag: "Tags", tags: asked }, "Tags")
      for (const [k, tag] of batch.entries()) {
        const told = reply.tags[k]
        if (told?.artifact !== tag.artifact || told.name !== tag.name || told.version !== tag.version) {
          return yield* Effect.fail(malformed("Tags", `tag ${tag.name} of ${tag.artifact} is another than it was`))
        }
        found.push(told)
      }
    }
    return found
  })

  const put = (contents: ReadonlyArray<PeerContent>) => ask({ _tag: "Put", contents }, "Stored")
  const join = (contents: ReadonlyArray<PeerChunks>) => ask({ _tag: "Join", contents }, "Stored", "Incomplete")
  const receive = (request: Extract<PeerRequest, { readonly _tag: "Receive" }>) =>
    ask(request, "Received", "Incomplete", "Moved")

  return {
    ...makeSnapshotQuestions(ask, sha256),
    chunks,
    contents,
    join,
    known,
    missing,
    names,
    outlines,
    put,
    receive,
    tags
  }
}

/** @internal */
export type Ask = ReturnType<typeof makeAsk>
