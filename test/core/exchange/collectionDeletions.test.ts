/** Branches and tags of collections that are taken away or renamed in one store, and what becomes of them in others. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { CollectionId, SnapshotId } from "../../../src/model/Ids.ts"
import { captureIn, freshStore, type TalkingStore, wire } from "../../support/exchange.ts"

const kit = "my kit/é" as CollectionId
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const namesOf = (store: TalkingStore) =>
  Effect.map(store.snapshots.names(kit), (names) => names.map(({ kind, name }) => `${kind} ${name}`))
const trackedOf = (store: TalkingStore) =>
  Effect.map(store.catalog.list({ prefix: "collection/", limit: 100 }), (refs) =>
    refs
      .flatMap(([name]) => {
        const [, , kind, ...rest] = name.split("/")
        return kind === "remote" || kind === "remote-tag" ? [`${kind} ${rest.join("/")}`] : []
      })
      .sort()
  )

/** A store whose collection has branches and tags, and another one that has pulled them. */
const two = Effect.gen(function* () {
  const [a, b] = [yield* freshStore, yield* freshStore]
  const first = (yield* captureIn(a, kit, { "skills/pdf/SKILL.md": "1\n" })).id
  const second = (yield* captureIn(a, kit, { "skills/pdf/SKILL.md": "2\n" })).id
  for (const branch of ["done", "main", "used"]) yield* a.snapshots.moveBranch(kit, branch, { from: null, to: second })
  for (const tag of ["v1", "v2"]) yield* a.snapshots.createTag(kit, tag, first)
  const pull = (request: object = {}) =>
    b.exchange.pull({ peer: wire(a), remote: "team", collections: true, ...request })
  yield* pull()
  return { a, b, first, second, pull }
})

const gone = (kind: "branch" | "tag", name: string, was: SnapshotId, deleted: boolean) => ({
  kind,
  collection: kit,
  name,
  was,
  deleted
})

describe("names of collections that are gone there", () => {
  it("are reported by a pull, and taken away when asked, where nothing was changed here", () =>
    run(
      Effect.gen(function* () {
        const { a, b, first, pull, second } = yield* two
        expect(yield* trackedOf(b)).toEqual([
          "remote team/done",
          "remote team/main",
          "remote team/used",
          "remote-tag team/v1",
          "remote-tag team/v2"
        ])
        for (const branch of ["done", "used"]) yield* a.snapshots.moveBranch(kit, branch, { from: second, to: null })
        for (const tag of ["v1", "v2"]) yield* a.snapshots.removeTag(kit, tag)
        yield* b.snapshots.moveBranch(kit, "used", { from: second, to: first })
        yield* b.snapshots.createTag(kit, "v2", second, { force: true })
        const before = yield* namesOf(b)

        const told = yield* pull()
        const expected = (deleted: boolean) => [
          gone("branch", "done", second, deleted),
          gone("branch", "used", second, false),
          gone("tag", "v1", first, deleted),
          gone("tag", "v2", first, false)
        ]
        expect(told).toMatchObject({ operation: null, goneCollections: expected(false) })
        expect(yield* namesOf(b)).toEqual(before)

        // Which names are meant, whose they are, and which collections: nothing else is looked for.
        expect((yield* pull({ branches: ["main"], tags: false })).goneCollections).toEqual([])
        expect((yield* pull({ collections: ["other"] })).goneCollections).toEqual([])
        expect((yield* pull({ collections: [kit], branches: ["done"], tags: false })).goneCollections).toEqual([
          gone("branch", "done", second, false)
        ])
        expect((yield* pull({ remote: "else", followDeletions: true })).goneCollections).toEqual([])
        expect((yield* pull({ collections: false, followDeletions: true })).goneCollections).toEqual([])

        const followed = yield* pull({ followDeletions: true })
        expect(followed.goneCollections).toEqual(expected(true))
        expect(yield* namesOf(b)).toEqual(["branch main", "branch used", "tag v2"])
        expect((yield* trackedOf(b)).filter((name) => name.includes("team"))).toEqual(["remote team/main"])
        expect(yield* pull({ followDeletions: true })).toMatchObject({ operation: null, goneCollections: [] })

        // It was one operation, which can be undone.
        yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: followed.operation as never }))
        expect(yield* namesOf(b)).toEqual(before)
        expect((yield* b.ledger.verify()).findings).toEqual([])
      })
    ))

  it("follow a rename: the new name comes, the old one goes", () =>
    run(
      Effect.gen(function* () {
        const { a, b, pull, second } = yield* two
        yield* a.snapshots.moveBranch(kit, "finished", { from: null, to: second })
        yield* a.snapshots.moveBranch(kit, "done", { from: second, to: null })
        yield* pull({ followDeletions: true })
        expect((yield* namesOf(b)).filter((name) => name.startsWith("branch"))).toEqual([
          "branch finished",
          "branch main",
          "branch used"
        ])
      })
    ))

  it("are taken away there by a push that names them, each only where it is", () =>
    run(
      Effect.gen(function* () {
        const { a, b, first, second } = yield* two
        const removal = (kind: "branch" | "tag", name: string, from: SnapshotId) => ({
          kind,
          collection: kit,
          name,
          from
        })
        const wrong = [removal("branch", "done", second), removal("tag", "v1", second)]
        const error = yield* Effect.flip(b.exchange.push({ peer: wire(a), deleteCollectionNames: wrong }))
        expect(error._tag).toBe("RefConflict")
        expect((yield* namesOf(a)).length).toBe(5)

        const right = [removal("branch", "done", second), removal("tag", "v1", first)]
        const pushed = yield* b.exchange.push({ peer: wire(a), collections: true, deleteCollectionNames: right })
        expect(pushed.goneCollections).toEqual([gone("branch", "done", second, true), gone("tag", "v1", first, true)])
        // What is to go there is not sent, though it is here.
        expect(pushed.collections.every(({ moved }) => !moved)).toBe(true)
        expect(yield* namesOf(a)).toEqual(["branch main", "branch used", "tag v2"])
        yield* b.exchange.push({ peer: wire(a), deleteCollectionNames: [removal("tag", "v2", first)] })
        expect(yield* namesOf(a)).toEqual(["branch main", "branch used"])
        expect((yield* a.ledger.verify()).findings).toEqual([])
      })
    ))
})
