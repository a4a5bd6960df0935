/** What collecting leaves of what came from elsewhere, and transfers of which some was collected. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { PeerError } from "../../../src/model/Exchange.ts"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { counted, freshStore, heldBy, historyOf, type TalkingStore, wire } from "../../support/exchange.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const pdf = "skill:pdf" as ArtifactId
const seed = runSeed()
const now = { grace: 0, window: { age: 0, operations: 0 } }

const build = Effect.fnUntraced(function* (store: TalkingStore) {
  const ids: Array<VersionId> = []
  for (let k = 0; k < 5; k++) {
    const tree = yield* store.tree({ "a.md": `${k}\n`, [`d/${k}/e/x.md`]: `x${k}\n`, "d/same.md": "same\n" })
    const parents = ids.slice(-1)
    const draft = { artifact: pdf, parents, tree, origin: "local", message: `${k}`, branch: { name: "main" } } as const
    ids.push((yield* store.graph.append(draft)).version.id)
  }
  return ids
})

describe("collecting", () => {
  it("keeps what only the branches of another store lead to, and takes what a transfer left", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* build(a)
        yield* b.exchange.pull({ peer: wire(a), remote: "o", moveBranches: false })
        expect(yield* b.graph.branches(pdf)).toEqual([])
        yield* Effect.promise(() => new Promise((go) => setTimeout(go, 5)))
        yield* b.maintenance.collect(now)
        const held = yield* heldBy(b, ids)
        expect((yield* b.objects.get([...held])).size).toBe(held.size)
        // The texts of the versions were only on their way.
        const texts = yield* b.storage.get(ids as ReadonlyArray<string> as never)
        expect(texts.size).toBe(0)
        const { affected, findings } = yield* b.maintenance.verify()
        expect([findings, affected]).toEqual([[], []])
      })
    ))

  it(`a transfer of which some was collected is completed (seed ${seed})`, () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const random = makeRandom(seed)
        for (let k = 0; k < 25; k++) {
          const [a, b] = [yield* freshStore, yield* freshStore]
          yield* build(a)
          const { peer } = counted(wire(b))
          let left = random.between(1, 40)
          const cut: ExchangePeer = (request) =>
            request._tag === "Receive" || left-- <= 0
              ? Effect.fail(new PeerError({ reason: "unavailable", request: "", detail: "cut", isRetryable: true }))
              : peer(request)
          yield* Effect.flip(a.exchange.push({ peer: cut }))
          const stored = yield* b.storage.list({ limit: 1000 })
          const gone = stored.map(({ id }) => id).filter(() => random.chance(0.4))
          yield* b.storage.remove(gone, { storedBefore: Number.MAX_SAFE_INTEGER })
          yield* a.exchange.push({ peer })
          expect([k, yield* historyOf(b, pdf)]).toEqual([k, yield* historyOf(a, pdf)])
          const { affected, findings } = yield* b.maintenance.verify()
          expect([k, findings, affected]).toEqual([k, [], []])
        }
      })
    ))
})
