/** Ancestors and descendants are told a page at a time: what is collected meanwhile is gone, and the store is not damaged. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import { CollectGrace } from "../../../src/core/references/CollectGrace.ts"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage, type CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { storeOn } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const size = 700

/** A store with a forked history of which all but the first version is about to go, before some call of a reader. */
const overtaken = Effect.fnUntraced(function* (way: "ancestors" | "descendants", nth: number) {
  const { catalog, objects } = yield* makeMemory
  const both = (given: CatalogStorageService) =>
    storeOn(Layer.mergeAll(Layer.succeed(CatalogStorage, given), Layer.succeed(ObjectStorage, objects)))
  const other = yield* both(catalog)
  const tree = yield* other.tree({ f: "x" })
  const versions = Array.from({ length: size }, (_, k) => ({
    artifact: pdf,
    // Two lines that meet now and then.
    parents: k < 2 ? (k === 0 ? [] : [0]) : k === size - 1 || k % 7 === 0 ? [k - 1, k - 2] : [k - 2],
    tree,
    message: `${k}`
  }))
  const { ids } = yield* other.graph.appendMany({ versions })
  const [first, top] = [ids[0] as VersionId, ids[size - 1] as VersionId]
  yield* other.graph.createBranch(pdf, "main", top)
  yield* other.graph.createBranch(pdf, "kept", first)
  const doom = Effect.gen(function* () {
    yield* other.graph.deleteBranch(pdf, "main")
    yield* other.maintenance.collect({ grace: 0, window: { age: 0, operations: 0 } })
    assert.strictEqual((yield* other.graph.getMany(ids)).size, 1)
  }).pipe(Effect.orDie)
  let calls = 0
  const before = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.suspend(() => (++calls === nth ? Effect.andThen(doom, call) : call))
  const { graph } = yield* both({
    ...catalog,
    records: (kind, ids) => before(catalog.records(kind, ids)),
    scan: (scan) => before(catalog.scan(scan))
  })
  const told: Array<VersionId> = []
  const stream = way === "ancestors" ? graph.ancestors(top) : graph.descendants(first)
  const ended = yield* Effect.result(Stream.runForEach(stream, ({ id }) => Effect.sync(() => told.push(id))))
  const tag =
    ended._tag === "Success"
      ? "done"
      : ended.failure._tag === "StorageError"
        ? ended.failure.reason._tag
        : ended.failure._tag
  assert.strictEqual(new Set(told).size, told.length)
  return { calls, tag, told: told.length }
})

describe("streams of versions beside a collection", () => {
  for (const way of ["ancestors", "descendants"] as const) {
    it.live(
      `${way} tell what is gone, whichever call is overtaken`,
      () =>
        Effect.gen(function* () {
          const alone = yield* overtaken(way, 0)
          assert.deepStrictEqual([alone.tag, alone.told], ["done", size - 1])
          const tags = new Map<string, number>()
          for (let nth = 1; nth <= alone.calls; nth++) {
            const { tag } = yield* overtaken(way, nth)
            tags.set(tag, (tags.get(tag) ?? 0) + 1)
          }
          console.info(`${way}, ${alone.calls} calls:`, Object.fromEntries(tags))
          assert.deepStrictEqual(
            [...tags.keys()].filter((tag) => tag !== "done" && tag !== "VersionNotFound"),
            []
          )
        }).pipe(Effect.provideService(CollectGrace, 0)),
      60_000
    )
  }
})
