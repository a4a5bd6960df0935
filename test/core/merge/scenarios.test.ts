/** Situations that git's and libgit2's own tests of tree merges are about, row by row, ours against the table and git. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { compareHistory } from "./compareHistory.ts"
import { gitMergeHistories } from "./gitHistories.ts"
import { gitVersion } from "./gitTrees.ts"
import type { History } from "./histories.ts"
import { mergeHistory } from "./mergeHistory.ts"
import { crissCrossRows } from "./scenarios/crissCrossRows.ts"
import { directoryChainRows } from "./scenarios/directoryChainRows.ts"
import { directoryRows } from "./scenarios/directoryRows.ts"
import { elsewhere } from "./scenarios/elsewhere.ts"
import { fileRows } from "./scenarios/fileRows.ts"
import { kindRows } from "./scenarios/kindRows.ts"
import { filesOf, type Row, sketchOf } from "./scenarios/Row.ts"

const tables = {
  "directories that moved": directoryRows,
  "directories that moved in chains": directoryChainRows,
  "files that moved": fileRows,
  "criss-crosses": crissCrossRows,
  "kinds that meet": kindRows
}
const rows = Object.values(tables).flat()

const historyOf = ({ base, older, ours, theirs }: Row): History => ({
  root: filesOf(base),
  older: (older ?? [base]).map(filesOf),
  ours: filesOf(ours),
  theirs: filesOf(theirs)
})
const merge = (row: Row) => mergeHistory(historyOf(row), row.move === true ? "move" : "conflict")

describe.each(Object.entries(tables))("%s", (_, table) => {
  for (const row of table) {
    it.effect(`${row.source}: ${row.scenario}: ${row.why}`, () =>
      Effect.gen(function* () {
        const { conflicts, files, paths } = yield* merge(row)
        const told = conflicts.flatMap(({ conflict, path }) =>
          conflict === null ? [] : [{ path, kind: conflict.kind }]
        )
        assert.deepStrictEqual(sketchOf(files, told), row.expected)
        for (const { reason, rule } of paths) {
          assert.isNotEmpty(reason)
          assert.isNotEmpty(rule)
        }
      })
    )
  }
})

describe("the rows", () => {
  it("name each situation once, and leave nothing of the series out", () => {
    const names = rows.map(({ base, scenario, source }) => `${source} ${scenario} ${JSON.stringify(base)}`)
    assert.strictEqual(new Set(names).size, rows.length)
    const sources = [...rows.map(({ source }) => source), ...Object.keys(elsewhere)].join(" ")
    // Those of git that are missing in its own numbering are 6410 and 6420.
    for (let n = 6400; n <= 6436; n++) if (n !== 6410 && n !== 6420) assert.include(sources, `t${n}`)
  })

  it.effect.skipIf(gitVersion() === undefined)("come to the same in git, but where that is said", () =>
    Effect.gen(function* () {
      for (const directories of ["true", "conflict"] as const) {
        const some = rows.filter(({ move }) => (move === true) === (directories === "true"))
        const merges = gitMergeHistories(some.map(historyOf), directories)
        for (const [i, row] of some.entries()) {
          const git = merges[i]
          const found =
            git === null || git === undefined ? "it breaks off" : compareHistory(git, yield* merge(row), historyOf(row))
          assert.strictEqual(found, row.git ?? null, `${row.source}: ${row.scenario}`)
        }
      }
    })
  )

  it("tell which of the cases that git marks as failing come out right", () => {
    const failing = rows.filter(({ failing }) => failing !== undefined)
    const right = failing.filter(({ failing }) => failing?.here === "right")
    console.log(`${rows.length} scenarios; ${failing.length} that git marks as failing, ${right.length} right here`)
    for (const { git } of right) assert.isNotEmpty(git)
  })
})
