/** What the generators draw is valid, is as nasty as they say, and is the same for the same seed. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/index.ts"
import { layer } from "../../src/core/layer.ts"
import { Objects } from "../../src/core/objects/Objects.ts"
import { SnapshotStore } from "../../src/core/snapshots/SnapshotStore.ts"
import { type CollectionId, FilePath } from "../../src/model/Ids.ts"
import {
  CaseFailed,
  type Draw,
  type DrawnTree,
  drawAt,
  drawContent,
  drawContentTriple,
  drawHistory,
  drawTree,
  drawTreeTriple,
  editContent,
  editTree,
  forAll,
  makeRandom,
  sourceFilesOf
} from "../../src/testkit/index.ts"
import { runSeed } from "../support/random.ts"

const seed = runSeed()
const isPath = Schema.is(FilePath)
const utf8 = new TextDecoder("utf-8", { fatal: true })

const drawMany = <A>(draw: Draw<A>, count: number): ReadonlyArray<A> => {
  const random = makeRandom(seed)
  return Array.from({ length: count }, (_, i) => draw(random, i % 13))
}

const problemOf = (tree: DrawnTree): string | undefined => {
  for (const [path, { kind }] of tree) {
    if (!isPath(path)) return `${JSON.stringify(path)} is no path`
    if (path.split("/").some((name) => new TextEncoder().encode(name).length > 255)) return `${path} has a long name`
    for (const other of tree.keys()) if (other.startsWith(`${path}/`)) return `${other} stands below a ${kind}`
  }
  return undefined
}

const isUtf8 = (bytes: Uint8Array) => {
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

describe(`generators (TIDEMARK_SEED=${seed})`, () => {
  it("draw trees that are trees, also after edits", () => {
    for (const { base, ours, theirs } of drawMany(drawTreeTriple, 500)) {
      for (const tree of [base, ours, theirs]) expect(problemOf(tree)).toBeUndefined()
    }
    for (const { tree } of drawMany((random) => drawHistory(random, 20), 20).flat()) {
      expect(problemOf(tree)).toBeUndefined()
    }
  })

  it("draw every kind of what is nasty often", () => {
    const contents = drawMany(drawContent, 1_000)
    const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")
    const kinds: Record<string, (bytes: Uint8Array) => boolean> = {
      empty: (bytes) => bytes.length === 0,
      "no newline at the end": (bytes) => bytes.length > 0 && bytes.at(-1) !== 0x0a,
      CRLF: (bytes) => latin(bytes).includes("\r\n"),
      "not UTF-8": (bytes) => !isUtf8(bytes),
      binary: (bytes) => bytes.includes(0),
      "a huge line": (bytes) => bytes.length > 5_000,
      "a byte order mark": (bytes) => latin(bytes).startsWith("\xef\xbb\xbf")
    }
    for (const [kind, is] of Object.entries(kinds)) {
      expect([kind, contents.filter(is).length > 30]).toEqual([kind, true])
    }
    const trees = drawMany(drawTree, 500)
    const folded = (path: string) => path.normalize("NFC").toLowerCase()
    const some: Record<string, (tree: DrawnTree) => boolean> = {
      "twins in letter case or normalisation": (tree) => new Set([...tree.keys()].map(folded)).size < tree.size,
      "long names": (tree) => [...tree.keys()].some((path) => path.length > 200),
      "names beyond ASCII": (tree) => [...tree.keys()].some((path) => /[^\0-\x7f]/.test(path)),
      "names that are not UTF-8": (tree) => [...tree.keys()].some((path) => path.includes("\\x")),
      "nothing at all": (tree) => tree.size === 0
    }
    for (const [kind, is] of Object.entries(some)) {
      expect([kind, trees.filter(is).length > 10]).toEqual([kind, true])
    }
    const histories = drawMany((random) => drawHistory(random, 30), 30)
    const merges = histories.flat().filter(({ parents }) => parents.length > 1)
    const roots = histories.flat().filter(({ parents }) => parents.length === 0)
    expect([merges.length > 50, roots.length > histories.length]).toEqual([true, true])
    for (const history of histories) {
      for (const [i, { parents }] of history.entries()) expect(parents.every((parent) => parent < i)).toBe(true)
    }
  })

  it("draw the same for the same seed", () => {
    const draws: ReadonlyArray<Draw<unknown>> = [
      drawContent,
      drawTree,
      drawTreeTriple,
      drawContentTriple,
      drawHistory,
      (random, size) => editContent(random, drawContent(random, size)),
      (random, size) => editTree(random, drawTree(random, size), size)
    ]
    for (const draw of draws) expect(drawAt(draw, { seed, size: 8 })).toEqual(drawAt(draw, { seed, size: 8 }))
  })

  it("an engine captures every drawn tree, and reads it back as it was drawn", async () => {
    const collection = "drawn" as CollectionId
    const property = (tree: DrawnTree) =>
      Effect.gen(function* () {
        const [snapshots, objects] = [yield* SnapshotStore, yield* Objects]
        const files = sourceFilesOf(tree)
        const { snapshot } = yield* snapshots.capture({ collection, files })
        const paths = yield* snapshots.paths(snapshot.id)
        expect([...paths.keys()].sort()).toEqual(files.map(({ path }) => path).sort())
        for (const { bytes, kind, path } of files) {
          const entry = paths.get(path as FilePath)
          expect([entry?.kind, entry !== undefined && "id" in entry && entry.id]).toEqual([
            kind ?? "file",
            objects.identify(bytes)
          ])
          expect(Buffer.from(yield* snapshots.read(snapshot.id, path)).equals(bytes)).toBe(true)
        }
      }).pipe(
        Effect.provide(layer.pipe(Layer.provideMerge(Layer.merge(Memory.layer, Memory.layerWorkingTree()))), {
          local: true
        })
      )
    expect(await Effect.runPromise(forAll(drawTree, property, { seed, runs: 60 }))).toBe(60)
  }, 60_000)
})

describe("forAll", () => {
  it("tells the smallest case that fails, and how to draw it again", async () => {
    const short = (bytes: Uint8Array) => (bytes.length > 20 ? Effect.fail(`${bytes.length} bytes`) : Effect.void)
    const failed = await Effect.runPromise(Effect.flip(forAll(drawContent, short, { seed })))
    expect(failed).toBeInstanceOf(CaseFailed)
    expect(drawAt(drawContent, failed.at).length).toBeGreaterThan(20)
    for (let size = 0; size < failed.at.size; size++) {
      expect(drawAt(drawContent, { ...failed.at, size }).length).toBeLessThanOrEqual(20)
    }
    expect(failed.message).toContain(`{ seed: ${failed.at.seed}, size: ${failed.at.size} }`)
  })

  it("takes a property that throws for one that does not hold", async () => {
    const property = () => {
      throw new Error("thrown")
    }
    const failed = await Effect.runPromise(Effect.flip(forAll(drawTree, property, { seed, runs: 3 })))
    expect(failed.detail).toContain("thrown")
  })
})
