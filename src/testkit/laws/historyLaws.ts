/** Laws about whole histories: one order explains everything that was asked and answered. */
import * as Effect from "effect/Effect"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { explainHistory, type HistoryEvent, recordHistory } from "../history.ts"
import { type Check, type LawBroken, makeCheck } from "../Law.ts"
import { coreLaw, openStorage, type StorageLaw } from "../StorageFixture.ts"
import { move, range, ref, restless, scatter } from "../samples.ts"

const names = ["a", "b", "c", "d"]

/** Looks at some refs and moves some of those, again and again. Every value is given once. */
const meddle = Effect.fnUntraced(function* (catalog: CatalogStorageService, by: string, seed: number) {
  for (const round of range(12)) {
    const dice = scatter(seed * 1_000 + round)
    const some = names.filter((_, i) => ((dice >> i) & 1) === 1)
    const [first, ...rest] = some.length === 0 ? ["a"] : some
    const held = yield* catalog.refs([first ?? "a", ...rest].map(ref))
    // Some are only relied on.
    const moved = (name: string, i: number) => {
      const expected = held.get(ref(name)) ?? null
      return move(name, expected, ((dice >> (8 + i)) & 3) === 0 ? expected : `${by} ${round}`)
    }
    yield* catalog.commit({ refs: [moved(first ?? "a", 0), ...rest.map((name, i) => moved(name, i + 1))] })
    if ((dice >> 20) % 3 === 0) yield* Effect.yieldNow
  }
})

/** Lets fibers meddle with catalogs that are one, all of them at once. */
const everybody = (
  catalogs: ReadonlyArray<CatalogStorageService>,
  check: Check
): Effect.Effect<void, LawBroken | StorageError> =>
  Effect.suspend(() => {
    // Within one process, a counter is the most exact of clocks.
    let time = 0
    const recorded = range(9).flatMap((i) => {
      const catalog = catalogs[i % catalogs.length]
      return catalog === undefined ? [] : [recordHistory(catalog, `fiber ${i}`, () => ++time)]
    })
    const fibers = recorded.map(({ catalog }, i) => meddle(catalog, `fiber ${i}`, i))
    return restless(Effect.all(fibers, { concurrency: "unbounded", discard: true })).pipe(
      Effect.andThen(
        Effect.suspend(() => {
          const events = recorded.flatMap((one): ReadonlyArray<HistoryEvent> => one.events())
          const won = events.filter((event) => event.did === "commit" && event.committed === true).length
          return Effect.andThen(
            check.equal("what no order explains", explainHistory(events), null),
            check.that("some commits went through, and some were refused", won > 0 && won < recorded.length * 12)
          )
        })
      )
    )
  })

const twice = "two openers: one order explains every answer"

/** @internal */
export const historyLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("refs: one order explains every answer that many fibers got", ({ catalog }, check) =>
    everybody([catalog], check)
  ),
  {
    name: twice,
    requires: ["sharedAcrossProcesses"],
    run: (fixture) =>
      Effect.gen(function* () {
        const location = yield* fixture.allocate
        const openers = [yield* openStorage(fixture, location), yield* openStorage(fixture, location)]
        yield* everybody(
          openers.map(({ catalog }) => catalog),
          makeCheck(twice)
        )
      })
  }
]
