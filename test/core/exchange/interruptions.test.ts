/** Transfers that end at any call, on either side, and are taken up again. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { PeerError, type PeerRequest } from "../../../src/model/Exchange.ts"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { type Fault, failing } from "../../../src/testkit/failing.ts"
import { counted, freshStore, historyOf, storeOn, type TalkingStore, wire } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId

const faults: ReadonlyArray<Fault> =
  process.env.TIDEMARK_FULL === "1" ? ["fail", "fail-after", "cut-before", "cut-after"] : ["fail", "cut-after"]

/** A history with a merge and a tag, and content in several directories. */
const build = Effect.fnUntraced(function* (store: TalkingStore) {
  let last: VersionId | undefined
  for (let k = 0; k < 3; k++) {
    const tree = yield* store.tree({ "a.md": `${k}\n`, [`d/${k}/x.md`]: `x${k}\n`, "d/same.md": "same\n" })
    const parents: ReadonlyArray<VersionId> = last === undefined ? [] : [last]
    const { version } = yield* store.graph.append({
      artifact: pdf,
      parents,
      tree,
      origin: "local",
      message: `${k}`,
      branch: { name: "main" }
    })
    last = version.id
  }
  yield* store.graph.createTag(pdf, "v1.0.0", last as VersionId)
})

/** A peer whose n-th call fails: before it is made, or after, when only its answer is lost. */
const breaking = (peer: ExchangePeer, at: number, when: "before" | "after"): ExchangePeer => {
  let calls = 0
  return (request) => {
    const lost = new PeerError({ reason: "unavailable", request: request._tag, detail: "cut", isRetryable: true })
    if (calls++ !== at) return peer(request)
    return when === "before" ? Effect.fail(lost) : Effect.andThen(peer(request), Effect.fail(lost))
  }
}

const contentsOf = (request: PeerRequest) => (request._tag === "Put" ? request.contents.map(({ id }) => id) : [])

describe("interrupted transfers", () => {
  for (const way of ["push", "pull"] as const) {
    it(`a ${way} whose way is cut at any call shows nothing, and goes on where it ended`, async () => {
      let cuts = 0
      for (const when of ["before", "after"] as const) {
        for (let at = 0; ; at++) {
          const ended = await Effect.runPromise(
            Effect.gen(function* () {
              const [a, b] = [yield* freshStore, yield* freshStore]
              yield* build(a)
              const target = b
              const there = counted(wire(way === "push" ? b : a))
              const cut = breaking(there.peer, at, when)
              const go = (peer: ExchangePeer) =>
                way === "push" ? a.exchange.push({ peer }) : b.exchange.pull({ peer, remote: "o" })
              const exit = yield* Effect.exit(go(cut))
              const finished = yield* historyOf(target, pdf)
              if (Exit.isFailure(exit)) {
                const committed = finished.versions.length > 0
                // Only the answer to what commits may be lost after it has happened.
                expect(committed && when === "before").toBe(false)
                if (!committed) expect(finished).toEqual({ versions: [], branches: [], tags: [] })
                yield* go(there.peer)
              }
              expect(yield* historyOf(target, pdf)).toEqual(yield* historyOf(a, pdf))
              expect((yield* target.ledger.verify()).findings).toEqual([])
              expect((yield* target.ledger.list({ kind: "receive" })).items).toHaveLength(1)
              expect(new Set(there.traffic.put).size).toBe(there.traffic.put.length)
              return Exit.isSuccess(exit)
            })
          )
          if (ended) break
          cuts++
        }
      }
      expect(cuts).toBeGreaterThan(15)
    })

    for (const fault of faults) {
      it(`a ${way} whose receiver's storage has a "${fault}" at any call ends right when it is taken up again`, async () => {
        let cuts = 0
        for (let at = 0; ; at++) {
          const ended = await Effect.runPromise(
            Effect.gen(function* () {
              const a = yield* freshStore
              yield* build(a)
              const memory = yield* makeMemory
              const failed = failing({ catalog: memory.catalog, objects: memory.objects }, ({ index }) =>
                index === at ? fault : null
              )
              const sent: Array<string> = []
              const broken = yield* storeOn(failed.layer)
              const whole = yield* storeOn(
                Layer.mergeAll(
                  Layer.succeed(CatalogStorage, memory.catalog),
                  Layer.succeed(ObjectStorage, memory.objects)
                )
              )
              const go = (b: TalkingStore) => {
                const peer: ExchangePeer = (request) =>
                  Effect.tap((way === "push" ? b : a).exchange.answer(request), (reply) =>
                    Effect.sync(() => {
                      if (reply._tag === "Stored") sent.push(...contentsOf(request))
                    })
                  )
                return way === "push" ? a.exchange.push({ peer }) : b.exchange.pull({ peer, remote: "o" })
              }
              const exit = yield* Effect.exit(go(broken))
              if (Exit.isFailure(exit)) {
                const seen = yield* historyOf(whole, pdf)
                if (fault !== "fail-after" && fault !== "cut-after")
                  expect(seen).toEqual({ versions: [], branches: [], tags: [] })
                yield* go(whole)
              }
              expect(yield* historyOf(whole, pdf)).toEqual(yield* historyOf(a, pdf))
              expect((yield* whole.ledger.verify()).findings).toEqual([])
              expect(new Set(sent).size).toBe(sent.length)
              return failed.calls().length <= at
            })
          )
          if (ended) break
          cuts++
        }
        expect(cuts).toBeGreaterThan(20)
      })
    }
  }
})
