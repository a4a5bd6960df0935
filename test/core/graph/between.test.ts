/** What lies between two versions, and along first parents: git's answers. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { HistoryRequest } from "../../../src/core/graph/VersionGraph.ts"
import type { VersionId } from "../../../src/model/Ids.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { gitVersion, type RandomGraph, randomGraph, withGit } from "../../support/randomGraph.ts"

const seed = runSeed()
const count = process.env.TIDEMARK_FULL === "1" ? 1000 : 60

/** Stores a random graph; its versions by number. */
const store = Effect.fnUntraced(function* ({ parents, times }: RandomGraph) {
  const engine = yield* graphEngine
  const tree = yield* engine.tree({ a: "a" })
  const { ids } = yield* engine.graph.appendMany({
    versions: parents.map((list, i) => ({ artifact: pdf, parents: list, tree, message: `${i}`, time: times[i] ?? 0 }))
  })
  return { ...engine, ids }
})

const numbers = Effect.fnUntraced(function* (
  { graph }: GraphEngine,
  ids: ReadonlyArray<VersionId>,
  request: Omit<HistoryRequest, "artifact">
) {
  const places = new Map(ids.map((id, place) => [id, place]))
  const found: Array<number> = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { readonly versions: ReadonlyArray<{ readonly id: VersionId }>; readonly cursor: string | null } =
      yield* graph.history({ artifact: pdf, limit: 3, ...request, cursor })
    found.push(...page.versions.map(({ id }) => places.get(id) ?? -1))
    cursor = page.cursor
  }
  return found
})

describe.skipIf(gitVersion() === undefined)(`between two versions (seed ${seed})`, () => {
  it(`${count} random graphs: on the ancestry path, in between, and along first parents, as git has it`, () => {
    const random = makeRandom(seed)
    const graphs = Array.from({ length: count }, () => randomGraph(random))
    const questions = graphs.map(({ parents }) => {
      const last = parents.length - 1
      return { a: random.between(0, last), b: random.chance(0.5) ? last : random.between(0, last) }
    })
    const script = [
      "while read a b; do",
      'echo "$(git rev-list --ancestry-path $a..$b | tr "\\n" " ")|$(git rev-list $a..$b | tr "\\n" " ")|$(git rev-list --first-parent $b | tr "\\n" " ")"',
      "done"
    ].join("\n")
    // Where clocks jump, git itself may list what both sides have: it is asked about the same graphs with clocks that go on.
    const ordered = graphs.map(({ parents }) => ({ parents, times: parents.map((_, i) => i), honest: true }))
    const answers = withGit(ordered, ({ sha, shell, versions }) => {
      const asked = questions.map(({ a, b }, g) => `${sha(g, a)} ${sha(g, b)}`).join("\n")
      const lines = shell(script, `${asked}\n`).trimEnd().split("\n")
      return lines.map((line, g) => line.split("|").map((list) => versions(g, list)))
    })
    return Effect.runPromise(
      Effect.gen(function* () {
        const up = (list: ReadonlyArray<number> = []) => [...list].sort((x, y) => x - y)
        for (const [g, graph] of graphs.entries()) {
          const { ids, ...engine } = yield* store(graph)
          const { a, b } = questions[g] ?? { a: 0, b: 0 }
          const [path, between, firstParents] = answers[g] ?? []
          const range = { from: ids[b], without: ids[a] }
          const what = `graph ${g} of seed ${seed}, ${a}..${b}`
          for (const direction of ["newest", "oldest"] as const) {
            const found = yield* numbers(engine, ids, { ...range, direction, ancestryPath: true })
            expect([what, up(found)]).toEqual([what, up(path)])
          }
          expect([what, up(yield* numbers(engine, ids, range))]).toEqual([what, up(between)])
          expect([what, yield* numbers(engine, ids, { from: ids[b], firstParent: true })]).toEqual([what, firstParents])
        }
      })
    )
  })

  it("reads in proportion to the distance", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const size = 3000
        const parents = Array.from({ length: size }, (_, i) => (i === 0 ? [] : [i - 1]))
        const engine = yield* store({ parents, times: parents.map((_, i) => i), honest: true })
        const { graph, reads } = yield* engine.reopen
        reads.records = 0
        const between = { from: engine.ids[size - 10], without: engine.ids[size - 20], ancestryPath: true }
        expect((yield* graph.history({ artifact: pdf, ...between })).versions).toHaveLength(10)
        expect(reads.records).toBeLessThan(120)
      })
    ))

  it("what can be no id is the id of nothing, and no storage is asked about it", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { graph, ids, reads, tree } = yield* store({ parents: [[]], times: [0], honest: true })
        const known = ids[0] as VersionId
        for (const wrong of ["", "\0", "\ud800"] as ReadonlyArray<string> as ReadonlyArray<VersionId>) {
          reads.calls = 0
          const draft = { artifact: pdf, tree: yield* tree({ a: "a" }), origin: "local", message: "" } as const
          const errors = [
            yield* Effect.flip(graph.get(wrong)),
            yield* Effect.flip(graph.children(wrong)),
            yield* Effect.flip(graph.mergeBases(wrong, wrong)),
            yield* Effect.flip(graph.history({ artifact: pdf, from: wrong })),
            yield* Effect.flip(graph.append({ ...draft, parents: [wrong] })),
            yield* Effect.flip(graph.createBranch(pdf, "x", wrong))
          ]
          expect(errors.map(({ _tag }) => _tag)).toEqual(errors.map(() => "VersionNotFound"))
          expect((yield* graph.getMany([wrong])).size).toBe(0)
          expect(reads.calls).toBe(0)
          expect((yield* Effect.flip(graph.aheadBehind(known, wrong)))._tag).toBe("VersionNotFound")
        }
      })
    ))
})
