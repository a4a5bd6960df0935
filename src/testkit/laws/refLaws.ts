/** Laws of refs: compared before anything is written, moved together with the records, listed in order. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { hostileTexts, move, range, record, ref, restless } from "../samples.ts"

const committed = { _tag: "Committed" }
const refused = (name: string, actual: string | null) => ({ _tag: "Refused", name, actual })

const namesOf = Effect.fnUntraced(function* (catalog: CatalogStorageService, prefix: string, limit: number) {
  const all: Array<RefName> = []
  for (let after: RefName | undefined; ; ) {
    const page = yield* catalog.list({ prefix, after, limit })
    all.push(...page.map(([name]) => name))
    after = page.at(-1)?.[0]
    if (after === undefined) return all
  }
})

/** @internal */
export const refLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("refs: made, moved, checked, removed", ({ catalog }, check) =>
    Effect.gen(function* () {
      const steps: ReadonlyArray<readonly [string | null, string | null]> = [
        [null, "1"],
        ["1", "2"],
        ["2", "2"],
        ["2", ""],
        ["", "3"],
        ["3", null],
        [null, null],
        [null, "4"]
      ]
      for (const [expected, next] of steps) {
        const what = `${JSON.stringify(expected)} → ${JSON.stringify(next)}`
        yield* check.equal(what, yield* catalog.commit({ refs: [move("r", expected, next)] }), committed)
        const held = next === null ? new Map() : new Map([["r", next]])
        yield* check.equal(`${what}, held`, yield* catalog.refs([ref("r"), ref("other")]), held)
      }
      yield* check.equal("none asked", yield* catalog.refs([]), new Map())
    })
  ),

  coreLaw("refs: a refusal names a ref and what it holds, and leaves no trace", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* catalog.commit({
        records: [record("gone"), record("old")],
        refs: [move("a", null, "1"), move("b", null, "1")]
      })
      const wrong: ReadonlyArray<readonly [string, string | null, string | null, string | null]> = [
        ["b", "2", "3", "1"],
        ["b", null, "3", "1"],
        ["b", "2", null, "1"],
        ["b", "2", "2", "1"],
        ["b", null, null, "1"],
        ["c", "1", "2", null],
        ["c", "1", "1", null],
        ["b", "1 ", "2", "1"]
      ]
      for (const [name, expected, next, actual] of wrong) {
        const result = yield* catalog.commit({
          // A record that would be refused for its body too: names are looked at first.
          records: [record("new"), record("old", { body: "[]" })],
          remove: [{ kind: "version", id: "gone" }],
          refs: [move("a", "1", "2"), move(name, expected, next), move("d", null, "1")]
        })
        yield* check.equal("result", result, refused(name, actual))
        yield* check.equal("refs", yield* catalog.list({ prefix: "", limit: 9 }), [
          ["a", "1"],
          ["b", "1"]
        ])
        const found = yield* catalog.records("version", ["old", "new", "gone"])
        yield* check.equal("records", [...found.keys()].sort(), ["gone", "old"])
        const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 9 })
        yield* check.equal(
          "scan",
          page.map(({ id }) => id),
          ["gone", "old"]
        )
      }
    })
  ),

  coreLaw("refs: hostile names and values are kept apart and unchanged", ({ catalog }, check) =>
    Effect.gen(function* () {
      const [first = "", ...rest] = hostileTexts
      const refs = [move(first, null, first), ...rest.map((text) => move(text, null, text))] as const
      yield* check.equal("commit", yield* catalog.commit({ refs }), committed)
      const held = yield* catalog.refs(hostileTexts.map(ref))
      for (const text of hostileTexts) yield* check.equal("value", held.get(ref(text)), text)
      yield* check.equal("list", yield* namesOf(catalog, "", 1_000), [...hostileTexts].sort(compareUtf8))
    })
  ),

  coreLaw("refs: a list has what starts with its prefix, in the order of UTF-8 bytes", ({ catalog }, check) =>
    Effect.gen(function* () {
      const tails = ["", "/", "/a", "/b", "/a/b", "%", "_", "0", "~", "\uffff", "\u{1f600}", "\u{10ffff}"]
      const prefixes = ["a", "A", "b", "%", "_", "\\", "'", "é", "e\u0301", "\ud7ff", "\uffff", "😀", "\u{10ffff}"]
      const names = prefixes.flatMap((prefix) => tails.map((tail) => prefix + tail))
      const [first = "", ...rest] = names
      yield* catalog.commit({ refs: [move(first, null, "1"), ...rest.map((name) => move(name, null, "1"))] })
      for (const prefix of ["", "zz", "a/", "a/a/bc", ...names]) {
        const expected = names.filter((name) => name.startsWith(prefix)).sort(compareUtf8)
        for (const limit of [1, 5, 1_000]) {
          const what = `${JSON.stringify(prefix)} by ${limit}`
          yield* check.equal(what, yield* namesOf(catalog, prefix, limit), expected)
        }
      }
      const after = (name: string) =>
        Effect.map(catalog.list({ prefix: "a", after: ref(name), limit: 2 }), (page) => page.map(([n]) => n))
      yield* check.equal("after a name below the prefix", yield* after("A~"), ["a", "a%"])
      yield* check.equal("after a name that is not there", yield* after("a%%"), ["a/", "a/a"])
      yield* check.equal("after a name above the prefix", yield* after("b"), [])
    })
  ),

  coreLaw("refs: of many fibers that make the same ref, exactly one wins", ({ catalog }, check) =>
    Effect.gen(function* () {
      for (const round of range(5)) {
        const name = `r${round}`
        const attempt = (i: number) =>
          catalog.commit({ records: [record(`${round} by ${i}`)], refs: [move(name, null, `by ${i}`)] })
        const results = yield* restless(Effect.forEach(range(24), attempt, { concurrency: "unbounded" }))
        const winners = range(24).filter((i) => results[i]?._tag === "Committed")
        yield* check.equal("winners", winners.length, 1)
        const value = `by ${winners[0]}`
        yield* check.equal("value", (yield* catalog.refs([ref(name)])).get(ref(name)), value)
        const found = yield* catalog.records(
          "version",
          range(24).map((i) => `${round} by ${i}`)
        )
        yield* check.equal("records", [...found.keys()], [`${round} ${value}`])
        const told = results.filter((result) => result._tag === "Refused").map(({ actual }) => actual)
        yield* check.equal("what the losers are told", new Set(told).size === 1 ? told[0] : told, value)
      }
    })
  ),

  coreLaw("refs: no move of many fibers is lost", ({ catalog }, check) =>
    Effect.gen(function* () {
      const counter = ref("counter")
      const count = Effect.fnUntraced(function* (fiber: number) {
        for (let done = 0; done < 10; ) {
          const held = (yield* catalog.refs([counter])).get(counter) ?? null
          const next = String(Number(held ?? 0) + 1)
          const records = [record(`${next} by ${fiber}`, { at: Number(next) })]
          const { _tag } = yield* catalog.commit({ records, refs: [move("counter", held, next)] })
          if (_tag === "Committed") done++
          else yield* Effect.yieldNow
        }
      })
      yield* restless(Effect.forEach(range(8), count, { concurrency: "unbounded", discard: true }))
      yield* check.equal("counted", (yield* catalog.refs([counter])).get(counter), "80")
      const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 100 })
      yield* check.equal(
        "one record for each",
        page.map(({ at }) => at),
        range(80).map((i) => i + 1)
      )
    })
  )
]
