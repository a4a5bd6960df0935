/** A store that a host's own codecs wrote is looked after with those, and content is hashed however large it is. */
import { createHash } from "node:crypto"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { Codecs, type CodecsShape } from "../../../src/core/references/Codecs.ts"
import { Compression } from "../../../src/core/references/Compression.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { CollectionId, ObjectId } from "../../../src/model/Ids.ts"

const flipped = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte) => byte ^ 0x5a)

/** Deflate of a host that keeps what it compressed from curious eyes. */
const own: CodecsShape = {
  deflate: {
    compress: (bytes) => flipped(deflateRawSync(bytes)),
    decompress: (bytes, size) => inflateRawSync(flipped(bytes), { maxOutputLength: Math.max(1, size) })
  }
}

const asked = <A, E>(
  store: Memory.MemoryStore,
  codecs: CodecsShape | undefined,
  use: (service: MaintenanceService) => Effect.Effect<A, E>
) =>
  Effect.flatMap(Maintenance, use).pipe(
    Effect.provide(
      Maintenance.layer.pipe(
        Layer.provide([store.layer, Memory.layerWorkingTree()]),
        Layer.provide(codecs === undefined ? Layer.empty : Layer.succeed(Codecs, codecs))
      ),
      { local: true }
    )
  )

it.effect("checks, collects and repairs with the codecs of the host", () =>
  Effect.gen(function* () {
    const store = yield* Memory.make
    const files = [{ path: "skills/a/SKILL.md", bytes: new TextEncoder().encode("word ".repeat(2_000)) }]
    yield* Effect.flatMap(SnapshotStore, ({ capture }) => capture({ collection: "kit" as CollectionId, files })).pipe(
      Effect.provide(
        SnapshotStore.layer.pipe(
          Layer.provide([store.layer, Memory.layerWorkingTree()]),
          Layer.provide([Layer.succeed(Codecs, own), Layer.succeed(Compression, "deflate")])
        ),
        { local: true }
      )
    )
    assert.deepStrictEqual((yield* asked(store, own, ({ verify }) => verify())).findings, [])
    assert.strictEqual((yield* asked(store, own, ({ collect }) => collect({ dryRun: true }))).garbage.objects, 0)
    assert.deepStrictEqual((yield* asked(store, own, ({ repair }) => repair())).findings, 0)
    // The runtime's own codecs make nothing of it.
    const { findings } = yield* asked(store, undefined, ({ verify }) => verify())
    assert.ok(findings.some(({ _tag }) => _tag === "ObjectAltered"))
  })
)

it.effect(
  "hashes content that is far larger than what is put together in memory",
  () =>
    Effect.gen(function* () {
      const store = yield* Memory.make
      const chunk = new Uint8Array(4 * 1024 * 1024 - 64).map((_, i) => (i * 7919) >> 5)
      const hashed = (times: number) => {
        const hash = createHash("sha256")
        for (let i = 0; i < times; i++) hash.update(chunk)
        return hash.digest("hex") as ObjectId
      }
      const listOf = (times: number) => new TextEncoder().encode(`Tc0${`${hashed(1)} ${chunk.length}\n`.repeat(times)}`)
      const stored = new Uint8Array(chunk.length + 3)
      stored.set(new TextEncoder().encode("Tw0"))
      stored.set(chunk, 3)
      const [right, wrong] = [hashed(80), hashed(79)]
      yield* store.objects.put([
        { id: hashed(1), bytes: stored },
        { id: right, bytes: listOf(80) },
        // One chunk too many: each of them is sound.
        { id: wrong, bytes: listOf(81) }
      ])
      const { findings, unchecked } = yield* asked(store, undefined, ({ verify }) => verify())
      const altered = findings.flatMap((finding) => (finding._tag === "ObjectAltered" ? [finding.object] : []))
      assert.deepStrictEqual([altered, unchecked], [[wrong], []])
    }),
  60_000
)
