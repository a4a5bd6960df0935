/** Laws of objects: what is put is got, once and for all. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ObjectId } from "../../model/Ids.ts"
import type { ObjectStorageService, StoredObject } from "../../storage/ObjectStorage.ts"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { bytesOf, object, objectId, range, restless } from "../samples.ts"

const batch = (first: number, count: number): NonEmptyReadonlyArray<StoredObject> => [
  object(first),
  ...range(count - 1).map((i) => object(first + 1 + i))
]

/** Like a Node Buffer: its `slice` shares the memory. */
const sharingBytes = (length: number, seed: number): Uint8Array => {
  const bytes = bytesOf(length, seed)
  const slice = (start?: number, end?: number) => bytes.subarray(start, end)
  return Object.defineProperty(bytes, "slice", { value: slice })
}

const got = (objects: ObjectStorageService, id: ObjectId) => Effect.map(objects.get([id]), (found) => found.get(id))

/** @internal */
export const objectLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("objects: what was put is got back, byte for byte", (storage, check) =>
    Effect.gen(function* () {
      const sizes = [1, 0, 2, 3, 255, 256, 4_095, 4_096, 65_537, 1_000_003]
      const [first, ...rest] = sizes.map((size, i) => object(i, size))
      if (first !== undefined) yield* storage.objects.put([first, ...rest])
      for (const [i, size] of sizes.entries()) {
        yield* check.equal(`${size} bytes`, yield* got(storage.objects, objectId(i)), bytesOf(size, i))
      }
    })
  ),

  coreLaw("objects: 4 MiB, the most that one may have", (storage, check) =>
    Effect.gen(function* () {
      const large = object(1, 4 * 1024 * 1024)
      yield* storage.objects.put([large, object(2, 4 * 1024 * 1024)])
      yield* check.equal("4 MiB", yield* got(storage.objects, large.id), large.bytes)
      yield* check.equal(
        "list",
        (yield* storage.objects.list({ limit: 5 })).map(({ size }) => size),
        [4194304, 4194304]
      )
    })
  ),

  coreLaw("objects: an absent id is not in the map", (storage, check) =>
    Effect.gen(function* () {
      yield* storage.objects.put([object(1)])
      yield* check.equal("none asked", yield* storage.objects.get([]), new Map())
      yield* check.equal("absent", yield* storage.objects.get([objectId(2)]), new Map())
      const mixed = yield* storage.objects.get([objectId(2), objectId(1), objectId(1), objectId(3)])
      yield* check.equal("mixed", [...mixed.keys()], [objectId(1)])
    })
  ),

  coreLaw("objects: putting again changes nothing", (storage, check) =>
    Effect.gen(function* () {
      yield* storage.objects.put(batch(0, 10))
      yield* storage.objects.put(batch(0, 10))
      yield* storage.objects.put(batch(5, 10))
      yield* check.equal("count", (yield* storage.objects.list({ limit: 100 })).length, 15)
      yield* check.equal("bytes", yield* got(storage.objects, objectId(7)), bytesOf(20, 7))
    })
  ),

  coreLaw("objects: an id that is there keeps its bytes", (storage, check) =>
    Effect.gen(function* () {
      yield* storage.objects.put([object(1)])
      yield* storage.objects.put([object(2), { id: objectId(1), bytes: bytesOf(99, 5) }])
      yield* check.equal("known", yield* got(storage.objects, objectId(1)), bytesOf(20, 1))
      yield* check.equal("new", yield* got(storage.objects, objectId(2)), bytesOf(20, 2))
    })
  ),

  coreLaw("objects: one object twice in a batch is one object", (storage, check) =>
    Effect.gen(function* () {
      yield* storage.objects.put([object(1), object(2), object(1)])
      yield* check.equal("count", (yield* storage.objects.list({ limit: 10 })).length, 2)
      yield* check.equal("bytes", yield* got(storage.objects, objectId(1)), bytesOf(20, 1))
    })
  ),

  coreLaw("objects: bytes that were handed in may be changed by their holder", (storage, check) =>
    Effect.gen(function* () {
      const whole = bytesOf(300, 1)
      const view = whole.subarray(100, 200)
      const sharing = sharingBytes(50, 2)
      const kept = [view, sharing].map((bytes) => Uint8Array.from(bytes))
      yield* storage.objects.put([
        { id: objectId(1), bytes: view },
        { id: objectId(2), bytes: sharing }
      ])
      whole.fill(7)
      sharing.fill(7)
      yield* check.equal("a view of a larger buffer", yield* got(storage.objects, objectId(1)), kept[0])
      yield* check.equal("bytes whose slice shares them", yield* got(storage.objects, objectId(2)), kept[1])
    })
  ),

  coreLaw("objects: bytes that were handed out may be changed by their holder", (storage, check) =>
    Effect.gen(function* () {
      yield* storage.objects.put([object(1)])
      const first = yield* got(storage.objects, objectId(1))
      const beside = yield* got(storage.objects, objectId(1))
      first?.fill(0)
      yield* check.equal("handed out before", beside, bytesOf(20, 1))
      yield* check.equal("handed out after", yield* got(storage.objects, objectId(1)), bytesOf(20, 1))
    })
  ),

  coreLaw("objects: batches of any size", (storage, check) =>
    Effect.gen(function* () {
      const ids = range(9_000).map(objectId)
      yield* storage.objects.put(batch(0, 3_000))
      const found = yield* storage.objects.get(ids)
      yield* check.equal("count of a large get", found.size, 3_000)
      yield* check.equal("one of them", found.get(objectId(2_999)), bytesOf(20, 2_999))
      const missing = yield* storage.objects.claim(ids)
      yield* check.equal("count of a large claim", missing.length, 6_000)
      const guard = { storedBefore: (yield* storage.objects.now) + 60_000 }
      yield* check.equal("large remove", yield* storage.objects.remove(ids, guard), 3_000)
      yield* check.equal("left", yield* storage.objects.list({ limit: 1 }), [])
    })
  ),

  coreLaw("objects: fibers that put overlapping batches all succeed", (storage, check) =>
    Effect.gen(function* () {
      const put = (i: number) => storage.objects.put(batch(i * 10, 50))
      yield* restless(Effect.forEach(range(16), put, { concurrency: "unbounded" }))
      const found = yield* storage.objects.get(range(200).map(objectId))
      yield* check.equal("all there", found.size, 200)
      yield* check.that(
        "with their bytes",
        range(200).every((i) => found.get(objectId(i))?.[0] === bytesOf(1, i)[0])
      )
    })
  ),

  coreLaw("objects: an interrupted put stores all or nothing", (storage, check) =>
    Effect.gen(function* () {
      for (const attempt of range(30)) {
        const objects = batch(attempt * 1_000, 40)
        const fiber = yield* Effect.forkChild(restless(storage.objects.put(objects), 3 + (attempt % 7)))
        for (const _ of range(attempt * 2)) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const found = yield* storage.objects.get(objects.map(({ id }) => id))
        yield* check.that(`${found.size} of 40 are all or none`, found.size === 0 || found.size === 40)
      }
    })
  )
]
