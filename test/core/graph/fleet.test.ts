/** Where versions are deployed, and who is behind: across projects. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DeploymentLag } from "../../../src/core/graph/deploymentLags.ts"
import type { ProjectId, TreeId, VersionId } from "../../../src/model/Ids.ts"
import { CatalogStorage, type RecordScan } from "../../../src/storage/CatalogStorage.ts"
import { agents, artifact, type Engine, onMemory, scenario, type TestPorts } from "../../support/engine.ts"

const a = artifact("agent:a")
const named = (name: string) => name as ProjectId

const deployTo = Effect.fnUntraced(function* (engine: Engine, name: string) {
  const root = engine.hands.root(name)
  const plan = yield* engine.deployments.plan({ project: named(name), root, collection: agents })
  yield* engine.deployments.apply(plan, { root })
  return root
})

const behind = (lags: ReadonlyArray<DeploymentLag>) =>
  lags.map(({ ahead, behind, deployment }) => [deployment.project, ahead, behind])

describe("the fleet", () => {
  onMemory("says of every project how far it is behind and ahead, page by page", (engine) =>
    Effect.gen(function* () {
      for (const [k, name] of ["p1", "p2", "p3", "p4"].entries()) {
        yield* engine.capture({ "agents/a.md": `a\nb\nc\n${k}\n`, "agents/b.md": "same\n" })
        yield* deployTo(engine, name)
      }
      const whole = yield* engine.graph.lags({ artifact: a })
      assert.deepStrictEqual(behind(whole.items), [
        ["p1", 0, 3],
        ["p2", 0, 2],
        ["p3", 0, 1],
        ["p4", 0, 0]
      ])
      assert.isNull(whole.cursor)
      assert.isTrue(whole.items.every(({ branch }) => branch === agents))
      const paged: Array<DeploymentLag> = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: { readonly items: ReadonlyArray<DeploymentLag>; readonly cursor: string | null } =
          yield* engine.graph.lags({ artifact: a, limit: 3, cursor })
        paged.push(...page.items)
        cursor = page.cursor
      }
      assert.deepStrictEqual(paged, whole.items)

      // What a project made of its own edits puts it ahead.
      engine.hands.edit("p1", { "agents/a.md": "mine\na\nb\nc\n0\n" })
      const plan = yield* engine.sync.plan({ project: named("p1"), root: "p1" })
      yield* engine.sync.apply(plan, { root: "p1" })
      const [first] = (yield* engine.graph.lags({ artifact: a })).items
      assert.deepInclude(first, { behind: 0 })
      assert.isAbove(first?.ahead ?? 0, 0)

      const ofProject = yield* engine.graph.lags({ project: named("p2") })
      assert.deepStrictEqual(
        ofProject.items.map(({ behind, deployment }) => [deployment.artifact, behind]),
        [
          ["agent:a", 2],
          ["agent:b", 0]
        ]
      )
      const none = yield* engine.graph.lags({ project: named("p2"), branch: "none" })
      assert.isTrue(none.items.every(({ ahead, behind, head }) => head === null && ahead === 0 && behind === 0))
      const error = yield* Effect.flip(engine.graph.lags({ artifact: a, cursor: "nonsense" }))
      assert.strictEqual(error._tag, "InvalidCursor")
      assert.deepStrictEqual(yield* engine.graph.lags({ project: named("nobody") }), { items: [], cursor: null })
    })
  )

  onMemory("says where a version is deployed, and what contains it", (engine) =>
    Effect.gen(function* () {
      yield* engine.capture({ "agents/a.md": "1\n" })
      yield* deployTo(engine, "p1")
      const version = yield* engine.graph.resolve(a, "@{deployed:p1}")
      yield* engine.capture({ "agents/a.md": "2\n" })
      yield* deployTo(engine, "p2")
      yield* engine.graph.createTag(a, "v2", yield* engine.graph.resolve(a, agents))
      const { items } = yield* engine.deployments.history({ version })
      assert.deepStrictEqual(
        items.map(({ project }) => project),
        ["p1"]
      )
      const { branches, deployments, tags } = yield* engine.graph.containing(version)
      assert.deepStrictEqual(
        [branches.map(({ name }) => name), tags.map(({ name }) => name), deployments.map(({ project }) => project)],
        [[agents], ["v2"], ["p1", "p2"]]
      )
    })
  )

  it.effect("a page reads its own deployments, and what lies between once for all of them", () => {
    const reads = { calls: 0, records: 0 }
    const counted = <A extends { readonly size: number } | ReadonlyArray<unknown>, E>(read: Effect.Effect<A, E>) =>
      Effect.tap(read, (found) =>
        Effect.sync(() => {
          reads.calls++
          reads.records += "size" in found ? found.size : found.length
        })
      )
    const counting = (ports: TestPorts): TestPorts =>
      Layer.effect(
        CatalogStorage,
        Effect.map(CatalogStorage, (catalog) => ({
          ...catalog,
          records: (kind: string, asked: ReadonlyArray<string>) => counted(catalog.records(kind, asked)),
          scan: (scan: RecordScan) => counted(catalog.scan(scan)),
          list: (page: Parameters<typeof catalog.list>[0]) => counted(catalog.list(page))
        }))
      ).pipe(Layer.provideMerge(ports))
    return scenario(
      "memory",
      (engine) =>
        Effect.gen(function* () {
          yield* engine.capture({ "agents/a.md": "begin\n" })
          for (let k = 0; k < 30; k++) yield* deployTo(engine, `p${k + 10}`)
          const [first] = (yield* engine.graph.history({ artifact: a })).versions
          const between = 300
          yield* engine.graph.appendMany({
            versions: Array.from({ length: between }, (_, k) => ({
              artifact: a,
              parents: [k === 0 ? (first?.id as VersionId) : k - 1],
              tree: first?.tree as TreeId,
              message: `${k}`
            })),
            branches: [{ artifact: a, name: agents, from: first?.id as VersionId, to: between - 1 }]
          })
          const read = Effect.fnUntraced(function* (cursor: string | null) {
            Object.assign(reads, { calls: 0, records: 0 })
            const page = yield* engine.graph.lags({ artifact: a, limit: 10, cursor })
            assert.lengthOf(page.items, 10)
            assert.isTrue(page.items.every(({ behind }) => behind === between))
            return { cursor: page.cursor, ...reads }
          })
          const one = yield* read(null)
          // 11 names, 10 deployments, and every version between about once.
          assert.isBelow(one.records, 11 + 10 + 2 * between)
          assert.isBelow(one.calls, 30)
          const two = yield* read(one.cursor)
          assert.isBelow(two.records, 11 + 10 + 10)
          const three = yield* read(two.cursor)
          assert.deepStrictEqual([three.cursor, three.records < 31], [null, true])
        }),
      counting
    )
  })
})
