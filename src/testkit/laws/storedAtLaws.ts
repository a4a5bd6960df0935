/** Laws of what collecting relies on: the store's clock, claims, the guard of removal, and listing. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { ObjectInfo, ObjectStorageService, StoredObject } from "../../storage/ObjectStorage.ts"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { bytesOf, object, objectId, range } from "../samples.ts"

const batch = (numbers: ReadonlyArray<number>): NonEmptyReadonlyArray<StoredObject> => [
  object(numbers[0] ?? 0),
  ...numbers.slice(1).map((n) => object(n))
]

/** Waits until the store's clock has moved on. */
const later = (objects: ObjectStorageService) =>
  Effect.gen(function* () {
    const start = yield* objects.now
    let now = start
    while (now <= start) {
      yield* Effect.sleep(1)
      now = yield* objects.now
    }
    return now
  })

/** All pages, with what `between` does after each of them. */
const pages = Effect.fnUntraced(function* <E>(
  objects: ObjectStorageService,
  limit: number,
  between: (page: number) => Effect.Effect<void, E>
) {
  const all: Array<ObjectInfo> = []
  for (let page = 0, after: ObjectId | undefined; ; page++) {
    const infos = yield* objects.list(after === undefined ? { limit } : { after, limit })
    all.push(...infos)
    after = infos.at(-1)?.id
    if (after === undefined) return all
    yield* between(page)
  }
})

const storedAt = (objects: ObjectStorageService) =>
  Effect.map(
    pages(objects, 1_000, () => Effect.void),
    (infos) => new Map(infos.map((info) => [info.id, info.storedAt]))
  )

/** @internal */
export const storedAtLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("objects: storedAt is by the store's own clock", ({ objects }, check) =>
    Effect.gen(function* () {
      const before = yield* objects.now
      yield* objects.put([object(1)])
      const after = yield* objects.now
      const at = (yield* storedAt(objects)).get(objectId(1)) ?? 0
      yield* check.that(`${before} ≤ ${at} ≤ ${after}`, before <= at && at <= after)
    })
  ),

  coreLaw("objects: putting again gives a fresh storedAt", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* objects.put(batch([1, 2]))
      const now = yield* later(objects)
      yield* objects.put(batch([2, 3]))
      const at = yield* storedAt(objects)
      yield* check.that("the untouched one is old", (at.get(objectId(1)) ?? now) < now)
      yield* check.that("the one put again is fresh", (at.get(objectId(2)) ?? 0) >= now)
    })
  ),

  coreLaw("objects: a claim freshens what is there and answers what is missing", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* check.equal("of none", yield* objects.claim([]), [])
      yield* objects.put(batch([1, 2, 3]))
      const now = yield* later(objects)
      const missing = yield* objects.claim([8, 1, 2, 9, 8, 2].map(objectId))
      yield* check.equal("missing, each once", [...missing].sort(), [8, 9].map(objectId).sort())
      const at = yield* storedAt(objects)
      yield* check.that(
        "claimed ones are fresh",
        [1, 2].every((n) => (at.get(objectId(n)) ?? 0) >= now)
      )
      yield* check.that("the other is as old as it was", (at.get(objectId(3)) ?? now) < now)
      yield* check.equal("a claim stores nothing", (yield* objects.get([objectId(8)])).size, 0)
    })
  ),

  coreLaw("objects: only what is older than the guard is removed", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* objects.put(batch([1, 2, 3]))
      const now = yield* later(objects)
      yield* objects.put(batch([3, 4]))
      const all = [1, 2, 3, 4, 5, 1].map(objectId)
      const fresh = yield* storedAt(objects)
      const oldest = Math.min(...fresh.values())
      yield* check.equal("just as old", yield* objects.remove(all, { storedBefore: oldest }), 0)
      yield* check.equal("older", yield* objects.remove(all, { storedBefore: now }), 2)
      yield* check.equal("what is left", [...(yield* objects.get(all)).keys()].sort(), [3, 4].map(objectId).sort())
      yield* check.equal("again", yield* objects.remove(all, { storedBefore: now }), 0)
      yield* check.equal("of none", yield* objects.remove([], { storedBefore: now }), 0)
    })
  ),

  coreLaw("objects: a claim protects from a removal decided before it", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* objects.put(batch([1, 2]))
      const decided = yield* later(objects)
      yield* objects.claim([objectId(1)])
      const removed = yield* objects.remove([1, 2].map(objectId), { storedBefore: decided })
      yield* check.equal("removed", removed, 1)
      yield* check.equal("kept", [...(yield* objects.get([1, 2].map(objectId))).keys()], [objectId(1)])
    })
  ),

  coreLaw("objects: what was removed can be put again", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* objects.put([object(1)])
      const now = yield* later(objects)
      yield* objects.remove([objectId(1)], { storedBefore: now })
      yield* objects.put([{ id: objectId(1), bytes: bytesOf(9, 4) }])
      yield* check.equal("bytes", (yield* objects.get([objectId(1)])).get(objectId(1)), bytesOf(9, 4))
    })
  ),

  coreLaw("objects: a list has every object once, in the order of ids", ({ objects }, check) =>
    Effect.gen(function* () {
      yield* check.equal("of an empty store", yield* objects.list({ limit: 10 }), [])
      yield* objects.put(batch(range(100)))
      const expected = range(100).map(objectId).sort(compareUtf8)
      for (const limit of [1, 7, 100, 1_000]) {
        const infos = yield* pages(objects, limit, () => Effect.void)
        yield* check.equal(
          `pages of ${limit}`,
          infos.map(({ id }) => id),
          expected
        )
        yield* check.that(
          "their sizes",
          infos.every(({ size }) => size === 20)
        )
      }
      yield* check.equal("at most the limit", (yield* objects.list({ limit: 3 })).length, 3)
    })
  ),

  coreLaw("objects: a list stays in order while objects come and go", ({ objects }, check) =>
    Effect.gen(function* () {
      const staying = range(60)
      const going = range(30).map((i) => 100 + i)
      yield* objects.put(batch([...staying, ...going]))
      const now = yield* later(objects)
      const infos = yield* pages(objects, 8, (page) =>
        Effect.gen(function* () {
          yield* objects.put(batch([200 + page * 2, 201 + page * 2]))
          yield* objects.remove(going.slice(page * 3, page * 3 + 3).map(objectId), { storedBefore: now })
        })
      )
      const ids = infos.map(({ id }) => id)
      yield* check.equal("order, each once", ids, [...new Set(ids)].sort(compareUtf8))
      yield* check.that(
        "nothing that stayed is left out",
        staying.every((n) => ids.includes(objectId(n)))
      )
    })
  )
]
