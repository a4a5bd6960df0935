/** A backup is the whole store as it was at one operation, whoever writes meanwhile. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { CollectionId } from "../../../src/model/Ids.ts"
import { strictMemory } from "../../../src/testkit/index.ts"
import { answers, dump, fill, type Storage, withServices } from "../../support/maintenance/smallStore.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
  )
const archiveOf = (storage: Storage) => using(storage, ({ backup }) => Stream.runCollect(backup))
const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)
const joined = (parts: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(parts))

it.effect("goes into every adapter and answers there as it did, byte for byte", () =>
  Effect.gen(function* () {
    const folder = yield* place
    const tree = Memory.makeWorkingTree()
    const source = yield* Memory.make
    yield* fill(source.layer, tree)
    const parts = yield* archiveOf(source.layer)
    const before = yield* dump(source.layer)
    const expected = yield* answers(source.layer, tree)
    const targets: ReadonlyArray<Storage> = [
      (yield* Memory.make).layer,
      Sqlite.layer({ file: join(folder, "store.db") }),
      Filesystem.layer({ directory: join(folder, "store") })
    ]
    for (const target of targets) {
      const restored = yield* using(target, ({ restore }) => restore(Stream.fromIterable(parts)))
      assert.strictEqual(restored.objects, before.objects.length)
      assert.strictEqual(restored.records, before.records.length)
      assert.strictEqual(restored.refs, before.refs.length)
      const after = yield* dump(target)
      assert.deepStrictEqual(after.refs, before.refs)
      const byKey = (all: typeof before.records) => new Map(all.map((one) => [`${one.kind} ${one.id}`, { ...one }]))
      assert.deepStrictEqual(byKey(after.records), byKey(before.records))
      assert.deepStrictEqual(
        new Map(after.objects.map(({ bytes, id }) => [id, [...bytes].join()])),
        new Map(before.objects.map(({ bytes, id }) => [id, [...bytes].join()]))
      )
      const { findings } = yield* using(target, ({ verify }) => verify())
      assert.deepStrictEqual(findings, [])
      const again = yield* Effect.flip(using(target, ({ restore }) => restore(Stream.fromIterable(parts))))
      assert.strictEqual(again._tag, "StoreNotEmpty")
      assert.strictEqual(yield* answers(target, tree), expected)
    }
  }).pipe(Effect.scoped)
)

it.effect("of a store in which nothing was done is one, too", () =>
  Effect.gen(function* () {
    const parts = yield* archiveOf(strictMemory)
    const restored = yield* using(strictMemory, ({ restore }) => restore(Stream.fromIterable(parts)))
    assert.deepStrictEqual(restored, { head: null, objects: 0, records: 0, refs: 0 })
  })
)

it.effect(
  "is told when it is cut or a byte of it is flipped; what is there of it then answers nothing",
  () =>
    Effect.gen(function* () {
      const source = yield* Memory.make
      yield* fill(source.layer, Memory.makeWorkingTree())
      const whole = joined(yield* archiveOf(source.layer))
      const random = makeRandom(seed)
      const counts = { flipped: 0, cut: 0 }
      const refused = Effect.fnUntraced(function* (bytes: Uint8Array) {
        const target = yield* Memory.make
        // In pieces of any size, as files come.
        const size = random.between(1, 5000)
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.slice(i * size, (i + 1) * size)
        )
        const error = yield* Effect.flip(using(target.layer, ({ restore }) => restore(Stream.fromIterable(pieces))))
        assert.strictEqual(error._tag, "BackupDamaged")
        assert.deepStrictEqual(yield* target.catalog.list({ prefix: "", limit: 10 }), [])
      })
      for (let at = 0; at < whole.length; at++) {
        if (!random.chance(full ? 0.2 : 300 / whole.length)) continue
        const flipped = whole.slice()
        flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8))
        yield* refused(flipped)
        yield* refused(whole.slice(0, at))
        counts.flipped += 1
        counts.cut += 1
      }
      yield* refused(joined([whole, new Uint8Array(1)]))
      yield* refused(joined([whole, whole]))
      console.info(`backup: of ${whole.length} bytes refused when (seed ${seed}):`, counts)
    }),
  full ? 600_000 : 60_000
)

const files = (i: number) =>
  [...Array(5).keys()].map((n) => ({
    path: `skills/s${n}/SKILL.md`,
    bytes: new TextEncoder().encode(`skill ${n} as of ${n === i % 5 ? i : 0}\n`)
  }))

it.effect(
  "is as of one operation while others write",
  () =>
    Effect.gen(function* () {
      const source = (yield* Memory.make).layer
      const capture = (i: number, collection = "kit") =>
        Effect.flatMap(SnapshotStore, ({ capture }) =>
          capture({ collection: collection as CollectionId, files: files(i) })
        )
      const work = Effect.gen(function* () {
        const maintenance = yield* Maintenance
        for (let i = 0; i < 10; i++) yield* capture(i)
        const heads = new Set<string | null>()
        const writes = yield* Ref.make(10)
        let sizes = 0
        for (let round = 0; round < 8; round++) {
          // One writes between pieces of the backup, one beside its reads.
          const writer = Effect.gen(function* () {
            for (let n = 0; n < 6; n++) yield* capture(yield* Ref.getAndUpdate(writes, (i) => i + 1))
          })
          let pieces = 0
          const between = Effect.suspend(() =>
            // Not each time: who stores more than is read can always be read more of.
            pieces++ % 20 > 0
              ? Effect.void
              : Effect.flatMap(
                  Ref.getAndUpdate(writes, (i) => i + 1),
                  (i) => capture(i, "other")
                )
          )
          const taken = maintenance.backup.pipe(
            Stream.tap(() => between),
            Stream.runCollect
          )
          const [parts] = yield* Effect.all([taken, writer], { concurrency: "unbounded" })
          const target = (yield* Memory.make).layer
          const restored = yield* using(target, ({ restore }) => restore(Stream.fromIterable(parts)))
          const { affected, findings, head } = yield* using(target, ({ verify }) => verify())
          assert.deepStrictEqual([findings, affected], [[], []])
          assert.strictEqual(head, restored.head)
          heads.add(head)
          sizes += parts.length
        }
        // Each is as of another operation, and work went on after it.
        assert.strictEqual(heads.size, 8)
        return { pieces: sizes, writes: yield* Ref.get(writes) }
      })
      const counts = yield* withServices(source, Memory.makeWorkingTree(), work)
      console.info("backup beside writers, 8 rounds:", counts)
    }),
  60_000
)
