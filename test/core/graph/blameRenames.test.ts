/** Who brought which line of a file that had other names before: git's answers. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { FilePath, VersionId } from "../../../src/model/Ids.ts"
import { type FileHistory, withGitFiles } from "../../support/gitFiles.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { gitVersion } from "../../support/randomGraph.ts"

const seed = runSeed()
const count = process.env.TIDEMARK_FULL === "1" ? 500 : 40

type Files = Readonly<Record<string, string>>

const names = ["a.md", "b.md", "docs/a.md", "docs/b.md", "docs/c/a.md", "x", "x/a.md", "x/y"]

/** Whether a file could stand beside others: none of them is its directory, or the other way around. */
const fits = (files: Files, path: string) =>
  Object.keys(files).every((other) => !other.startsWith(`${path}/`) && !path.startsWith(`${other}/`))

const edit = (text: string, random: Random): string => {
  const lines = text.split("\n").slice(0, -1)
  for (let k = random.between(0, 4); k > 0; k--) {
    const at = random.between(0, lines.length)
    if (random.chance(0.6)) lines.splice(at, 0, `line ${random.below(60)}`)
    else lines.splice(at, random.between(1, 2))
  }
  return lines.map((line) => `${line}\n`).join("")
}

const change = (before: Files, random: Random): Files => {
  const files: Record<string, string> = { ...before }
  for (let k = random.between(1, 3); k > 0; k--) {
    const paths = Object.keys(files)
    const path = random.pick(paths)
    const text = files[path] ?? ""
    const what = random.pick(["edit", "edit", "move", "move", "move", "remove", "add"])
    if (what === "edit") files[path] = edit(text, random)
    else if (what === "remove" && paths.length > 1) delete files[path]
    else if (what === "add") {
      const free = names.filter((name) => files[name] === undefined && fits(files, name))
      // Sometimes a copy, which is no rename while the other is there.
      if (free.length > 0) files[random.pick(free)] = random.chance(0.4) ? edit(text, random) : edit("", random)
    } else if (what === "move") {
      delete files[path]
      const free = names.filter((name) => files[name] === undefined && fits(files, name))
      files[free.length === 0 ? path : random.pick(free)] = random.chance(0.5) ? text : edit(text, random)
    }
  }
  return files
}

const begin: Files = {
  "a.md": Array.from({ length: 12 }, (_, k) => `a ${k}\n`).join(""),
  "docs/b.md": Array.from({ length: 8 }, (_, k) => `b ${k}\n`).join("")
}

const randomHistory = (random: Random): FileHistory => {
  const size = random.between(2, 12)
  const merges = random.pick([0, 0.3])
  const parents: Array<ReadonlyArray<number>> = []
  const files: Array<Files> = []
  for (let i = 0; i < size; i++) {
    const own = i === 0 ? [] : [random.between(Math.max(0, i - 2), i - 1)]
    if (i > 1 && random.chance(merges)) own.push(random.between(Math.max(0, i - 4), i - 1))
    const before = [...new Set(own)]
    parents.push(before)
    const base = files[random.pick(before.length === 0 ? [0] : before)] ?? begin
    files.push(i === 0 || random.chance(0.1) ? base : change(base, random))
  }
  return { parents, files }
}

/** For each history and file of its last version: a line per line, of version, path and number there. */
const askGit = (
  histories: ReadonlyArray<FileHistory>,
  renames: boolean
): ReadonlyArray<ReadonlyMap<string, ReadonlyArray<string>>> =>
  withGitFiles(histories, ({ run, version }) =>
    histories.map(({ files }, h) => {
      const answers = new Map<string, ReadonlyArray<string>>()
      for (const path of Object.keys(files.at(-1) ?? {})) {
        // The indent heuristic is for what people read; merges do without it, and so does the library.
        const how = renames ? [] : ["--no-follow"]
        const args = ["-c", "diff.indentHeuristic=false", "blame", ...how, "--line-porcelain", `h${h}`, "--", path]
        const lines: Array<string> = []
        let place = ""
        let number = ""
        for (const line of run(args).split("\n")) {
          const header = /^([0-9a-f]{40}) ([0-9]+) ([0-9]+)/.exec(line)
          if (header !== null) {
            place = `${version(h, header[1] ?? "")}`
            number = header[2] ?? ""
          } else if (line.startsWith("filename ")) lines.push(`${place}:${line.slice(9)}:${number}`)
        }
        answers.set(path, lines)
      }
      return answers
    })
  )

const store = Effect.fnUntraced(function* ({ files, parents }: FileHistory) {
  const engine = yield* graphEngine
  const trees = yield* Effect.forEach(files, (content) => engine.tree(content))
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

describe("blame of a file that was renamed", () => {
  for (const renames of [true, false]) {
    it.skipIf(gitVersion() === undefined)(
      `${count} random histories, ${renames ? "followed" : "not followed"}: git's answers, line by line (seed ${seed})`,
      () => {
        const random = makeRandom(seed)
        const histories = Array.from({ length: count }, () => randomHistory(random))
        const answers = askGit(histories, renames)
        return Effect.runPromise(
          Effect.gen(function* () {
            let followed = 0
            for (const [h, history] of histories.entries()) {
              const { graph, ids } = yield* store(history)
              const places = new Map(ids.map((id, place) => [id, place]))
              for (const [path, expected] of answers[h] ?? []) {
                const version = ids.at(-1) as VersionId
                const blame = yield* graph.blame({ version, path: path as FilePath, renames })
                if (blame.kind !== "text") throw new Error(`history ${h} is ${blame.kind}`)
                const found = blame.lines.flatMap(({ count, path: at, sourceStart, version }) =>
                  Array.from(
                    { length: count },
                    (_, k) => `${places.get(version as VersionId)}:${at}:${sourceStart + k}`
                  )
                )
                const note = `history ${h} of seed ${seed}, ${path}`
                expect([note, found]).toEqual([note, expected])
                if (blame.lines.some((line) => line.path !== path)) followed++
              }
            }
            if (renames) expect(followed).toBeGreaterThan(count / 4)
            else expect(followed).toBe(0)
          })
        )
      },
      process.env.TIDEMARK_FULL === undefined ? 120_000 : 3_600_000
    )
  }

  it("says which name brought content that has no lines", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const files = [{ "old.bin": "\0" }, { "new.bin": "\0" }, { "new.bin": "\0", other: "o" }]
        const { graph, ids } = yield* store({ parents: [[], [0], [1]], files })
        const request = { version: ids[2] as VersionId, path: "new.bin" as FilePath }
        expect(yield* graph.blame(request)).toMatchObject({ kind: "whole", version: ids[0], path: "old.bin" })
        const here = yield* graph.blame({ ...request, renames: false })
        expect(here).toMatchObject({ kind: "whole", version: ids[1], path: "new.bin" })
      })
    ))
})
