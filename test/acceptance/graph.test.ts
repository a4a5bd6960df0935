/** The real version graph: 81,966 versions, and git's answers to 2,000 questions about it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { layerWorkingTree } from "../../src/adapters/memory/index.ts"
import { layer as layerSqlite } from "../../src/adapters/sqlite/index.ts"
import { makeDag } from "../../src/algo/graph/Dag.ts"
import { makeDagQueries } from "../../src/algo/graph/dagQueries.ts"
import { encodeTree } from "../../src/algo/tree/treeEncoding.ts"
import { VersionGraph } from "../../src/core/graph/VersionGraph.ts"
import { layer } from "../../src/core/layer.ts"
import { Objects } from "../../src/core/objects/Objects.ts"
import type { ArtifactId, TreeId, VersionId } from "../../src/model/Ids.ts"
import { type SkippableContext, sharedPath } from "../support/shared.ts"

interface Answer {
  readonly a: number
  readonly b: number
  readonly mergeBases: ReadonlyArray<number>
  readonly onlyA: number
  readonly onlyB: number
}

const readGraph = (context: SkippableContext) => {
  const folder = sharedPath(context, "graph")
  const text = (name: string) => gunzipSync(readFileSync(join(folder, name))).toString("utf8")
  const rows = text("dag.tsv.gz")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"))
  return {
    seconds: rows.map(([, time]) => Number(time)),
    parents: rows.map(([, , list = ""]) => (list === "" ? [] : list.split(" ").map(Number))),
    answers: JSON.parse(text("answers.json.gz")) as ReadonlyArray<Answer>
  }
}

describe("the real version graph", () => {
  it("has every answer that git gave, in memory", { timeout: 60_000 }, (context) => {
    const { answers, parents } = readGraph(context)
    expect(parents).toHaveLength(81_966)
    expect(answers).toHaveLength(2000)
    const queries = makeDagQueries(makeDag(parents))
    const wrong = answers.filter(({ a, b, mergeBases, onlyA, onlyB }) => {
      const bases = queries.mergeBases(a, b)
      const { ahead, behind } = queries.aheadBehind(a, b)
      const expected = [...mergeBases].sort((x, y) => y - x)
      return ahead !== onlyA || behind !== onlyB || JSON.stringify(bases) !== JSON.stringify(expected)
    })
    expect(wrong).toEqual([])
  })

  it("has every answer that git gave, imported into SQLite as one operation", { timeout: 240_000 }, async (context) => {
    const { answers, parents, seconds } = readGraph(context)
    const artifact = "skill:graph" as ArtifactId
    const directory = mkdtempSync(join(tmpdir(), "tidemark-acceptance-"))
    const storage = Layer.mergeAll(layerSqlite({ file: join(directory, "graph.db") }), layerWorkingTree())
    const program = Effect.gen(function* () {
      const graph = yield* VersionGraph
      const objects = yield* Objects
      const bytes = encodeTree([])
      const tree = objects.identify(bytes) as string as TreeId
      yield* objects.put([{ id: tree, bytes }])
      const versions = parents.map((list, i) => ({
        artifact,
        parents: list,
        tree,
        message: `${i}`,
        time: (seconds[i] as number) * 1000
      }))
      const { ids } = yield* graph.appendMany({ versions })
      expect(new Set(ids).size).toBe(81_966)
      const id = (i: number) => ids[i] as VersionId
      const wrong: Array<Answer> = []
      for (const answer of answers) {
        const { a, b, mergeBases, onlyA, onlyB } = answer
        const bases = new Set(yield* graph.mergeBases(id(a), id(b)))
        const { ahead, behind } = yield* graph.aheadBehind(id(a), id(b))
        const same = bases.size === mergeBases.length && mergeBases.every((base) => bases.has(id(base)))
        if (!same || ahead !== onlyA || behind !== onlyB) wrong.push(answer)
      }
      expect(wrong).toEqual([])
    })
    try {
      await Effect.runPromise(Effect.provide(program, Layer.provide(layer, storage)))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
