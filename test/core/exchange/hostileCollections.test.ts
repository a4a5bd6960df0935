/** Peers that lie about collections: every lie is a typed error, and nothing is changed. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../../src/algo/encoding/canonicalJson.ts"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { snapshotText } from "../../../src/core/exchange/snapshotText.ts"
import type { PeerReply, PeerRequest } from "../../../src/model/Exchange.ts"
import type { CollectionId, ObjectId, SnapshotId, TreeId } from "../../../src/model/Ids.ts"
import type { Snapshot, SnapshotArtifact } from "../../../src/model/Snapshot.ts"
import { captureIn, collectionOf, freshStore, type TalkingStore, wire } from "../../support/exchange.ts"

const kit = "kit" as CollectionId
const zeros = "0".repeat(64)
const bytes = (text: string) => new TextEncoder().encode(text)

const withSnapshots = Effect.gen(function* () {
  const store = yield* freshStore
  for (const text of ["one", "two", "three"])
    yield* captureIn(store, kit, { "skills/pdf/SKILL.md": text, "x.md": text })
  const head = yield* store.snapshots.resolve(kit, "head")
  yield* store.snapshots.moveBranch(kit, "main", { from: null, to: head })
  return store
})

type ReplyOf<Tag extends PeerReply["_tag"]> = Extract<PeerReply, { readonly _tag: Tag }>

const lying =
  <Tag extends PeerReply["_tag"]>(tag: Tag, lie: (reply: ReplyOf<Tag>, request: PeerRequest) => object) =>
  (peer: ExchangePeer): ExchangePeer =>
  (request) =>
    Effect.map(peer(request), (reply) =>
      reply._tag === tag ? ({ ...reply, ...lie(reply as ReplyOf<Tag>, request) } as PeerReply) : reply
    )

const changing = (change: (snapshot: Snapshot) => object) =>
  lying("Snapshots", ({ snapshots }) => ({ snapshots: snapshots.map((one) => ({ ...one, ...change(one) })) }))

/** Tells the sums that its changed snapshots have, too: then only what they say can be wrong. */
const consistently = (change: (snapshot: Snapshot) => object) => (peer: ExchangePeer) => {
  const told = changing(change)(peer)
  const sums: ExchangePeer = (request) =>
    Effect.gen(function* () {
      const reply = yield* told(request)
      if (reply._tag !== "CollectionNames") return reply
      const names = yield* Effect.forEach(reply.names, (name) =>
        Effect.map(told({ _tag: "Snapshots", snapshots: [name.snapshot.id], limit: 1 }), (answer): typeof name => {
          const [snapshot] = answer._tag === "Snapshots" ? answer.snapshots : []
          const sum = snapshot === undefined ? zeros : (snapshotText(snapshot, identify).id as string)
          return { ...name, snapshot: { id: name.snapshot.id, sum: sum as ObjectId } }
        })
      )
      return { ...reply, names }
    })
  return sums
}

const helper = await Effect.runPromise(freshStore)
const identify = (content: Uint8Array) => helper.objects.identify(content)

const lies: ReadonlyArray<readonly [string, (peer: ExchangePeer) => ExchangePeer]> = [
  ["names of another shape", lying("CollectionNames", () => ({ names: [{}] }))],
  ["names without end", lying("CollectionNames", () => ({ cursor: "again" }))],
  [
    "a collection that nobody asked about",
    lying("CollectionNames", ({ names }) => ({ names: names.map((name) => ({ ...name, collection: "other" })) }))
  ],
  [
    "a name that cannot be one",
    lying("CollectionNames", ({ names }) => ({ names: names.map((name) => ({ ...name, name: "a..b" })) }))
  ],
  [
    "a name at a snapshot that it does not have",
    lying("CollectionNames", ({ names }) => ({
      names: names.map((name) => ({ ...name, snapshot: { ...name.snapshot, id: "none" } }))
    }))
  ],
  ["another message than the name's sum", changing(() => ({ message: "evil" }))],
  [
    "snapshots that nobody asked for",
    lying("Snapshots", ({ snapshots }) => ({ snapshots: [...snapshots, { ...snapshots[0], id: "x", previous: null }] }))
  ],
  [
    "snapshots without end",
    (peer) => {
      let count = 0
      const head = lying("CollectionNames", ({ names }) => ({ names }))(peer)
      return lying("Snapshots", ({ snapshots }, request) => {
        if (request._tag !== "Snapshots" || snapshots.length > 0) {
          return { snapshots: snapshots.map((one) => (one.previous === null ? { ...one, previous: "x0" } : one)) }
        }
        const [id = ""] = request.snapshots
        // A ring at last: before it closes, nothing tells it from a long row.
        return { snapshots: [{ ...row, id, previous: ++count > 5 ? "x0" : `x${count}` }] }
      })(head)
    }
  ],
  ["a snapshot before itself", consistently(({ id }) => ({ previous: id }))],
  ["a safety snapshot", consistently(() => ({ reason: "safety" }))],
  ["a project's snapshot", consistently(() => ({ project: "p" }))],
  ["a snapshot of no collection", consistently(() => ({ collection: null }))],
  ["a snapshot of another collection", consistently(() => ({ collection: "other" }))],
  ["a snapshot from beyond all time", consistently(() => ({ time: 2 ** 53 - 1 }))],
  ["a snapshot without a list", consistently(() => ({ artifacts: null }))],
  ["a list that is none", consistently(({ tree }) => ({ artifacts: tree }))],
  ["a tree that is none", consistently(({ artifacts }) => ({ tree: artifacts }))],
  ["a tree that is nowhere", consistently(() => ({ tree: zeros }))]
]

const row: Snapshot = {
  id: "x" as SnapshotId,
  collection: kit,
  project: null,
  previous: null,
  tree: zeros as TreeId,
  artifacts: zeros as ObjectId,
  reason: "manual",
  message: "",
  author: "x" as Snapshot["author"],
  time: 0
}

describe("a peer that lies about collections", () => {
  for (const [what, lie] of lies) {
    it(`${what}: pulling fails, and nothing is changed`, () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const [a, b] = [yield* withSnapshots, yield* freshStore]
          const pull = b.exchange.pull({ peer: lie(wire(a)), remote: "o", collections: [kit] })
          const error = yield* Effect.flip(pull)
          expect(error._tag).toBe("PeerError")
          expect(yield* b.ledger.head).toBeNull()
          expect(yield* collectionOf(b, kit)).toEqual({ names: [], snapshots: new Map() })
          // Nor does it stand in the way of one that tells the truth.
          yield* b.exchange.pull({ peer: wire(a), remote: "o", collections: [kit] })
          expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
          expect((yield* b.maintenance.verify()).findings).toEqual([])
        })
      ))
  }
})

const receipt = (change: object): PeerRequest =>
  ({ _tag: "Receive", versions: [], branches: [], tags: [], reason: "", ...change }) as PeerRequest

/** What pushes to a store, without being a Tidemark. */
const pusher = (store: TalkingStore) => {
  const put = Effect.fnUntraced(function* (content: Uint8Array) {
    const id = store.objects.identify(content)
    yield* store.exchange.answer({ _tag: "Put", contents: [{ id, bytes: content }] })
    return id
  })
  const text = (snapshot: object) => put(bytes(`tidemark snapshot 1\n${canonicalJson(snapshot as never)}`))
  const list = (artifacts: ReadonlyArray<object>) =>
    put(bytes(`tidemark artifacts 1\n${canonicalJson(artifacts as never)}`))
  return { list, put, text }
}

it("a store that is pushed to refuses snapshots that cannot be, whoever asks, and stays as it was", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* withSnapshots
      const { list, put, text } = pusher(store)
      const head = yield* store.snapshots.get(yield* store.snapshots.resolve(kit, "main"))
      const artifacts = yield* store.snapshots.artifacts(head.id)
      const [first, second] = artifacts as [SnapshotArtifact, SnapshotArtifact]
      const before = yield* collectionOf(store, kit)
      const ledger = yield* store.ledger.head
      const snapshot = (change: object) => text({ ...head, id: "new", previous: head.id, ...change })
      const move = (change: object) => ({
        kind: "branch",
        collection: kit,
        name: "new",
        from: null,
        to: head.id,
        ...change
      })
      const other = yield* captureIn(store, "other" as CollectionId, { "y.md": "y" })
      const since = yield* store.ledger.head
      expect(since).not.toBe(ledger)
      const refusals: ReadonlyArray<readonly [string, PeerRequest]> = [
        ["text that is no snapshot", receipt({ snapshots: [yield* put(bytes("hello"))] })],
        [
          "a form that is not the one",
          receipt({ snapshots: [yield* put(bytes(`tidemark snapshot 1\n${JSON.stringify(head, null, 1)}`))] })
        ],
        ["more than a snapshot", receipt({ snapshots: [yield* snapshot({ more: 1 })] })],
        ["another body under an id that is here", receipt({ snapshots: [yield* text({ ...head, message: "evil" })] })],
        [
          "two of one id",
          receipt({ snapshots: [yield* snapshot({ message: "1" }), yield* snapshot({ message: "2" })] })
        ],
        ["one that follows itself", receipt({ snapshots: [yield* snapshot({ previous: "new" })] })],
        [
          "one before the one that it follows",
          receipt({ snapshots: [yield* snapshot({ id: "b", previous: "a" }), yield* snapshot({ id: "a" })] })
        ],
        ["one that follows another collection's", receipt({ snapshots: [yield* snapshot({ previous: other.id })] })],
        ["a safety snapshot", receipt({ snapshots: [yield* snapshot({ reason: "safety" })] })],
        [
          "a list in another order",
          receipt({ snapshots: [yield* snapshot({ artifacts: yield* list([second, first]) })] })
        ],
        [
          "a version that is nowhere",
          receipt({ snapshots: [yield* snapshot({ artifacts: yield* list([{ ...first, version: zeros }]) })] })
        ],
        [
          "a version of another artifact",
          receipt({ snapshots: [yield* snapshot({ artifacts: yield* list([{ ...first, version: second.version }]) })] })
        ],
        [
          "another tree than its version's",
          receipt({ snapshots: [yield* snapshot({ artifacts: yield* list([{ ...first, tree: second.tree }]) })] })
        ],
        ["a name at nothing", receipt({ collections: [move({ to: "none" })] })],
        ["a name of another collection", receipt({ collections: [move({ to: other.id })] })],
        ["a name that no expression can say", receipt({ collections: [move({ name: "a b" })] })],
        ["a name twice", receipt({ collections: [move({}), move({})] })],
        ["too much at once", { _tag: "KnownSnapshots", snapshots: new Array(10_001).fill("x") }],
        ["a cursor of its own making", { _tag: "CollectionNames", collections: null, cursor: "x", limit: 5 }]
      ]
      for (const [what, request] of refusals) {
        const reply = yield* store.exchange.answer(request)
        expect([what, reply._tag, reply]).toMatchObject([what, "Refused", {}])
      }
      const lost = yield* store.exchange.answer(receipt({ snapshots: [zeros] }))
      expect(lost).toEqual({ _tag: "Incomplete", missing: [{ kind: "snapshot", id: zeros }] })
      const noTree = yield* store.exchange.answer(receipt({ snapshots: [yield* snapshot({ tree: zeros })] }))
      expect(noTree).toEqual({ _tag: "Incomplete", missing: [{ kind: "tree", id: zeros }] })
      const moved = yield* store.exchange.answer(receipt({ collections: [move({ name: "main" })] }))
      expect(moved).toMatchObject({ _tag: "Moved", expected: null, found: head.id })
      // Safety snapshots are a project's: nobody learns of them.
      expect(yield* store.exchange.answer({ _tag: "Snapshots", snapshots: ["none" as SnapshotId], limit: -5 })).toEqual(
        {
          _tag: "Snapshots",
          snapshots: []
        }
      )
      expect(yield* collectionOf(store, kit)).toEqual(before)
      expect(yield* store.ledger.head).toBe(since)
      const good = yield* store.exchange.answer(
        receipt({ snapshots: [yield* snapshot({})], collections: [move({ to: "new" })] })
      )
      expect(good._tag).toBe("Received")
      expect(yield* store.snapshots.resolve(kit, "new~1")).toBe(head.id)
    })
  ))

it("two snapshots that follow each other, received one after the other, hang nobody", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const [store, b] = [yield* withSnapshots, yield* freshStore]
      const { text } = pusher(store)
      const head = yield* store.snapshots.get(yield* store.snapshots.resolve(kit, "main"))
      const push = Effect.fnUntraced(function* (id: string, previous: string) {
        const sum = yield* text({ ...head, id, previous })
        const moves = [{ kind: "branch", collection: kit, name: id, from: null, to: id }]
        return (yield* store.exchange.answer(receipt({ snapshots: [sum], collections: moves })))._tag
      })
      expect([yield* push("a", "b"), yield* push("b", "a")]).toEqual(["Received", "Received"])
      expect(yield* Effect.flip(store.snapshots.resolve(kit, "a~1000"))).toMatchObject({
        _tag: "SnapshotNotFound"
      })
      const error = yield* Effect.flip(b.exchange.pull({ peer: wire(store), remote: "o", collections: true }))
      expect(error).toMatchObject({ _tag: "PeerError", reason: "malformed" })
      yield* b.exchange.pull({ peer: wire(store), remote: "o", collections: true, branches: ["main"] })
      const compared = yield* store.exchange.compare({ peer: wire(b), collections: true, branches: ["main", "a"] })
      expect(compared.collections).toMatchObject([{ relation: "ours-only" }, { relation: "same" }])
    })
  ))
