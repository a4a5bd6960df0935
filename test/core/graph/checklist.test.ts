/** What a history has to do at the least, each a test of its own. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ProjectId, VersionId } from "../../../src/model/Ids.ts"
import { agents, artifact, type Engine, onMemory, project, shown } from "../../support/engine.ts"

const skill = artifact("skill:s")
const file = "skills/s/SKILL.md"
const lines = (...marks: ReadonlyArray<string>) => `${marks.join("\n")}\n`
const ids = (versions: ReadonlyArray<{ readonly id: VersionId }>) => versions.map(({ id }) => id)

/** Captures a text and returns the version that it made. */
const version = Effect.fnUntraced(function* (engine: Engine, text: string) {
  yield* engine.capture({ [file]: text })
  return yield* engine.graph.resolve(skill, agents)
})

describe("a history", () => {
  onMemory(
    "version creation on deployment: a project's own edits become a version; what is one already makes none",
    (engine) =>
      Effect.gen(function* () {
        const first = yield* version(engine, lines("a", "b", "c", "d", "e"))
        yield* engine.deploy()
        const [deployed] = yield* engine.deployments.current(project)
        assert.deepStrictEqual([deployed?.version, deployed?.result], [first, first])
        assert.deepStrictEqual(ids((yield* engine.graph.history({ artifact: skill })).versions), [first])

        yield* engine.edit({ [file]: lines("mine", "b", "c", "d", "e") })
        const second = yield* version(engine, lines("a", "b", "c", "d", "theirs"))
        yield* engine.update()
        const [updated] = yield* engine.deployments.current(project)
        assert.strictEqual(updated?.version, second)
        const result = yield* engine.graph.get(updated?.result as VersionId)
        assert.deepInclude(result, { origin: "merge", artifact: skill })
        assert.include(result.parents, second)
      })
  )

  onMemory("parent and child tracking: versions know their parents, and parents their children", (engine) =>
    Effect.gen(function* () {
      const first = yield* version(engine, "1\n")
      const second = yield* version(engine, "2\n")
      const tree = (yield* engine.graph.get(first)).tree
      const draft = { artifact: skill, tree, origin: "local", message: "" } as const
      const beside = (yield* engine.graph.append({ ...draft, parents: [first] })).version.id
      const merged = (yield* engine.graph.append({ ...draft, parents: [second, beside], message: "both" })).version.id
      assert.deepStrictEqual(ids(yield* engine.graph.parents(merged)), [second, beside])
      assert.deepStrictEqual(ids(yield* engine.graph.parents(first)), [])
      assert.sameMembers(ids((yield* engine.graph.children(first)).versions), [second, beside])
      assert.deepStrictEqual(ids((yield* engine.graph.children(merged)).versions), [])
    })
  )

  onMemory("history retrieval: newest or oldest first, by branch, by author, by path, page by page", (engine) =>
    Effect.gen(function* () {
      const all: Array<VersionId> = []
      for (let k = 0; k < 7; k++) all.unshift(yield* version(engine, `${k}\n`))
      const { graph } = engine
      assert.deepStrictEqual(ids((yield* graph.history({ artifact: skill })).versions), all)
      const oldest = yield* graph.history({ artifact: skill, branch: agents, direction: "oldest" })
      assert.deepStrictEqual(ids(oldest.versions), [...all].reverse())
      const paged: Array<VersionId> = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: { readonly versions: ReadonlyArray<{ readonly id: VersionId }>; readonly cursor: string | null } =
          yield* graph.history({ artifact: skill, limit: 3, cursor })
        paged.push(...ids(page.versions))
        cursor = page.cursor
      }
      assert.deepStrictEqual(paged, all)
      assert.deepStrictEqual((yield* graph.history({ artifact: skill, author: "nobody" })).versions, [])
      assert.lengthOf((yield* graph.history({ artifact: skill, path: "SKILL.md" as never })).versions, 7)
    })
  )

  onMemory(
    "merge strategy selection: a fast-forward where one side stood still, a merge where both went on",
    (engine) =>
      Effect.gen(function* () {
        const first = yield* version(engine, lines("a", "b", "c", "d"))
        yield* engine.deploy()
        const second = yield* version(engine, lines("a", "b", "c", "D"))
        const forward = yield* engine.planUpdate()
        assert.isTrue(forward.paths.every(({ conflict }) => conflict === null))
        yield* engine.update()
        const [ahead] = yield* engine.deployments.current(project)
        assert.deepStrictEqual([ahead?.version, ahead?.result], [second, second])

        const { tree } = yield* engine.graph.get(first)
        const draft = { artifact: skill, origin: "local", message: "" } as const
        const other = (yield* engine.graph.append({ ...draft, parents: [first], tree })).version.id
        const merged = yield* engine.merge.versions(second, other)
        assert.deepStrictEqual([merged.tree, merged.conflicts.length], [(yield* engine.graph.get(second)).tree, 0])

        yield* engine.edit({ [file]: lines("A", "b", "c", "D") })
        yield* version(engine, lines("upstream", "b", "c", "D"))
        for (const [strategy, expected] of [
          ["overwrite", lines("upstream", "b", "c", "D")],
          ["keep", lines("A", "b", "c", "D")]
        ] as const) {
          const plan = yield* engine.planUpdate({ strategy })
          assert.strictEqual(plan.strategy, strategy)
          const { operation } = yield* engine.sync.apply(plan, { root: engine.root })
          assert.deepStrictEqual(yield* engine.files, shown({ [file]: expected }))
          yield* engine.undo(operation.id)
        }
      })
  )

  onMemory(
    "graph navigation: ancestors, common ancestors, distances, what lies between, what contains what",
    (engine) =>
      Effect.gen(function* () {
        const [one, two, three] = [
          yield* version(engine, "1\n"),
          yield* version(engine, "2\n"),
          yield* version(engine, "3\n")
        ]
        const { graph } = engine
        const draft = { artifact: skill, tree: (yield* graph.get(one)).tree, origin: "local", message: "" } as const
        const side = (yield* graph.append({ ...draft, parents: [two], branch: { name: "side", from: null } })).version
          .id
        assert.deepStrictEqual(yield* graph.mergeBases(three, side), [two])
        assert.deepStrictEqual(yield* graph.aheadBehind(three, side), { ahead: 1, behind: 1 })
        assert.isTrue(yield* graph.isAncestor(one, side))
        assert.isFalse(yield* graph.isAncestor(three, side))
        assert.strictEqual(yield* graph.resolve(skill, "side~2"), one)
        const between = yield* graph.history({ artifact: skill, from: three, without: one, ancestryPath: true })
        assert.deepStrictEqual(ids(between.versions), [three, two])
        const { branches } = yield* graph.containing(two)
        assert.deepStrictEqual(
          branches.map(({ name }) => name),
          [agents, "side"]
        )
      })
  )

  onMemory("rollback using history: a project goes back to an earlier version, and forward again", (engine) =>
    Effect.gen(function* () {
      const first = yield* version(engine, "1\n")
      yield* engine.deploy()
      yield* version(engine, "2\n")
      yield* engine.update()
      assert.deepStrictEqual(yield* engine.files, shown({ [file]: "2\n" }))
      const { operation } = yield* engine.roll({ to: { version: first } })
      assert.deepStrictEqual(yield* engine.files, shown({ [file]: "1\n" }))
      assert.strictEqual(yield* engine.graph.resolve(skill, `@{deployed:${project}}`), first)
      yield* engine.undo(operation.id)
      assert.deepStrictEqual(yield* engine.files, shown({ [file]: "2\n" }))
    })
  )

  onMemory("cross-project queries: where a version stands, and who is behind", (engine) =>
    Effect.gen(function* () {
      const versions: Array<VersionId> = []
      for (const name of ["p1", "p2", "p3"]) {
        versions.push(yield* version(engine, `${name}\n`))
        const root = engine.hands.root(name)
        const place = { project: name as ProjectId, root }
        yield* engine.deployments.apply(yield* engine.deployments.plan({ ...place, collection: agents }), place)
      }
      const where = yield* engine.deployments.whereDeployed(skill)
      assert.deepStrictEqual(
        where.map((deployment) => [deployment.project, deployment.version]),
        [
          ["p1", versions[0]],
          ["p2", versions[1]],
          ["p3", versions[2]]
        ]
      )
      const lags = (yield* engine.graph.lags({ artifact: skill })).items
      assert.deepStrictEqual(
        lags.map(({ behind }) => behind),
        [2, 1, 0]
      )
    })
  )

  onMemory("errors for missing versions: typed, with what was asked for", (engine) =>
    Effect.gen(function* () {
      const known = yield* version(engine, "1\n")
      for (const id of ["0".repeat(64), "", "main"] as ReadonlyArray<string> as ReadonlyArray<VersionId>) {
        const asked = [
          engine.graph.get(id),
          engine.graph.parents(id),
          engine.graph.children(id),
          engine.graph.containing(id),
          engine.graph.mergeBases(known, id),
          engine.graph.aheadBehind(id, known),
          engine.graph.history({ artifact: skill, from: id }),
          engine.graph.blame({ version: id, path: "SKILL.md" as never }),
          engine.graph.createTag(skill, "t", id),
          engine.merge.versions(known, id),
          engine.planRollback({ to: { version: id } })
        ]
        for (const question of asked) {
          const error = yield* Effect.flip(
            question as Effect.Effect<unknown, { readonly _tag: string; readonly id: string }>
          )
          assert.deepInclude({ ...error }, { _tag: "VersionNotFound", id })
        }
      }
      for (const expression of ["nothing", "abcd", `${agents}~7`]) {
        const error = yield* Effect.flip(engine.graph.resolve(skill, expression))
        assert.include(["NameNotFound", "VersionNotFound"], error._tag)
      }
    })
  )

  onMemory("large histories: 10,000 versions are appended at once and answered from at both ends", (engine) =>
    Effect.gen(function* () {
      const first = yield* version(engine, "1\n")
      const { tree } = yield* engine.graph.get(first)
      const size = 10_000
      const { ids: all } = yield* engine.graph.appendMany({
        versions: Array.from({ length: size }, (_, k) => ({
          artifact: skill,
          parents: k === 0 ? [first] : k % 10 === 9 ? [k - 1, k - 5] : [k - 1],
          tree,
          message: `${k}`,
          time: k
        })),
        branches: [{ artifact: skill, name: "long", from: null, to: size - 1 }]
      })
      const last = all.at(-1) as VersionId
      const newest = yield* engine.graph.history({ artifact: skill, branch: "long", limit: 3 })
      assert.deepStrictEqual(ids(newest.versions), all.slice(-3).reverse())
      assert.deepStrictEqual(yield* engine.graph.mergeBases(first, last), [first])
      assert.deepStrictEqual(yield* engine.graph.aheadBehind(last, first), { ahead: size, behind: 0 })
      assert.strictEqual(yield* engine.graph.resolve(skill, "long~2"), all.at(-3))
    })
  )
})
