/** What this store answers another one. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type PeerName, type PeerReply, PeerRequest } from "../../model/Exchange.ts"
import type { ArtifactId, ObjectId, RefName, VersionId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchPrefix, tagPrefix, tagRef, unescapePart } from "../catalog/names.ts"
import type { GraphMemory } from "../graph/GraphReader.ts"
import { makeVersionHistory } from "../graph/versionHistory.ts"
import { makeVersionNames } from "../graph/versionNames.ts"
import { versionCodec, versionText } from "../graph/versionRecord.ts"
import { makeSnapshotAnswers } from "./answerSnapshots.ts"
import { makeReceive, type ReceiveParts } from "./receive.ts"

/** A request that asks for more at once than this is refused; askers keep to less. */
const mostIds = 10_000
const largestPage = 1000
const replyBytes = 8 * 1024 * 1024
const readBatch = 64

const isRequest = Schema.is(PeerRequest)

type RequestOf<Tag extends PeerRequest["_tag"]> = Extract<PeerRequest, { readonly _tag: Tag }>

const refused = (detail: string): PeerReply => ({ _tag: "Refused", detail })

/** Answers requests; one for a service. @internal */
export const makeAnswer = (parts: ReceiveParts, memory: GraphMemory) => {
  const { catalog, log, objects, sha256 } = parts
  const pages = makeVersionHistory(catalog, objects, memory)
  const naming = makeVersionNames(catalog, log, sha256)
  const ofSnapshots = makeSnapshotAnswers(catalog, sha256)
  const receive = makeReceive(parts)

  const nameOf = ([ref, version]: readonly [RefName, string]): PeerName => {
    const [kind, artifact = "", name = ""] = ref.split("/").map(unescapePart)
    return {
      kind: kind === "tag" ? "tag" : "branch",
      artifact: artifact as ArtifactId,
      name,
      version: version as VersionId
    }
  }

  /** A cursor is the number of the list that the page ended in, and the last name of it. */
  const names = Effect.fnUntraced(function* ({ artifacts, cursor, limit }: RequestOf<"Names">) {
    const prefixes = artifacts?.flatMap((id) => [branchPrefix(id), tagPrefix(id)]) ?? ["branch/", "tag/"]
    const match = /^([0-9]{1,9}):(.*)$/s.exec(cursor ?? "0:")
    if (match === null) return refused("the cursor is none that was given")
    const size = Math.min(Math.max(1, limit), largestPage)
    const found: Array<readonly [RefName, string]> = []
    let after = match[2] === "" ? undefined : (match[2] as RefName)
    for (let k = Number(match[1]); k < prefixes.length; k++) {
      const room = size - found.length
      found.push(...(yield* catalog.list({ prefix: prefixes[k] ?? "", after, limit: room })))
      after = undefined
      if (found.length === size) {
        return { _tag: "Names", names: found.map(nameOf), cursor: `${k}:${found.at(-1)?.[0]}` } satisfies PeerReply
      }
    }
    return { _tag: "Names", names: found.map(nameOf), cursor: null } satisfies PeerReply
  })

  const outlines = Effect.fnUntraced(function* ({ have, limit, want }: RequestOf<"Outlines">) {
    const known = yield* catalog.records("version", [...new Set([...want, ...have])])
    const unknown = want.find((id) => !known.has(id))
    if (unknown !== undefined) return refused(`there is no version ${unknown} here`)
    if (want.length === 0) return { _tag: "Outlines", outlines: [] } satisfies PeerReply
    const start = { include: want, exclude: have.filter((id) => known.has(id)) }
    const page = yield* pages.newestReachable(
      start,
      undefined,
      {},
      { limit: Math.min(Math.max(1, limit), largestPage) }
    )
    return {
      _tag: "Outlines",
      outlines: page.versions.map(({ id, parents, time, tree }) => ({ id, parents, tree, time }))
    } satisfies PeerReply
  })

  const contents = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const found: Array<{ readonly id: ObjectId; readonly bytes: Uint8Array }> = []
    let size = 0
    for (let i = 0; i < ids.length && size < replyBytes; i += readBatch) {
      for (const [id, bytes] of yield* objects.get(ids.slice(i, i + readBatch))) {
        found.push({ id, bytes })
        size += bytes.length
      }
    }
    return { _tag: "Contents", contents: found } satisfies PeerReply
  })

  const texts = Effect.fnUntraced(function* (ids: ReadonlyArray<VersionId>) {
    const records = yield* catalog.records("version", ids)
    const found: Array<{ readonly id: ObjectId; readonly bytes: Uint8Array }> = []
    for (const id of ids) {
      const record = records.get(id)
      if (record === undefined) return refused(`there is no version ${id} here`)
      found.push({ id: id as string as ObjectId, bytes: versionText(yield* versionCodec.decode(record)) })
    }
    return { _tag: "Contents", contents: found } satisfies PeerReply
  })

  const tags = Effect.fnUntraced(function* ({ tags }: RequestOf<"Tags">) {
    const refs = yield* catalog.refs(tags.map(({ artifact, name }) => tagRef(artifact, name)))
    const found = yield* Effect.forEach(tags, ({ artifact, name }) => {
      const version = refs.get(tagRef(artifact, name))
      return version === undefined ? Effect.succeed(null) : naming.describeTag(artifact, name, version as VersionId)
    })
    const told = found.filter((tag) => tag !== null)
    return told.length < found.length
      ? refused("one of the tags is gone")
      : ({ _tag: "Tags", tags: told } satisfies PeerReply)
  })

  const put = Effect.fnUntraced(function* ({ contents }: RequestOf<"Put">) {
    const wrong = contents.find(({ bytes, id }) => sha256(bytes) !== id)
    if (wrong !== undefined) return refused(`the content of ${wrong.id} is another`)
    yield* objects.put(contents)
    return { _tag: "Stored" } satisfies PeerReply
  })

  const chunks = Effect.fnUntraced(function* ({ objects: ids }: RequestOf<"Chunks">) {
    const lists = yield* objects.chunks(ids)
    const found = [...lists].map(([id, chunks]) => ({ id, chunks }))
    return { _tag: "Chunks", contents: found } satisfies PeerReply
  })

  /** Cuts what the pieces come to anew: how somebody else divided it is no matter of this store. */
  const join = Effect.fnUntraced(function* ({ contents }: RequestOf<"Join">) {
    const pieces = new Set(contents.flatMap(({ chunks }) => chunks.map(({ id }) => id)))
    // Each was put as one content, and is kept whole.
    const absent = yield* objects.claim([...pieces].map((id) => ({ id, size: 0 })))
    if (absent.length > 0) {
      const missing = absent.map((id) => ({ kind: "blob", id }) as const)
      return { _tag: "Incomplete", missing } satisfies PeerReply
    }
    for (const { chunks, id } of contents) {
      const joined = Stream.flatMap(Stream.fromIterable(chunks), (chunk) => objects.stream(chunk.id))
      const stored = yield* objects.putStream(joined)
      if (stored.id !== (id as string)) return refused(`the pieces of ${id} are another content`)
    }
    return { _tag: "Stored" } satisfies PeerReply
  })

  const sizeOf = (request: PeerRequest): number => {
    switch (request._tag) {
      case "Names":
        return request.artifacts?.length ?? 0
      case "CollectionNames":
        return request.collections?.length ?? 0
      case "KnownSnapshots":
      case "Snapshots":
        return request.snapshots.length
      case "Known":
      case "Versions":
        return request.versions.length
      case "Outlines":
        return request.want.length + request.have.length
      case "Chunks":
      case "Objects":
      case "Missing":
        return request.objects.length
      case "Join":
        return request.contents.reduce((sum, { chunks }) => sum + chunks.length, 0)
      case "Tags":
        return request.tags.length
      default:
        return 0
    }
  }

  const reply = (request: PeerRequest): Effect.Effect<PeerReply, StorageError> => {
    switch (request._tag) {
      case "Names":
        return names(request)
      case "Known":
        return Effect.map(catalog.records("version", request.versions), (found) => ({
          _tag: "Known",
          versions: request.versions.filter((id) => found.has(id))
        }))
      case "Outlines":
        return Effect.catchTags(outlines(request), {
          InvalidCursor: Effect.die,
          VersionNotFound: ({ id }) => Effect.succeed(refused(`there is no version ${id} here`))
        })
      case "Versions":
        return texts(request.versions)
      case "Objects":
        return contents(request.objects)
      case "Tags":
        return tags(request)
      case "CollectionNames":
        return ofSnapshots.collectionNames(request)
      case "KnownSnapshots":
        return ofSnapshots.knownSnapshots(request)
      case "Snapshots":
        return ofSnapshots.snapshots(request)
      case "Missing":
        return Effect.map(objects.claim(request.objects), (absent) => ({
          _tag: "Missing",
          objects: absent
        }))
      case "Chunks":
        return chunks(request)
      case "Put":
        return put(request)
      case "Join":
        return join(request)
      case "Receive":
        return receive(request)
    }
  }

  const answer = Effect.fn("Exchange.answer")(function* (request: PeerRequest): Effect.fn.Return<PeerReply> {
    // It may come from anywhere, whatever its type says here.
    if (!isRequest(request)) return refused("the request has no shape that this Tidemark knows")
    if (sizeOf(request) > mostIds) return refused(`it asks for more than ${mostIds} things at once`)
    return yield* Effect.catch(reply(request), (error) =>
      Effect.succeed<PeerReply>({ _tag: "Failed", detail: error.message, retryable: error.isRetryable })
    )
  })

  return { answer, receive }
}
