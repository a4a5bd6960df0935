/** Rules, drivers and checks over whole trees; and merges of many versions at once. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect } from "vitest"
import { makeWorkingTree, layer as memory } from "../../../src/adapters/memory/index.ts"
import { chooseStrategy } from "../../../src/algo/merge/chooseStrategy.ts"
import { buildTrees } from "../../../src/algo/tree/buildTrees.ts"
import * as Tidemark from "../../../src/index.ts"
import { binaryDriver, textDriver, unionDriver } from "../../../src/merge.ts"

const engine = Tidemark.layer.pipe(Layer.provide([memory, makeWorkingTree({}).layer]))
const artifact = Tidemark.ArtifactId.make("skill:one")

type Files = Readonly<Record<string, string>>

const store = Effect.fnUntraced(function* (files: Files) {
  const objects = yield* Tidemark.Objects
  const flat = Object.entries(files).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text)
    return { path: Tidemark.FilePath.make(path), bytes, id: objects.identify(bytes) }
  })
  yield* objects.put(flat.map(({ bytes, id }) => ({ id, bytes })))
  const built = buildTrees(
    flat.map(({ bytes, id, path }) => [path, { kind: "file", id, size: bytes.length }] as const),
    objects.identify
  )
  yield* objects.put([...built.trees].map(([id, { bytes }]) => ({ id, bytes })))
  return built.root
})

const merge = Effect.fnUntraced(function* (base: Files, ours: Files, theirs: Files) {
  const merging = yield* Tidemark.MergeEngine
  const objects = yield* Tidemark.Objects
  const merged = yield* merging.trees({
    base: yield* store(base),
    ours: yield* store(ours),
    theirs: yield* store(theirs)
  })
  const files: { [path: string]: string } = {}
  for (const entry of (yield* objects.trees([merged.tree])).get(merged.tree) ?? []) {
    const bytes = entry.kind === "file" ? (yield* objects.get([entry.id])).get(entry.id) : undefined
    files[entry.name] = bytes === undefined ? entry.kind : new TextDecoder().decode(bytes)
  }
  return { files, paths: merged.paths, conflicts: merged.conflicts }
})

const lines = (...texts: ReadonlyArray<string>) => texts.map((text) => `${text}\n`).join("")
const base = { "a.md": lines("one", "two", "three", "four", "five") }
const ours = { "a.md": lines("ONE", "two", "three", "four", "five") }
const theirs = { "a.md": lines("one", "two", "three", "four", "FIVE") }
const clash = { "a.md": lines("eins", "two", "three", "four", "five") }

const given = (settings: {
  readonly drivers?: ReadonlyArray<Tidemark.MergeDriver>
  readonly rules?: ReadonlyArray<Tidemark.MergeRule>
}) =>
  Effect.fnUntraced(
    function* (b: Files, o: Files, t: Files) {
      return yield* merge(b, o, t)
    },
    Effect.provideService(Tidemark.MergeDrivers, settings.drivers ?? []),
    Effect.provideService(Tidemark.MergeRules, settings.rules ?? [])
  )

describe("drivers", () => {
  it.effect("that drop a side, either one, are caught, and the conflict names driver and loss", () =>
    Effect.gen(function* () {
      for (const side of ["ours", "theirs"] as const) {
        const planted: Tidemark.MergeDriver = {
          name: "planted",
          merge: (input) => ({ _tag: "Merged", bytes: input[side], reason: "trust me" })
        }
        const { conflicts } = yield* given({ drivers: [planted] })(base, ours, theirs)
        expect(conflicts.map(({ conflict }) => conflict?.kind)).toEqual(["rejected"])
        expect(conflicts[0]?.reason).toContain("driver planted")
        expect(conflicts[0]?.reason).toContain(side === "ours" ? "theirs" : "ours")
      }
    }).pipe(Effect.provide(engine))
  )

  it.effect("that throw or decline leave it to the next", () =>
    Effect.gen(function* () {
      const throwing: Tidemark.MergeDriver = {
        name: "throwing",
        merge: () => {
          throw new Error("bug")
        }
      }
      const merged = yield* given({ drivers: [throwing, binaryDriver(), textDriver()] })(base, ours, theirs)
      expect(merged.files).toEqual({ "a.md": lines("ONE", "two", "three", "four", "FIVE") })
      expect(merged.conflicts).toEqual([])
    }).pipe(Effect.provide(engine))
  )
})

describe("rules", () => {
  const kept = { "a.md": clash["a.md"] }
  it.effect("take a side, the base, the lines of both, or leave it to people", () =>
    Effect.gen(function* () {
      const by = (strategy: Tidemark.MergeStrategy) =>
        given({ rules: [{ pattern: "*.md", strategy }] })(base, ours, kept)
      expect((yield* by("ours")).files).toEqual(ours)
      expect((yield* by("theirs")).files).toEqual(kept)
      expect((yield* by("base")).files).toEqual(base)
      expect((yield* by("union")).files).toEqual({ "a.md": lines("ONE", "eins", "two", "three", "four", "five") })
      expect((yield* by("merge")).files).toEqual({ "a.md": "conflict" })
      expect((yield* given({ rules: [{ pattern: "a.*", strategy: "manual" }] })(base, ours, theirs)).files).toEqual({
        "a.md": "conflict"
      })
      // A rule for other paths says nothing of this one; the first that fits decides.
      const rules = [
        { pattern: "*.json", strategy: "ours" },
        { pattern: "a.md", strategy: "theirs" },
        { pattern: "*", strategy: "ours" }
      ] as const
      expect((yield* given({ rules })(base, ours, kept)).files).toEqual(kept)
    }).pipe(Effect.provide(engine))
  )

  it.effect("settle what is removed on one side too", () =>
    Effect.gen(function* () {
      const by = (strategy: Tidemark.MergeStrategy) => given({ rules: [{ pattern: "a.md", strategy }] })(base, ours, {})
      expect((yield* by("theirs")).files).toEqual({})
      expect((yield* by("ours")).files).toEqual(ours)
      expect((yield* by("merge")).files).toEqual({ "a.md": "conflict" })
    }).pipe(Effect.provide(engine))
  )

  it.effect("name a driver, and check a clean result", () =>
    Effect.gen(function* () {
      const union = yield* given({
        drivers: [textDriver(), unionDriver],
        rules: [{ pattern: "a.md", driver: "union" }]
      })(base, ours, kept)
      expect(union.files["a.md"]).toContain("ONE\neins\n")
      const rules = [{ pattern: "*", check: (bytes: Uint8Array) => (bytes.length > 3 ? "too long" : undefined) }]
      const refused = yield* given({ rules })(base, ours, theirs)
      expect(refused.conflicts.map(({ conflict }) => conflict?.kind)).toEqual(["rejected"])
      expect(refused.conflicts[0]?.reason).toContain("too long")
    }).pipe(Effect.provide(engine))
  )
})

describe("an octopus", () => {
  it.effect("merges many versions where that is clean, and nothing where it is not", () =>
    Effect.gen(function* () {
      const graph = yield* Tidemark.VersionGraph
      const merging = yield* Tidemark.MergeEngine
      const objects = yield* Tidemark.Objects
      const append = Effect.fnUntraced(function* (
        files: Files,
        parents: ReadonlyArray<Tidemark.VersionId>,
        message: string
      ) {
        const tree = yield* store(files)
        return (yield* graph.append({ artifact, parents, tree, origin: "import", message })).version.id
      })
      const start = lines("1", "2", "3", "4", "5", "6", "7", "8", "9")
      const root = yield* append({ a: start }, [], "root")
      const heads = yield* Effect.forEach([1, 5, 9], (n) =>
        append({ a: start.replace(`${n}\n`, `${n}!\n`), [`new${n}`]: `${n}\n` }, [root], `head ${n}`)
      )
      const merged = yield* merging.octopus(heads)
      const entries = (yield* objects.trees([merged.tree])).get(merged.tree) ?? []
      expect(entries.map(({ name }) => name)).toEqual(["a", "new1", "new5", "new9"])
      const a = entries[0]?.id as Tidemark.ObjectId
      expect(new TextDecoder().decode((yield* objects.get([a])).get(a))).toBe(
        lines("1!", "2", "3", "4", "5!", "6", "7", "8", "9!")
      )
      // A head that another contains adds nothing.
      expect((yield* merging.octopus([...heads, root])).tree).toBe(merged.tree)
      const other = yield* append({ a: start.replace("5\n", "V\n") }, [root], "another five")
      const refused = yield* Effect.flip(merging.octopus([...heads, other]))
      expect(refused._tag === "UnresolvedConflicts" && refused.conflicts).toEqual([{ path: "a", kind: "content" }])
      const stranger = yield* append({ z: "z" }, [], "stranger")
      expect((yield* Effect.flip(merging.octopus([root, stranger])))._tag).toBe("NoCommonAncestor")
    }).pipe(Effect.provide(engine))
  )
})

describe("choosing a strategy", () => {
  const [one, two, three] = ["1", "2", "3"].map((digit) => Tidemark.VersionId.make(digit.repeat(64))) as [
    Tidemark.VersionId,
    Tidemark.VersionId,
    Tidemark.VersionId
  ]
  it.effect("follows from graph, drift and policy alone", () =>
    Effect.sync(() => {
      const choose = (
        bases: ReadonlyArray<Tidemark.VersionId>,
        edited: boolean,
        ours = one,
        theirs = two,
        fastForward = true
      ) => chooseStrategy({ ours, theirs, bases, edited, fastForward }).strategy
      expect(choose([one], false, one, one)).toBe("upToDate")
      expect(choose([one], true, one, one)).toBe("localOnly")
      expect(choose([two], false)).toBe("upToDate")
      expect(choose([two], true)).toBe("localOnly")
      expect(choose([one], false)).toBe("fastForward")
      expect(choose([one], false, one, two, false)).toBe("upstreamOnly")
      expect(choose([one], true)).toBe("threeWay")
      expect(choose([three], false)).toBe("threeWay")
      expect(choose([three, one], false)).toBe("crissCross")
      expect(choose([], false)).toBe("unrelated")
      expect(chooseStrategy({ ours: one, theirs: two, bases: [], edited: false }).reasons.join()).toContain(
        "no ancestor"
      )
    })
  )
})
