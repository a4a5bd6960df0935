import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Objects } from "../../../src/core/objects/Objects.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import { ObjectStorage, type ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"
import { makeStrictMemory } from "../../../src/testkit/index.ts"
import { sha256 } from "../../algo/tree/nastyTrees.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const MiB = 1024 * 1024

const noise = (length: number, from: number): Uint8Array => {
  const random = makeRandom(from)
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.next() * 2 ** 32)
  return new Uint8Array(words.buffer, 0, length)
}

const over = (storage: ObjectStorageService) =>
  Effect.provide(
    Effect.gen(function* () {
      return yield* Objects
    }),
    Objects.layer.pipe(Layer.provide(Layer.succeed(ObjectStorage, storage))),
    { local: true }
  )

const empty = Effect.map(makeStrictMemory, ({ objects }) => objects)

const piecesOf = (bytes: Uint8Array, most: number) => {
  const random = makeRandom(seed)
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.slice(at, at + 1 + random.below(most))
    pieces.push(piece)
    at += piece.length
  }
  return Stream.fromIterable(pieces)
}

const everything = (storage: ObjectStorageService) =>
  Effect.map(storage.list({ limit: 1000 }), (infos) => infos.map(({ id, size }) => `${id} ${size}`))

describe(`content in pieces (seed ${seed})`, () => {
  it.effect("is stored as the same content is that comes whole, and comes back", () =>
    Effect.gen(function* () {
      for (const size of [0, 1, 300_000, MiB - 1, MiB, MiB + 1, 3 * MiB, 12 * MiB]) {
        for (const bytes of [noise(size, size), new Uint8Array(size)]) {
          const [one, other] = [yield* empty, yield* empty]
          const whole = yield* over(one)
          const pieces = yield* over(other)
          yield* whole.put([{ id: whole.identify(bytes), bytes }])
          const stored = yield* pieces.putStream(piecesOf(bytes, 2 * MiB))
          assert.deepStrictEqual(stored, { id: whole.identify(bytes), size })
          assert.deepStrictEqual(yield* everything(one), yield* everything(other))
          const back = yield* Stream.runCollect(pieces.stream(stored.id))
          assert.ok(Buffer.concat(back).equals(bytes))
          for (const piece of back) assert.ok(piece.length <= 4 * MiB)
          assert.ok(Buffer.from((yield* pieces.get([stored.id])).get(stored.id) ?? []).equals(bytes))
        }
      }
    })
  )

  it.effect("stores little at a time, the list last, and only chunks that are new", () =>
    Effect.gen(function* () {
      const storage = yield* empty
      const puts: Array<ReadonlyArray<ObjectId>> = []
      let most = 0
      const objects = yield* over({
        ...storage,
        put: (batch) => {
          puts.push(batch.map(({ id }) => id))
          most = Math.max(
            most,
            batch.reduce((sum, { bytes }) => sum + bytes.length, 0)
          )
          return storage.put(batch)
        }
      })
      const large = noise(16 * MiB, 3)
      const { id } = yield* objects.putStream(piecesOf(large, MiB))
      assert.deepStrictEqual(puts.at(-1), [id])
      assert.ok(most <= 9 * MiB && puts.length >= 3, `${most} in ${puts.length}`)
      const random = makeRandom(seed)
      for (let i = 0; i < 4; i++) {
        puts.length = 0
        const at = random.below(large.length)
        const more = Buffer.concat([large.subarray(0, at), noise(1, seed + i), large.subarray(at)])
        const next = yield* objects.putStream(piecesOf(more, MiB))
        const fresh = puts.flat().filter((put) => put !== next.id)
        assert.ok(fresh.length <= 3, `${fresh.length} new chunks for a byte at ${at}`)
        puts.length = 0
        yield* objects.put([{ id: next.id, bytes: more }])
        assert.deepStrictEqual(puts.flat(), [next.id])
      }
    })
  )

  it.effect("whose chunks were cut elsewhere is read as ever, and stays as it is", () =>
    Effect.gen(function* () {
      const storage = yield* empty
      const objects = yield* over(storage)
      const large = noise(5 * MiB, 21)
      const id = objects.identify(large)
      const chunks: Array<{ readonly id: ObjectId; readonly size: number }> = []
      for (let at = 0; at < large.length; at += 300_000) {
        const bytes = large.slice(at, at + 300_000)
        yield* objects.put([{ id: objects.identify(bytes), bytes }])
        chunks.push({ id: objects.identify(bytes), size: bytes.length })
      }
      const list = chunks.map((chunk) => `${chunk.id} ${chunk.size}\n`).join("")
      yield* storage.put([{ id, bytes: new TextEncoder().encode(`Tc0${list}`) }])
      assert.ok(Buffer.concat(yield* Stream.runCollect(objects.stream(id))).equals(large))
      assert.deepStrictEqual(yield* objects.claim([{ id, size: large.length }]), [])
      const next = yield* objects.putStream(piecesOf(Buffer.concat([large, Uint8Array.of(1)]), MiB))
      assert.ok(
        Buffer.concat(yield* Stream.runCollect(objects.stream(next.id)))
          .subarray(0, -1)
          .equals(large)
      )
      assert.ok(Buffer.concat(yield* Stream.runCollect(objects.stream(id))).equals(large))
    })
  )

  it.effect("that is damaged fails before it ends, and names the object", () =>
    Effect.gen(function* () {
      const storage = yield* empty
      const objects = yield* over(storage)
      const { id } = yield* objects.putStream(piecesOf(noise(6 * MiB, 9), MiB))
      const chunks = (yield* storage.list({ limit: 100 })).filter((info) => info.id !== id)
      const [first] = chunks
      assert.ok(first !== undefined && chunks.length > 2)
      const broken: ReadonlyArray<readonly [ObjectId, (bytes: Uint8Array) => Uint8Array | undefined]> = [
        [first.id, () => undefined],
        [first.id, (bytes) => bytes.with(5000, (bytes[5000] ?? 0) ^ 1)],
        [first.id, (bytes) => bytes.slice(0, -1)],
        [id, () => undefined],
        [id, (bytes) => bytes.slice(0, -3)],
        // Sound chunks, in another order.
        [
          id,
          () =>
            new TextEncoder().encode(
              `Tc0${chunks
                .map((info) => `${info.id} ${info.size - 3}\n`)
                .toReversed()
                .join("")}`
            )
        ]
      ]
      for (const [at, change] of broken) {
        const damaged = yield* over({
          ...storage,
          get: (ids) =>
            Effect.map(storage.get(ids), (found) => {
              const all = new Map(found)
              if (!all.has(at)) return all
              const changed = change(all.get(at) ?? new Uint8Array())
              if (changed !== undefined) all.set(at, changed)
              else all.delete(at)
              return all
            })
        })
        const error = yield* Effect.flip(Stream.runDrain(damaged.stream(id)))
        assert.strictEqual(error.reason._tag, "StorageCorrupt")
        assert.ok(error.message.includes(at), error.message)
      }
      assert.strictEqual(sha256(noise(6 * MiB, 9)), id)
    })
  )
})
