import { constants, deflateRawSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Objects } from "../../../src/core/objects/Objects.ts"
import { Codecs, type CodecsShape } from "../../../src/core/references/Codecs.ts"
import { Compression, type CompressionChoice } from "../../../src/core/references/Compression.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { makeStrictMemory } from "../../../src/testkit/index.ts"
import { sha256 } from "../../algo/tree/nastyTrees.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const MiB = 1024 * 1024
const native = Codecs.defaultValue()
type Storage = Context.Service.Shape<typeof ObjectStorage>

const over = (storage: Storage, choice: CompressionChoice = "auto", codecs: CodecsShape = native) =>
  Effect.provide(
    Effect.gen(function* () {
      return yield* Objects
    }),
    Objects.layer.pipe(
      Layer.provide([
        Layer.succeed(ObjectStorage, storage),
        Layer.succeed(Compression, choice),
        Layer.succeed(Codecs, codecs)
      ])
    ),
    { local: true }
  )

const empty = Effect.map(makeStrictMemory, ({ objects }) => objects)

const text = (length: number): Uint8Array => {
  const words = ["the ", "deployed ", "files ", "of ", "a ", "project\n", "skill ", "# "]
  const random = makeRandom(seed)
  let all = ""
  // Large texts repeat: what matters is that they are text.
  while (all.length < Math.min(length, 100_000)) all += words[random.below(words.length)]
  while (all.length < length) all += all
  return new TextEncoder().encode(all).subarray(0, length)
}

const noise = (length: number): Uint8Array => {
  const random = makeRandom(seed + length)
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.next() * 2 ** 32)
  return new Uint8Array(words.buffer, 0, length)
}

const samples = (): ReadonlyArray<Uint8Array> => [
  new Uint8Array(),
  Uint8Array.of(0x54, 0x77, 0x32),
  ...[255, 256, 257, 5000, 64 * 1024, 300_000, MiB, MiB + 1, 3 * MiB].flatMap((size) => [
    text(size),
    noise(size),
    new Uint8Array(size),
    Buffer.concat([noise(size >> 1), text(size >> 1)])
  ])
]

const put = Effect.fnUntraced(function* (objects: Effect.Success<ReturnType<typeof over>>, bytes: Uint8Array) {
  const id = objects.identify(bytes)
  yield* objects.put([{ id, bytes }])
  return id as ObjectId
})

const stored = (storage: Storage, id: ObjectId) =>
  Effect.map(storage.get([id]), (found) => found.get(id) ?? new Uint8Array())

/** What reading an object comes to when its stored bytes are these. */
const reading = Effect.fnUntraced(function* (id: ObjectId, bytes: Uint8Array, codecs: CodecsShape = native) {
  const storage = yield* empty
  const objects = yield* over({ ...storage, get: () => Effect.succeed(new Map([[id, bytes]])) }, "auto", codecs)
  return yield* Effect.result(objects.get([id]))
})

const header = (codec: string, size: number): Uint8Array => {
  const bytes = new Uint8Array(7)
  bytes.set(new TextEncoder().encode(`Tw${codec}`))
  new DataView(bytes.buffer).setUint32(3, size, true)
  return bytes
}

describe(`compression (seed ${seed})`, () => {
  it.effect("gives back every byte, whatever it was written and is read with", () =>
    Effect.gen(function* () {
      const contents = samples()
      for (const written of ["auto", "deflate", "none", "zstd"] as const) {
        const storage = yield* empty
        const writer = yield* over(storage, written)
        const ids = []
        for (const bytes of contents) ids.push(yield* put(writer, bytes))
        assert.deepStrictEqual(ids, contents.map(sha256))
        for (const read of ["none", "auto"] as const) {
          const reader = yield* over(storage, read)
          for (const [i, id] of ids.entries()) {
            const found = (yield* reader.get([id])).get(id) ?? new Uint8Array()
            assert.ok(Buffer.from(found).equals(contents[i] ?? new Uint8Array()), `${written}, ${read}, ${i}`)
          }
        }
      }
    })
  )

  it.effect("makes text smaller, and nothing larger", () =>
    Effect.gen(function* () {
      for (const [choice, codec] of [
        ["auto", "2"],
        ["zstd", "2"],
        ["deflate", "1"],
        ["none", "0"]
      ] as const) {
        const storage = yield* empty
        const objects = yield* over(storage, choice)
        const large = yield* stored(storage, yield* put(objects, text(100_000)))
        assert.strictEqual(String.fromCharCode(...large.subarray(0, 3)), `Tw${codec}`)
        if (choice !== "none") assert.ok(large.length < 40_000, `${choice}: ${large.length}`)
        for (const bytes of [noise(300), noise(100_000), text(100), new Uint8Array()]) {
          const kept = yield* stored(storage, yield* put(objects, bytes))
          assert.strictEqual(kept.length, bytes.length + 3)
        }
      }
    })
  )

  it.effect("objects of a store that was written without it are read", () =>
    Effect.gen(function* () {
      const bytes = text(5000)
      const found = yield* reading(sha256(bytes) as ObjectId, Uint8Array.of(0x54, 0x77, 0x30, ...bytes))
      assert.strictEqual(found._tag, "Success")
    })
  )

  it.effect("takes one codec where the runtime lacks the other, and none where it has none", () =>
    Effect.gen(function* () {
      for (const [codecs, codec] of [
        [{ deflate: native.deflate }, "1"],
        [{}, "0"]
      ] as const) {
        const storage = yield* empty
        const bytes = yield* stored(storage, yield* put(yield* over(storage, "auto", codecs), text(5000)))
        assert.strictEqual(String.fromCharCode(bytes[2] ?? 0), codec)
        assert.ok(Exit.hasDies(yield* Effect.exit(over(storage, "zstd", codecs))))
      }
    })
  )

  it.effect("what a runtime cannot decode is named with its codec", () =>
    Effect.gen(function* () {
      for (const [choice, codecs] of [
        ["zstd", { deflate: native.deflate }],
        ["deflate", {}]
      ] as const) {
        const storage = yield* empty
        const id = yield* put(yield* over(storage, choice), text(5000))
        const error = yield* Effect.flip((yield* over(storage, "auto", codecs)).get([id]))
        assert.strictEqual(error.reason._tag, "StorageUnsupported")
        assert.ok(error.message.includes(id) && error.message.includes(choice), error.message)
      }
    })
  )

  it.effect("a bomb is damage that names the object, and stays small", () =>
    Effect.gen(function* () {
      const id = "b".repeat(64) as ObjectId
      const zeros = new Uint8Array(64 * MiB)
      const wide = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 }
      const bombs = [
        ["1", deflateRawSync(zeros, { level: 9 })],
        ["2", zstdCompressSync(zeros)],
        ["2", zstdCompressSync(zeros, { params: wide })]
      ] as const
      for (const [codec, bomb] of bombs) {
        for (const size of [0, 1, 5000, 4 * MiB, 4 * MiB + 1, 64 * MiB, 2 ** 32 - 1]) {
          const found = yield* reading(id, Buffer.concat([header(codec, size), bomb]))
          assert.strictEqual(found._tag, "Failure")
          if (found._tag !== "Failure") continue
          assert.strictEqual(found.failure.reason._tag, "StorageCorrupt")
          assert.ok(found.failure.message.includes(id))
        }
      }
      // The last stated size is reached by no decoder: what is stated is believed up to the limit alone.
      for (const codec of ["1", "2"]) {
        const asked: Array<number> = []
        const spy = {
          compress: (bytes: Uint8Array) => bytes,
          decompress: (_: Uint8Array, size: number) => {
            asked.push(size)
            return new Uint8Array()
          }
        }
        for (const size of [7, 4 * MiB, 4 * MiB + 1, 2 ** 32 - 1]) {
          yield* reading(id, header(codec, size), { deflate: spy, zstd: spy })
        }
        assert.deepStrictEqual(asked, [7, 4 * MiB])
      }
    })
  )

  it.effect("each changed, cut or added byte is damage, or changes nothing", () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      for (const choice of ["deflate", "zstd"] as const) {
        const storage = yield* empty
        const content = text(700)
        const id = yield* put(yield* over(storage, choice), content)
        const bytes = yield* stored(storage, id)
        const changes = [
          ...Array.from(bytes, (byte, at) => bytes.with(at, byte ^ (1 << random.below(8)))),
          ...Array.from(bytes, (_, at) => bytes.slice(0, at)),
          Uint8Array.of(...bytes, 0),
          Uint8Array.of(...bytes, ...bytes)
        ]
        let harmless = 0
        for (const changed of changes) {
          const found = yield* reading(id, changed)
          if (found._tag === "Success") {
            harmless += 1
            assert.ok(Buffer.from(found.success.get(id) ?? []).equals(content))
          } else {
            assert.strictEqual(found.failure.reason._tag, "StorageCorrupt")
            assert.ok(found.failure.message.includes(id))
          }
        }
        assert.ok(harmless < 10, `${choice}: ${harmless} of ${changes.length}`)
      }
      const unknown = yield* reading(sha256(text(700)) as ObjectId, Uint8Array.of(0x54, 0x77, 0x39, ...text(700)))
      assert.ok(unknown._tag === "Failure" && unknown.failure.reason._tag === "StorageCorrupt")
    })
  )
})

describe("claiming", () => {
  it.effect("keeps every chunk of a content, and names one whose chunk is gone", () =>
    Effect.gen(function* () {
      const storage = yield* empty
      const objects = yield* over(storage)
      const bytes = noise(5 * MiB)
      const id = yield* put(objects, bytes)
      const other = yield* put(objects, noise(10))
      const before = yield* storage.now
      yield* TestClock.adjust(1000)
      for (const size of [bytes.length, null]) {
        yield* TestClock.adjust(1000)
        const now = yield* storage.now
        assert.ok(now > before)
        assert.deepStrictEqual(yield* objects.claim([{ id, size }]), [])
        for (const info of yield* storage.list({ limit: 100 })) {
          assert.strictEqual(info.storedAt >= now, info.id !== other, info.id)
        }
      }
      const chunk = (yield* storage.list({ limit: 100 })).find((info) => info.size > 100_000)?.id ?? other
      yield* TestClock.adjust(1000)
      yield* storage.remove([chunk], { storedBefore: yield* storage.now })
      assert.deepStrictEqual(
        yield* objects.claim([
          { id, size: bytes.length },
          { id: other, size: 10 }
        ]),
        [id]
      )
      yield* objects.put([{ id, bytes }])
      assert.deepStrictEqual(yield* objects.claim([{ id, size: bytes.length }]), [])
      assert.ok(Buffer.from((yield* objects.get([id])).get(id) ?? []).equals(bytes))
    })
  )
})
