/** Branches and tags of whole collections go from store to store, with the snapshots that lead to them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import { IdSource } from "../../../src/core/references/IdSource.ts"
import type { CollectionId, SnapshotId } from "../../../src/model/Ids.ts"
import { CatalogStorage, type CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import {
  captureIn,
  collectionOf,
  counted,
  freshStore,
  storedObjects,
  storeOn,
  type TalkingStore,
  wire
} from "../../support/exchange.ts"

const kit = "kit/of%2F100" as CollectionId
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const skill = (text: string) => ({ "skills/pdf/SKILL.md": text, "skills/csv/SKILL.md": "# CSV\n", "notes.md": "n\n" })

/** Captures, and moves a branch there. */
const grow = Effect.fnUntraced(function* (store: TalkingStore, text: string, branch = "main") {
  const { id } = yield* captureIn(store, kit, skill(text), text)
  const names = yield* store.snapshots.names(kit)
  const from = names.find(({ kind, name }) => kind === "branch" && name === branch)?.snapshot ?? null
  yield* store.snapshots.moveBranch(kit, branch, { from, to: id })
  return id
})

const sound = Effect.fnUntraced(function* (store: TalkingStore) {
  const { affected, findings } = yield* store.maintenance.verify()
  expect([findings, affected]).toEqual([[], []])
})

const relations = (names: ReadonlyArray<{ readonly name: string; readonly relation: string }>) =>
  names.map(({ name, relation }) => [name, relation])

describe("names of collections", () => {
  it("are left alone where nobody asks for them", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        yield* grow(a, "one")
        const { peer, traffic } = counted(wire(a))
        const pulled = yield* b.exchange.pull({ peer, remote: "team" })
        expect(pulled.collections).toEqual([])
        expect(yield* b.snapshots.names(kit)).toEqual([])
        expect([...traffic.requests.keys()].filter((tag) => /Snapshot|Collection/.test(tag))).toEqual([])
        expect(
          (yield* b.exchange.pull({ peer, remote: "team", collections: ["other" as CollectionId] })).collections
        ).toEqual([])
      })
    ))

  for (const way of ["pull", "push"] as const) {
    it(`a ${way} brings them with all that leads to them, once, in one operation that can be undone`, () =>
      run(
        Effect.gen(function* () {
          const [a, b] = [yield* freshStore, yield* freshStore]
          const ids = [yield* grow(a, "one"), yield* grow(a, "two"), yield* grow(a, "three")]
          yield* a.snapshots.createTag(kit, "v1.0.0", ids[1] as SnapshotId)
          const go = Effect.fnUntraced(function* () {
            const { peer, traffic } = counted(wire(way === "push" ? b : a))
            const done =
              way === "push"
                ? yield* a.exchange.push({ peer, collections: true })
                : yield* b.exchange.pull({ peer, remote: "team", collections: [kit] })
            return { done, traffic }
          })
          const before = yield* b.exchange.compare({ peer: wire(a), collections: true })
          expect(before).toMatchObject({ incoming: 5, incomingSnapshots: 3 })
          expect(yield* b.ledger.head).toBeNull()
          const { done } = yield* go()
          expect(done.transferred).toMatchObject({ snapshots: 3 })
          expect(done.collections.map(({ kind, moved, name }) => [kind, name, moved])).toEqual([
            ["branch", "main", true],
            ["tag", "v1.0.0", true]
          ])
          expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
          expect(yield* b.snapshots.resolve(kit, "main~2")).toBe(ids[0])
          expect(yield* b.snapshots.resolve(kit, "^1")).toBe(ids[1])
          if (way === "pull") expect(yield* b.snapshots.resolve(kit, "team/main")).toBe(ids[2])
          const { items } = yield* b.ledger.list({ subject: kit })
          expect(items.map(({ kind }) => kind)).toEqual(["receive"])
          yield* sound(b)

          const again = yield* go()
          expect(again.done).toMatchObject({ operation: null, transferred: { snapshots: 0, objects: 0, versions: 0 } })
          expect(relations(again.done.collections)).toEqual([
            ["main", "same"],
            ["v1.0.0", "same"]
          ])
          expect([...again.traffic.put, ...again.traffic.given]).toEqual([])

          // One more: of everything only what is new.
          const held = yield* storedObjects(b)
          const next = yield* grow(a, "four")
          const more = yield* go()
          expect(more.done.transferred).toMatchObject({ snapshots: 1, versions: 1 })
          const sent = way === "push" ? more.traffic.put : more.traffic.given
          expect(sent.filter((id) => held.has(id)).length).toBe(0)
          expect(yield* b.snapshots.resolve(kit, "main")).toBe(next)

          yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: more.done.operation as never }))
          expect(yield* b.snapshots.resolve(kit, "main")).toBe(ids[2])
          yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: done.operation as never }))
          expect(yield* b.snapshots.names(kit)).toEqual([])
          expect((yield* go()).done.transferred.snapshots).toBe(0)
          expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
          yield* sound(b)
        })
      ))
  }

  it("that diverged are reported with what both come from, and stay; tags move only by force", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const first = yield* grow(a, "one")
        yield* a.snapshots.createTag(kit, "v1", first)
        const pull = { peer: wire(a), remote: "team", collections: true } as const
        yield* b.exchange.pull(pull)
        const theirs = [yield* grow(a, "two"), yield* grow(a, "three")]
        const ours = yield* grow(b, "ours")
        // What is captured here follows what was captured here: nothing yet. A branch of its own shows a row of two.
        const next = yield* grow(b, "later")
        const told = yield* b.exchange.pull(pull)
        const [main] = told.collections
        expect(main).toMatchObject({
          ours: next,
          theirs: theirs[1],
          relation: "diverged",
          ahead: 2,
          behind: 3,
          base: null
        })
        expect(main?.moved).toBe(false)
        expect(yield* b.snapshots.resolve(kit, "main")).toBe(next)
        expect(yield* b.snapshots.resolve(kit, "team/main")).toBe(theirs[1])
        expect(yield* b.snapshots.resolve(kit, "main~1")).toBe(ours)

        yield* b.snapshots.moveBranch(kit, "main", { from: next, to: first })
        const compared = yield* b.exchange.compare(pull)
        expect(compared.collections[0]).toMatchObject({ relation: "behind", ahead: 0, behind: 2, base: first })
        const pushed = yield* b.exchange.push({ peer: wire(a), collections: true })
        expect(pushed.collections[0]).toMatchObject({ relation: "behind", moved: false })
        yield* b.exchange.pull(pull)
        expect(yield* b.snapshots.resolve(kit, "main")).toBe(theirs[1])

        yield* a.snapshots.createTag(kit, "v1", theirs[1] as SnapshotId, { force: true })
        expect((yield* b.exchange.pull(pull)).collections).toMatchObject([
          { relation: "same" },
          { name: "v1", relation: "different", moved: false }
        ])
        const forced = yield* b.exchange.pull({ ...pull, forceTags: true })
        expect(forced.collections[1]).toMatchObject({ moved: true })
        expect(yield* b.snapshots.resolve(kit, "v1")).toBe(theirs[1])
        const { items } = yield* b.ledger.list({ kind: "receive", limit: 1 })
        expect(items[0]?.details).toMatchObject({ forced: [{ collection: kit, tag: "v1", from: first }] })
        expect((yield* b.exchange.pull({ ...pull, tags: false, branches: ["x"] })).collections).toEqual([])
        yield* sound(b)
      })
    ))

  it("are ahead of one store's and behind the other's, and pushed forward", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = []
        for (let k = 0; k < 30; k++) ids.push(yield* grow(a, `${k}`))
        yield* a.exchange.push({ peer: wire(b), collections: true })
        const [first, last] = [ids[4] as SnapshotId, ids[29] as SnapshotId]
        yield* b.snapshots.moveBranch(kit, "main", { from: last, to: first })
        const peer = wire(b)
        const compared = yield* a.exchange.compare({ peer, collections: true })
        expect(compared.collections).toMatchObject([{ relation: "ahead", ahead: 25, behind: 0, base: first }])
        const pushed = yield* a.exchange.push({ peer, collections: true })
        expect(pushed.transferred).toMatchObject({ snapshots: 0, objects: 0 })
        expect(yield* b.snapshots.resolve(kit, "main")).toBe(last)
      })
    ))

  it("whose past was pruned bring what is left of it", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        for (const text of ["one", "two", "three"]) yield* captureIn(a, kit, skill(text))
        const head = yield* a.snapshots.resolve(kit, "head")
        yield* a.maintenance.prune({ last: 1 })
        yield* a.snapshots.moveBranch(kit, "main", { from: null, to: head })
        const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "team", collections: true })
        expect(pulled.transferred.snapshots).toBe(1)
        expect(yield* b.snapshots.paths(head)).toEqual(yield* a.snapshots.paths(head))
        expect(yield* Effect.flip(b.snapshots.resolve(kit, "main~2"))).toMatchObject({ _tag: "SnapshotNotFound" })
        yield* sound(b)
        expect((yield* b.exchange.pull({ peer: wire(a), remote: "team", collections: true })).operation).toBeNull()
      })
    ))
})

describe("an id that two stores have given to different snapshots", () => {
  /** A store whose snapshots are called `1`, `2`, … */
  const numbered = () => {
    let count = 0
    return { next: (kind: string) => (kind === "snapshot" ? `${++count}` : `${kind}-${Math.random()}`) }
  }
  it("is reported as a clash, in both directions, and nothing of it goes over", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = [numbered(), numbered()]
        const inA = Effect.provideService(IdSource, ids[0] as never)
        const inB = Effect.provideService(IdSource, ids[1] as never)
        yield* grow(a, "a1").pipe(inA)
        yield* grow(a, "a2").pipe(inA)
        yield* grow(b, "b1").pipe(inB)
        const fine = yield* captureIn(a, "other" as CollectionId, skill("fine"))
        yield* a.snapshots.createTag("other" as CollectionId, "v1", fine.id)
        yield* a.snapshots.createTag(kit, "two", "2" as SnapshotId)
        const head = yield* a.ledger.head
        const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "team", collections: true })
        expect(pulled.collections.map(({ moved, name, relation }) => [name, relation, moved])).toEqual([
          ["main", "clash", false],
          ["two", "clash", false],
          ["v1", "theirs-only", true]
        ])
        expect(pulled.transferred.snapshots).toBe(1)
        expect((yield* b.snapshots.get("1" as SnapshotId)).message).toBe("b1")
        expect(yield* Effect.flip(b.snapshots.get("2" as SnapshotId))).toMatchObject({ _tag: "SnapshotNotFound" })

        // Here alone, and yet it comes from a snapshot that is another one there.
        yield* b.snapshots.moveBranch(kit, "only", { from: null, to: "1" as SnapshotId })
        const pushed = yield* b.exchange.push({ peer: wire(a), collections: true })
        expect(relations(pushed.collections)).toEqual([
          ["main", "clash"],
          ["only", "clash"],
          ["two", "clash"],
          ["v1", "same"]
        ])
        expect((yield* a.snapshots.get("1" as SnapshotId)).message).toBe("a1")
        expect(yield* a.snapshots.names(kit)).toHaveLength(2)
        expect(head).not.toBeNull()
        yield* sound(a)
        yield* sound(b)
      })
    ))
})

it("a snapshot that new ones come from stays until they are here, or they are refused and can be sent again", () =>
  run(
    Effect.gen(function* () {
      const a = yield* freshStore
      const memory = yield* makeMemory
      const both = (catalog: CatalogStorageService) =>
        Layer.mergeAll(Layer.succeed(CatalogStorage, catalog), Layer.succeed(ObjectStorage, memory.objects))
      const b = yield* storeOn(both(memory.catalog))
      const first = yield* grow(a, "one")
      const pull = { peer: wire(a), remote: "team", collections: true } as const
      const pulled = yield* b.exchange.pull(pull)
      yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: pulled.operation as never }))
      yield* captureIn(b, kit, skill("own"))
      yield* grow(a, "two")

      // Just before the receipt is committed, what its first snapshot comes from is pruned: its content may go any time now.
      let isPruned = false
      const slow: CatalogStorageService = {
        ...memory.catalog,
        commit: (batch) =>
          Effect.gen(function* () {
            if (!isPruned) {
              isPruned = true
              expect((yield* b.maintenance.prune({ last: 0 })).pruned).toBe(1)
            }
            return yield* memory.catalog.commit(batch)
          })
      }
      const error = yield* Effect.flip((yield* storeOn(both(slow))).exchange.pull(pull))
      expect(error).toMatchObject({ _tag: "PeerError" })
      expect(error.message).toContain(`snapshot ${first} is gone`)
      expect(yield* b.snapshots.names(kit)).toEqual([])
      yield* b.exchange.pull(pull)
      expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
      yield* sound(b)
    })
  ))
