/** What moved files come to, scenario by scenario, and what following them costs. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { noRenames, similarRenames } from "../../../src/algo/merge/renames/RenameOptions.ts"
import { mergeTrees } from "../../../src/core/merge/treeMerge.ts"
import type { FilePath } from "../../../src/model/Ids.ts"
import { compareHistory } from "./compareHistory.ts"
import { gitMergeHistories } from "./gitHistories.ts"
import { gitVersion } from "./gitTrees.ts"
import type { File, Files, History } from "./histories.ts"
import { makeObjects, mergeHistory } from "./mergeHistory.ts"
import { type Scenario, type Sketch, scenarios } from "./renameScenarios.ts"

const fileOf = (content: string): File => {
  if (content.startsWith("x ")) return { mode: "100755", bytes: Buffer.from(content.slice(2)) }
  if (content.startsWith("-> ")) return { mode: "120000", bytes: Buffer.from(content.slice(3)) }
  return { mode: "100644", bytes: Buffer.from(content) }
}
const filesOf = (sketch: Sketch): Files => new Map(Object.entries(sketch).map(([path, text]) => [path, fileOf(text)]))
const sketchOf = (files: Files): Sketch => {
  const prefix = { "100644": "", "100755": "x ", "120000": "-> " }
  return Object.fromEntries([...files].map(([path, { bytes, mode }]) => [path, prefix[mode] + bytes.toString()]).sort())
}
const historyOf = ({ older, ours, root, theirs }: Scenario): History => ({
  root: filesOf(root),
  older: (older ?? [root]).map(filesOf),
  ours: filesOf(ours),
  theirs: filesOf(theirs)
})

describe("files that moved", () => {
  for (const scenario of scenarios) {
    it.effect(`${scenario.name}: ${scenario.why}`, () =>
      Effect.gen(function* () {
        const merged = yield* mergeHistory(historyOf(scenario), scenario.move ? "move" : "conflict")
        const kinds = Object.fromEntries(merged.conflicts.map(({ conflict, path }) => [path, conflict?.kind]).sort())
        assert.deepStrictEqual(kinds, scenario.conflicts ?? {})
        assert.deepStrictEqual(sketchOf(merged.files), scenario.files)
        for (const { reason, rule } of merged.paths) {
          assert.isNotEmpty(reason)
          assert.isNotEmpty(rule)
        }
      })
    )
  }

  it.effect.skipIf(gitVersion() === undefined)("come to the same in git, but where that is said", () =>
    Effect.gen(function* () {
      for (const directories of ["true", "conflict"] as const) {
        const some = scenarios.filter(({ move }) => (move === true) === (directories === "true"))
        const merges = gitMergeHistories(some.map(historyOf), directories)
        for (const [i, scenario] of some.entries()) {
          const git = merges[i]
          const ours = yield* mergeHistory(historyOf(scenario), directories === "true" ? "move" : "conflict")
          const found =
            git === null || git === undefined ? "it breaks off" : compareHistory(git, ours, historyOf(scenario))
          assert.strictEqual(found === null, scenario.git === undefined, `${scenario.name}: ${found}`)
        }
      }
    })
  )
})

const lines = (tag: string, count: number) => Array.from({ length: count }, (_, i) => `${tag} ${i}\n`).join("")

describe("following files", () => {
  const merge = Effect.fnUntraced(function* (root: Sketch, left: Sketch, right: Sketch, renames = similarRenames) {
    const { objects, reads, store } = makeObjects()
    const [base, ours, theirs] = [store(filesOf(root)), store(filesOf(left)), store(filesOf(right))]
    const merged = yield* mergeTrees({
      ...{ objects, source: objects, content: objects, base, ours, theirs, renames },
      ...{ policy: "none" as const, drivers: [] }
    })
    return { ...merged, reads }
  })

  it.effect("costs what changed, not what is there", () =>
    Effect.gen(function* () {
      const root: Record<string, string> = {}
      for (let i = 0; i < 40; i++) for (let k = 0; k < 10; k++) root[`d${i}/e${k}/f`] = lines(`${i} ${k}`, 5)
      const { "d7/e3/f": moved = "", ...rest } = root
      const { reads, paths } = yield* merge(
        root,
        { ...rest, "d7/e3/g": moved },
        { ...root, "d7/e3/f": `${moved}more\n` }
      )
      assert.deepStrictEqual(
        paths.flatMap(({ path, renames }) => (renames.length > 0 ? [path] : [])),
        ["d7/e3/g"]
      )
      assert.isAtMost(reads.trees, 9)
      assert.strictEqual(reads.blobs, 0)
    })
  )

  it.effect("reads nothing where it cannot matter where a file went", () =>
    Effect.gen(function* () {
      const root = { "d/f": lines("f", 20), "e/g": lines("g", 20) }
      const { reads, tree } = yield* merge(root, { "d/h": `${lines("f", 20)}more\n`, "e/g": lines("g", 20) }, root)
      assert.strictEqual(reads.blobs, 0)
      assert.isNotEmpty(tree)
    })
  )

  it.effect("says how alike the files are, and how they were found", () =>
    Effect.gen(function* () {
      const [f, g] = [lines("f", 10), lines("g", 10)]
      const { paths } = yield* merge(
        { f, "d/g": g, h: lines("h", 10) },
        { f2: `${f}one more line\n`, "e/g": `${g}x\n`, h2: lines("h", 10) },
        { f: `first\n${f}`, "d/g": `first\n${g}`, h: `first\n${lines("h", 10)}` }
      )
      const found = paths.flatMap(({ renames }) => renames.map(({ found, score, to }) => [to, found, score]))
      assert.deepStrictEqual(found, [
        ["e/g", "name", 95],
        ["f2", "similar", 74],
        ["h2", "exact", 100]
      ])
    })
  )

  it.effect("can be told what moved, which wins over what it finds", () =>
    Effect.gen(function* () {
      const f = lines("f", 10)
      const other = lines("other", 10)
      const moves = [{ side: "ours" as const, from: "f" as FilePath, to: "g" as FilePath }]
      const sides = [{ f }, { g: other, h: f }, { f: `${f}more\n` }] as const
      const found = yield* merge(...sides)
      assert.deepStrictEqual([...new Set(found.paths.flatMap(({ renames }) => renames.map(({ to }) => to)))], ["h"])
      const told = yield* merge(...sides, { ...similarRenames, moves })
      assert.deepStrictEqual(
        told.paths.flatMap(({ renames }) => renames.map(({ found, to }) => [to, found])),
        [["g", "given"]]
      )
      const onlyTold = yield* merge(...sides, { ...noRenames, moves })
      assert.deepStrictEqual(onlyTold.tree, told.tree)
    })
  )

  it.effect("makes a conflict of names that differ in case alone, where the target folds case", () =>
    Effect.gen(function* () {
      const { objects, store } = makeObjects()
      const [a, b] = [lines("a", 3), lines("b", 3)]
      const [base, ours, theirs] = [{ z: a }, { z: a, "d/Read": a, "D2/f": a }, { z: a, "d/read": b, "d2/f": b }].map(
        (sketch) => store(filesOf(sketch))
      )
      if (base === undefined || ours === undefined || theirs === undefined) return
      const input = {
        objects,
        source: objects,
        content: objects,
        base,
        ours,
        theirs,
        policy: "none" as const,
        drivers: []
      }
      assert.deepStrictEqual(
        (yield* mergeTrees(input)).paths.filter(({ conflict }) => conflict !== null),
        []
      )
      const { paths } = yield* mergeTrees({ ...input, foldsCase: true })
      const told = paths.flatMap(({ conflict, path }) => (conflict === null ? [] : ([[path, conflict]] as const)))
      assert.deepStrictEqual(
        told.map(([path, { kind, sides }]): unknown => [path, kind, sides.map((side) => side?.path)]),
        [
          ["D2", "case-collision", ["D2", "d2"]],
          ["d/Read", "case-collision", ["d/Read", "d/read"]]
        ]
      )
    })
  )

  it.effect("can be limited to unchanged files, or be turned off", () =>
    Effect.gen(function* () {
      const [f, g] = [lines("f", 10), lines("g", 10)]
      const sides = [
        { f, g },
        { f2: f, g2: `${g}x\n` },
        { f: `first\n${f}`, g: `first\n${g}` }
      ] as const
      const kinds = (renames: typeof similarRenames) =>
        Effect.map(merge(...sides, renames), ({ paths }) =>
          paths.flatMap(({ conflict, path }) => (conflict === null ? [] : [path]))
        )
      assert.deepStrictEqual(yield* kinds(similarRenames), [])
      assert.deepStrictEqual(yield* kinds({ ...similarRenames, detect: "exact" }), ["g"])
      assert.deepStrictEqual(yield* kinds(noRenames), ["f", "g"])
      const limited = yield* merge(...sides, { ...similarRenames, limit: 0 })
      assert.isTrue(limited.renamesLimited)
    })
  )
})
