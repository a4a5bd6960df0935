/** Laws of atomicity: a commit is seen whole, and an interrupted one happens whole or not at all. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { move, range, record, ref, restless } from "../samples.ts"

/** @internal */
export const wholeLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("commit: an interrupted one happens whole or not at all", ({ catalog }, check) =>
    Effect.gen(function* () {
      for (const attempt of range(30)) {
        const ids = range(30).map((i) => `${attempt} ${i}`)
        const records = ids.map((id) => record(id, { terms: [`attempt ${attempt}`] }))
        const refs = [move(`a${attempt}`, null, "1"), move(`b${attempt}`, null, "1")] as const
        const fiber = yield* Effect.forkChild(restless(catalog.commit({ records, refs }), 3 + (attempt % 7)))
        for (const _ of range(attempt * 2)) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const found = (yield* catalog.records("version", ids)).size
        const scanned = yield* catalog.scan({
          kind: "version",
          term: `attempt ${attempt}`,
          direction: "forward",
          limit: 99
        })
        const held = (yield* catalog.refs([ref(`a${attempt}`), ref(`b${attempt}`)])).size
        const counts = [found, scanned.length, held]
        yield* check.equal("records, scanned, refs", counts, found === 0 ? [0, 0, 0] : [30, 30, 2])
      }
      yield* check.equal("the next commit", yield* catalog.commit({ refs: [move("after", null, "1")] }), {
        _tag: "Committed"
      })
    })
  ),

  coreLaw("commit: refs that move together are seen together", ({ catalog }, check) =>
    Effect.gen(function* () {
      const [a, b] = [ref("a"), ref("b")]
      yield* catalog.commit({ refs: [move("a", null, "0"), move("b", null, "0")] })
      const write = Effect.forEach(
        range(40),
        (i) => catalog.commit({ refs: [move("a", String(i), String(i + 1)), move("b", String(i), String(i + 1))] }),
        { discard: true }
      )
      const read = Effect.gen(function* () {
        for (const _ of range(80)) {
          const held = yield* catalog.refs([a, b])
          yield* check.equal("b as a", held.get(b), held.get(a))
          const listed = yield* catalog.list({ prefix: "", limit: 9 })
          yield* check.equal("listed alike", listed[1]?.[1], listed[0]?.[1])
          yield* Effect.yieldNow
        }
      })
      yield* restless(Effect.all([write, read, read], { concurrency: "unbounded", discard: true }))
    })
  )
]
