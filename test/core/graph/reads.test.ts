/** What questions about history cost: records read, counted, whatever the history's size. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { branchRef } from "../../../src/core/catalog/names.ts"
import { positionAt } from "../../../src/core/graph/positions.ts"
import type { HistoryRequest } from "../../../src/core/graph/VersionGraph.ts"
import type { VersionPage } from "../../../src/core/graph/versionHistory.ts"
import type { Actor, VersionId } from "../../../src/model/Ids.ts"
import type { Version } from "../../../src/model/Version.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const size = 6000
const day = 86_400_000

/** A long history: every tenth version is a merge of its grandparent's sibling, two in a hundred by another author. */
const long = Effect.gen(function* () {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ f: "x" })
  const versions = Array.from({ length: size }, (_, i) => ({
    artifact: pdf,
    parents: i === 0 ? [] : i % 10 === 0 ? [i - 1, i - 3] : [i - 1],
    tree,
    message: i % 1000 === 7 ? `seventh ${i}` : `${i}`,
    // Every third shares its parent's moment.
    time: (i - (i % 3 === 2 ? 1 : 0)) * day,
    ...(i % 50 === 3 ? { author: "other" as Actor, origin: "merge" as const } : {})
  }))
  const last = size - 1
  const { ids } = yield* engine.graph.appendMany({
    versions,
    branches: [{ artifact: pdf, name: "main", from: null, to: last }]
  })
  return { ...engine, ids, content: tree }
})

interface Counted {
  readonly answer: VersionPage
  readonly calls: number
  readonly records: number
}

const counted = Effect.fnUntraced(function* <A, E>(engine: GraphEngine, question: Effect.Effect<A, E>) {
  engine.reads.records = 0
  engine.reads.calls = 0
  const answer = yield* question
  return { answer, ...engine.reads }
})

describe("what history costs", () => {
  it.effect("is the page, by artifact, author, origin and date, first or deep", () =>
    Effect.gen(function* () {
      const engine = yield* long
      const { graph } = yield* engine.reopen
      const questions = [
        {},
        { author: "other" },
        { origin: "merge" as const },
        { since: 100 * day, until: 3000 * day },
        { until: 3000 * day },
        { until: 3000 * day, author: "other" },
        { since: 3000 * day }
      ]
      for (const direction of ["newest", "oldest"] as const) {
        for (const given of questions) {
          let cursor: string | null = null
          for (let page = 0; page < 4; page++) {
            const request: HistoryRequest = { artifact: pdf, direction, limit: 20, cursor, ...given }
            const { answer, calls, records }: Counted = yield* counted(engine, graph.history(request))
            assert.strictEqual(answer.versions.length, 20)
            assert.isAtMost(records, 220, JSON.stringify(request))
            assert.isAtMost(calls, 10)
            cursor = answer.cursor
          }
        }
      }
    })
  )

  it.effect("is the page and what was skipped, in batches, by branch and first parent", () =>
    Effect.gen(function* () {
      const engine = yield* long
      for (const firstParent of [false, true]) {
        const { graph } = yield* engine.reopen
        let cursor: string | null = null
        for (let page = 0; page < 5; page++) {
          const request: HistoryRequest = { artifact: pdf, branch: "main", firstParent, limit: 100, cursor }
          const { answer, calls, records }: Counted = yield* counted(engine, graph.history(request))
          assert.strictEqual(answer.versions.length, 100)
          assert.isAtMost(records, 700)
          assert.isAtMost(calls, 14)
          cursor = answer.cursor
        }
      }
    })
  )

  it.effect("of a text is a stated number of versions at most, then a cursor that goes on", () =>
    Effect.gen(function* () {
      const engine = yield* long
      const { graph } = yield* engine.reopen
      const found: Array<string> = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const request: HistoryRequest = { artifact: pdf, text: "SEVENTH", limit: 50, cursor }
        const { answer, records } = yield* counted(engine, graph.history(request))
        assert.isAtMost(records, 5100)
        for (const { message } of answer.versions) found.push(message)
        cursor = answer.cursor
      }
      assert.deepStrictEqual(
        found,
        [5007, 4007, 3007, 2007, 1007, 7].map((n) => `seventh ${n}`)
      )
    })
  )

  it.effect("of an id's first digits is one in thousands; of an append, its parents", () =>
    Effect.gen(function* () {
      const engine = yield* long
      const { graph } = yield* engine.reopen
      const first = engine.ids[0] as VersionId
      const { answer, records } = yield* counted(engine, graph.resolve(pdf, first.slice(0, 12)))
      assert.strictEqual(answer, first)
      assert.isAtMost(records, 20)
      const parents = [engine.ids.at(-1) as VersionId]
      const draft = { artifact: pdf, parents, tree: engine.content, origin: "local" as const, message: "m" }
      const appended = yield* counted(engine, graph.append(draft))
      // The parent, asked twice, and the ledger's head.
      assert.isAtMost(appended.records, 4)
    })
  )
})

describe("dates", () => {
  it.effect(`mean the raw clock, whatever it did (seed ${seed})`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const years = 70 * 365 * day
      for (let round = 0; round < 30; round++) {
        const engine = yield* graphEngine
        const tree = yield* engine.tree({ f: "x" })
        const count = random.between(5, 60)
        const jump = random.pick([0, years, -years, 3])
        const from = random.below(count)
        const to = random.between(from, count)
        const start = random.pick([years, 2 * years])
        const time = (i: number) => start + i * 10 + (i >= from && i < to ? jump : 0) + random.between(-30, 30)
        const versions = Array.from({ length: count }, (_, i) => ({
          artifact: pdf,
          parents: i === 0 || random.chance(0.05) ? [] : [random.between(Math.max(0, i - 3), i - 1)],
          tree,
          message: `${i}`,
          time: time(i),
          author: random.pick(["a", "b"])
        }))
        const { ids } = yield* engine.graph.appendMany({ versions })
        const all = yield* engine.graph.getMany(ids)
        const moments = [...all.values()].map(({ time }) => time + random.between(-1, 1))
        const order = (yield* engine.graph.history({ artifact: pdf, limit: 100 })).versions.map(({ id }) => id)
        for (let k = 0; k < 6; k++) {
          const filter = {
            since: random.chance(0.5) ? random.pick(moments) : undefined,
            until: random.chance(0.8) ? random.pick(moments) : undefined,
            author: random.chance(0.3) ? "a" : undefined
          }
          const keeps = ({ author, time }: Version) =>
            time >= (filter.since ?? -Infinity) &&
            time <= (filter.until ?? Infinity) &&
            (filter.author === undefined || author === filter.author)
          const expected = order.filter((id) => keeps(all.get(id) as Version))
          for (const direction of ["newest", "oldest"] as const) {
            const found: Array<VersionId> = []
            const limit = random.between(1, 9)
            for (let cursor: string | null | undefined; cursor !== null; ) {
              const page = yield* engine.graph.history({ artifact: pdf, direction, limit, cursor, ...filter })
              for (const { id } of page.versions) found.push(id)
              cursor = page.cursor
            }
            const wanted = direction === "newest" ? expected : expected.toReversed()
            assert.deepStrictEqual(found, wanted, JSON.stringify({ filter, direction, limit, versions }))
          }
        }
      }
    })
  )

  it.effect("is what lies between a date and the move before it, for where a branch was then", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const { graph } = engine
      const tree = yield* engine.tree({ f: "x" })
      const { ids } = yield* graph.appendMany({
        versions: [0, 1, 2].map((i) => ({ artifact: pdf, parents: [], tree, message: `${i}` }))
      })
      const [a, b, c] = ids as [VersionId, VersionId, VersionId]
      const start = Date.UTC(2026, 0, 1)
      const moves: Array<readonly [number, VersionId]> = []
      let from: VersionId | null = null
      // One move an hour. In the middle the clock is 70 years ahead for a moment; near the end it stands still for some.
      for (let i = 0; i < 600; i++) {
        const jump = i === 300 ? 70 * 365 * day : 0
        const time = start + Math.min(i, i > 570 && i < 590 ? 570 : i) * 3_600_000 + jump
        yield* TestClock.setTime(time)
        const to = i % 3 === 0 ? a : i % 3 === 1 ? b : c
        yield* graph.moveBranch(pdf, "kit", { from, to })
        moves.push([time, to])
        from = to
      }
      for (const hour of [0, 1, 5, 150, 299, 300, 301, 450, 571, 580, 599]) {
        const when = start + hour * 3_600_000 + 60_000
        const wanted = moves.filter(([time]) => time <= when).at(-1)?.[1]
        const text = new Date(when).toISOString().slice(0, 16)
        const { answer, records } = yield* counted(engine, graph.resolve(pdf, `kit@{${text}Z}`))
        assert.strictEqual(answer, wanted, text)
        // Since the clock went ahead, every operation stands above its raw time.
        if (hour < 300) assert.isAtMost(records, 320, text)
        if (hour > 580) assert.isAtMost(records, 40, text)
      }
    })
  )

  it.effect("is the same for where a branch was, however much came later, where the clock is right", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const { graph } = engine
      const tree = yield* engine.tree({ f: "x" })
      const { ids } = yield* graph.appendMany({
        versions: [0, 1].map((i) => ({ artifact: pdf, parents: [], tree, message: `${i}` }))
      })
      let from: VersionId | null = null
      for (let i = 0; i < 500; i++) {
        yield* TestClock.setTime(Date.UTC(2026, 0, 1) + i * day)
        const to = ids[i % 2] as VersionId
        yield* graph.moveBranch(pdf, "kit", { from, to })
        from = to
      }
      for (const k of [3, 250, 480]) {
        const text = new Date(Date.UTC(2026, 0, 1) + k * day).toISOString().slice(0, 10)
        const { answer, records } = yield* counted(engine, graph.resolve(pdf, `kit@{${text}}`))
        assert.strictEqual(answer, ids[k % 2])
        assert.isAtMost(records, 20)
      }
    })
  )

  it.effect("of where a branch was end at a budget, with an error that says so", () =>
    Effect.gen(function* () {
      const engine = yield* graphEngine
      const { graph } = engine
      const tree = yield* engine.tree({ f: "x" })
      const { ids } = yield* graph.appendMany({
        versions: [0, 1].map((i) => ({ artifact: pdf, parents: [], tree, message: `${i}` }))
      })
      const [a, b] = ids as [VersionId, VersionId]
      const start = Date.UTC(2026, 0, 1)
      yield* TestClock.setTime(start)
      yield* graph.createBranch(pdf, "old", a)
      let from: VersionId | null = null
      for (let i = 0; i < 300; i++) {
        // Some stand above their raw time: the clock was ahead for a moment.
        yield* TestClock.setTime(start + i * 3_600_000 + (i === 200 ? 70 * 365 * day : 0))
        const to: VersionId = from === a ? b : a
        yield* graph.moveBranch(pdf, "busy", { from, to })
        from = to
      }
      const late = start + 299 * 3_600_000
      const ask = (name: string, most?: number) =>
        counted(engine, Effect.result(positionAt(engine.catalog, pdf, branchRef(pdf, name), late, most)))
      for (const most of [1, 10, 99, 100, 290]) {
        const { answer, records } = yield* ask("old", most)
        assert.deepStrictEqual(
          [most, answer._tag === "Failure" ? answer.failure._tag : answer.success],
          [most, "PositionTooFar"]
        )
        assert.isAtMost(records, most)
      }
      const found = yield* ask("old", 302)
      assert.deepStrictEqual(found.answer._tag === "Success" && found.answer.success, a)
      assert.isAtMost(found.records, 302)
      assert.strictEqual(yield* graph.resolve(pdf, "old@{2026-01-05}"), a)
      const near = yield* ask("busy", 10)
      assert.strictEqual(near.answer._tag, "Success")
    })
  )
})
