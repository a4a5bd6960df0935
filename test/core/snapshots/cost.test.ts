/**
 * What a capture of one changed file asks of the storage: it grows with the directories on the file's path, and with
 * neither the store's age nor the collection's size. Counted, not timed.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerWorkingTree } from "../../../src/adapters/memory/index.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { SourceFile } from "../../../src/core/snapshots/sourceFiles.ts"
import type { CollectionId } from "../../../src/model/Ids.ts"
import { type StorageServices, strictMemory } from "../../../src/testkit/index.ts"
import { type Counts, counted, reset, zero } from "../../support/storage/counted.ts"

const collection = "agents" as CollectionId

/** Skills of three files each, of which one stands `depth` directories below its skill's own. */
const skills = (count: number, depth: number): Map<string, string> => {
  const files = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    files.set(`skills/s${i}/SKILL.md`, `skill ${i}\n`)
    files.set(`skills/s${i}/notes.md`, `notes of ${i}\n`)
    files.set(`skills/s${i}/${"d/".repeat(depth)}deep.md`, `deep in ${i}\n`)
  }
  return files
}

const sources = (files: ReadonlyMap<string, string>): ReadonlyArray<SourceFile> =>
  [...files].map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }))

/** Captures `earlier` changes all over the collection, then one of `skills/s0/…/deep.md`; returns what that one asked. */
const cost = (size: number, depth: number, earlier: number): Effect.Effect<Counts, unknown> => {
  const counts = zero()
  const storage: Layer.Layer<StorageServices> = counted(strictMemory, counts)
  const engine = SnapshotStore.layer.pipe(Layer.provide(Layer.merge(storage, layerWorkingTree())))
  return Effect.gen(function* () {
    const { capture } = yield* SnapshotStore
    const files = skills(size, depth)
    yield* capture({ collection, files: sources(files) })
    for (let i = 0; i < earlier; i++) {
      files.set(`skills/s${i % size}/notes.md`, `notes, change ${i}\n`)
      yield* capture({ collection, files: sources(files) })
    }
    files.set(`skills/s0/${"d/".repeat(depth)}deep.md`, "changed\n")
    reset(counts)
    yield* capture({ collection, files: sources(files) })
    return { ...counts }
  }).pipe(Effect.provide(engine))
}

/** What must be the same whatever the collection's size: the list of its artifacts is one object, but a longer one. */
const counts = ({ bytesPut, ...rest }: Counts) => rest

describe("a capture of one changed file", () => {
  it.effect("asks the same of a store with 2, 20 and 200 earlier captures", () =>
    Effect.gen(function* () {
      const young = yield* cost(8, 2, 2)
      for (const earlier of [20, 200]) assert.deepStrictEqual(counts(yield* cost(8, 2, earlier)), counts(young))
    })
  )

  it.effect("asks the same of a collection of 8, 80 and 800 skills", () =>
    Effect.gen(function* () {
      const small = yield* cost(8, 2, 2)
      for (const size of [80, 800]) assert.deepStrictEqual(counts(yield* cost(size, 2, 2)), counts(small))
    })
  )

  it.effect("puts one tree more for every directory on the path, besides the file and the list of artifacts", () =>
    Effect.gen(function* () {
      for (const depth of [0, 1, 2, 5, 20]) {
        // The root, `skills`, the skill itself; then the directories below it.
        assert.strictEqual((yield* cost(8, depth, 3)).objectsPut, 2 + 3 + depth)
      }
    })
  )
})
