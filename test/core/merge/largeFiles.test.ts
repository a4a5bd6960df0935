/** Files that are too large to be merged: they are moved, kept and replaced by their names, and never read. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert, describe } from "vitest"
import { buildTrees } from "../../../src/algo/tree/buildTrees.ts"
import { MergeRules } from "../../../src/core/merge/MergeRules.ts"
import { mergeTrees } from "../../../src/core/merge/treeMerge.ts"
import type { FilePath, ObjectId } from "../../../src/model/Ids.ts"
import { makeObjects } from "./mergeHistory.ts"

const limit = 64 * 1024 * 1024
const id = (letter: string) => letter.repeat(64) as ObjectId

type Large = Readonly<Record<string, readonly [id: ObjectId, size: number]>>

const merge = Effect.fnUntraced(function* (base: Large, ours: Large, theirs: Large) {
  const { objects } = makeObjects()
  const stored = new Map<ObjectId, Uint8Array>()
  const tree = (files: Large) => {
    const flat = Object.entries(files).map(
      ([path, [id, size]]) => [path as FilePath, { kind: "file", id, size }] as const
    )
    const built = buildTrees(flat, objects.identify)
    for (const [id, { bytes }] of built.trees) stored.set(id, bytes)
    return built.root
  }
  const read: Array<ObjectId> = []
  const [first, second, third] = [tree(base), tree(ours), tree(theirs)]
  yield* objects.put([...stored].map(([id, bytes]) => ({ id, bytes })))
  const merged = yield* mergeTrees({
    objects,
    source: objects,
    content: {
      get: (ids) =>
        Effect.sync(() => {
          read.push(...ids)
          return new Map(ids.map((id) => [id, new Uint8Array([1, 10])]))
        })
    },
    base: first,
    ours: second,
    theirs: third,
    policy: "none",
    drivers: []
  })
  const outcomes = merged.paths.map(({ conflict, path, reason, result }) => ({
    path,
    kind: conflict?.kind ?? null,
    result: conflict === null ? (result?.id ?? null) : null,
    reason
  }))
  return { outcomes, read }
})

describe("files above 64 MiB", () => {
  it.effect("are taken from the side that changed them, without being read", () =>
    Effect.gen(function* () {
      const files = (letter: string): Large => ({ "a.bin": [id(letter), limit * 30], b: [id("b"), limit + 1] })
      const { outcomes, read } = yield* merge(files("1"), files("1"), files("2"))
      assert.deepEqual(read, [])
      assert.deepEqual(
        outcomes.map(({ kind, path, result }) => [path, kind, result]),
        [["a.bin", null, id("2")]]
      )
    })
  )

  it.effect("conflict where both sides changed them, unless a rule says whose stands", () =>
    Effect.gen(function* () {
      const files = (letter: string, size: number): Large => ({ "a.bin": [id(letter), size] })
      for (const sizes of [
        [limit + 1, 5, 5],
        [5, limit + 1, 5],
        [5, 5, limit + 1]
      ] as const) {
        const three = [files("1", sizes[0]), files("2", sizes[1]), files("3", sizes[2])] as const
        const { outcomes, read } = yield* merge(...three)
        assert.deepEqual([outcomes.map(({ kind }) => kind), read], [["binary"], []])
        assert.match(outcomes[0]?.reason ?? "", /larger than what is merged \(64 MiB\)/)
        for (const [strategy, letter] of [
          ["ours", "2"],
          ["theirs", "3"],
          ["base", "1"]
        ] as const) {
          const ruled = yield* Effect.provideService(merge(...three), MergeRules, [{ pattern: "*.bin", strategy }])
          assert.deepEqual(
            ruled.outcomes.map(({ result }) => result),
            [id(letter)]
          )
          assert.deepEqual(ruled.read, [])
        }
      }
      // At the limit they are read.
      const { read } = yield* merge(files("1", limit), files("2", limit), files("3", limit))
      assert.equal(read.length, 3)
    })
  )
})
