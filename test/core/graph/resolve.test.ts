import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { deploymentRecord, deploymentRefs } from "../../../src/core/projects/deploymentRecord.ts"
import type { Actor, DeploymentId, FilePath, ProjectId, TreeId, VersionId } from "../../../src/model/Ids.ts"
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

  it.effect(
    "refuses a prefix that fits several versions, and names them",
    () =>
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
      }),
    60_000
  )
})

describe("releases", () => {
  it.effect("are ordered as semantic versions and found by range", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* merged
      const [a, b, c, d] = ids
      const tags = { "v1.2.0": a, "v1.10.0": b, "1.9.3": c, "v2.0.0-beta.2": d, "v2.0.0-beta.10": d, nightly: d, v1: d }
      for (const [tag, version] of Object.entries(tags)) yield* graph.createTag(pdf, tag, version)
      assert.deepStrictEqual(
        (yield* graph.releases(pdf)).map(({ tag, version }) => [tag.name, version]),
        [
          ["v2.0.0-beta.10", "2.0.0-beta.10"],
          ["v2.0.0-beta.2", "2.0.0-beta.2"],
          ["v1.10.0", "1.10.0"],
          ["1.9.3", "1.9.3"],
          ["v1.2.0", "1.2.0"]
        ]
      )
      const cases: ReadonlyArray<readonly [string, VersionId]> = [
        ["^1.2", b],
        ["~1.9.0", c],
        ["<1.9", a],
        [">=1.2.0 <1.10", c],
        ["semver:1.x", b],
        ["semver:1.2.0 || 1.9.3", c],
        ["latest", b],
        ["semver:latest", b],
        [">=2.0.0-beta.1", d]
      ]
      for (const [expression, expected] of cases) {
        assert.strictEqual(yield* graph.resolve(pdf, expression), expected, expression)
      }
      assert.strictEqual((yield* Effect.flip(graph.resolve(pdf, "^3")))._tag, "NameNotFound")
      const malformed = yield* Effect.flip(graph.resolve(pdf, "semver:one"))
      assert.deepStrictEqual(malformed._tag === "MalformedExpression" ? malformed.position : malformed._tag, 7)
      // What is named so comes first.
      yield* graph.createBranch(pdf, "latest", a)
      assert.strictEqual(yield* graph.resolve(pdf, "latest"), a)
    })
  )

  it.effect("are none where no tag is one", () =>
    Effect.gen(function* () {
      const { graph } = yield* merged
      assert.deepStrictEqual(yield* graph.releases(pdf), [])
      assert.strictEqual((yield* Effect.flip(graph.resolve(pdf, "latest")))._tag, "NameNotFound")
    })
  )
})

const day = 86_400_000

describe("past positions", () => {
  it.effect("are found by date, listed, and restored", () =>
    Effect.gen(function* () {
      const { graph, ids, ledger } = yield* merged
      const [a, b, c, d] = ids
      const base = Date.UTC(2026, 4, 1)
      yield* TestClock.setTime(base + 3600)
      yield* graph.createBranch(pdf, "side", a)
      yield* TestClock.setTime(base + day + 3600)
      const second = yield* graph.moveBranch(pdf, "side", { from: a, to: b, reason: "better" })
      yield* TestClock.setTime(base + 2 * day + 3600)
      yield* graph.deleteBranch(pdf, "side")
      yield* TestClock.setTime(base + 3 * day + 3600)
      yield* graph.createBranch(pdf, "side", c)

      assert.strictEqual(yield* graph.resolve(pdf, "side@{2026-05-01}"), a)
      assert.strictEqual(yield* graph.resolve(pdf, "branch:side@{2026-05-02}"), b)
      assert.strictEqual(yield* graph.resolve(pdf, "side@{2026-05-02}~1"), a)
      assert.strictEqual(yield* graph.resolve(pdf, "side@{2026-05-02T00:00Z}"), a)
      assert.strictEqual(yield* graph.resolve(pdf, "side@{2026-06-01}"), c)
      const gone = yield* Effect.flip(graph.resolve(pdf, "side@{2026-05-03}"))
      const before = yield* Effect.flip(graph.resolve(pdf, "side@{2026-04-30}"))
      const other = yield* Effect.flip(graph.resolve(pdf, "none@{2026-05-03}"))
      assert.deepStrictEqual([gone._tag, before._tag, other._tag], ["NameNotFound", "NameNotFound", "NameNotFound"])

      const { cursor, items } = yield* graph.positions(pdf, "side")
      assert.strictEqual(cursor, null)
      assert.deepStrictEqual(
        items.map(({ kind, reason, version }) => ({ kind, reason, version })),
        [
          { kind: "branch", reason: "", version: c },
          { kind: "branch", reason: "", version: null },
          { kind: "branch", reason: "better", version: b },
          { kind: "branch", reason: "", version: a }
        ]
      )
      assert.strictEqual(items[2]?.operation, second?.id)
      const page = yield* graph.positions(pdf, "side", { limit: 3 })
      const rest = yield* graph.positions(pdf, "side", { limit: 3, cursor: page.cursor })
      assert.deepStrictEqual([page.items.length, rest.items.length, rest.cursor], [3, 1, null])
      yield* graph.moveBranch(pdf, "side", { from: c, to: items[2]?.version ?? d })
      assert.strictEqual(yield* graph.resolve(pdf, "side"), b)
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )

  it.effect("know what an undo did", () =>
    Effect.gen(function* () {
      const { graph, ids, ledger } = yield* merged
      const moved = yield* graph.moveBranch(pdf, "main", { from: ids[3], to: ids[0] })
      assert.isNotNull(moved)
      if (moved !== null) yield* ledger.apply(yield* ledger.planUndo({ operation: moved.id }))
      const { items } = yield* graph.positions(pdf, "main")
      assert.deepStrictEqual(
        items.map(({ kind, version }) => [kind, version]),
        [
          ["undo", ids[3]],
          ["branch", ids[0]],
          ["append", ids[3]]
        ]
      )
    })
  )

  it.effect("are right though the clock jumped 70 years and back", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* merged
      const [a, b, c, d] = ids
      const base = Date.UTC(2026, 4, 1)
      let from: VersionId | null = null
      for (const [time, to] of [
        [0, a],
        [70 * 365, b],
        [1, c],
        [2, d]
      ] as const) {
        yield* TestClock.setTime(base + time * day)
        yield* graph.moveBranch(pdf, "jumpy", { from, to })
        from = to
      }
      assert.strictEqual(yield* graph.resolve(pdf, "jumpy@{2026-05-01}"), a)
      assert.strictEqual(yield* graph.resolve(pdf, "jumpy@{2026-05-02}"), c)
      assert.strictEqual(yield* graph.resolve(pdf, "jumpy@{2026-06-01}"), d)
    })
  )
})

describe("deployments", () => {
  it.effect("are found by project, and contain the versions below them", () =>
    Effect.gen(function* () {
      const { graph, ids, log } = yield* merged
      const [a, b, c, d] = ids
      const deploy = (project: string, target: string, version: VersionId, result: VersionId) => {
        const deployment = {
          id: `${project}-${target}` as DeploymentId,
          project: project as ProjectId,
          artifact: pdf,
          target: target as FilePath,
          shape: "directory" as const,
          collection: null,
          version,
          result,
          tree: "0".repeat(64) as TreeId,
          previous: null,
          state: "deployed" as const,
          author: "alice" as Actor,
          time: 0
        }
        return log.append({
          kind: "deploy",
          reason: "",
          subjects: [project, pdf],
          refs: deploymentRefs(deployment, null, deployment.id),
          records: [deploymentRecord(deployment, undefined)]
        })
      }
      yield* deploy("web/site", "skills/pdf", c, c)
      yield* deploy("two", "here", a, a)
      yield* deploy("two", "there", b, d)
      assert.strictEqual(yield* graph.resolve(pdf, "@{deployed:web/site}"), c)
      assert.strictEqual(yield* graph.resolve(pdf, "@{deployed:web/site}^"), b)
      assert.strictEqual((yield* Effect.flip(graph.resolve(pdf, "@{deployed:none}")))._tag, "NameNotFound")
      const several = yield* Effect.flip(graph.resolve(pdf, "@{deployed:two}"))
      assert.deepStrictEqual(several._tag === "AmbiguousName" ? several.candidates : [], [
        "two at here",
        "two at there"
      ])

      yield* graph.createTag(pdf, "v1", b)
      yield* graph.createBranch(pdf, "old", a)
      const held = (version: VersionId) =>
        Effect.map(graph.containing(version), ({ branches, deployments, tags }) => ({
          branches: branches.map(({ name }) => name),
          tags: tags.map(({ name }) => name),
          deployments: deployments.map(({ id }) => id as string)
        }))
      assert.deepStrictEqual(yield* held(c), {
        branches: ["main"],
        tags: [],
        deployments: ["two-there", "web/site-skills/pdf"]
      })
      assert.deepStrictEqual(yield* held(b), {
        branches: ["main"],
        tags: ["v1"],
        deployments: ["two-there", "web/site-skills/pdf"]
      })
      assert.deepStrictEqual(yield* held(a), {
        branches: ["main", "old"],
        tags: ["v1"],
        deployments: ["two-here", "two-there", "web/site-skills/pdf"]
      })
    })
  )
})
