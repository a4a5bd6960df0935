import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Plan } from "../../../src/model/Plan.ts"
import { artifact, type Engine, exe, type Files, onBoth, onMemory, path, project } from "../../support/engine.ts"

const v1: Files = {
  "skills/s/same": "1\n",
  "skills/s/changed": "1\n",
  "skills/s/removed": "1\n",
  "skills/s/clash": "1\n",
  "README.md": "1\n"
}
const v2: Files = {
  "skills/s/same": "1\n",
  "skills/s/changed": "2\n",
  "skills/s/clash": "2\n",
  "skills/s/added": "2\n",
  "README.md": "1\n"
}

const updatable = Effect.fnUntraced(function* (engine: Engine) {
  const { snapshot } = yield* engine.capture(v1)
  yield* engine.deploy()
  yield* engine.edit({ "skills/s/clash": "mine\n" })
  yield* engine.capture(v2)
  return snapshot.id
})

/** A plan of each kind, made and not yet applied. */
const plans: Readonly<Record<string, (engine: Engine) => Effect.Effect<Plan, unknown>>> = {
  deploy: (engine) =>
    Effect.gen(function* () {
      yield* engine.capture(v1)
      yield* engine.edit({ "skills/s/clash": "mine\n", "skills/s/same": "1\n" })
      return yield* engine.planDeploy()
    }),
  update: (engine) => Effect.andThen(updatable(engine), engine.planUpdate()),
  overwrite: (engine) => Effect.andThen(updatable(engine), engine.planUpdate({ strategy: "overwrite" })),
  resolve: (engine) =>
    Effect.gen(function* () {
      yield* updatable(engine)
      yield* engine.update()
      return yield* engine.planResolve({ path: path("skills/s/clash"), use: "theirs" })
    }),
  retire: (engine) =>
    Effect.andThen(
      updatable(engine),
      engine.deployments.planRetire({ project, root: engine.root, artifacts: [artifact("skill:s")] })
    ),
  rollback: (engine) =>
    Effect.gen(function* () {
      const snapshot = yield* updatable(engine)
      yield* engine.update()
      return yield* engine.planRollback({ to: { snapshot } })
    }),
  undo: (engine) =>
    Effect.gen(function* () {
      yield* updatable(engine)
      const { operation } = yield* engine.update({ strategy: "overwrite" })
      return yield* engine.ledger.planUndo({ operation: operation.id, root: engine.root })
    })
}

const state = (engine: Engine) => Effect.all([engine.files, engine.names, engine.ledger.head])

const refused = Effect.fnUntraced(function* (engine: Engine, plan: Plan, what: string) {
  const before = yield* state(engine)
  const error = yield* Effect.flip(engine.ledger.apply(plan, { root: engine.root }))
  assert.strictEqual(error._tag, "PlanStale", what)
  assert.match(error.message, /changed since the plan was made, so nothing was done.*Plan again/)
  assert.deepStrictEqual(yield* state(engine), before, what)
  return error._tag === "PlanStale" ? error : undefined
})

describe("a plan whose inputs have changed does nothing", () => {
  for (const [name, make] of Object.entries(plans)) {
    onMemory(`${name}: each path that it names, whatever becomes of it`, (engine) =>
      Effect.gen(function* () {
        const plan = yield* make(engine)
        const original = engine.hands.list(engine.root)
        assert.ok(plan.paths.length > 0)
        for (const { before, path } of plan.paths) {
          if (before?.kind === "directory") continue
          for (const content of [
            "saved meanwhile\n",
            exe("1\n"),
            before === null ? { directory: true as const } : null
          ]) {
            yield* engine.edit({ [path]: content })
            const stale = yield* refused(engine, plan, `${name} ${path}`)
            assert.deepStrictEqual([stale?.paths, stale?.names], [[path], []])
            engine.hands.put(engine.root, filesOf(original))
          }
        }
        // As it was when the plan was made, it is carried out.
        yield* engine.ledger.apply(plan, { root: engine.root })
        assert.deepStrictEqual(yield* engine.findings, [])
      })
    )

    const upstream = ["deploy", "update", "overwrite"].includes(name)
    onMemory(
      `${name}: a capture of its collection ${upstream ? "changes what it knew" : "is none of its business"}`,
      (engine) =>
        Effect.gen(function* () {
          const plan = yield* make(engine)
          yield* engine.capture({ ...v1, "README.md": "3\n" })
          if (upstream) {
            const stale = yield* refused(engine, plan, name)
            assert.deepStrictEqual(stale?.names, ["collection/agents/head"] as never)
          } else yield* engine.ledger.apply(plan, { root: engine.root })
          assert.deepStrictEqual(yield* engine.findings, [])
        })
    )
  }

  onBoth("a plan is not applied twice", (engine) =>
    Effect.gen(function* () {
      yield* updatable(engine)
      const plan = yield* engine.planUpdate()
      yield* engine.sync.apply(plan, { root: engine.root })
      yield* refused(engine, plan, "twice")
    })
  )

  onMemory("two that race: one is done, the other is told", (engine) =>
    Effect.gen(function* () {
      yield* updatable(engine)
      const plan = yield* engine.planUpdate()
      const results = yield* Effect.all(
        [1, 2, 3].map(() => Effect.result(engine.sync.apply(plan, { root: engine.root }))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
      for (const result of results) {
        if (result._tag === "Failure") assert.ok(["PlanStale", "WorkingTreeError"].includes(result.failure._tag))
      }
      assert.deepStrictEqual(yield* engine.findings, [])
      assert.strictEqual((yield* engine.ledger.list({ kind: "update" })).items.length, 1)
    })
  )
})

const filesOf = (all: Readonly<Record<string, string>>): Files =>
  Object.fromEntries(
    Object.entries(all).map(([path, what]) => {
      const bytes = Buffer.from(what.slice(2), "latin1")
      return [path, what === "d" ? { directory: true } : what.startsWith("x") ? exe(bytes) : bytes]
    })
  )
