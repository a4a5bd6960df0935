/** An import in which every version has a tree of its own: what it reads is counted. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { FilePath, TreeId } from "../../../src/model/Ids.ts"
import { memoryStorage, storeOn } from "../../support/exchange.ts"
import { pdf } from "../../support/graphEngine.ts"
import { counted, reset, zero } from "../../support/storage/counted.ts"

const size = process.env.TIDEMARK_FULL === undefined ? 4_000 : 20_000
const folders = 8

describe("an import with a different tree for each version", () => {
  it.live(`reads each directory that is new once (${size} versions)`, () =>
    Effect.gen(function* () {
      const storage = yield* memoryStorage
      const store = yield* storeOn(storage)
      const trees: Array<TreeId> = []
      const files: Record<string, string> = {}
      for (let k = 0; k < folders; k++) files[`folder ${k}/file`] = "first"
      for (let i = 0; i < size; i++) {
        files[`folder ${i % folders}/file`] = `${i}`
        trees.push(yield* store.tree(files))
      }
      assert.strictEqual(new Set(trees).size, size)

      const counts = zero()
      const engine = yield* storeOn(counted(storage, counts))
      reset(counts)
      const versions = trees.map((tree, i) => ({
        artifact: pdf,
        parents: i === 0 ? [] : [i - 1],
        tree,
        message: `${i}`
      }))
      const { ids } = yield* engine.graph.appendMany({ versions })
      // Of each version its root and one folder; at the beginning, all folders.
      assert.isAtMost(counts.objectsRead, 2 * size + folders)
      // Claimed: the root, what stands in it anew, and what stands in that.
      assert.isAtMost(counts.objectsClaimed, 3 * size + 2 * folders)
      assert.isAtMost(counts.calls, 6 * size)
      assert.isAtMost(counts.recordsRead, 10)

      reset(counts)
      const path = "folder 3/file" as FilePath
      const page = yield* engine.graph.history({ artifact: pdf, path, limit: 20 })
      const wanted = ids.filter((_, i) => i === 0 || i % folders === 3).reverse()
      assert.deepStrictEqual(
        page.versions.map(({ id }) => id),
        wanted.slice(0, 20)
      )
      assert.isAtMost(counts.recordsRead, 220)
    })
  )
})
