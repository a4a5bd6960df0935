/** Pages while others append: nothing twice, and nothing missed that was there when paging began. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import * as Postgres from "../../../src/adapters/postgres/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import type { HistoryRequest, VersionGraphService } from "../../../src/core/graph/VersionGraph.ts"
import type { VersionPage } from "../../../src/core/graph/versionHistory.ts"
import type { TreeId, VersionId } from "../../../src/model/Ids.ts"
import type { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { freshStore } from "../../adapters/postgres/places.ts"
import { memoryStorage, storeOn, type TalkingStore } from "../../support/exchange.ts"
import { pdf } from "../../support/graphEngine.ts"
import { noServer } from "../../support/postgres.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()
const year = 366 * 86_400_000
type Storage = Layer.Layer<CatalogStorage | ObjectStorage, unknown>

const scratch = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-paging-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const places: ReadonlyArray<readonly [string, Effect.Effect<Storage, unknown, Scope.Scope>]> = [
  ["memory", memoryStorage],
  ["filesystem", Effect.map(scratch, (folder) => Filesystem.layer({ directory: join(folder, "store") }))],
  ["sqlite", Effect.map(scratch, (folder) => Sqlite.layer({ file: join(folder, "store.db") }))],
  ...(noServer === undefined
    ? [["postgres", Effect.map(Effect.promise(freshStore), (place) => Postgres.layer(place))] as const]
    : [])
]

/** Appends some versions: on the branch, beside it, in the middle of the order, by clocks that are 70 years off. */
const appendSome = Effect.fnUntraced(function* (
  { graph }: TalkingStore,
  tree: TreeId,
  random: Random,
  ids: Array<VersionId>,
  count: number
) {
  const start = ids.length
  const tip = (yield* graph.branches(pdf)).find(({ name }) => name === "main")?.version
  const versions = Array.from({ length: count }, (_, i) => {
    const after = tip ?? (start === 0 ? undefined : ids[0])
    const older = start === 0 ? [] : [random.pick(ids)]
    const line = i > 0 ? [i - 1] : after === undefined ? [] : [after]
    return {
      artifact: pdf,
      parents: i === count - 1 || random.chance(0.6) ? [...line, ...(random.chance(0.1) ? older : [])] : older,
      tree,
      message: `${start + i}`,
      author: random.chance(0.3) ? "ada" : "ben",
      time: (start + i) * 1000 + (random.chance(0.05) ? 70 * year : random.chance(0.05) ? -(start + i) * 900 : 0)
    }
  })
  const branch = { artifact: pdf, name: "main", from: tip ?? null, to: count - 1 }
  const { ids: made } = yield* graph.appendMany({ versions, branches: [branch] })
  ids.push(...made)
})

const all = Effect.fnUntraced(function* (
  graph: VersionGraphService,
  request: HistoryRequest,
  between: Effect.Effect<void, unknown>
) {
  const seen: Array<VersionId> = []
  let cursor: string | null = null
  do {
    const page: VersionPage = yield* graph.history({ ...request, cursor })
    for (const { id } of page.versions) seen.push(id)
    cursor = page.cursor
    if (cursor !== null) yield* between
  } while (cursor !== null)
  return seen
})

describe("pages of history while others append", () => {
  for (const [name, place] of places) {
    it.live(`show nothing twice and miss nothing (${name}, seed ${seed})`, () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        const storage = Layer.succeedContext(yield* Layer.build(yield* place))
        const reader = yield* storeOn(storage)
        const tree = yield* reader.tree({ f: "x" })
        const ids: Array<VersionId> = []
        yield* appendSome(reader, tree, random, ids, 60)
        const requests: ReadonlyArray<Partial<HistoryRequest>> = [
          {},
          { author: "ada" },
          { origin: "import" },
          { until: 40_000 },
          { since: 20_000 },
          { text: "1" },
          { branch: "main" },
          { branch: "main", author: "ben" },
          { branch: "main", firstParent: true }
        ]
        let checked = 0
        for (const direction of ["newest", "oldest"] as const) {
          for (const given of requests) {
            const request = { artifact: pdf, direction, limit: random.between(5, 25), ...given }
            const before = yield* all(reader.graph, { ...request, limit: 1000 }, Effect.void)
            const more = Effect.suspend(() => appendSome(reader, tree, random, ids, random.between(1, 4)))
            let rounds = 0
            const some = Effect.suspend(() => (rounds++ < 6 ? more : Effect.void))
            const seen = yield* all(reader.graph, request, some)
            const note = JSON.stringify({ request, seed })
            assert.strictEqual(new Set(seen).size, seen.length, `twice: ${note}`)
            const shown = new Set(seen)
            assert.deepStrictEqual(
              before.filter((id) => !shown.has(id)),
              [],
              `missed: ${note}`
            )
            // In the order that was asked for, whatever came in between.
            const order = new Map(before.map((id, i) => [id, i]))
            const known = seen.flatMap((id) => order.get(id) ?? [])
            assert.deepStrictEqual(
              known,
              known.toSorted((a, b) => a - b),
              note
            )
            checked += seen.length
          }
        }
        assert.isAbove(checked, 500)
      })
    )
  }
})
