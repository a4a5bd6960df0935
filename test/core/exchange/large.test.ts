/** Large files go over in pieces, and of a changed one only what is new. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type ExchangePeer, makeAsk } from "../../../src/core/exchange/ExchangePeer.ts"
import { PeerError, type PeerReply, type PeerRequest } from "../../../src/model/Exchange.ts"
import type { ArtifactId, ObjectId, VersionId } from "../../../src/model/Ids.ts"
import { freshStore, heldBy, historyOf, type TalkingStore } from "../../support/exchange.ts"
import { makeRandom } from "../../support/random.ts"

const pdf = "skill:pdf" as ArtifactId
const mebibyte = 1024 * 1024
/** The most bytes of content that one request or reply may hold: a batch, and a piece more. */
const most = 12 * mebibyte
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const noise = (size: number, seed: number): Uint8Array => {
  const random = makeRandom(seed)
  const words = new Uint32Array(size / 4)
  for (let i = 0; i < words.length; i++) words[i] = random.below(2 ** 32)
  return new Uint8Array(words.buffer)
}

const append = Effect.fnUntraced(function* (
  store: TalkingStore,
  parents: ReadonlyArray<VersionId>,
  file: Uint8Array,
  more: Readonly<Record<string, string | Uint8Array>> = {}
) {
  const tree = yield* store.tree({ "SKILL.md": "# PDF\n", "data/model.bin": file, ...more })
  const draft = { artifact: pdf, parents, tree, origin: "local", message: `${parents.length}` } as const
  return (yield* store.graph.append({ ...draft, branch: { name: "main" } })).version.id
})

/** A peer of which every request and reply is looked at; content that was put is noted with its size. */
const watched = (store: TalkingStore) => {
  const put = new Map<string, number>()
  const twice: Array<string> = []
  const sizeOf = (message: PeerRequest | PeerReply) =>
    message._tag === "Put" || message._tag === "Contents"
      ? message.contents.reduce((sum, { bytes }) => sum + bytes.length, 0)
      : 0
  const peer: ExchangePeer = (request) =>
    Effect.tap(store.exchange.answer(request), (reply) =>
      Effect.sync(() => {
        expect(sizeOf(request)).toBeLessThanOrEqual(most)
        expect(sizeOf(reply)).toBeLessThanOrEqual(most)
        if (request._tag !== "Put" || reply._tag !== "Stored") return
        for (const { bytes, id } of request.contents) {
          if (put.has(id)) twice.push(id)
          put.set(id, bytes.length)
        }
      })
    )
  return { peer, put, twice }
}

const intact = Effect.fnUntraced(function* (from: TalkingStore, to: TalkingStore, versions: ReadonlyArray<VersionId>) {
  expect(yield* historyOf(to, pdf)).toEqual(yield* historyOf(from, pdf))
  const held = yield* heldBy(from, versions)
  expect((yield* to.objects.get([...held])).size).toBe(held.size)
  const { affected, findings } = yield* to.maintenance.verify()
  expect([findings, affected]).toEqual([[], []])
})

describe("large files", () => {
  it("go over in pieces, either way; of a changed one only pieces that are new", () =>
    run(
      Effect.gen(function* () {
        const [a, b, c] = [yield* freshStore, yield* freshStore, yield* freshStore]
        const file = noise(20 * mebibyte, 1)
        const first = yield* append(a, [], file, { "data/other.bin": noise(3 * mebibyte, 2) })
        const there = watched(b)
        const pushed = yield* a.exchange.push({ peer: there.peer })
        expect(Math.max(...there.put.values())).toBeLessThanOrEqual(4 * mebibyte)
        expect(pushed.transferred.bytes).toBeGreaterThan(23 * mebibyte)
        yield* intact(a, b, [first])

        const changed = Uint8Array.from(file)
        changed.set([1, 2, 3], 9 * mebibyte)
        const second = yield* append(a, [first], changed, { "data/other.bin": noise(3 * mebibyte, 2) })
        const again = watched(b)
        const { transferred } = yield* a.exchange.push({ peer: again.peer })
        // The file's new piece (or two), three directories, and the version.
        expect(again.put.size).toBeLessThanOrEqual(6)
        expect(transferred.bytes).toBeLessThan(9 * mebibyte)
        expect(transferred.objects).toBe(3)
        yield* intact(a, b, [first, second])

        yield* c.exchange.pull({ peer: watched(a).peer, remote: "o" })
        yield* intact(a, c, [first, second])
      })
    ))

  it(
    "whose transfer was cut go on with the next piece",
    () =>
      run(
        Effect.gen(function* () {
          const a = yield* freshStore
          const first = yield* append(a, [], noise(12 * mebibyte, 3))
          const changes = new Set(["Put", "Join", "Receive"])
          let cuts = 0
          for (let cut = 0; ; cut++) {
            const b = yield* freshStore
            const there = watched(b)
            let left = cut
            const breaking: ExchangePeer = (request) =>
              !changes.has(request._tag) || left-- > 0
                ? there.peer(request)
                : Effect.fail(new PeerError({ reason: "unavailable", request: "", detail: "cut", isRetryable: true }))
            const exit = yield* Effect.exit(a.exchange.push({ peer: breaking }))
            if (exit._tag === "Failure") yield* a.exchange.push({ peer: there.peer })
            expect(there.twice).toEqual([])
            yield* intact(a, b, [first])
            if (exit._tag === "Success") break
            cuts++
          }
          expect(cuts).toBeGreaterThan(4)
        })
      ),
    60_000
  )

  it("of which a piece was collected, though the whole is still named, are completed", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const file = noise(6 * mebibyte, 4)
        const first = yield* append(a, [], file)
        const cut: ExchangePeer = (request) =>
          request._tag === "Receive"
            ? Effect.fail(new PeerError({ reason: "unavailable", request: "", detail: "cut", isRetryable: true }))
            : b.exchange.answer(request)
        yield* Effect.flip(a.exchange.push({ peer: cut }))
        const id = a.objects.identify(file)
        const [piece] = (yield* b.objects.chunks([id])).get(id) ?? []
        yield* b.storage.remove([piece?.id as ObjectId], { storedBefore: Number.MAX_SAFE_INTEGER })
        const there = watched(b)
        yield* a.exchange.push({ peer: there.peer })
        expect([...there.put.keys()]).toEqual([piece?.id])
        yield* intact(a, b, [first])
      })
    ))

  it("are what their hash says, however a peer divides them", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const file = noise(5 * mebibyte, 5)
        const first = yield* append(a, [], file)
        // Pieces of somebody else's measure are put together all the same.
        const step = 700_001
        const pieces = Array.from({ length: Math.ceil(file.length / step) }, (_, k) =>
          file.subarray(k * step, (k + 1) * step)
        ).map((bytes) => ({ id: a.objects.identify(bytes) as ObjectId, bytes }))
        const odd: ExchangePeer = (request) => {
          if (request._tag === "Chunks") {
            const chunks = pieces.map(({ bytes, id }) => ({ id, size: bytes.length }))
            return Effect.succeed({ _tag: "Chunks", contents: request.objects.map((id) => ({ id, chunks })) })
          }
          if (request._tag !== "Objects") return a.exchange.answer(request)
          const [known] = pieces.filter(({ id }) => request.objects[0] === id)
          return known === undefined
            ? a.exchange.answer(request)
            : Effect.succeed({ _tag: "Contents", contents: [known] })
        }
        yield* b.exchange.pull({ peer: odd, remote: "o" })
        yield* intact(a, b, [first])

        const c = yield* freshStore
        const swapped: ExchangePeer = (request) =>
          Effect.map(a.exchange.answer(request), (reply) =>
            reply._tag === "Chunks"
              ? { ...reply, contents: reply.contents.map((one) => ({ ...one, chunks: one.chunks.toReversed() })) }
              : reply
          )
        const error = yield* Effect.flip(c.exchange.pull({ peer: swapped, remote: "o" }))
        expect(error).toMatchObject({ _tag: "PeerError", reason: "refused" })
        const short: ExchangePeer = (request) =>
          Effect.map(a.exchange.answer(request), (reply) =>
            reply._tag === "Chunks"
              ? { ...reply, contents: reply.contents.map((one) => ({ ...one, chunks: one.chunks.slice(1) })) }
              : reply
          )
        const lie = yield* Effect.flip(c.exchange.pull({ peer: short, remote: "o" }))
        expect(lie).toMatchObject({ _tag: "PeerError", reason: "malformed" })
        expect(yield* c.graph.branches(pdf)).toEqual([])
        // What is to be joined of what was never put is told, not made up.
        const ask = makeAsk(c.exchange.answer, a.objects.identify)
        const never = "f".repeat(64) as ObjectId
        const reply = yield* ask.join([{ id: a.objects.identify(file), chunks: [{ id: never, size: 5 }] }])
        expect(reply).toEqual({ _tag: "Incomplete", missing: [{ kind: "blob", id: never }] })
      })
    ))
})
