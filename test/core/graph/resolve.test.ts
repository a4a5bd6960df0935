import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { VersionId } from "../../../src/model/Ids.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"

/** `0 ← 1 ← 2`, and `3` that merges `2` and `1`; the branch `main` is at 3. */
const merged = Effect.gen(function* () {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ f: "x" })
  const parents = [[], [0], [1], [2, 1]]
  const { ids } = yield* engine.graph.appendMany({
    versions: parents.map((list, i) => ({ artifact: pdf, parents: list, tree, message: `${i}` })),
    branches: [{ artifact: pdf, name: "main", from: null, to: 3 }]
  })
  return { ...engine, ids: ids as readonly [VersionId, VersionId, VersionId, VersionId] }
})

describe("resolving an expression", () => {
  it.effect("finds branches, tags, ids, prefixes and steps from them", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* merged
      yield* graph.createTag(pdf, "v1.2.0", ids[1])
      const cases: ReadonlyArray<readonly [string, VersionId]> = [
        ["main", ids[3]],
        ["branch:main", ids[3]],
        ["v1.2.0", ids[1]],
        ["tag:v1.2.0", ids[1]],
        ["main~0", ids[3]],
        ["main~", ids[2]],
        ["main~2", ids[1]],
        ["main^2", ids[1]],
        ["main^2~1", ids[0]],
        ["main^0", ids[3]],
        ["v1.2.0^", ids[0]],
        [ids[2], ids[2]],
        [`${ids[2].slice(0, 12)}~2`, ids[0]],
        [ids[0].slice(0, 20), ids[0]]
      ]
      for (const [expression, expected] of cases) {
        assert.strictEqual(yield* graph.resolve(pdf, expression), expected, expression)
      }
    })
  )

  it.effect("says what is wrong: unknown, ambiguous, malformed", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* merged
      yield* graph.createTag(pdf, "both", ids[1])
      yield* graph.createBranch(pdf, "both", ids[2])
      yield* graph.createTag(pdf, "same", ids[1])
      yield* graph.createBranch(pdf, "same", ids[1])
      const tagOf = (expression: string) =>
        Effect.map(Effect.flip(graph.resolve(pdf, expression)), (error) => error._tag)
      assert.strictEqual(yield* tagOf("nothing"), "NameNotFound")
      assert.strictEqual(yield* tagOf("branch:v1"), "NameNotFound")
      assert.strictEqual(yield* tagOf("f".repeat(64)), "VersionNotFound")
      assert.strictEqual(yield* tagOf("main~9"), "VersionNotFound")
      assert.strictEqual(yield* tagOf("main^3"), "VersionNotFound")
      assert.strictEqual(yield* tagOf(""), "MalformedExpression")
      assert.strictEqual(yield* tagOf("main~x"), "MalformedExpression")
      assert.strictEqual(yield* tagOf("file:main"), "MalformedExpression")
      const ambiguous = yield* Effect.flip(graph.resolve(pdf, "both"))
      assert.deepStrictEqual(ambiguous._tag === "AmbiguousName" ? ambiguous.candidates : [], [
        "branch:both",
        "tag:both"
      ])
      assert.strictEqual(yield* graph.resolve(pdf, "tag:both"), ids[1])
      assert.strictEqual(yield* graph.resolve(pdf, "same"), ids[1])
    })
  )

  it.effect("refuses a prefix that fits several versions, and names them", () =>
    Effect.gen(function* () {
      const { graph, tree } = yield* graphEngine
      const content = yield* tree({ f: "x" })
      const { ids } = yield* graph.appendMany({
        versions: Array.from({ length: 2000 }, (_, i) => ({
          artifact: pdf,
          parents: i === 0 ? [] : [i - 1],
          tree: content,
          message: `${i}`
        }))
      })
      const byPrefix = Map.groupBy(ids, (id) => id.slice(0, 4))
      const twins = [...byPrefix.values()].find((group) => group.length > 1) ?? []
      const alone = [...byPrefix.values()].find((group) => group.length === 1)?.[0] as VersionId
      assert.isAbove(twins.length, 1)
      const error = yield* Effect.flip(graph.resolve(pdf, (twins[0] as string).slice(0, 4)))
      assert.deepStrictEqual(error._tag === "AmbiguousName" ? new Set(error.candidates) : error._tag, new Set(twins))
      assert.strictEqual(yield* graph.resolve(pdf, alone.slice(0, 4)), alone)
      assert.strictEqual((yield* Effect.flip(graph.resolve(pdf, alone.slice(0, 3))))._tag, "NameNotFound")
    })
  )
})
