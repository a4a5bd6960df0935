/** Peers that lie: every lie is a typed error, and nothing is changed. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { versionText } from "../../../src/core/graph/versionRecord.ts"
import type { PeerReply, PeerRequest } from "../../../src/model/Exchange.ts"
import type { Actor, ArtifactId, ObjectId, TreeId, VersionId } from "../../../src/model/Ids.ts"
import { freshStore, historyOf, type TalkingStore, wire } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const zeros = "0".repeat(64)
const bytes = (text: string) => new TextEncoder().encode(text)

const withHistory = Effect.gen(function* () {
  const store = yield* freshStore
  let last: VersionId | undefined
  for (let k = 0; k < 4; k++) {
    const tree = yield* store.tree({ "a/b.md": `${k}\n` })
    const parents: ReadonlyArray<VersionId> = last === undefined ? [] : [last]
    const draft = { artifact: pdf, parents, tree, origin: "local", message: `${k}`, branch: { name: "main" } } as const
    last = (yield* store.graph.append(draft)).version.id
  }
  yield* store.graph.createTag(pdf, "v1", last as VersionId)
  return store
})

/** Changes the answers of one kind. */
const lying = <Tag extends PeerReply["_tag"]>(
  peer: ExchangePeer,
  tag: Tag,
  lie: (reply: Extract<PeerReply, { readonly _tag: Tag }>, request: PeerRequest) => unknown
): ExchangePeer => {
  return (request) =>
    Effect.map(peer(request), (reply) =>
      reply._tag === tag ? (lie(reply as Extract<PeerReply, { readonly _tag: Tag }>, request) as PeerReply) : reply
    )
}

const lies: ReadonlyArray<readonly [string, (peer: ExchangePeer) => ExchangePeer]> = [
  ["no answer at all", () => () => Effect.succeed(undefined as never)],
  ["another answer", () => () => Effect.succeed({ _tag: "Stored" })],
  ["names of another shape", (peer) => lying(peer, "Names", () => ({ _tag: "Names", names: [{}], cursor: null }))],
  [
    "an artifact that is none",
    (peer) =>
      lying(peer, "Names", ({ names }) => ({
        _tag: "Names",
        names: names.map((name) => ({ ...name, artifact: "NO" })),
        cursor: null
      }))
  ],
  ["names without end", (peer) => lying(peer, "Names", ({ names }) => ({ _tag: "Names", names, cursor: "again" }))],
  [
    "a branch at a version that it does not have",
    (peer) =>
      lying(peer, "Names", ({ names }) => ({
        _tag: "Names",
        names: names.map((name) => ({ ...name, version: zeros })),
        cursor: null
      }))
  ],
  [
    "versions that nobody asked for",
    (peer) => {
      let count = 0
      const next = () => (++count).toString(16).padStart(64, "0")
      return lying(peer, "Outlines", () => {
        const id = next()
        return { _tag: "Outlines", outlines: [{ id, parents: [next()], tree: zeros, time: 0 }] }
      })
    }
  ],
  [
    "versions in a circle",
    (peer) =>
      lying(peer, "Outlines", ({ outlines }) => ({
        _tag: "Outlines",
        outlines: outlines.map((outline, k) => ({ ...outline, parents: [outlines[(k + 1) % outlines.length]?.id] }))
      }))
  ],
  [
    "other parents than its versions have",
    (peer) =>
      lying(peer, "Outlines", ({ outlines }) => ({
        _tag: "Outlines",
        outlines: outlines.slice(0, 1).map((outline) => ({ ...outline, parents: [] }))
      }))
  ],
  [
    "another tree than its versions have",
    (peer) =>
      lying(peer, "Outlines", ({ outlines }) => ({
        _tag: "Outlines",
        outlines: outlines.map((outline) => ({ ...outline, tree: zeros }))
      }))
  ],
  [
    "other content",
    (peer) =>
      lying(peer, "Contents", ({ contents }) => ({
        _tag: "Contents",
        contents: contents.map(({ id }) => ({ id, bytes: bytes("evil") }))
      }))
  ],
  [
    "content nobody asked for",
    (peer) =>
      lying(peer, "Contents", ({ contents }) => ({ _tag: "Contents", contents: [...contents].reverse().slice(0, 2) }))
  ],
  ["no content", (peer) => lying(peer, "Contents", () => ({ _tag: "Contents", contents: [] }))],
  [
    "a tag of another version",
    (peer) =>
      lying(peer, "Tags", ({ tags }) => ({ _tag: "Tags", tags: tags.map((tag) => ({ ...tag, version: zeros })) }))
  ],
  [
    "a tag from beyond all time",
    (peer) =>
      lying(peer, "Tags", ({ tags }) => ({ _tag: "Tags", tags: tags.map((tag) => ({ ...tag, time: 2 ** 53 - 1 })) }))
  ]
]

describe("a peer that lies", () => {
  for (const [what, lie] of lies) {
    it(`${what}: pulling fails, and nothing is changed`, () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const [a, b] = [yield* withHistory, yield* freshStore]
          const error = yield* Effect.flip(b.exchange.pull({ peer: lie(wire(a)), remote: "o" }))
          expect(error._tag).toBe("PeerError")
          expect(error.message.length).toBeGreaterThan(20)
          expect(yield* historyOf(b, pdf)).toEqual({ versions: [], branches: [], tags: [] })
          expect(yield* b.ledger.head).toBeNull()
        })
      ))
  }
})

/** What pushes to a store, without being a Tidemark. */
const pusher = Effect.fnUntraced(function* (store: TalkingStore) {
  const put = Effect.fnUntraced(function* (content: Uint8Array) {
    const id = store.objects.identify(content) as ObjectId
    yield* store.exchange.answer({ _tag: "Put", contents: [{ id, bytes: content }] })
    return id
  })
  const [version] = (yield* store.graph.history({ artifact: pdf })).versions
  if (version === undefined) return yield* Effect.die("no version")
  return { put, version }
})

const receipt = (versions: ReadonlyArray<string>): Extract<PeerRequest, { readonly _tag: "Receive" }> => ({
  _tag: "Receive",
  versions: versions as ReadonlyArray<VersionId>,
  branches: [],
  tags: [],
  reason: ""
})

describe("a store that is pushed to", () => {
  it("refuses what cannot be, whoever asks, and stays as it was", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const store = yield* withHistory
        const { put, version } = yield* pusher(store)
        const before = yield* historyOf(store, pdf)
        const head = yield* store.ledger.head
        const { id: own, ...body } = version
        const text = (change: Partial<typeof body> & Record<string, unknown>) =>
          put(versionText({ ...body, parents: [own], ...change }))
        const noTree = yield* put(bytes("no tree"))
        const branch = (name: string, to: string) => ({ artifact: pdf, name, from: null, to: to as VersionId })
        const refusals: ReadonlyArray<readonly [string, unknown]> = [
          ["no request", { _tag: "Drop" }],
          ["nothing", null],
          ["an id that is none", { ...receipt([]), versions: ["main"] }],
          ["content under another id", { _tag: "Put", contents: [{ id: zeros, bytes: bytes("x") }] }],
          ["too much at once", { _tag: "Known", versions: new Array(10_001).fill(zeros) }],
          ["text that is no version", receipt([yield* put(bytes("hello"))])],
          [
            "a version that is not canonical",
            receipt([yield* put(bytes(`tidemark version 1\n${JSON.stringify(body, null, 1)}`))])
          ],
          ["a parent that is nowhere", receipt([yield* text({ parents: [zeros as VersionId] })])],
          ["a version from beyond all time", receipt([yield* text({ time: 2 ** 53 - 1 })])],
          ["a tree that is none", receipt([yield* text({ tree: noTree as ObjectId as TreeId, author: "x" as Actor })])],
          ["a branch at nothing", { ...receipt([]), branches: [branch("new", zeros)] }],
          ["a branch twice", { ...receipt([]), branches: [branch("new", own), branch("new", own)] }],
          ["a branch of two lines", { ...receipt([]), branches: [branch("a\nb", own)] }],
          ["a branch that is called like a version", { ...receipt([]), branches: [branch(zeros, own)] }],
          ["a cursor of its own making", { _tag: "Names", artifacts: null, cursor: "x", limit: 5 }],
          ["history of what is not here", { _tag: "Outlines", want: [zeros], have: [], limit: 5 }],
          ["the text of what is not here", { _tag: "Versions", versions: [zeros] }],
          ["a tag that is not here", { _tag: "Tags", tags: [{ artifact: pdf, name: "none" }] }]
        ]
        for (const [what, request] of refusals) {
          const reply = yield* store.exchange.answer(request as PeerRequest)
          expect([what, reply._tag]).toEqual([what, "Refused"])
        }
        const incomplete = yield* store.exchange.answer(receipt([zeros]))
        expect(incomplete).toEqual({ _tag: "Incomplete", missing: [{ kind: "version", id: zeros }] })
        const lost = yield* store.exchange.answer(receipt([yield* text({ tree: zeros as ObjectId as TreeId })]))
        expect(lost).toEqual({ _tag: "Incomplete", missing: [{ kind: "tree", id: zeros }] })
        const moved = yield* store.exchange.answer({ ...receipt([]), branches: [branch("main", own)] })
        expect(moved).toMatchObject({ _tag: "Moved", expected: null, found: own })
        expect(yield* historyOf(store, pdf)).toEqual(before)
        expect(yield* store.ledger.head).toBe(head)
      })
    ))

  it("works out anew where a version stands", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const store = yield* withHistory
        const { put, version } = yield* pusher(store)
        const { id: own, ...body } = version
        const past = yield* put(versionText({ ...body, parents: [own], time: -5 }))
        const reply = yield* store.exchange.answer(receipt([past]))
        expect(reply._tag).toBe("Received")
        const records = yield* store.catalog.records("version", [own, past])
        expect(records.get(past)?.at).toBe((records.get(own)?.at ?? 0) + 1)
        expect((yield* store.ledger.verify()).findings).toEqual([])
      })
    ))
})
