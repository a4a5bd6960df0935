/** How often a repair reads a store: all of its content as often as that can have changed, records once for each round. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { CollectionId, FilePath } from "../../../src/model/Ids.ts"
import { type Dump, dump, load, type Storage, withServices } from "../../support/maintenance/smallStore.ts"
import { counted, zero } from "../../support/storage/counted.ts"

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
  )

/** What a work on a store with these parts asks of it. */
const costOf = <A, E>(parts: Dump, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const { layer } = yield* load(parts)
    const counts = zero()
    const result = yield* using(counted(layer, counts), work)
    return { counts, result }
  })

it.effect("reads content twice where some is put back, once else, and records once for each round", () =>
  Effect.gen(function* () {
    const memory = yield* Memory.make
    const bytes = (text: string) => new TextEncoder().encode(text)
    yield* withServices(
      memory.layer,
      Memory.makeWorkingTree(),
      Effect.flatMap(SnapshotStore, (store) =>
        Effect.forEach(Array.from({ length: 12 }).keys(), (n) =>
          store.capture({
            collection: "kit" as CollectionId,
            files: Array.from({ length: 40 }, (_, i) => ({
              path: `skills/s${i % 5}/${i}.md` as FilePath,
              bytes: bytes(`${i} ${i % 12 <= n ? n : 0}\n`)
            }))
          })
        )
      )
    )
    const parts = yield* dump(memory.layer)
    const archive = yield* using(memory.layer, ({ backup }) => Stream.runCollect(backup))
    const repair = ({ repair }: MaintenanceService) => repair({ from: Stream.fromIterable(archive) })
    const sound = yield* costOf(parts, ({ verify }) => verify())
    assert.deepStrictEqual(sound.result.findings, [])
    const trees = sound.counts.objectsRead - parts.objects.length
    assert.isAbove(trees, 0)

    const operations = parts.records.filter(({ kind }) => kind === "operation").sort((a, b) => a.at - b.at)
    const without = (lost: ReadonlyArray<unknown>) => ({
      ...parts,
      records: parts.records.filter((record) => !lost.includes(record))
    })
    const versions = parts.records.filter(({ kind }) => kind === "version")
    const cases: Readonly<Record<string, { readonly parts: Dump; readonly content: number; readonly rounds: number }>> =
      {
        "a name that is gone": {
          parts: { ...parts, refs: parts.refs.filter(([name]) => !name.startsWith("branch/")) },
          content: 1,
          rounds: 3
        },
        "a version that is gone": { parts: without(versions.slice(3, 4)), content: 1, rounds: 3 },
        "content that is gone": { parts: { ...parts, objects: parts.objects.slice(1) }, content: 2, rounds: 3 },
        "every second operation": {
          parts: without(operations.filter((_, i) => i % 2 === 1 && i < operations.length - 1)),
          content: 1,
          rounds: 5
        },
        "operations in a row": { parts: without(operations.slice(2, 9)), content: 1, rounds: 5 },
        "the head": {
          parts: { ...parts, refs: parts.refs.filter(([name]) => name !== "head/ledger") },
          content: 1,
          rounds: 4
        }
      }
    const told: Record<string, unknown> = {}
    for (const [name, { content, parts: damaged, rounds }] of Object.entries(cases)) {
      const { counts, result } = yield* costOf(damaged, repair)
      assert.deepStrictEqual(result.lost, [], name)
      told[name] = [counts.objectsRead / parts.objects.length, counts.recordsRead / sound.counts.recordsRead]
      // Beside the content, the directories that records lead to: before and after, and once more where records are back.
      const walks = result.records.length > 0 ? 3 : 2
      assert.isAtMost(counts.objectsRead, content * parts.objects.length + walks * trees + 20, name)
      assert.isAtMost(counts.recordsRead, rounds * sound.counts.recordsRead + 100, name)
    }
    console.info("repairs: objects and records read, as multiples of", parts.objects.length, "and a check's:", told)
  })
)
