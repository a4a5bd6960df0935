/** Which parent is the first is what a version says, in whatever order a storage gives the terms it is found by. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make as makeMemory } from "../../../src/adapters/memory/index.ts"
import { recordParents } from "../../../src/core/graph/recordParents.ts"
import type { ArtifactId, FilePath, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage, type CatalogStorageService, type StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { storeOn } from "../../support/exchange.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { randomGraph } from "../../support/randomGraph.ts"

const pdf = "skill:pdf" as ArtifactId
const seed = runSeed()
const upsideDown = (record: StoredRecord): StoredRecord => ({ ...record, terms: [...record.terms].sort().reverse() })

/** A storage that gives terms in an order of its own. */
const shuffling = (catalog: CatalogStorageService): CatalogStorageService => ({
  ...catalog,
  records: (kind, ids) =>
    Effect.map(catalog.records(kind, ids), (found) => new Map([...found].map(([id, one]) => [id, upsideDown(one)]))),
  scan: (scan) => Effect.map(catalog.scan(scan), (page) => page.map(upsideDown))
})

describe("parents of versions", () => {
  it.effect(`are in their order over storage that gives terms in another (seed ${seed})`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      for (let g = 0; g < 20; g++) {
        const { parents, times } = randomGraph(random)
        const { catalog, objects } = yield* makeMemory
        const storage = Layer.mergeAll(
          Layer.succeed(CatalogStorage, shuffling(catalog)),
          Layer.succeed(ObjectStorage, objects)
        )
        const tree = yield* (yield* storeOn(storage)).tree({ f: "x" })
        const versions = parents.map((list, k) => ({
          artifact: pdf,
          parents: list,
          tree,
          message: `${k}`,
          time: times[k]
        }))
        const { ids } = yield* (yield* storeOn(storage)).graph.appendMany({ versions })
        // An engine that remembers nothing reads all of it.
        const { graph } = yield* storeOn(storage)
        for (let k = 0; k < parents.length; k += 3) {
          const line: Array<VersionId> = []
          for (let at: number | undefined = k; at !== undefined; at = parents[at]?.[0]) line.push(ids[at] as VersionId)
          const page = yield* graph.history({ artifact: pdf, from: ids[k], firstParent: true, limit: 1000 })
          assert.deepStrictEqual(
            page.versions.map(({ id }) => id),
            line
          )
        }
      }
    })
  )

  it.effect("are asked in their order where a line came from, over such storage", () =>
    Effect.gen(function* () {
      const { catalog, objects } = yield* makeMemory
      const storage = Layer.mergeAll(
        Layer.succeed(CatalogStorage, shuffling(catalog)),
        Layer.succeed(ObjectStorage, objects)
      )
      const store = yield* storeOn(storage)
      const [none, some] = [yield* store.tree({ f: "one\n" }), yield* store.tree({ f: "one\ntwo\n" })]
      // Two versions bring the same line, and two merge them: one of the two ways round is not the terms'.
      const versions = [
        { artifact: pdf, parents: [], tree: none, message: "root" },
        { artifact: pdf, parents: [0], tree: some, message: "a" },
        { artifact: pdf, parents: [0], tree: some, message: "b" },
        { artifact: pdf, parents: [1, 2], tree: some, message: "ab" },
        { artifact: pdf, parents: [2, 1], tree: some, message: "ba" }
      ]
      const { ids } = yield* store.graph.appendMany({ versions })
      for (const [merge, first] of [
        [3, 1],
        [4, 2]
      ] as const) {
        const { graph } = yield* storeOn(storage)
        const blame = yield* graph.blame({ version: ids[merge] as VersionId, path: "f" as FilePath })
        assert.strictEqual(blame.kind, "text")
        const brought: ReadonlyArray<string | null> =
          blame.kind === "text" ? blame.lines.map(({ version }) => version) : []
        assert.deepStrictEqual(brought, [ids[0] ?? null, ids[first] ?? null])
      }
    })
  )

  it("are read from the end of what a version says, whatever its message and metadata are", () => {
    const id = (digit: string) => digit.repeat(64)
    const body = (parents: ReadonlyArray<string>, message = "", metadata: unknown = {}) =>
      JSON.stringify({
        artifact: "a:b",
        author: "x",
        id: id("f"),
        message,
        metadata,
        origin: "local",
        parents,
        time: -1,
        tree: id("e")
      })
    for (const parents of [[], [id("a")], [id("b"), id("a")], [id("c"), id("b"), id("a")]]) {
      assert.deepStrictEqual(recordParents({ body: body(parents) }), parents)
      assert.deepStrictEqual(recordParents({ body: body(parents, '"parents":["', { parents: [id("d")] }) }), parents)
    }
    assert.deepStrictEqual(recordParents({ body: body([id("a"), id("b"), id("a")]) }), [id("a"), id("b")])
    for (const damaged of [
      "",
      "{}",
      body([id("a")]).slice(0, -100),
      body(["short"]),
      body([id("a")]).replace('"],"time', '",,"time')
    ]) {
      assert.strictEqual(recordParents({ body: damaged }), undefined)
    }
  })
})
