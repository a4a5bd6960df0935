import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { type Fault, failing } from "../../../src/testkit/failing.ts"
import { type Engine, exe, type Files, path, scenario, type TestPorts } from "../../support/engine.ts"

const v1: Files = { "skills/s/f": "1\n2\n3\n", "skills/s/g": exe("g\n"), "README.md": "1\n" }
const v2: Files = { "skills/s/f": "one\n2\n3\n", "skills/s/h": "h\n", "README.md": "2\n" }

/** Storage that fails at one call, counted from when it was armed. */
const fragile = () => {
  let armed: { readonly at: number; readonly fault: Fault } | undefined
  let calls = 0
  const wrap = (ports: TestPorts): TestPorts =>
    Layer.mergeAll(
      Layer.effectContext(
        Effect.gen(function* () {
          const open = { objects: yield* ObjectStorage, catalog: yield* CatalogStorage }
          const { catalog, objects } = failing(open, () => {
            const at = calls++
            return armed?.at === at ? armed.fault : null
          })
          return yield* Effect.context<never>().pipe(
            Effect.map(() =>
              Layer.mergeAll(Layer.succeed(ObjectStorage, objects), Layer.succeed(CatalogStorage, catalog))
            ),
            Effect.flatMap((layer) => Layer.build(layer))
          )
        })
      )
    ).pipe(Layer.provideMerge(ports))
  const arm = (at: number, fault: Fault) => {
    calls = 0
    armed = { at, fault }
  }
  const disarm = () => {
    armed = undefined
    return calls
  }
  return { wrap, arm, disarm }
}

/** Each operation, prepared and ready to be done; `again` is the same once more. */
const operations: Readonly<
  Record<string, (engine: Engine) => Effect.Effect<Effect.Effect<unknown, unknown>, unknown>>
> = {
  capture: (engine) => Effect.succeed(engine.capture(v1)),
  deploy: (engine) => Effect.as(engine.capture(v1), engine.deploy()),
  update: (engine) => Effect.as(updatable(engine), engine.update()),
  overwrite: (engine) => Effect.as(updatable(engine), engine.update({ strategy: "overwrite" })),
  resolve: (engine) =>
    Effect.as(
      Effect.andThen(updatable(engine), engine.update()),
      engine.resolve({ path: path("README.md"), use: "theirs" })
    ),
  retire: (engine) => Effect.as(updatable(engine), engine.retire("skill:s")),
  rollback: (engine) =>
    Effect.gen(function* () {
      const first = yield* updatable(engine)
      yield* engine.update()
      return engine.roll({ to: { snapshot: first } })
    }),
  undo: (engine) =>
    Effect.gen(function* () {
      yield* updatable(engine)
      const { operation } = yield* engine.update()
      return engine.undo(operation.id)
    }),
  restore: (engine) =>
    Effect.gen(function* () {
      const first = yield* updatable(engine)
      return engine.snapshots.restore(first, { root: engine.root, overwrite: true })
    })
}

const updatable = Effect.fnUntraced(function* (engine: Engine) {
  const { snapshot } = yield* engine.capture(v1)
  yield* engine.deploy()
  yield* engine.edit({ "README.md": "mine\n", "skills/s/f": "1\n2\nthree\n" })
  yield* engine.capture(v2)
  return snapshot.id
})

const state = (engine: Engine) => Effect.all([engine.files, engine.names, engine.ledger.head])

/** What an operation comes to when nothing fails. */
const unharmed = (name: string) =>
  scenario("memory", (engine) =>
    Effect.gen(function* () {
      yield* (yield* operations[name]?.(engine) ?? Effect.die(name)) ?? Effect.void
      const [files] = yield* state(engine)
      return files
    })
  )

describe("storage that fails at any one call", () => {
  for (const name of Object.keys(operations)) {
    const twice = ["capture", "update", "undo"].includes(name) || process.env.TIDEMARK_FULL !== undefined
    for (const fault of twice ? (["fail", "fail-after"] as const) : (["fail"] as const)) {
      it.effect(
        `leaves ${name} undone or done, and it can be tried again (${fault})`,
        () =>
          Effect.gen(function* () {
            const wanted = yield* unharmed(name)
            let done = false
            for (let at = 0; !done; at++) {
              const store = fragile()
              done = yield* scenario(
                "memory",
                (engine) =>
                  Effect.gen(function* () {
                    const operation = yield* operations[name]?.(engine) ?? Effect.die(name)
                    const before = yield* state(engine)
                    store.arm(at, fault)
                    const result = yield* Effect.result(operation)
                    const calls = store.disarm()
                    const after = yield* state(engine)
                    assert.deepStrictEqual(yield* engine.findings, [])
                    if (result._tag === "Success") {
                      assert.deepStrictEqual(after[0], wanted)
                      return calls <= at
                    }
                    assert.strictEqual((result.failure as { readonly _tag: string })._tag, "StorageError")
                    if (after[2] === before[2]) assert.deepStrictEqual(after, before, `call ${at}`)
                    else {
                      // Only its answer was lost: the operation is there, and so is everything that it did.
                      assert.strictEqual(fault, "fail-after")
                      assert.deepStrictEqual(after[0], wanted, `call ${at}`)
                      return false
                    }
                    yield* operation
                    assert.deepStrictEqual((yield* state(engine))[0], wanted, `call ${at}, again`)
                    assert.deepStrictEqual(yield* engine.findings, [])
                    return false
                  }),
                store.wrap
              )
            }
          }),
        60_000
      )
    }
  }
})
