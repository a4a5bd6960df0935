/** What an exchange reads of both stores: by what is new and by how many names there are, not by the length of histories. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import type { ArtifactId, CollectionId, SnapshotId, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage, type CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { captureIn, counted, storeOn, type TalkingStore, wire } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const kit = "kit" as CollectionId
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

/** What was read of a catalog. */
interface Reads {
  calls: number
  records: number
}

const counting = (catalog: CatalogStorageService, reads: Reads): CatalogStorageService => {
  const note = (records: number) =>
    Effect.sync(() => {
      reads.calls += 1
      reads.records += records
    })
  return {
    ...catalog,
    records: (kind, ids) => Effect.tap(catalog.records(kind, ids), (found) => note(found.size)),
    scan: (scan) => Effect.tap(catalog.scan(scan), (page) => note(page.length))
  }
}

/** A store in memory, opened twice: by one whose reads are counted, and who remembers nothing between two openings. */
const countedStore = Effect.gen(function* () {
  const { catalog, objects } = yield* makeMemory
  const reads: Reads = { calls: 0, records: 0 }
  const on = (given: CatalogStorageService) =>
    storeOn(Layer.mergeAll(Layer.succeed(CatalogStorage, given), Layer.succeed(ObjectStorage, objects)))
  const reopen = Effect.gen(function* () {
    const store = yield* on(counting(catalog, reads))
    reads.calls = 0
    reads.records = 0
    return store
  })
  return { store: yield* on(catalog), reads, reopen }
})

const history = Effect.fnUntraced(function* (store: TalkingStore, length: number) {
  const tree = yield* store.tree({ f: "x" })
  const versions = Array.from({ length }, (_, k) => ({
    artifact: pdf,
    parents: k === 0 ? [] : [k - 1],
    tree,
    message: `${k}`
  }))
  const { ids } = yield* store.graph.appendMany({ versions })
  for (let k = 0; k < 8; k++) yield* store.graph.createBranch(pdf, `b${k}`, ids[length - 1 - k] as VersionId)
  for (let k = 0; k < 4; k++) yield* store.graph.createTag(pdf, `v${k}`, ids[k] as VersionId, { message: "m" })
  let head: SnapshotId | undefined
  for (let k = 0; k < length / 10; k++) head = (yield* captureIn(store, kit, { "skills/s/SKILL.md": `${k}\n` })).id
  yield* store.snapshots.moveBranch(kit, "main", { from: null, to: head as SnapshotId })
  yield* store.snapshots.createTag(kit, "t", head as SnapshotId)
})

/** Branches and tags of artifacts, those of the artifact that captures make, and two names of a collection. */
const names = 8 + 4 + 1 + 2

describe("an exchange in which nothing is new", () => {
  it("reads a few records for each name, on both sides, however long the histories are", () =>
    run(
      Effect.gen(function* () {
        const told: Array<unknown> = []
        for (const length of [50, 500]) {
          const [a, b] = [yield* countedStore, yield* countedStore]
          yield* history(a.store, length)
          const request = { remote: "team", collections: true } as const
          yield* b.store.exchange.pull({ ...request, peer: wire(a.store) })
          for (const way of ["pull", "push back", "push"] as const) {
            const [left, right] = [yield* a.reopen, yield* b.reopen]
            const { peer, traffic } = counted(wire(way === "push" ? right : left))
            const done =
              way === "pull"
                ? yield* right.exchange.pull({ ...request, peer })
                : way === "push"
                  ? yield* left.exchange.push({ peer, collections: true })
                  : yield* right.exchange.push({ peer, collections: true })
            expect([way, done.operation, done.transferred.versions]).toEqual([way, null, 0])
            expect(traffic.outlines).toEqual([])
            told.push([length, way, a.reads.records, b.reads.records])
            expect(a.reads.records).toBeLessThanOrEqual(2 * names)
            expect(b.reads.records).toBeLessThanOrEqual(2 * names)
            const asked = [...traffic.requests.values()].reduce((sum, count) => sum + count, 0)
            expect(asked).toBeLessThanOrEqual(4)
          }
        }
        console.info("records read of both stores:", JSON.stringify(told))
      })
    ))
})

describe("collections that parted long ago", () => {
  it("are compared in batches", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* countedStore, yield* countedStore]
        const base = (yield* captureIn(a.store, kit, { "skills/s/SKILL.md": "base\n" })).id
        yield* a.store.snapshots.moveBranch(kit, "main", { from: null, to: base })
        const lines: Array<SnapshotId> = []
        for (let k = 0; k < 300; k++) lines.push((yield* captureIn(a.store, kit, { "skills/s/SKILL.md": `${k}\n` })).id)
        yield* a.store.snapshots.moveBranch(kit, "main", { from: base, to: lines.at(-1) as SnapshotId })
        yield* b.store.exchange.pull({ peer: wire(a.store), remote: "team", collections: true })
        // There it goes back to the beginning: ours is 300 ahead.
        yield* a.store.snapshots.moveBranch(kit, "main", { from: lines.at(-1) as SnapshotId, to: base })
        const right = yield* b.reopen
        const { collections } = yield* right.exchange.compare({ peer: wire(a.store), collections: true })
        expect(collections).toMatchObject([{ relation: "ahead", ahead: 300, behind: 0, base }])
        console.info(`300 snapshots passed: ${b.reads.calls} calls, ${b.reads.records} records`)
        expect(b.reads.calls).toBeLessThanOrEqual(20)
        expect(b.reads.records).toBeLessThanOrEqual(420)
      })
    ))
})
