import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { buildTrees } from "../../../src/algo/tree/buildTrees.ts"
import { Objects } from "../../../src/core/objects/Objects.ts"
import { diffTrees, entryAt, flattenTree } from "../../../src/core/objects/treeWalk.ts"
import type { FilePath, ObjectId, TreeId } from "../../../src/model/Ids.ts"
import { ObjectStorage, type ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"
import { makeStrictMemory } from "../../../src/testkit/index.ts"
import { flatten, inOrder, nastyFlat, sha256 } from "../../algo/tree/nastyTrees.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const MiB = 1024 * 1024

const noise = (length: number, seed: number): Uint8Array => {
  const random = makeRandom(seed)
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32
  return new Uint8Array(words.buffer, 0, length)
}

const open = Effect.gen(function* () {
  const { objects: storage } = yield* makeStrictMemory
  const over = (storage: ObjectStorageService) =>
    Effect.provide(
      Effect.gen(function* () {
        return yield* Objects
      }),
      Objects.layer.pipe(Layer.provide(Layer.succeed(ObjectStorage, storage))),
      { local: true }
    )
  const objects = yield* over(storage)
  const put = (bytes: Uint8Array) =>
    Effect.as(objects.put([{ id: objects.identify(bytes), bytes }]), objects.identify(bytes))
  const stored = (id: ObjectId) => Effect.map(storage.get([id]), (found) => found.get(id) ?? new Uint8Array())
  /** The same store, with an object's bytes changed. */
  const damaged = (id: ObjectId, change: (bytes: Uint8Array) => Uint8Array | undefined) =>
    over({
      ...storage,
      get: (ids) =>
        Effect.map(storage.get(ids), (found) => {
          const all = new Map(found)
          const bytes = all.get(id)
          const changed = bytes === undefined ? undefined : change(bytes)
          if (changed === undefined) all.delete(id)
          else all.set(id, changed)
          return all
        })
    })
  return { objects, storage, put, stored, damaged }
})

describe("objects", () => {
  it.effect("come back byte for byte, whatever their size, and small pieces are kept", () =>
    Effect.gen(function* () {
      const { objects, put, storage } = yield* open
      for (const size of [0, 1, 1000, MiB - 1, MiB, MiB + 1, 2 * MiB, 9 * MiB]) {
        for (const bytes of [noise(size, size + 1), new Uint8Array(size)]) {
          const id = yield* put(bytes)
          assert.strictEqual(id, sha256(bytes))
          assert.ok(Buffer.from((yield* objects.get([id])).get(id) ?? []).equals(bytes), String(size))
        }
      }
      for (const { size } of yield* storage.list({ limit: 1000 })) assert.ok(size <= 4 * MiB)
    })
  )

  it.effect("share the pieces of large contents that are alike", () =>
    Effect.gen(function* () {
      const { put, storage } = yield* open
      const large = noise(8 * MiB, 7)
      yield* put(large)
      const before = (yield* storage.list({ limit: 1000 })).length
      yield* put(large.with(4 * MiB, (large[4 * MiB] ?? 0) ^ 1))
      const after = (yield* storage.list({ limit: 1000 })).length
      assert.ok(before >= 5 && after - before <= 3, `${before}, then ${after}`)
    })
  )

  it.effect("a content that is itself a piece of another is read as what it is, in either order", () =>
    Effect.gen(function* () {
      const whole = noise(6 * MiB, 11)
      for (const first of [true, false]) {
        const { objects, put, storage } = yield* open
        const id = yield* put(whole)
        const infos = yield* storage.list({ limit: 100 })
        const piece = infos.filter((info) => info.id !== id && info.size > MiB)[0]?.id
        assert.ok(piece)
        const content = (yield* objects.get([piece])).get(piece) ?? new Uint8Array()
        const other = yield* open
        for (const bytes of first ? [content, whole] : [whole, content]) yield* other.put(bytes)
        assert.ok(Buffer.from((yield* other.objects.get([piece])).get(piece) ?? []).equals(content))
        assert.ok(Buffer.from((yield* other.objects.get([id])).get(id) ?? []).equals(whole))
      }
    })
  )

  it.effect("that are damaged are named, and are never data", () =>
    Effect.gen(function* () {
      const { damaged, put, stored } = yield* open
      const small = yield* put(new TextEncoder().encode("content"))
      const large = yield* put(noise(3 * MiB, 5))
      const random = makeRandom(seed)
      for (const id of [small, large]) {
        const length = (yield* stored(id)).length
        const changes: ReadonlyArray<(bytes: Uint8Array) => Uint8Array | undefined> = [
          () => undefined,
          () => new Uint8Array(),
          (bytes) => bytes.slice(0, -1),
          (bytes) => Uint8Array.of(...bytes, 0),
          ...Array.from({ length: 40 }, () => {
            const at = random.below(length)
            return (bytes: Uint8Array) => bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)))
          })
        ]
        for (const change of changes) {
          const objects = yield* damaged(id, change)
          const found = yield* Effect.result(objects.get([id]))
          if (found._tag === "Success") {
            // The list of pieces has bytes that nothing depends on: then the content is the right one all the same.
            assert.strictEqual(id, large)
            assert.strictEqual(sha256(found.success.get(id) ?? new Uint8Array()), id)
            continue
          }
          const error = found.failure
          assert.strictEqual(error.reason._tag, "StorageCorrupt")
          assert.match(error.message, /^The store is damaged at object [0-9a-f]{64} /)
          if (id === small) assert.ok(error.message.includes(id))
        }
      }
    })
  )

  it.effect("a tree whose bytes are sound and say no tree is damage too", () =>
    Effect.gen(function* () {
      const { objects, put } = yield* open
      const id = (yield* put(new TextEncoder().encode("no tree"))) as ObjectId as TreeId
      const error = yield* Effect.flip(objects.trees([id]))
      assert.strictEqual(error.reason._tag, "StorageCorrupt")
      assert.ok(error.message.includes(id))
    })
  )

  it.effect("are claimed: what is missing is named", () =>
    Effect.gen(function* () {
      const { objects, put } = yield* open
      const id = yield* put(Uint8Array.of(1))
      const none = "0".repeat(64) as ObjectId
      const sized = (id: ObjectId) => ({ id, size: 1 })
      assert.deepStrictEqual(yield* objects.claim([id, none, none].map(sized)), [none])
      assert.deepStrictEqual(yield* objects.claim([]), [])
      const error = yield* Effect.flip(objects.get([id, none]))
      assert.ok(error.message.includes(none))
    })
  )
})

describe(`walking stored trees (seed ${seed})`, () => {
  it.effect("lists what was stored, finds what stands at a path, and tells two trees apart", () =>
    Effect.gen(function* () {
      const { objects } = yield* open
      const random = makeRandom(seed)
      for (let i = 0; i < 15; i++) {
        const [one, two] = [nastyFlat(random, 25), nastyFlat(random, 25)]
        for (const [path, entry] of one)
          if (random.chance(0.7) && ![...two.keys()].some((at) => at.startsWith(path) || path.startsWith(at)))
            two.set(path, entry)
        const [before, after] = [buildTrees(one, sha256), buildTrees(two, sha256)]
        yield* objects.put([...before.trees, ...after.trees].map(([id, { bytes }]) => ({ id, bytes })))
        assert.deepStrictEqual(inOrder(yield* flattenTree(objects, before.root)), inOrder(flatten(before)))
        for (const [path, entry] of one) {
          const found = yield* entryAt(objects, before.root, path)
          assert.strictEqual(found?.kind, entry.kind)
          if ("id" in entry) assert.deepStrictEqual(found, entry)
          assert.strictEqual(yield* entryAt(objects, before.root, `${path}/none` as FilePath), null)
        }
        const changes = yield* diffTrees(objects, before.root, after.root)
        const changed = new Set(changes.map(({ path }) => path))
        assert.strictEqual(changed.size, changes.length)
        const [left, right] = [flatten(before), flatten(after)]
        for (const path of new Set([...left.keys(), ...right.keys()])) {
          const [a, b] = [left.get(path), right.get(path)]
          const same = JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
          const filled = [...left.keys(), ...right.keys()].some((at) => at.startsWith(`${path}/`))
          if (!filled) assert.strictEqual(changed.has(path), !same, path)
        }
        assert.deepStrictEqual(yield* diffTrees(objects, before.root, before.root), [])
      }
    })
  )
})
