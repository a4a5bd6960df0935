/** Filters of history in any combination, against the definition of each. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { HistoryRequest } from "../../../src/core/graph/VersionGraph.ts"
import type { FilePath, VersionId } from "../../../src/model/Ids.ts"
import type { Version } from "../../../src/model/Version.ts"
import { type GraphEngine, graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { ancestorsOf, randomGraph } from "../../support/randomGraph.ts"

const seed = runSeed()
const graphs = process.env.TIDEMARK_FULL === "1" ? 300 : 15
const questions = 25
const year = 365 * 86_400_000
const authors = ["alice", "bob", "Al"]
const origins = ["import", "local", "merge", "deployment"] as const
const paths = ["a", "b", "d/x", "d/y"]
const texts = ["fix", "IX", "", "straße", "nowhere"]

const readAll = Effect.fnUntraced(function* (graph: GraphEngine["graph"], request: HistoryRequest) {
  const found: Array<Version> = []
  let cursor: string | null = null
  do {
    const page: { readonly versions: ReadonlyArray<Version>; readonly cursor: string | null } = yield* graph.history({
      ...request,
      cursor
    })
    expect(page.versions.length).toBeLessThanOrEqual(request.limit ?? 0)
    found.push(...page.versions)
    cursor = page.cursor
  } while (cursor !== null)
  return found.map(({ id }) => id)
})

describe(`filters of history (seed ${seed})`, () => {
  it(`${graphs} random graphs, ${questions} combinations each: what holds by definition, in order, each once`, () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const random = makeRandom(seed)
        let hits = 0
        for (let round = 0; round < graphs; round++) {
          const { graph, tree } = yield* graphEngine
          const shape = randomGraph(random)
          const size = shape.parents.length
          const contents = shape.parents.map(() =>
            Object.fromEntries(paths.filter(() => random.chance(0.6)).map((path) => [path, random.pick(["1", "2"])]))
          )
          const trees = yield* Effect.forEach(contents, (files) => tree(files))
          const versions = shape.parents.map((parents, i) => ({
            artifact: pdf,
            parents,
            tree: trees[i] as (typeof trees)[number],
            message: random.pick(["Fix it", "a suffix", "Straße", "none"]),
            author: random.pick(authors),
            origin: random.pick(origins),
            // Clocks that are wrong by decades.
            time: (shape.times[i] ?? 0) + (random.chance(0.1) ? random.pick([-30, 70]) * year : 0)
          }))
          const tip = random.between(0, size - 1)
          const { ids } = yield* graph.appendMany({
            versions,
            branches: [{ artifact: pdf, name: "main", from: null, to: tip }]
          })
          const order = (yield* graph.history({ artifact: pdf, limit: 1000 })).versions.map(({ id }) => id)
          expect(order).toHaveLength(size)

          const touched = (i: number, path: string) => {
            const [parent] = shape.parents[i] ?? []
            const before = parent === undefined ? {} : (contents[parent] ?? {})
            const after = contents[i] ?? {}
            const below = (files: Record<string, string>) =>
              JSON.stringify(paths.filter((name) => name === path || name.startsWith(`${path}/`)).map((n) => files[n]))
            if (path !== "d") return before[path] !== after[path]
            // A directory itself is touched where it came or went.
            const stands = (files: Record<string, string>) => /"/.test(below(files))
            return stands(before) !== stands(after)
          }
          for (let k = 0; k < questions; k++) {
            const maybe = <A>(value: A) => (random.chance(0.35) ? value : undefined)
            const moment = () => random.pick(versions).time + random.between(-1, 1)
            const author = maybe(random.pick(authors))
            const origin = maybe(random.pick(origins))
            const path = maybe(random.pick([...paths, "d"]))
            const text = maybe(random.pick(texts))
            const since = maybe(moment())
            const until = maybe(moment())
            const from = maybe(random.between(0, size - 1))
            const branch = from === undefined ? maybe("main") : undefined
            const without = from === undefined && branch === undefined ? undefined : maybe(random.between(0, size - 1))
            const firstParent = from === undefined && branch === undefined ? undefined : maybe(true)
            const direction = random.pick(["newest", "oldest"] as const)

            const start = from ?? (branch === undefined ? undefined : tip)
            const reached = new Set(start === undefined ? ids.keys() : ancestorsOf(shape, start))
            const line = new Set<number>()
            for (let at = start; at !== undefined; at = shape.parents[at]?.[0]) line.add(at)
            const hidden = without === undefined ? new Set<number>() : ancestorsOf(shape, without)
            const holds = (i: number): boolean => {
              const version = versions[i]
              return (
                version !== undefined &&
                reached.has(i) &&
                !hidden.has(i) &&
                (firstParent !== true || line.has(i)) &&
                (author === undefined || version.author === author) &&
                (origin === undefined || version.origin === origin) &&
                (path === undefined || touched(i, path)) &&
                (text === undefined || version.message.toLowerCase().includes(text.toLowerCase())) &&
                (since === undefined || version.time >= since) &&
                (until === undefined || version.time <= until)
              )
            }
            const place = new Map(ids.map((id, i) => [id, i]))
            const expected = order.filter((id) => holds(place.get(id) ?? -1))
            if (direction === "oldest") expected.reverse()
            const found = yield* readAll(graph, {
              artifact: pdf,
              author,
              origin,
              path: path as FilePath | undefined,
              text,
              since,
              until,
              from: from === undefined ? undefined : (ids[from] as VersionId),
              branch,
              without: without === undefined ? undefined : (ids[without] as VersionId),
              firstParent,
              direction,
              limit: random.between(1, 7)
            })
            const asked = { author, origin, path, text, since, until, from, branch, without, firstParent, direction }
            const note = `graph ${round}, question ${k}: ${JSON.stringify(asked)}`
            const numbers = (list: ReadonlyArray<VersionId>) => list.map((id) => place.get(id))
            expect([note, numbers(found)]).toEqual([note, numbers(expected)])
            hits += found.length
          }
        }
        expect(hits).toBeGreaterThan(graphs * 10)
      })
    ))
})
