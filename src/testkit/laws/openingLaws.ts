/** Laws of those who promise more: to outlive their closing, and to be open several times at once. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { StorageError } from "../../storage/StorageError.ts"
import { type Check, type LawBroken, makeCheck } from "../Law.ts"
import { coreLaw, type OpenStorage, openStorage, type Requirement, type StorageLaw } from "../StorageFixture.ts"
import { bytesOf, move, object, objectId, range, record, ref, restless, settled } from "../samples.ts"

const openingLaw = (
  name: string,
  requires: ReadonlyArray<Requirement>,
  body: <E>(
    open: Effect.Effect<OpenStorage, E, Scope.Scope>,
    check: Check
  ) => Effect.Effect<void, LawBroken | StorageError | E, Scope.Scope>
): StorageLaw => ({
  name,
  requires,
  run: (fixture) =>
    Effect.flatMap(fixture.allocate, (location) => body(openStorage(fixture, location), makeCheck(name)))
})

const firstPage = { kind: "version", term: "all", direction: "forward", limit: 1_000 } as const

/** @internal */
export const openingLaws: ReadonlyArray<StorageLaw> = [
  {
    name: "an adapter says of itself what its fixture says",
    requires: [],
    run: (fixture) =>
      coreLaw("an adapter says of itself what its fixture says", ({ objects, catalog }, check) =>
        Effect.andThen(
          check.equal("objects", objects.capabilities, fixture.capabilities),
          check.equal("catalog", catalog.capabilities, fixture.capabilities)
        )
      ).run(fixture)
  },

  {
    name: "a fresh place is empty, and what happens there happens nowhere else",
    requires: [],
    run: (fixture) =>
      Effect.gen(function* () {
        const check = makeCheck("a fresh place is empty, and what happens there happens nowhere else")
        const here = yield* openStorage(fixture, yield* fixture.allocate)
        const there = yield* openStorage(fixture, yield* fixture.allocate)
        yield* here.objects.put([object(1)])
        yield* here.catalog.commit({ records: [record("a")], refs: [move("r", null, "1")] })
        yield* check.equal("objects", yield* there.objects.list({ limit: 9 }), [])
        yield* check.equal("records", yield* there.catalog.scan(firstPage), [])
        yield* check.equal("refs", yield* there.catalog.list({ prefix: "", limit: 9 }), [])
      })
  },

  openingLaw("reopen: everything is as it was", ["durable"], (open, check) =>
    Effect.gen(function* () {
      const one = record("a", { terms: ["all", "x"] })
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const { objects, catalog } = yield* open
          yield* objects.put([object(1), object(2, 100_000)])
          yield* catalog.commit({ records: [one, record("b")], refs: [move("r", null, "1"), move("s", null, "1")] })
          yield* catalog.commit({ remove: [{ kind: "version", id: "b" }], refs: [move("s", "1", null)] })
          yield* catalog.commit({ records: [record("c")], refs: [move("r", "0", "2")] })
          return yield* objects.list({ limit: 9 })
        })
      )
      for (const _ of range(2)) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { objects, catalog } = yield* open
            const found = yield* objects.get([objectId(1), objectId(2)])
            yield* check.equal("large object", found.get(objectId(2)), bytesOf(100_000, 2))
            yield* check.equal("small object", found.get(objectId(1)), bytesOf(20, 1))
            yield* check.equal("list, with its times", yield* objects.list({ limit: 9 }), before)
            yield* check.equal("scan", (yield* catalog.scan(firstPage)).map(settled), [settled(one)])
            yield* check.equal("refs", yield* catalog.list({ prefix: "", limit: 9 }), [["r", "1"]])
          })
        )
      }
    })
  ),

  openingLaw("two openers: each sees at once what the other has done", ["sharedAcrossProcesses"], (open, check) =>
    Effect.gen(function* () {
      const [a, b] = [yield* open, yield* open]
      yield* a.objects.put([object(1)])
      yield* check.equal("object", (yield* b.objects.get([objectId(1)])).get(objectId(1)), bytesOf(20, 1))
      yield* check.equal("claim", yield* b.objects.claim([1, 2].map(objectId)), [objectId(2)])
      yield* b.catalog.commit({ records: [record("a")], refs: [move("r", null, "1")] })
      yield* check.equal("scan", (yield* a.catalog.scan(firstPage)).map(settled), [settled(record("a"))])
      yield* check.equal("ref", (yield* a.catalog.refs([ref("r")])).get(ref("r")), "1")
      yield* check.equal("stale move", yield* a.catalog.commit({ refs: [move("r", null, "2")] }), {
        _tag: "Refused",
        name: "r",
        actual: "1"
      })
      yield* a.catalog.commit({ remove: [{ kind: "version", id: "a" }], refs: [move("r", "1", "2")] })
      yield* check.equal("removed", yield* b.catalog.records("version", ["a"]), new Map())
      yield* check.equal("moved", yield* b.catalog.list({ prefix: "", limit: 9 }), [["r", "2"]])
    })
  ),

  openingLaw("two openers: of two moves of one ref, exactly one wins", ["sharedAcrossProcesses"], (open, check) =>
    Effect.gen(function* () {
      const openers = [yield* open, yield* open]
      for (const round of range(20)) {
        const name = `r${round}`
        const attempt = ({ catalog }: OpenStorage, i: number) =>
          catalog.commit({ records: [record(`${round} ${i}`)], refs: [move(name, null, `${i}`)] })
        const crowd = [...openers, ...openers, ...openers]
        const results = yield* restless(Effect.forEach(crowd, attempt, { concurrency: "unbounded" }))
        const winners = range(6).filter((i) => results[i]?._tag === "Committed")
        yield* check.equal("winners", winners.length, 1)
        for (const { catalog } of openers) {
          yield* check.equal("value", (yield* catalog.refs([ref(name)])).get(ref(name)), `${winners[0]}`)
          const found = yield* catalog.records(
            "version",
            range(6).map((i) => `${round} ${i}`)
          )
          yield* check.equal("records", [...found.keys()], [`${round} ${winners[0]}`])
        }
      }
    })
  ),

  openingLaw("two openers: no move is lost", ["sharedAcrossProcesses"], (open, check) =>
    Effect.gen(function* () {
      const openers = [yield* open, yield* open]
      const counter = ref("counter")
      const count = Effect.fnUntraced(function* ({ catalog }: OpenStorage) {
        for (let done = 0; done < 15; ) {
          const held = (yield* catalog.refs([counter])).get(counter) ?? null
          const result = yield* catalog.commit({ refs: [move("counter", held, String(Number(held ?? 0) + 1))] })
          if (result._tag === "Committed") done++
          else yield* Effect.yieldNow
        }
      })
      yield* restless(Effect.forEach([...openers, ...openers], count, { concurrency: "unbounded", discard: true }))
      for (const { catalog } of openers) {
        yield* check.equal("counted", (yield* catalog.refs([counter])).get(counter), "60")
      }
    })
  ),

  openingLaw(
    "two openers: a claim by one protects from a removal by the other",
    ["sharedAcrossProcesses"],
    (open, check) =>
      Effect.gen(function* () {
        const [a, b] = [yield* open, yield* open]
        yield* a.objects.put([object(1), object(2)])
        let decided = yield* b.objects.now
        for (const start = decided; decided <= start; decided = yield* b.objects.now) yield* Effect.sleep(1)
        yield* a.objects.claim([objectId(1)])
        const removed = yield* b.objects.remove([objectId(1), objectId(2)], { storedBefore: decided })
        yield* check.equal("removed", removed, 1)
        yield* check.equal("kept", [...(yield* a.objects.get([1, 2].map(objectId))).keys()], [objectId(1)])
      })
  )
]
