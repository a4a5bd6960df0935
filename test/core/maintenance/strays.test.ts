/** Content that stands under wrong ids comes home, and wherever the way ends, it stands somewhere. */
import { createHash } from "node:crypto"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { objectOpener } from "../../../src/core/maintenance/openObject.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { CollectionId, FilePath, ObjectId } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { StorageError, StorageUnavailable } from "../../../src/storage/StorageError.ts"
import { type Dump, dump, fill, load, type Storage, withServices } from "../../support/maintenance/smallStore.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined
const openObject = Effect.runSync(objectOpener)
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex") as ObjectId

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.makeWorkingTree().layer])), { local: true })
  )

/** A storage that answers so many changes of its objects, and then nothing any more; `isLate`: the last one is done all the same. */
const dying = (storage: Storage, changes: number, isLate: boolean): Storage =>
  Layer.effectContext(
    Effect.gen(function* () {
      const [objects, catalog] = [yield* ObjectStorage, yield* CatalogStorage]
      let left = changes
      const dead = Effect.fail(
        new StorageError({ reason: new StorageUnavailable({ operation: "any", detail: "killed" }) })
      )
      const alive = <A>(call: Effect.Effect<A, StorageError>) => Effect.suspend(() => (left < 0 ? dead : call))
      const change = <A>(call: Effect.Effect<A, StorageError>) =>
        Effect.suspend(() => (left < 0 || --left >= 0 ? alive(call) : isLate ? Effect.andThen(call, dead) : dead))
      return Context.empty().pipe(
        Context.add(ObjectStorage, {
          ...objects,
          put: (batch) => change(objects.put(batch)),
          remove: (ids, guard) => change(objects.remove(ids, guard)),
          get: (ids) => alive(objects.get(ids)),
          list: (page) => alive(objects.list(page))
        }),
        Context.add(CatalogStorage, { ...catalog, commit: (request) => alive(catalog.commit(request)) })
      )
    })
  ).pipe(Layer.provide(storage))

/** What each object holds, by its content alone. */
const contentsOf = (objects: Dump["objects"]): ReadonlySet<string> =>
  new Set(
    objects.flatMap(({ bytes }) => {
      const opened = openObject(bytes)
      if (opened._tag === "Whole") return [sha256(opened.content)]
      return opened._tag === "Chunks" ? [JSON.stringify(opened.chunks)] : []
    })
  )

/** Puts contents under each other's ids, and under ids of nobody's; some of what stood there is gone. */
const misplace = (random: Random, objects: Dump["objects"]): Dump["objects"] => {
  const placed = new Map(objects.map(({ bytes, id }) => [id, bytes]))
  const shuffled = objects.toSorted(() => random.below(2) - 0.5)
  for (let n = random.between(1, 3); n > 0; n--) {
    // A ring, in which each stands where the next should.
    const ring = shuffled.splice(0, random.between(1, 4))
    for (const [i, { id }] of ring.entries()) {
      const next = ring[(i + 1) % ring.length]
      if (next !== undefined) placed.set(id, next.bytes)
    }
    // One that is cut has what stood there in another place, or nowhere but in its copies.
    const [first] = ring
    if (first === undefined) continue
    const way = random.below(5)
    if (way <= 2) placed.set(sha256(`nobody's ${n}`), placed.get(first.id) ?? new Uint8Array())
    if (way <= 1) placed.delete(first.id)
    else if (way === 2) placed.set(first.id, Uint8Array.of(1, 2, 3))
    if (random.chance(0.3)) placed.set(sha256(`a copy ${n}`), first.bytes)
  }
  return [...placed].map(([id, bytes]) => ({ id, bytes }))
}

const source = Effect.gen(function* () {
  const memory = yield* Memory.make
  const tree = Memory.makeWorkingTree()
  yield* fill(memory.layer, tree)
  // Two that come in pieces.
  const noise = (size: number) => {
    const random = makeRandom(size)
    return Uint8Array.from({ length: size }, () => random.below(256))
  }
  const files = [1_100_000, 1_200_000].map((size) => ({ path: `skills/big/${size}` as FilePath, bytes: noise(size) }))
  yield* withServices(
    memory.layer,
    tree,
    Effect.flatMap(SnapshotStore, (store) => store.capture({ collection: "big" as CollectionId, files }))
  )
  return yield* dump(memory.layer)
})

/** A storage that lists these with another size, as long as they are not stored anew. */
const mislisting = (storage: Storage, ids: Set<ObjectId>): Storage =>
  Layer.effectContext(
    Effect.gen(function* () {
      const [objects, catalog] = [yield* ObjectStorage, yield* CatalogStorage]
      return Context.make(CatalogStorage, catalog).pipe(
        Context.add(ObjectStorage, {
          ...objects,
          remove: (unwanted, guard) =>
            Effect.tap(objects.remove(unwanted, guard), () => Effect.sync(() => unwanted.map((id) => ids.delete(id)))),
          list: (page) =>
            Effect.map(objects.list(page), (all) =>
              all.map((info) => (ids.has(info.id) ? { ...info, size: info.size + 1 } : info))
            )
        })
      )
    })
  ).pipe(Layer.provide(storage))

it.effect("is stored anew where its size or its stored form is told wrongly, and is never held in memory alone", () =>
  Effect.gen(function* () {
    const random = makeRandom(seed)
    const parts = yield* source
    // A byte of the stored form that changes none of what it holds: the sum that only checks look at.
    const reformed = parts.objects.filter(({ bytes }) => bytes[2] !== 0x30).slice(0, 2)
    assert.isAbove(reformed.length, 0)
    const objects = parts.objects.map((object) =>
      reformed.includes(object) ? { ...object, bytes: object.bytes.with(6, (object.bytes[6] ?? 0) ^ 1) } : object
    )
    const resized = parts.objects.filter(() => random.chance(0.1)).map(({ id }) => id)
    const wrong = new Set([...resized, ...reformed.map(({ id }) => id)])
    const before = contentsOf(parts.objects)
    for (let changes = 0, isDone = false; !isDone; changes += 1) {
      const { layer } = yield* load({ ...parts, objects })
      const storage = mislisting(layer, new Set(resized))
      const exit = yield* Effect.exit(using(dying(storage, changes, random.chance(0.5)), ({ repair }) => repair()))
      isDone = exit._tag === "Success"
      const there = contentsOf((yield* dump(layer)).objects)
      const lost = [...before].filter((content) => !there.has(content))
      assert.deepStrictEqual(lost, [], `after ${changes} changes, seed ${seed}`)
      const report = exit._tag === "Success" ? exit.value : yield* using(storage, ({ repair }) => repair())
      if (isDone) assert.deepStrictEqual(new Set(report.objects), wrong)
      assert.isTrue(report.objects.every((id) => before.has(id) || wrong.has(id)))
      assert.deepStrictEqual(report.lost, [])
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
      assert.strictEqual((yield* dump(storage)).objects.length, parts.objects.length)
    }
  })
)

it.effect(
  "comes home, whichever stands where, and is never held in memory alone",
  () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const parts = yield* source
      const counts = { rounds: 0, found: 0, died: 0 }
      for (let n = 0; n < (full ? 400 : 4); n++) {
        const what = `round ${n} of seed ${seed}`
        const objects = misplace(random, parts.objects)
        const before = contentsOf(objects)
        for (let changes = 0, isDone = false; !isDone; changes++) {
          const { layer } = yield* load({ ...parts, objects })
          const exit = yield* Effect.exit(using(dying(layer, changes, random.chance(0.5)), ({ repair }) => repair()))
          isDone = exit._tag === "Success"
          if (!isDone) counts.died += 1
          const there = contentsOf((yield* dump(layer)).objects)
          const lost = [...before].filter((content) => !there.has(content))
          assert.deepStrictEqual(lost, [], `${what}, after ${changes} changes`)
          // Whoever comes next brings it to its end.
          if (!isDone) yield* using(layer, ({ repair }) => repair())
          assert.deepStrictEqual((yield* using(layer, ({ verify }) => verify())).findings, [], what)
          const now = new Map((yield* dump(layer)).objects.map(({ bytes, id }) => [id, bytes]))
          for (const { bytes, id } of parts.objects) assert.deepStrictEqual(now.get(id), bytes, what)
          // Nothing is left behind.
          assert.strictEqual(now.size, parts.objects.length, what)
        }
        counts.rounds += 1
        counts.found += objects.length - parts.objects.length
      }
      console.info(`strays (seed ${seed}):`, counts)
    }),
  full ? 600_000 : 60_000
)
