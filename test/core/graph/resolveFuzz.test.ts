/** Expressions that nobody would write, and ranges as npm reads them. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { parseRevision } from "../../../src/algo/graph/revision.ts"
import type { VersionId } from "../../../src/model/Ids.ts"
import { graphEngine, pdf } from "../../support/graphEngine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const count = process.env.TIDEMARK_FULL === "1" ? 50_000 : 3_000

const known = new Set(["AmbiguousName", "MalformedExpression", "NameNotFound", "SearchExhausted", "VersionNotFound"])

describe("resolving whatever is written", () => {
  it(`${count} expressions: a version, or one of the errors that say why not (seed ${seed})`, () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const random = makeRandom(seed)
        const { graph, tree } = yield* graphEngine
        const content = yield* tree({ f: "x" })
        const parents = [[], [0], [1], [2, 1], [3, 0, 2]]
        const { ids } = yield* graph.appendMany({
          versions: parents.map((list, i) => ({ artifact: pdf, parents: list, tree: content, message: `${i}` })),
          branches: [{ artifact: pdf, name: "main", from: null, to: 4 }]
        })
        for (const [k, tag] of ["v1.0.0", "1.2.0-beta.1", "both"].entries()) {
          yield* graph.createTag(pdf, tag, ids[k] as VersionId)
        }
        yield* graph.createBranch(pdf, "both", ids[4] as VersionId)
        const id = ids[2] as string
        const pieces = [
          ...["main", "both", "v1.0.0", "latest", "branch:", "tag:", "semver:", "remote/", "@{", "@{deployed:", "}"],
          ...[
            "2026-05-01",
            "2026-05-01T10:00Z",
            "~",
            "^",
            "~1",
            "^2",
            "~999999999",
            "^0",
            "*",
            "x",
            ">=1",
            "||",
            " - "
          ],
          ...[
            id,
            id.slice(0, 3),
            id.slice(0, 4),
            id.slice(0, 20),
            "/",
            "%2F",
            "..",
            "\\",
            "\0",
            "\n",
            "ü",
            "\u{1f4e6}"
          ],
          ...["\ud800", "__proto__", "constructor", "", " ", ":", "<2", "=", "1.x", "9".repeat(30), "0".repeat(64)]
        ]
        const told = new Map<string, number>()
        for (let k = 0; k < count; k++) {
          const expression = Array.from({ length: random.between(0, 5) }, () => random.pick(pieces)).join("")
          const parsed = parseRevision(expression)
          if ("reason" in parsed) {
            expect(parsed.position).toBeGreaterThanOrEqual(0)
            expect(parsed.position).toBeLessThanOrEqual(expression.length)
          }
          const result = yield* Effect.exit(Effect.result(graph.resolve(pdf, expression)))
          const note = JSON.stringify(expression)
          if (result._tag === "Failure") throw new Error(`${note} died: ${result.cause}`)
          const answer = result.value
          const tag = answer._tag === "Success" ? "Success" : answer.failure._tag
          if (answer._tag === "Success") expect([note, ids.includes(answer.success)]).toEqual([note, true])
          else expect([note, known.has(tag)]).toEqual([note, true])
          if ("reason" in parsed) expect([note, tag]).toEqual([note, "MalformedExpression"])
          told.set(tag, (told.get(tag) ?? 0) + 1)
        }
        for (const tag of ["Success", "AmbiguousName", "MalformedExpression", "NameNotFound", "VersionNotFound"]) {
          expect([tag, (told.get(tag) ?? 0) > 0]).toEqual([tag, true])
        }
      })
    ))

  it("the shortest beginning of an id has four digits; each that begins one id alone is enough", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { graph, tree } = yield* graphEngine
        const content = yield* tree({ f: "x" })
        const { ids } = yield* graph.appendMany({
          versions: Array.from({ length: 400 }, (_, i) => ({
            artifact: pdf,
            parents: [],
            tree: content,
            message: `${i}`
          }))
        })
        for (const id of ids.slice(0, 40)) {
          for (let length = 1; length <= 64; length++) {
            const prefix = id.slice(0, length)
            const alike = ids.filter((other) => other.startsWith(prefix)).length
            const result = yield* Effect.result(graph.resolve(pdf, prefix))
            const tag = result._tag === "Success" ? result.success : result.failure._tag
            expect([prefix, tag]).toEqual([prefix, length < 4 ? "NameNotFound" : alike === 1 ? id : "AmbiguousName"])
          }
        }
      })
    ))
})

describe("ranges", () => {
  // What node-semver's `maxSatisfying` answers for the tags below; `latest` is the highest that is no pre-release.
  const tags = ["0.2.5", "0.3.0", "1.0.0-alpha.1", "1.0.0", "v1.2.0", "1.2.9", "1.10.0", "2.0.0-beta.2", "2.0.0-rc.1"]
  const table: ReadonlyArray<readonly [string, string | null]> = [
    ["^1.2", "1.10.0"],
    ["^1.2.1", "1.10.0"],
    ["~1.2", "1.2.9"],
    ["~1.2.3", "1.2.9"],
    ["~1", "1.10.0"],
    ["^0.2.3", "0.2.5"],
    ["^0.2", "0.2.5"],
    ["^0", "0.3.0"],
    ["semver:^0.0.3", null],
    ["semver:1.2.x", "1.2.9"],
    ["semver:1", "1.10.0"],
    ["semver:*", "1.10.0"],
    ["semver:1.0.0 - 1.2.0", "v1.2.0"],
    ["semver:1.0.0 - 1.2", "1.2.9"],
    [">1.2.9", "1.10.0"],
    [">=2.0.0-beta.1", "2.0.0-rc.1"],
    [">=2.0.0-beta.1 <2.0.0-rc.1", "2.0.0-beta.2"],
    [">=2", null],
    ["^2.0.0-0", "2.0.0-rc.1"],
    ["<1.0.0", "0.3.0"],
    ["<=1.0.0", "1.0.0"],
    ["=1.2.0", "v1.2.0"],
    ["<0.3 || >1.2.0 <1.3", "1.2.9"],
    ["~1.0.0-alpha.0", "1.0.0"],
    ["latest", "1.10.0"]
  ]

  it("choose what npm would", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { graph, tree } = yield* graphEngine
        const content = yield* tree({ f: "x" })
        const { ids } = yield* graph.appendMany({
          versions: tags.map((message) => ({ artifact: pdf, parents: [], tree: content, message }))
        })
        for (const [k, tag] of tags.entries()) yield* graph.createTag(pdf, tag, ids[k] as VersionId)
        for (const [range, expected] of table) {
          const result = yield* Effect.result(graph.resolve(pdf, range))
          const found = result._tag === "Success" ? (tags[ids.indexOf(result.success)] ?? "?") : result.failure._tag
          expect([range, found]).toEqual([range, expected ?? "NameNotFound"])
        }
        // Where all are pre-releases, none is the latest.
        const only = yield* graphEngine
        const tree2 = yield* only.tree({ f: "x" })
        const early = yield* only.graph.appendMany({
          versions: [{ artifact: pdf, parents: [], tree: tree2, message: "early" }]
        })
        yield* only.graph.createTag(pdf, "1.0.0-rc.1", early.ids[0] as VersionId)
        expect((yield* Effect.flip(only.graph.resolve(pdf, "latest")))._tag).toBe("NameNotFound")
      })
    ))
})
