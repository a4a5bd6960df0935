/** Branches that are deleted in one store, and what becomes of them in others. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { counted, freshStore, type TalkingStore, wire } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const append = Effect.fnUntraced(function* (store: TalkingStore, branch: string, parents: ReadonlyArray<VersionId>) {
  const tree = yield* store.tree({ "a.md": `${branch} ${parents[0]}\n` })
  const draft = { artifact: pdf, parents, tree, origin: "local", message: branch } as const
  const [held = null] = (yield* store.graph.branches(pdf)).flatMap(({ name, version }) =>
    name === branch ? [version] : []
  )
  return (yield* store.graph.append({ ...draft, branch: { name: branch, from: held } })).version.id
})

const namesOf = (store: TalkingStore) =>
  Effect.map(store.graph.branches(pdf), (branches) => branches.map(({ name }) => name))
const trackedOf = (store: TalkingStore) =>
  Effect.map(store.exchange.tracked(pdf), (tracked) => tracked.map(({ branch, remote }) => `${remote}/${branch}`))

/** A store with `main`, `done` and `used`, and another one that has pulled them. */
const two = Effect.gen(function* () {
  const [a, b] = [yield* freshStore, yield* freshStore]
  const main = yield* append(a, "main", [])
  const done = yield* append(a, "done", [main])
  const used = yield* append(a, "used", [main])
  yield* b.exchange.pull({ peer: wire(a), remote: "team" })
  return { a, b, main, done, used }
})

describe("branches that were deleted there", () => {
  it("are reported by a pull, and deleted when asked, where nothing was added here", () =>
    run(
      Effect.gen(function* () {
        const { a, b, done, main, used } = yield* two
        yield* a.graph.deleteBranch(pdf, "done")
        yield* a.graph.deleteBranch(pdf, "used")
        const own = yield* append(b, "used", [used])
        yield* append(b, "mine", [main])

        const told = yield* b.exchange.pull({ peer: wire(a), remote: "team" })
        const gone = (deleted: boolean) => [
          { artifact: pdf, branch: "done", was: done, deleted },
          { artifact: pdf, branch: "used", was: used, deleted: false }
        ]
        expect(told).toMatchObject({ operation: null, gone: gone(false) })
        expect(yield* namesOf(b)).toEqual(["done", "main", "mine", "used"])

        const followed = yield* b.exchange.pull({ peer: wire(a), remote: "team", followDeletions: true })
        expect(followed.gone).toEqual(gone(true))
        expect(yield* namesOf(b)).toEqual(["main", "mine", "used"])
        expect(yield* b.graph.resolve(pdf, "used")).toBe(own)
        expect(yield* trackedOf(b)).toEqual(["team/main"])
        const again = yield* b.exchange.pull({ peer: wire(a), remote: "team", followDeletions: true })
        expect(again).toMatchObject({ operation: null, gone: [] })

        // It is in the branch's past, and can be undone.
        const { items } = yield* b.graph.positions(pdf, "done")
        expect(items.map(({ kind, version }) => [kind, version])).toEqual([
          ["receive", null],
          ["receive", done]
        ])
        yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: followed.operation as never }))
        expect(yield* namesOf(b)).toEqual(["done", "main", "mine", "used"])
        expect(yield* trackedOf(b)).toEqual(["team/done", "team/main", "team/used"])
        expect((yield* b.ledger.verify()).findings).toEqual([])
      })
    ))

  it("are looked for only among what is pulled, and from whom", () =>
    run(
      Effect.gen(function* () {
        const { a, b } = yield* two
        yield* a.graph.deleteBranch(pdf, "done")
        const peer = wire(a)
        const pull = (request: object) => b.exchange.pull({ peer, remote: "team", followDeletions: true, ...request })
        expect((yield* pull({ remote: "other" })).gone).toEqual([])
        expect((yield* pull({ branches: ["main"] })).gone).toEqual([])
        expect((yield* pull({ artifacts: ["skill:x" as ArtifactId] })).gone).toEqual([])
        expect(yield* namesOf(b)).toContain("done")
        expect((yield* pull({ artifacts: [pdf], branches: ["done"] })).gone).toMatchObject([{ deleted: true }])
        expect(yield* namesOf(b)).toEqual(["main", "used"])
      })
    ))
})

describe("branches that are to be deleted there", () => {
  it("are, if they are where they were seen; else nothing happens", () =>
    run(
      Effect.gen(function* () {
        const { a, b, done, main, used } = yield* two
        const newer = yield* append(b, "main", [main])
        const head = yield* a.ledger.head
        const stale = { artifact: pdf, branch: "used", from: done }
        const removal = { artifact: pdf, branch: "done", from: done }
        const error = yield* Effect.flip(b.exchange.push({ peer: wire(a), deleteBranches: [removal, stale] }))
        expect(error).toMatchObject({ _tag: "RefConflict", expected: done, found: used })
        expect(yield* a.ledger.head).toBe(head)

        const { peer, traffic } = counted(wire(a))
        const pushed = yield* b.exchange.push({ peer, deleteBranches: [removal] })
        expect(pushed.gone).toEqual([{ artifact: pdf, branch: "done", was: done, deleted: true }])
        expect(traffic.requests.get("Receive")).toBeLessThanOrEqual(2)
        expect(yield* namesOf(a)).toEqual(["main", "used"])
        expect(yield* a.graph.resolve(pdf, "main")).toBe(newer)
        // Here it stays; it is only not sent again by the push that deletes it.
        expect(yield* namesOf(b)).toEqual(["done", "main", "used"])
        expect((yield* a.ledger.verify()).findings).toEqual([])
      })
    ))
})

const tagsOf = (store: TalkingStore) =>
  Effect.map(store.graph.tags(pdf), (tags) => tags.map(({ name, version }) => [name, version]))

/** A store with the tags `v1`, `v2` and `v3`, and another one that has pulled them. */
const tagged = Effect.gen(function* () {
  const stores = yield* two
  const { a, b, done, main, used } = stores
  for (const [name, version] of [
    ["v1", main],
    ["v2", done],
    ["v3", used]
  ] as const) {
    yield* a.graph.createTag(pdf, name, version)
  }
  yield* b.exchange.pull({ peer: wire(a), remote: "team" })
  return stores
})

describe("tags that were taken away there", () => {
  it("are reported by a pull, and taken away when asked, where they are as they came", () =>
    run(
      Effect.gen(function* () {
        const { a, b, done, main, used } = yield* tagged
        for (const name of ["v1", "v2"]) yield* a.graph.removeTag(pdf, name)
        yield* b.graph.createTag(pdf, "v2", main, { force: true })
        yield* b.graph.createTag(pdf, "mine", main)

        const gone = (deleted: boolean) => [
          { artifact: pdf, tag: "v1", was: main, deleted },
          { artifact: pdf, tag: "v2", was: done, deleted: false }
        ]
        const told = yield* b.exchange.pull({ peer: wire(a), remote: "team" })
        expect(told).toMatchObject({ operation: null, gone: [], goneTags: gone(false) })

        const pull = { peer: wire(a), remote: "team", followDeletions: true }
        for (const narrower of [{ remote: "other" }, { tags: false }, { artifacts: ["skill:x" as ArtifactId] }]) {
          expect((yield* b.exchange.pull({ ...pull, ...narrower })).goneTags).toEqual([])
        }
        expect(yield* tagsOf(b)).toHaveLength(4)
        const followed = yield* b.exchange.pull(pull)
        expect(followed.goneTags).toEqual(gone(true))
        const left = [
          ["mine", main],
          ["v2", main],
          ["v3", used]
        ]
        expect(yield* tagsOf(b)).toEqual(left)
        expect(yield* b.exchange.pull(pull)).toMatchObject({ operation: null, goneTags: [] })

        yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: followed.operation as never }))
        expect(yield* tagsOf(b)).toEqual([left[0], ["v1", main], ...left.slice(1)])
        expect((yield* b.exchange.pull({ peer: wire(a), remote: "team" })).goneTags).toEqual(gone(false))
        expect((yield* b.maintenance.verify()).findings).toEqual([])
        // What is noted of tags of another store is kept, as its branches are.
        yield* b.maintenance.collect({ grace: 0 })
        expect((yield* b.maintenance.verify()).findings).toEqual([])
        expect((yield* b.graph.history({ artifact: pdf })).versions).toHaveLength(3)
      })
    ))

  it("are taken away there by a push that names them, if they are as they were seen; else nothing happens", () =>
    run(
      Effect.gen(function* () {
        const { a, b, done, main, used } = yield* tagged
        const head = yield* a.ledger.head
        const removal = { artifact: pdf, tag: "v1", from: main }
        const stale = { artifact: pdf, tag: "v3", from: done }
        const error = yield* Effect.flip(b.exchange.push({ peer: wire(a), deleteTags: [removal, stale] }))
        expect(error).toMatchObject({ _tag: "RefConflict", expected: done, found: used })
        expect(yield* a.ledger.head).toBe(head)

        const pushed = yield* b.exchange.push({ peer: wire(a), deleteTags: [removal] })
        expect(pushed.goneTags).toEqual([{ artifact: pdf, tag: "v1", was: main, deleted: true }])
        expect((yield* tagsOf(a)).map(([name]) => name)).toEqual(["v2", "v3"])
        expect((yield* tagsOf(b)).map(([name]) => name)).toEqual(["v1", "v2", "v3"])
        // Gone there already: the same push would take away what is not there.
        const again = yield* Effect.flip(b.exchange.push({ peer: wire(a), deleteTags: [removal] }))
        expect(again).toMatchObject({ _tag: "RefConflict", expected: main, found: null })
        expect((yield* a.ledger.verify()).findings).toEqual([])
      })
    ))
})
