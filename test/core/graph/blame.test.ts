/** Who brought which line: git's answers, and what they cost. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { FilePath, VersionId } from "../../../src/model/Ids.ts"
import { withGitFiles } from "../../support/gitFiles.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { gitVersion } from "../../support/randomGraph.ts"

const seed = runSeed()
const count = process.env.TIDEMARK_FULL === "1" ? 500 : 40
const path = "docs/file.md" as FilePath

/** A file's history: its text at each version, and the versions before it. */
interface FileHistory {
  readonly parents: ReadonlyArray<ReadonlyArray<number>>
  readonly texts: ReadonlyArray<string>
}

const edit = (lines: ReadonlyArray<string>, random: Random): Array<string> => {
  const edited = [...lines]
  for (let k = random.between(0, 3); k > 0; k--) {
    const at = random.between(0, edited.length)
    const fresh = () => (random.chance(0.4) ? random.pick(["", "}", "{", "x"]) : `line ${random.below(40)}`)
    const change = random.pick(["insert", "insert", "delete", "replace"])
    if (change === "insert") edited.splice(at, 0, ...Array.from({ length: random.between(1, 3) }, fresh))
    else if (change === "delete") edited.splice(at, random.between(1, 3))
    else if (at < edited.length) edited[at] = fresh()
  }
  return edited
}

/** Takes lines now from one side, now from the other. */
const mixed = (a: ReadonlyArray<string>, b: ReadonlyArray<string>, random: Random): Array<string> => {
  const at = random.between(0, Math.min(a.length, b.length))
  return random.chance(0.5) ? [...a.slice(0, at), ...b.slice(at)] : [...b.slice(0, at), ...a.slice(at)]
}

const randomHistory = (random: Random): FileHistory => {
  const size = random.between(1, 14)
  const merges = random.pick([0, 0.3, 0.6])
  const reach = random.pick([1, 3, 14])
  const parents: Array<ReadonlyArray<number>> = []
  const lines: Array<Array<string>> = []
  for (let i = 0; i < size; i++) {
    const low = Math.max(0, i - reach)
    const own = i === 0 ? [] : [random.between(low, i - 1)]
    while (i > 1 && own.length < 3 && random.chance(merges)) own.push(random.between(low, i - 1))
    const before = [...new Set(own)]
    const [first = [], second] = before.map((parent) => lines[parent] ?? [])
    const base = second === undefined ? first : mixed(first, second, random)
    parents.push(before)
    lines.push(random.chance(0.15) && i > 0 ? [...base] : edit(base.length === 0 ? ["a", "b", "", "c"] : base, random))
  }
  const ends = lines.map(() => (random.chance(0.2) ? "" : "\n"))
  return { parents, texts: lines.map((list, i) => list.join("\n") + (list.length === 0 ? "" : ends[i])) }
}

/** One line per line of the last text: the version that git blames, and the line's number there. */
const askGit = (histories: ReadonlyArray<FileHistory>): ReadonlyArray<ReadonlyArray<string>> =>
  withGitFiles(
    histories.map(({ parents, texts }) => ({ parents, files: texts.map((text) => ({ [path]: text })) })),
    ({ run, version }) =>
      histories.map((_, h) => {
        // The indent heuristic is for what people read; merges do without it, and so does the library.
        const args = ["-c", "diff.indentHeuristic=false", "blame", "--porcelain", `h${h}`, "--", path]
        return run(args)
          .split("\n")
          .flatMap((line) => {
            const match = /^([0-9a-f]{40}) ([0-9]+) ([0-9]+)/.exec(line)
            return match === null ? [] : [`${version(h, match[1] ?? "")}:${match[2]}`]
          })
      })
  )

const store = Effect.fnUntraced(function* ({ parents, texts }: FileHistory) {
  const engine = yield* graphEngine
  const trees = yield* Effect.forEach(texts, (text) => engine.tree({ [path]: text, other: "o" }))
  const { ids } = yield* engine.graph.appendMany({
    versions: parents.map((list, i) => ({
      artifact: pdf,
      parents: list,
      tree: trees[i] as (typeof trees)[number],
      message: `${i}`,
      time: i
    }))
  })
  return { ...engine, ids }
})

describe("blame", () => {
  it.skipIf(gitVersion() === undefined)(`${count} random histories: git's answers, line by line (seed ${seed})`, () => {
    const random = makeRandom(seed)
    const histories = Array.from({ length: count }, () => randomHistory(random))
    const answers = askGit(histories)
    return Effect.runPromise(
      Effect.gen(function* () {
        let lines = 0
        for (const [h, history] of histories.entries()) {
          const { graph, ids } = yield* store(history)
          const blame = yield* graph.blame({ version: ids.at(-1) as VersionId, path })
          if (blame.kind !== "text") throw new Error(`history ${h} is ${blame.kind}`)
          const places = new Map(ids.map((id, place) => [id, place]))
          const found = blame.lines.flatMap(({ count, sourceStart, version }) =>
            Array.from({ length: count }, (_, k) => `${places.get(version as VersionId)}:${sourceStart + k}`)
          )
          expect([`history ${h} of seed ${seed}`, found]).toEqual([`history ${h} of seed ${seed}`, answers[h]])
          lines += found.length
        }
        expect(lines).toBeGreaterThan(count)
      })
    )
  })

  it("gives ranges that cover the file, in order", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const texts = ["a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\nd\n"]
        const { graph, ids } = yield* store({ parents: [[], [0], [1]], texts })
        expect(yield* graph.blame({ version: ids[2] as VersionId, path })).toEqual({
          kind: "text",
          examined: 3,
          lines: [
            { start: 1, count: 1, version: ids[0], sourceStart: 1, path },
            { start: 2, count: 1, version: ids[1], sourceStart: 2, path },
            { start: 3, count: 1, version: ids[0], sourceStart: 3, path },
            { start: 4, count: 1, version: ids[2], sourceStart: 4, path }
          ]
        })
      })
    ))

  it("takes binary content as a whole, and an empty file as no lines", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const binary = yield* store({ parents: [[], [0], [1]], texts: ["a\0", "b\0", "b\0"] })
        const blame = yield* binary.graph.blame({ version: binary.ids[2] as VersionId, path })
        expect(blame).toMatchObject({ kind: "whole", version: binary.ids[1] })
        const empty = yield* store({ parents: [[]], texts: [""] })
        expect(yield* empty.graph.blame({ version: empty.ids[0] as VersionId, path })).toMatchObject({ lines: [] })
      })
    ))

  it("fails for a path that is not there, or is a directory, and for no version", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { graph, ids } = yield* store({ parents: [[]], texts: ["a"] })
        const version = ids[0] as VersionId
        for (const wrong of ["docs", "none", "docs/file.md/x"]) {
          const error = yield* Effect.flip(graph.blame({ version, path: wrong as FilePath }))
          expect(error._tag).toBe("PathNotFound")
        }
        const error = yield* Effect.flip(graph.blame({ version: "" as VersionId, path }))
        expect(error._tag).toBe("VersionNotFound")
      })
    ))

  it("reads versions that did not touch the file in batches, and no more than the budget", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const size = 2000
        const engine = yield* graphEngine
        const trees = yield* Effect.forEach([0, 1, 2, 3], (k) =>
          engine.tree({ [path]: k < 2 ? "one\ntwo\n" : "one\n2\n", other: `${k}` })
        )
        const { ids } = yield* engine.graph.appendMany({
          versions: Array.from({ length: size }, (_, i) => ({
            artifact: pdf,
            parents: i === 0 ? [] : [i - 1],
            tree: trees[(i < size / 2 ? 0 : 2) + (i % 2)] as (typeof trees)[number],
            message: `${i}`,
            time: i
          }))
        })
        const { graph, reads } = yield* engine.reopen
        reads.calls = 0
        const version = ids.at(-1) as VersionId
        const blame = yield* graph.blame({ version, path })
        expect(blame).toMatchObject({ lines: [{ version: ids[0] }, { version: ids[size / 2] }], examined: size })
        expect(reads.calls).toBeLessThan(40)
        const cut = yield* graph.blame({ version, path, budget: 10 })
        expect(cut).toMatchObject({ lines: [{ start: 1, count: 2, version: null }], examined: 10 })
      })
    ))
})
