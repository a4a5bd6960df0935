import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { LedgerQuery } from "../../../src/core/ledger/Ledger.ts"
import { operationText } from "../../../src/core/ledger/OperationLog.ts"
import { CurrentActor } from "../../../src/core/references/CurrentActor.ts"
import { Sha256 } from "../../../src/core/references/Sha256.ts"
import type { ArtifactId, OperationId } from "../../../src/model/Ids.ts"
import type { Operation } from "../../../src/model/Operation.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"

const other = "skill:other" as ArtifactId
const hour = 3_600_000

/** Six operations, one an hour, by two actors on two artifacts. */
const six = Effect.gen(function* () {
  const engine = yield* graphEngine
  const { graph } = engine
  const tree = yield* engine.tree({ f: "x" })
  const at = <A, E, R>(time: number, actor: string, effect: Effect.Effect<A, E, R>) =>
    TestClock.setTime(time * hour).pipe(Effect.andThen(effect), Effect.provideService(CurrentActor, actor))
  const draft = { parents: [], tree, origin: "local", message: "m" } as const
  const one = yield* at(
    0,
    "alice",
    graph.append({ ...draft, artifact: pdf, branch: { name: "main" }, reason: "start" })
  )
  const two = yield* at(1, "bob", graph.append({ ...draft, artifact: other, branch: { name: "main" } }))
  yield* at(2, "alice", graph.createTag(pdf, "v1", one.version.id))
  yield* at(3, "bob", graph.createTag(other, "v1", two.version.id))
  yield* at(4, "alice", graph.createTag(pdf, "v1", one.version.id, { force: true }))
  yield* at(5, "alice", graph.deleteBranch(pdf, "main"))
  return engine
})

const hours = (operations: ReadonlyArray<Operation>) => operations.map(({ time }) => time / hour).join("")

describe("the ledger", () => {
  it.effect("lists operations by actor, kind, subject and raw time, both ways", () =>
    Effect.gen(function* () {
      const { ledger } = yield* six
      const read = (query: LedgerQuery) =>
        Effect.map(ledger.list(query), ({ cursor, items }) => {
          assert.strictEqual(cursor, null)
          return hours(items)
        })
      assert.strictEqual(yield* read({}), "543210")
      assert.strictEqual(yield* read({ direction: "oldest" }), "012345")
      assert.strictEqual(yield* read({ actor: "bob" }), "31")
      assert.strictEqual(yield* read({ kind: "tag" }), "432")
      assert.strictEqual(yield* read({ subject: pdf }), "5420")
      assert.strictEqual(yield* read({ subject: pdf, kind: "tag", actor: "alice" }), "42")
      assert.strictEqual(yield* read({ since: hour, until: 3 * hour }), "321")
      assert.strictEqual(yield* read({ kind: "tag", until: 2 * hour, direction: "oldest" }), "2")
      assert.strictEqual(yield* read({ actor: "nobody" }), "")
    })
  )

  it.effect("is read in pages that neither repeat nor miss anything while it grows", () =>
    Effect.gen(function* () {
      const { graph, ledger } = yield* six
      const version = yield* graph.resolve(other, "main")
      const seen: Array<string> = []
      let cursor: string | null = null
      for (let i = 0; i === 0 || cursor !== null; i++) {
        const page: { readonly items: ReadonlyArray<Operation>; readonly cursor: string | null } = yield* ledger.list({
          limit: 2,
          cursor
        })
        seen.push(hours(page.items))
        cursor = page.cursor
        yield* graph.createTag(other, `t${i}`, version)
      }
      assert.deepStrictEqual(seen, ["54", "32", "10"])
      assert.strictEqual((yield* Effect.flip(ledger.list({ cursor: "x" })))._tag, "InvalidCursor")
    })
  )

  it.effect("gives one operation, or says that there is none", () =>
    Effect.gen(function* () {
      const { ledger } = yield* six
      const head = (yield* ledger.head) as OperationId
      assert.strictEqual((yield* ledger.get(head)).time, 5 * hour)
      const none = yield* Effect.flip(ledger.get("f".repeat(64) as OperationId))
      assert.strictEqual(none._tag, "OperationNotFound")
      assert.strictEqual(yield* (yield* graphEngine).ledger.head, null)
    })
  )

  it.effect("says what happened in sentences", () =>
    Effect.gen(function* () {
      const { graph, ledger } = yield* six
      const { items } = yield* ledger.list({ direction: "oldest" })
      const version = (yield* graph.history({ artifact: pdf })).versions[0]?.id.slice(0, 8)
      const elsewhere = (yield* graph.history({ artifact: other })).versions[0]?.id.slice(0, 8)
      assert.deepStrictEqual(
        items.map((operation) => ledger.describe(operation)),
        [
          `alice appended version ${version} to skill:pdf on branch main: start`,
          `bob appended version ${elsewhere} to skill:other on branch main`,
          `alice tagged ${version} of skill:pdf as v1`,
          `bob tagged ${elsewhere} of skill:other as v1`,
          `alice moved tag v1 of skill:pdf to ${version}`,
          `alice deleted branch main of skill:pdf, which was at ${version}`
        ]
      )
    })
  )

  it.effect("is exported as lines that anybody can check", () =>
    Effect.gen(function* () {
      const { ledger } = yield* six
      const sha256 = yield* Sha256
      const lines = yield* Stream.runCollect(ledger.export)
      const operations = lines.map((line) => JSON.parse(line) as Operation)
      assert.strictEqual(hours(operations), "012345")
      let previous: string | null = null
      for (const { id, ...rest } of operations) {
        assert.strictEqual(rest.previous, previous)
        assert.strictEqual(sha256(new TextEncoder().encode(operationText(rest))), id)
        previous = id
      }
      assert.strictEqual(previous, yield* ledger.head)
    })
  )

  it.effect("keeps its order when the clock jumps 70 years ahead and back", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const { version } = yield* graph.append({
        artifact: pdf,
        parents: [],
        tree: yield* tree({ f: "x" }),
        origin: "local",
        message: ""
      })
      const jump = 70 * 365 * 24
      for (const [i, time] of [1, jump, 2, 3].entries()) {
        yield* TestClock.setTime(time * hour)
        yield* graph.createTag(pdf, `t${i}`, version.id)
      }
      const tagged = (query: LedgerQuery) =>
        Effect.map(ledger.list({ kind: "tag", ...query }), ({ items }) =>
          items.map(({ details }) => details.tag).join(" ")
        )
      assert.strictEqual(yield* tagged({}), "t3 t2 t1 t0")
      assert.strictEqual(yield* tagged({ since: 2 * hour, until: 3 * hour }), "t3 t2")
      assert.strictEqual(yield* tagged({ until: 2 * hour, direction: "oldest" }), "t0 t2")
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )
})
