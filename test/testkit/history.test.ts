/** Histories that no order explains are found, whatever the way in which a store is wrong. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/Memory.ts"
import { RefName } from "../../src/model/Ids.ts"
import { explainHistory, type HistoryEvent, recordHistory } from "../../src/testkit/index.ts"
import { makeRandom, runSeed } from "../support/random.ts"

type Move = readonly [name: string, expected: string | null, next: string | null]

const commit = (asked: number, answered: number | null, ...moves: ReadonlyArray<Move>): HistoryEvent => ({
  by: "x",
  asked,
  answered,
  did: "commit",
  committed: answered === null ? null : true,
  refs: moves.map(([name, expected, next]) => ({ name: RefName.make(name), expected, next }))
})
const look = (asked: number, answered: number, name: string, value: string | null): HistoryEvent => ({
  by: "y",
  asked,
  answered,
  did: "look",
  name,
  value
})

describe("a history", () => {
  it.each<[string, ReadonlyArray<HistoryEvent>]>([
    ["of nothing", []],
    [
      "of moves one after the other",
      [commit(1, 2, ["a", null, "1"]), commit(3, 4, ["a", "1", "2"]), look(5, 6, "a", "2")]
    ],
    ["of a look beside a move that saw the old", [commit(1, 9, ["a", null, "1"]), look(3, 4, "a", null)]],
    ["of a look beside a move that saw the new", [commit(1, 9, ["a", null, "1"]), look(3, 4, "a", "1")]],
    ["of a move without an answer that somebody saw", [commit(1, null, ["a", null, "1"]), look(3, 4, "a", "1")]],
    ["of a move without an answer that nobody saw", [commit(1, null, ["a", null, "1"]), look(3, 4, "a", null)]],
    [
      "of two refs moved together",
      [commit(1, 9, ["a", null, "1"], ["b", null, "1"]), look(3, 4, "a", "1"), look(5, 6, "b", "1")]
    ]
  ])("%s is explained", (_, events) => {
    expect(explainHistory(events)).toBeNull()
  })

  it.each<[string, ReadonlyArray<HistoryEvent>]>([
    ["two winners", [commit(1, 9, ["a", null, "1"]), commit(1, 9, ["a", null, "2"])]],
    ["a lost move", [commit(1, 2, ["a", null, "1"]), commit(3, 4, ["a", "1", "2"]), look(5, 6, "a", "1")]],
    ["a stale look", [commit(1, 2, ["a", null, "1"]), look(3, 4, "a", null)]],
    ["a look into the future", [look(1, 2, "a", "1"), commit(3, 4, ["a", null, "1"])]],
    ["a value from nowhere", [look(1, 2, "a", "1")]],
    ["half a commit", [commit(1, 9, ["a", null, "1"], ["b", null, "1"]), look(3, 4, "a", "1"), look(5, 6, "b", null)]],
    ["looks that go back", [commit(1, 9, ["a", null, "1"]), look(2, 3, "a", "1"), look(4, 5, "a", null)]],
    [
      "two refs that went different ways",
      [commit(1, 20, ["a", null, "1"], ["b", "1", "2"]), commit(1, 20, ["a", "1", "2"], ["b", null, "1"])]
    ]
  ])("with %s is not", (_, events) => {
    expect(explainHistory(events)).not.toBeNull()
  })

  it("of a store that now and then answers with what was, is not explained", async () => {
    const seed = runSeed()
    const random = makeRandom(seed)
    const a = RefName.make("a")
    const tell = (isStale: boolean) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const { catalog } = yield* Memory.make
          let time = 0
          let last = new Map<RefName, string>()
          const lagging: typeof catalog = {
            ...catalog,
            refs: (names) =>
              Effect.map(catalog.refs(names), (held) => {
                const told = isStale && random.chance(0.2) ? last : held
                last = new Map(held)
                return told
              })
          }
          const one = recordHistory(lagging, "one", () => ++time)
          for (let n = 0; n < 60; n++) {
            const held = (yield* one.catalog.refs([a])).get(a) ?? null
            yield* one.catalog.commit({ refs: [{ name: a, expected: held, next: `${n}` }] })
          }
          return explainHistory(one.events())
        })
      )
    expect(await tell(false)).toBeNull()
    expect(await tell(true), `TIDEMARK_SEED=${seed}`).toMatch(/No order explains/)
  })
})
