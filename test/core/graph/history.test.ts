import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { HistoryRequest } from "../../../src/core/graph/VersionGraph.ts"
import type { FilePath, VersionId } from "../../../src/model/Ids.ts"
import type { Version } from "../../../src/model/Version.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { ancestorsOf, randomGraph } from "../../support/randomGraph.ts"

const day = 86_400_000
const messages = (versions: ReadonlyArray<Version>) => versions.map(({ message }) => message)

/** Reads a history page by page to its end. */
const readAll = Effect.fnUntraced(function* (graph: GraphEngine["graph"], request: Omit<HistoryRequest, "cursor">) {
  const pages: Array<ReadonlyArray<Version>> = []
  let cursor: string | null = null
  do {
    const page: { readonly versions: ReadonlyArray<Version>; readonly cursor: string | null } = yield* graph.history({
      ...request,
      cursor
    })
    pages.push(page.versions)
    cursor = page.cursor
  } while (cursor !== null)
  return pages
})

/** 0 ← 1 ← 2 ← 4 ← 5 with 3 beside 2 and merged by 4; one day between each, by two authors. */
const small = Effect.gen(function* () {
  const engine = yield* graphEngine
  const trees = yield* Effect.forEach(["a", "b", "c", "d", "e", "f"], (text, i) =>
    engine.tree(i < 3 ? { "SKILL.md": text } : { "SKILL.md": "c", "docs/x.md": text })
  )
  const parents = [[], [0], [1], [1], [2, 3], [4]]
  const { ids } = yield* engine.graph.appendMany({
    versions: parents.map((list, i) => ({
      artifact: pdf,
      parents: list,
      tree: trees[i] as (typeof trees)[number],
      message: `${i} ${i % 2 === 0 ? "Even" : "odd"}`,
      author: i < 3 ? "alice" : "bob",
      origin: i === 4 ? "merge" : "local",
      time: i * day
    })),
    branches: [
      { artifact: pdf, name: "main", from: null, to: 5 },
      { artifact: pdf, name: "side", from: null, to: 3 }
    ]
  })
  return { ...engine, ids }
})

describe("history", () => {
  it.effect("lists an artifact's versions newest or oldest first", () =>
    Effect.gen(function* () {
      const { graph } = yield* small
      const newest = yield* graph.history({ artifact: pdf })
      assert.deepStrictEqual(messages(newest.versions), ["5 odd", "4 Even", "3 odd", "2 Even", "1 odd", "0 Even"])
      assert.strictEqual(newest.cursor, null)
      const oldest = yield* graph.history({ artifact: pdf, direction: "oldest" })
      assert.deepStrictEqual(messages(oldest.versions), messages(newest.versions).toReversed())
    })
  )

  it.effect("follows a branch, and first parents", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* small
      const read = (request: Omit<HistoryRequest, "artifact">) =>
        Effect.map(graph.history({ artifact: pdf, ...request }), ({ versions }) =>
          versions.map(({ message }) => message[0]).join("")
        )
      assert.strictEqual(yield* read({ branch: "side" }), "310")
      assert.strictEqual(yield* read({ branch: "side", direction: "oldest" }), "013")
      assert.strictEqual(yield* read({ branch: "main", firstParent: true }), "54210")
      assert.strictEqual(yield* read({ firstParent: true, direction: "oldest" }), "01245")
      assert.strictEqual(yield* read({ from: ids[4] as VersionId }), "43210")
      assert.strictEqual(yield* read({ branch: "main", firstParent: true, author: "bob" }), "54")
      assert.strictEqual(yield* read({ branch: "side", author: "alice", direction: "oldest" }), "01")
    })
  )

  it.effect("lists the versions between two", () =>
    Effect.gen(function* () {
      const { graph, ids } = yield* small
      const read = Effect.fnUntraced(function* (request: Omit<HistoryRequest, "artifact" | "cursor">) {
        const pages = yield* readAll(graph, { artifact: pdf, limit: 2, ...request })
        return pages
          .flat()
          .map(({ message }) => message[0])
          .join("")
      })
      const [zero, one, two, three] = ids as [VersionId, VersionId, VersionId, VersionId]
      assert.strictEqual(yield* read({ branch: "main", without: three }), "542")
      assert.strictEqual(yield* read({ branch: "main", without: two }), "543")
      assert.strictEqual(yield* read({ branch: "main", without: three, direction: "oldest" }), "245")
      assert.strictEqual(yield* read({ branch: "main", without: zero, direction: "oldest" }), "12345")
      assert.strictEqual(yield* read({ branch: "main", without: three, firstParent: true }), "542")
      assert.strictEqual(yield* read({ branch: "main", without: one, firstParent: true, direction: "oldest" }), "245")
      assert.strictEqual(yield* read({ from: two, without: three }), "2")
      assert.strictEqual(yield* read({ from: one, without: three }), "")
      assert.strictEqual(yield* read({ branch: "main", without: one, author: "bob", text: "odd" }), "53")
    })
  )

  it.effect("filters by author, origin, text, path and raw time, alone and together", () =>
    Effect.gen(function* () {
      const { graph } = yield* small
      const read = (request: Omit<HistoryRequest, "artifact">) =>
        Effect.map(graph.history({ artifact: pdf, ...request }), ({ cursor, versions }) => {
          assert.strictEqual(cursor, null)
          return versions.map(({ message }) => message[0]).join("")
        })
      const x = "docs/x.md" as FilePath
      assert.strictEqual(yield* read({ author: "alice" }), "210")
      assert.strictEqual(yield* read({ origin: "merge" }), "4")
      assert.strictEqual(yield* read({ text: "eVEN" }), "420")
      assert.strictEqual(yield* read({ path: x }), "543")
      assert.strictEqual(yield* read({ path: "SKILL.md" as FilePath }), "3210")
      assert.strictEqual(yield* read({ path: "docs" as FilePath }), "43")
      assert.strictEqual(yield* read({ since: day, until: 3 * day }), "321")
      assert.strictEqual(yield* read({ since: day, until: 3 * day, direction: "oldest" }), "123")
      assert.strictEqual(yield* read({ author: "bob", origin: "local", path: x, text: "odd", since: 4 * day }), "5")
      assert.strictEqual(yield* read({ branch: "main", path: x, until: 4 * day }), "43")
      assert.strictEqual(yield* read({ branch: "main", since: 2 * day }), "5432")
      assert.strictEqual(yield* read({ branch: "main", since: 2 * day, direction: "oldest" }), "2345")
      assert.strictEqual(yield* read({ author: "nobody" }), "")
    })
  )

  it.effect(
    "knows the paths of a change of more paths than are kept as terms",
    () =>
      Effect.gen(function* () {
        const { graph, tree } = yield* graphEngine
        const files = (text: string, count: number) =>
          Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i % 2 === 0 ? text : "same"]))
        const trees = [yield* tree(files("a", 3000)), yield* tree(files("b", 3000))]
        const versions = trees.map((content, i) => ({
          artifact: pdf,
          parents: i === 0 ? [] : [i - 1],
          tree: content,
          message: `${i}`
        }))
        yield* graph.appendMany({ versions })
        const read = (path: string) =>
          Effect.map(graph.history({ artifact: pdf, path: path as FilePath }), ({ versions }) => messages(versions))
        assert.deepStrictEqual(yield* read("f2998"), ["1", "0"])
        assert.deepStrictEqual(yield* read("f2999"), ["0"])
        assert.deepStrictEqual(yield* read("g"), [])
      }),
    60_000
  )

  it.effect("is told apart by its errors", () =>
    Effect.gen(function* () {
      const { graph } = yield* small
      const tagOf = (request: Omit<HistoryRequest, "artifact">) =>
        Effect.map(Effect.flip(graph.history({ artifact: pdf, ...request })), ({ _tag }) => _tag)
      assert.strictEqual(yield* tagOf({ branch: "nothing" }), "NameNotFound")
      assert.strictEqual(yield* tagOf({ from: "f".repeat(64) as VersionId }), "VersionNotFound")
      for (const cursor of ["", "x", "1", "../..", "f".repeat(63)]) {
        assert.strictEqual(yield* tagOf({ cursor: `${cursor}?` }), "InvalidCursor", cursor)
        assert.strictEqual(yield* tagOf({ cursor: `${cursor}?`, branch: "main" }), "InvalidCursor", cursor)
        assert.strictEqual(yield* tagOf({ cursor: `${cursor}?`, branch: "main", firstParent: true }), "InvalidCursor")
        assert.strictEqual(yield* tagOf({ cursor: `${cursor}?`, branch: "main", direction: "oldest" }), "InvalidCursor")
      }
    })
  )
})

describe("a clock that jumps 70 years and back", () => {
  it.effect("harms neither order nor date filters", () =>
    Effect.gen(function* () {
      const { graph, ledger, tree } = yield* graphEngine
      const content = yield* tree({ f: "x" })
      const now = 1_700_000_000_000
      const jump = now + 70 * 365 * day
      const times = [now, now + day, jump, now + 2 * day, now + 3 * day]
      yield* graph.appendMany({
        versions: times.map((time, i) => ({
          artifact: pdf,
          parents: i === 0 ? [] : [i - 1],
          tree: content,
          message: `${i}`,
          time
        })),
        branches: [{ artifact: pdf, name: "main", from: null, to: 4 }]
      })
      const read = (request: Omit<HistoryRequest, "artifact">) =>
        Effect.map(graph.history({ artifact: pdf, ...request }), ({ versions }) => messages(versions).join(""))
      assert.strictEqual(yield* read({}), "43210")
      for (const branch of [undefined, "main"]) {
        assert.strictEqual(yield* read({ branch, since: now + 2 * day, until: now + 3 * day }), "43")
        assert.strictEqual(yield* read({ branch, until: now + 2 * day }), "310")
        assert.strictEqual(yield* read({ branch, since: now + 4 * day }), "2")
        assert.strictEqual(yield* read({ branch, since: now + 2 * day, direction: "oldest" }), "234")
      }
      assert.deepStrictEqual((yield* ledger.verify()).findings, [])
    })
  )
})

describe("paging", () => {
  const seed = runSeed()

  it.effect(
    `shows everything that was there once, in order, while versions are appended (seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        for (let round = 0; round < 25; round++) {
          const { graph, tree } = yield* graphEngine
          const content = yield* tree({ f: "x" })
          const given = randomGraph(random)
          const size = given.parents.length
          const { ids } = yield* graph.appendMany({
            versions: given.parents.map((parents, i) => ({
              artifact: pdf,
              parents,
              tree: content,
              message: `${i}`,
              time: given.times[i],
              author: i % 3 === 0 ? "alice" : "bob"
            })),
            branches: [{ artifact: pdf, name: "main", from: null, to: size - 1 }]
          })
          const all = new Set(ids.keys())
          const reachable = ancestorsOf(given, size - 1)
          const chain = new Set<number>()
          for (let at: number | undefined = size - 1; at !== undefined; at = given.parents[at]?.[0]) chain.add(at)
          const request = random.pick([
            { expected: all, request: {} },
            { expected: all, request: { text: "" } },
            { expected: reachable, request: { branch: "main" } },
            { expected: chain, request: { branch: "main", firstParent: true } }
          ])
          const author = random.chance(0.3) ? "alice" : undefined
          const direction = random.pick(["newest", "oldest"] as const)
          const limit = random.between(1, 5)
          const seen: Array<string> = []
          const places: Array<number> = []
          const order = yield* graph.history({ artifact: pdf, limit: 1000, direction })
          const place = new Map(order.versions.map(({ id }, i) => [id, i]))
          let appended = 0
          let cursor: string | null = null
          do {
            const page: { readonly versions: ReadonlyArray<Version>; readonly cursor: string | null } =
              yield* graph.history({ artifact: pdf, ...request.request, author, direction, limit, cursor })
            assert.isAtMost(page.versions.length, limit)
            for (const { id } of page.versions) {
              if (!place.has(id)) continue
              seen.push(id)
              places.push(place.get(id) as number)
            }
            cursor = page.cursor
            if (appended++ > 20) continue
            // Others append meanwhile, at the tip and from long ago, and move the branch.
            const tip = yield* graph.resolve(pdf, "main")
            const parent = ids[random.below(size)] as VersionId
            yield* graph.append({
              artifact: pdf,
              parents: [tip],
              tree: content,
              origin: "local",
              message: "new",
              branch: { name: "main" }
            })
            yield* graph.appendMany({
              versions: [
                { artifact: pdf, parents: [parent], tree: content, message: "late", time: random.between(0, 2_000_000) }
              ]
            })
          } while (cursor !== null)
          const expected = [...request.expected]
            .filter((i) => author === undefined || i % 3 === 0)
            .map((i) => ids[i] as string)
          const note = JSON.stringify({ given, author, direction, limit, request: request.request })
          assert.strictEqual(new Set(seen).size, seen.length, note)
          assert.deepStrictEqual(new Set(seen), new Set(expected), note)
          assert.deepStrictEqual(
            places,
            places.toSorted((x, y) => x - y),
            note
          )
        }
      }),
    60_000
  )

  it.effect(
    "reads a page's worth of records, however long the history",
    () =>
      Effect.gen(function* () {
        const engine = yield* graphEngine
        const { reads, tree } = engine
        const content = yield* tree({ f: "x" })
        const size = 3000
        yield* engine.graph.appendMany({
          versions: Array.from({ length: size }, (_, i) => ({
            artifact: pdf,
            parents: i === 0 ? [] : [i - 1],
            tree: content,
            message: `${i}`,
            time: i * 1000,
            author: i % 2 === 0 ? "alice" : "bob"
          })),
          branches: [{ artifact: pdf, name: "main", from: null, to: size - 1 }]
        })
        const { graph } = yield* engine.reopen
        const cost = Effect.fnUntraced(function* (request: Omit<HistoryRequest, "artifact">) {
          reads.calls = 0
          reads.records = 0
          const { versions } = yield* graph.history({ artifact: pdf, limit: 20, ...request })
          assert.strictEqual(versions.length, 20)
          return reads.records
        })
        assert.strictEqual(yield* cost({}), 21)
        assert.strictEqual(yield* cost({ author: "alice" }), 21)
        assert.strictEqual(yield* cost({ origin: "import" }), 21)
        assert.isAtMost(yield* cost({ since: 1_000_000 }), 100)
        assert.isAtMost(yield* cost({ since: 1_000_000, direction: "oldest" }), 100)
        assert.isAtMost(yield* cost({ branch: "main" }), 100)
        assert.isAtMost(yield* cost({ branch: "main", firstParent: true }), 100)
        assert.isAtMost(yield* cost({ branch: "main", author: "alice" }), 200)
        const found = yield* readAll(graph, { artifact: pdf, text: "nothing has this", limit: 20 })
        assert.deepStrictEqual(found.flat(), [])
      }),
    60_000
  )
})
