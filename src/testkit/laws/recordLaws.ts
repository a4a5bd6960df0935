/** Laws of records: immutable, found by id, all or none. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { hostileTexts, longText, move, noRef, range, record, ref, settled } from "../samples.ts"

const committed = { _tag: "Committed" }

const store = (catalog: CatalogStorageService, records: ReadonlyArray<StoredRecord>) =>
  catalog.commit({ records, refs: noRef })

const stored = (catalog: CatalogStorageService, kind: string, ids: ReadonlyArray<string>) =>
  Effect.map(catalog.records(kind, ids), (found) => new Map([...found].map(([id, one]) => [id, settled(one)])))

const idsOf = (catalog: CatalogStorageService, kind: string, term: string) =>
  Effect.map(catalog.scan({ kind, term, direction: "forward", limit: 10_000 }), (page) => page.map(({ id }) => id))

/** The tag of what a commit failed with, or of what it answered. */
const outcome = <A extends { readonly _tag: string }, E extends { readonly reason: { readonly _tag: string } }>(
  commit: Effect.Effect<A, E>
) => Effect.match(commit, { onFailure: ({ reason }) => reason._tag, onSuccess: ({ _tag }) => _tag })

/** @internal */
export const recordLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("records: what was stored is got back", ({ catalog }, check) =>
    Effect.gen(function* () {
      const records = [
        record("a", { at: 0, terms: [], body: "{}" }),
        record("b", { at: 8_640_000_000_000_000, terms: ["x", "y"], body: '{"text":"ü😀\\n\\u0001"}' }),
        record("c", { kind: "operation", terms: ["x"] })
      ]
      yield* check.equal("commit", yield* store(catalog, records), committed)
      yield* check.equal(
        "two of a kind",
        yield* stored(catalog, "version", ["b", "a", "c", "a"]),
        new Map([
          ["a", records[0]],
          ["b", records[1]]
        ])
      )
      yield* check.equal("another kind", yield* stored(catalog, "operation", ["c"]), new Map([["c", records[2]]]))
      yield* check.equal("none asked", yield* stored(catalog, "version", []), new Map())
    })
  ),

  coreLaw("records: one id may be used by two kinds", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* store(catalog, [record("a"), record("a", { kind: "snapshot", body: '{"other":1}' })])
      const found = yield* stored(catalog, "snapshot", ["a"])
      yield* check.equal("body", found.get("a")?.body, '{"other":1}')
      yield* check.equal("scan", yield* idsOf(catalog, "version", "all"), ["a"])
    })
  ),

  coreLaw("records: hostile ids, terms, kinds and bodies are kept apart and unchanged", ({ catalog }, check) =>
    Effect.gen(function* () {
      const records = hostileTexts.map((text, i) =>
        record(text, { at: i, terms: ["all", text], body: JSON.stringify({ text }) })
      )
      yield* store(catalog, [
        ...records,
        ...hostileTexts.map((kind) => record("a", { kind, body: JSON.stringify(kind) }))
      ])
      const found = yield* stored(catalog, "version", hostileTexts)
      for (const one of records) {
        yield* check.equal("record", found.get(one.id), settled(one))
        const [term = ""] = one.terms.slice(1)
        const expected = term === "all" ? hostileTexts : [one.id]
        yield* check.equal(`scan of ${JSON.stringify(term)}`, yield* idsOf(catalog, "version", term), expected)
        const ofKind = yield* stored(catalog, one.id, ["a"])
        yield* check.equal("kind", ofKind.get("a")?.body, JSON.stringify(one.id))
      }
    })
  ),

  coreLaw("records: bodies and terms of any size", ({ catalog }, check) =>
    Effect.gen(function* () {
      const large = record("large", {
        terms: [...range(1_200).map((i) => `path ${i}`), longText(4_096)],
        body: JSON.stringify({ text: longText(1024 * 1024) })
      })
      yield* store(catalog, [large])
      yield* check.equal("large", (yield* stored(catalog, "version", ["large"])).get("large"), settled(large))
      yield* check.equal("one of its terms", yield* idsOf(catalog, "version", "path 1199"), ["large"])
    })
  ),

  coreLaw("records: what was handed in may be changed by its holder", ({ catalog }, check) =>
    Effect.gen(function* () {
      const terms = ["all", "x"]
      const records = [record("a", { terms })]
      yield* store(catalog, records)
      terms.push("y")
      records.length = 0
      yield* check.equal("terms", (yield* stored(catalog, "version", ["a"])).get("a")?.terms, ["all", "x"])
    })
  ),

  coreLaw("commit: the same record again changes nothing", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* store(catalog, [record("a"), record("b")])
      const again = yield* store(catalog, [record("a"), record("c"), record("a")])
      yield* check.equal("commit", again, committed)
      yield* check.equal("scan", yield* idsOf(catalog, "version", "all"), ["a", "b", "c"])
    })
  ),

  coreLaw("commit: a term named twice by a record finds it once", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* store(catalog, [record("a", { terms: ["x", "y", "x"] })])
      yield* check.equal("scan", yield* idsOf(catalog, "version", "x"), ["a"])
    })
  ),

  coreLaw("commit: a known id with another body is StorageCorrupt, and nothing happens", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* store(catalog, [record("a"), record("gone")])
      const other = record("a", { body: '{"other":1}' })
      const attempts: ReadonlyArray<ReadonlyArray<StoredRecord>> = [
        [record("b"), other],
        [other, record("b")],
        [record("b"), record("b", { body: "[]" })]
      ]
      for (const records of attempts) {
        const refs = [move("r", null, "1")] as const
        const remove = [{ kind: "version", id: "gone" }]
        yield* check.equal("outcome", yield* outcome(catalog.commit({ records, remove, refs })), "StorageCorrupt")
        const found = yield* stored(catalog, "version", ["a", "b", "gone"])
        yield* check.equal("records", [...found.keys()].sort(), ["a", "gone"])
        yield* check.equal("the old body", found.get("a")?.body, record("a").body)
        yield* check.equal("scan", yield* idsOf(catalog, "version", "all"), ["a", "gone"])
        yield* check.equal("refs", yield* catalog.refs([ref("r")]), new Map())
      }
    })
  ),

  coreLaw("commit: what is removed is gone from every answer, and its id is free", ({ catalog }, check) =>
    Effect.gen(function* () {
      const terms = ["all", ...range(10).map((i) => `path ${i}`)]
      yield* store(catalog, [record("a", { terms }), record("b", { terms }), record("a", { kind: "snapshot", terms })])
      const remove = [
        { kind: "version", id: "a" },
        { kind: "version", id: "never there" }
      ]
      yield* check.equal("commit", yield* catalog.commit({ remove, refs: noRef }), committed)
      yield* check.equal("by id", [...(yield* stored(catalog, "version", ["a", "b"])).keys()], ["b"])
      for (const term of terms) yield* check.equal("by term", yield* idsOf(catalog, "version", term), ["b"])
      yield* check.equal("another kind's", yield* idsOf(catalog, "snapshot", "path 3"), ["a"])
      yield* store(catalog, [record("a", { at: 5, terms: ["all"], body: "[]" })])
      yield* check.equal("stored anew", yield* idsOf(catalog, "version", "all"), ["a", "b"])
      yield* check.equal("not under its old terms", yield* idsOf(catalog, "version", "path 3"), ["b"])
    })
  ),

  coreLaw(
    "commit: a record that is removed and given is replaced, with its place and its terms",
    ({ catalog }, check) =>
      Effect.gen(function* () {
        const old = record("a", { at: 5, terms: ["all", "old"], body: '{"v":1}' })
        yield* store(catalog, [old, record("b", { terms: ["all", "old"] })])
        const made = record("a", { at: 9, terms: ["all", "new"], body: '{"v":2}' })
        const remove = [{ kind: "version", id: "a" }]
        yield* check.equal("commit", yield* catalog.commit({ records: [made], remove, refs: noRef }), committed)
        yield* check.equal("by id", yield* stored(catalog, "version", ["a"]), new Map([["a", made]]))
        yield* check.equal("by a term it had", yield* idsOf(catalog, "version", "old"), ["b"])
        yield* check.equal("by one it has", yield* idsOf(catalog, "version", "new"), ["a"])
        // And where nothing but its terms differ.
        const again = { ...made, terms: ["all", "old"] }
        yield* check.equal("commit", yield* catalog.commit({ records: [again], remove, refs: noRef }), committed)
        yield* check.equal("by the term it left", yield* idsOf(catalog, "version", "new"), [])
        const moved = [move("r", null, "1")] as const
        const refused = catalog.commit({ records: [made], remove, refs: [move("r", "0", "1")] })
        yield* check.equal("refused", (yield* refused)._tag, "Refused")
        yield* check.equal("nothing happened", yield* stored(catalog, "version", ["a"]), new Map([["a", again]]))
        yield* check.equal("moved", yield* catalog.commit({ refs: moved }), committed)
      })
  ),

  coreLaw(
    "records: what is derived from them is sound, and can be made anew without a difference",
    ({ catalog }, check) =>
      Effect.gen(function* () {
        const records = hostileTexts.map((text, i) =>
          record(text, { at: i, terms: ["all", text], body: JSON.stringify({ text }) })
        )
        yield* store(catalog, [...records, record("gone")])
        yield* catalog.commit({ remove: [{ kind: "version", id: "gone" }], refs: noRef })
        const said = Effect.suspend(() => catalog.check ?? Effect.succeed([]))
        yield* check.equal("damage", yield* said, [])
        const before = yield* idsOf(catalog, "version", "all")
        yield* Effect.suspend(() => catalog.reindex ?? Effect.void)
        yield* check.equal("scan", yield* idsOf(catalog, "version", "all"), before)
        for (const text of hostileTexts.filter((text) => text !== "all")) {
          yield* check.equal(`by ${text.slice(0, 20)}`, yield* idsOf(catalog, "version", text), [text])
        }
        yield* check.equal("damage after", yield* said, [])
      })
  ),

  coreLaw("version index: where a store keeps one, what was saved last is got back", ({ catalog }, check) =>
    Effect.gen(function* () {
      const index = catalog.versionIndex
      if (index === undefined) return
      yield* check.equal("before", yield* index.load, null)
      for (const size of [2_500_000, 1, 1_048_576]) {
        const bytes = new Uint8Array(size).map((_, i) => i * 7 + size)
        yield* index.save(bytes)
        const loaded = yield* index.load
        yield* check.that(
          `${size} bytes`,
          loaded !== null && loaded.length === size && bytes.every((byte, i) => byte === loaded[i])
        )
      }
      yield* check.equal("no record", yield* idsOf(catalog, "version", "all"), [])
    })
  ),

  coreLaw("commit: of any size", ({ catalog }, check) =>
    Effect.gen(function* () {
      const ids = range(3_000).map((i) => `id ${String(i).padStart(4, "0")}`)
      const records = ids.map((id, i) => record(id, { terms: ["all", `mod ${i % 7}`, id] }))
      const names = range(1_500).map((i) => `ref/${String(i).padStart(4, "0")}`)
      const refs = [move("head", null, "1"), ...names.map((name) => move(name, null, name))] as const
      yield* check.equal("commit", yield* catalog.commit({ records, refs }), committed)
      yield* check.equal("records", (yield* catalog.records("version", ids)).size, 3_000)
      yield* check.equal("scan", yield* idsOf(catalog, "version", "all"), ids)
      yield* check.equal("refs", (yield* catalog.refs(names.map(ref))).size, 1_500)
      const remove = ids.map((id) => ({ kind: "version", id }))
      const gone = [move("head", "1", null), ...names.map((name) => move(name, name, null))] as const
      yield* check.equal("removal", yield* catalog.commit({ remove, refs: gone }), committed)
      yield* check.equal("records left", yield* idsOf(catalog, "version", "mod 3"), [])
      yield* check.equal("refs left", yield* catalog.list({ prefix: "", limit: 10 }), [])
    })
  ),

  coreLaw("commit: a ref named twice is a defect, and nothing happens", ({ catalog }, check) =>
    Effect.gen(function* () {
      const refs = [move("r", null, "1"), move("r", null, "2")] as const
      const exit = yield* Effect.exit(catalog.commit({ records: [record("a")], refs }))
      yield* check.that("it dies", Exit.hasDies(exit))
      yield* check.equal("refs", yield* catalog.refs([ref("r")]), new Map())
      yield* check.equal("records", yield* stored(catalog, "version", ["a"]), new Map())
    })
  )
]
