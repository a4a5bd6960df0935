/** Two stores capture, name and exchange collections as they like, are cut off anywhere, and agree in the end. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { PeerError } from "../../../src/model/Exchange.ts"
import type { CollectionId, SnapshotId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { type Fault, failing } from "../../../src/testkit/failing.ts"
import { captureIn, collectionOf, freshStore, storeOn, type TalkingStore, wire } from "../../support/exchange.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const collections = ["kit", "a/b"] as ReadonlyArray<string> as ReadonlyArray<CollectionId>
const seed = runSeed()
const isFull = process.env.TIDEMARK_FULL === "1"
const runs = isFull ? 150 : 15

/** Every snapshot that a store's names lead to, by definition. */
const rowOf = Effect.fnUntraced(function* (store: TalkingStore, head: SnapshotId) {
  const row: Array<SnapshotId> = []
  for (let id: SnapshotId | null = head; id !== null; ) {
    row.push(id)
    id = (yield* store.snapshots.get(id)).previous as SnapshotId | null
  }
  return row
})

const work = Effect.fnUntraced(function* (store: TalkingStore, random: Random) {
  const collection = random.pick(collections)
  const known = (yield* store.snapshots.list({ collection, limit: 50 })).items.map(({ id }) => id)
  const names = yield* store.snapshots.names(collection)
  if (known.length === 0 || random.chance(0.5)) {
    const files: Record<string, string> = { "notes.md": "always\n" }
    for (let k = random.below(4); k >= 0; k--) {
      files[`skills/${random.pick(["x", "y", "z"])}/${random.pick(["SKILL.md", "d/é.md"])}`] = `${random.below(5)}\n`
    }
    yield* captureIn(store, collection, files, `${random.below(100)}`)
    return
  }
  const to = random.pick(known)
  if (random.chance(0.4)) {
    yield* Effect.ignore(store.snapshots.createTag(collection, `v${random.below(4)}`, to))
    return
  }
  const branch = random.pick(["main", "x/y"])
  const from = names.find(({ kind, name }) => kind === "branch" && name === branch)?.snapshot ?? null
  yield* store.snapshots.moveBranch(collection, branch, { from, to })
})

/** What was said of every branch, against the rows of snapshots themselves. */
const checkRelations = Effect.fnUntraced(function* (a: TalkingStore, b: TalkingStore) {
  const compared = (yield* a.exchange.compare({ peer: wire(b), collections: true })).collections
  for (const { ahead, base, behind, collection, kind, ours, relation, theirs } of compared) {
    if (ours === null || theirs === null || kind === "tag") continue
    const [left, right] = [yield* rowOf(a, ours), yield* rowOf(b, theirs)]
    const shared = left.find((id) => right.includes(id)) ?? null
    const counts = [left, right].map((row) => (shared === null ? row.length : row.indexOf(shared)))
    expect([collection, ahead, behind, base]).toEqual([collection, ...counts, shared])
    const [l = 0, r = 0] = counts
    const expected = shared === null || (l > 0 && r > 0) ? "diverged" : l > 0 ? "ahead" : r > 0 ? "behind" : "same"
    expect(relation).toBe(expected)
  }
})

it(`${runs} pairs of stores tell how their collections stand, and agree in the end (seed ${seed})`, () =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (let k = 0; k < runs; k++) {
        const random = makeRandom(seed + k)
        const [a, b] = [yield* freshStore, yield* freshStore]
        const story = Effect.gen(function* () {
          for (let step = random.between(5, 20); step > 0; step--) {
            const [from, to] = random.chance(0.5) ? [a, b] : [b, a]
            if (random.chance(0.75)) yield* work(from, random)
            else if (random.chance(0.5)) yield* from.exchange.push({ peer: wire(to), collections: true })
            else yield* from.exchange.pull({ peer: wire(to), remote: "o", collections: true })
            if (random.chance(0.2)) yield* checkRelations(a, b)
          }
          yield* b.exchange.pull({ peer: wire(a), remote: "o", collections: true, forceTags: true })
          const { collections: told } = yield* b.exchange.compare({ peer: wire(a), collections: true })
          for (const { collection, kind, name, ours, relation, theirs } of told) {
            // Captures of two stores share no row: somebody has to choose.
            if (kind === "branch" && relation === "diverged") {
              expect(yield* b.snapshots.resolve(collection, `o/${name}`)).toBe(theirs)
              yield* b.snapshots.moveBranch(collection, name, { from: ours, to: theirs })
            }
          }
          yield* b.exchange.push({ peer: wire(a), collections: true })
          for (const collection of collections) {
            expect(yield* collectionOf(b, collection)).toEqual(yield* collectionOf(a, collection))
          }
          for (const store of [a, b]) {
            expect((yield* store.ledger.verify()).findings).toEqual([])
            expect((yield* store.maintenance.verify()).findings).toEqual([])
          }
        })
        yield* Effect.onError(story, () => Effect.sync(() => console.error(`case ${k} of seed ${seed}`)))
      }
    })
  ))

const kit = "kit" as CollectionId

const build = Effect.fnUntraced(function* (store: TalkingStore) {
  for (const text of ["one", "two"]) {
    yield* captureIn(store, kit, { "skills/pdf/SKILL.md": text, "skills/pdf/d/x": "x", "skills/csv/a": text })
  }
  const head = yield* store.snapshots.resolve(kit, "head")
  yield* store.snapshots.moveBranch(kit, "main", { from: null, to: head })
  yield* store.snapshots.createTag(kit, "v1", yield* store.snapshots.resolve(kit, "main~1"))
})

const nothing = { names: [], snapshots: new Map() }

describe("interrupted exchanges of collections", () => {
  for (const way of ["push", "pull"] as const) {
    it(`a ${way} whose way is cut at any call shows nothing or all, and goes on where it ended`, async () => {
      let cuts = 0
      for (const when of ["before", "after"] as const) {
        for (let at = 0; ; at++) {
          const ended = await Effect.runPromise(
            Effect.gen(function* () {
              const [a, b] = [yield* freshStore, yield* freshStore]
              yield* build(a)
              const put: Array<string> = []
              let calls = 0
              const broken: ExchangePeer = (request) =>
                Effect.gen(function* () {
                  const isCut = calls++ === at
                  const lost = new PeerError({
                    reason: "unavailable",
                    request: request._tag,
                    detail: "cut",
                    isRetryable: true
                  })
                  if (isCut && when === "before") return yield* Effect.fail(lost)
                  const reply = yield* wire(way === "push" ? b : a)(request)
                  if (request._tag === "Put" && reply._tag === "Stored")
                    put.push(...request.contents.map(({ id }) => id))
                  return isCut ? yield* Effect.fail(lost) : reply
                })
              const go =
                way === "push"
                  ? a.exchange.push({ peer: broken, collections: true })
                  : b.exchange.pull({ peer: broken, remote: "o", collections: true })
              const exit = yield* Effect.exit(go)
              if (Exit.isFailure(exit)) {
                const seen = yield* collectionOf(b, kit)
                if (seen.names.length === 0) expect(seen).toEqual(nothing)
                else expect(when).toBe("after")
                yield* go
              }
              expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
              expect((yield* b.maintenance.verify()).findings).toEqual([])
              expect((yield* b.ledger.list({ kind: "receive" })).items).toHaveLength(1)
              expect(new Set(put).size).toBe(put.length)
              return Exit.isSuccess(exit)
            })
          )
          if (ended) break
          cuts++
        }
      }
      expect(cuts).toBeGreaterThan(20)
    })
  }

  for (const fault of (isFull
    ? ["fail", "fail-after", "cut-before", "cut-after"]
    : ["fail", "cut-after"]) as Array<Fault>) {
    it(`a receiver whose storage has a "${fault}" at any call has nothing or all`, async () => {
      let cuts = 0
      // Each call in the full run; here every third, beginning with the run's own.
      for (let at = isFull ? 0 : seed % 3; ; at += isFull ? 1 : 3) {
        const ended = await Effect.runPromise(
          Effect.gen(function* () {
            const a = yield* freshStore
            yield* build(a)
            const memory = yield* makeMemory
            const failed = failing({ catalog: memory.catalog, objects: memory.objects }, ({ index }) =>
              index === at ? fault : null
            )
            const broken = yield* storeOn(failed.layer)
            const whole = yield* storeOn(
              Layer.mergeAll(
                Layer.succeed(CatalogStorage, memory.catalog),
                Layer.succeed(ObjectStorage, memory.objects)
              )
            )
            const pull = (store: TalkingStore) => store.exchange.pull({ peer: wire(a), remote: "o", collections: true })
            const exit = yield* Effect.exit(pull(broken))
            if (Exit.isFailure(exit)) {
              const seen = yield* collectionOf(whole, kit)
              if (seen.names.length === 0) expect(seen).toEqual(nothing)
              yield* pull(whole)
            }
            expect(yield* collectionOf(whole, kit)).toEqual(yield* collectionOf(a, kit))
            expect((yield* whole.maintenance.verify()).findings).toEqual([])
            return failed.calls().length <= at
          })
        )
        if (ended) break
        cuts++
      }
      expect(cuts).toBeGreaterThan(10)
    })
  }
})
