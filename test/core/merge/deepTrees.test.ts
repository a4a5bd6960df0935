/** Merging trees that differ many directories down: what is looked at grows with what differs, not with its depth as well. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { similarRenames } from "../../../src/algo/merge/renames/RenameOptions.ts"
import { planMerge } from "../../../src/core/merge/planMerge.ts"
import type { TreeId } from "../../../src/model/Ids.ts"
import type { TreeEntry } from "../../../src/model/Tree.ts"
import type { File, Files } from "./histories.ts"
import { makeObjects } from "./mergeHistory.ts"

/** Counts the entries of trees that somebody goes through. */
let looked = 0
class Counted extends Array<TreeEntry> {
  override map<B>(each: (entry: TreeEntry, index: number, all: Array<TreeEntry>) => B): Array<B> {
    looked += this.length
    return Array.from(this, (entry, index) => each(entry, index, this))
  }
}

const file = (text: string): File => ({ bytes: Buffer.from(text), mode: "100644" })
const names = { ours: "ours", theirs: "theirs" } as const

/** What merging three trees reads and looks at, where all below `levels` directories is drawn by `change`. */
const costOf = Effect.fnUntraced(function* (
  levels: number,
  change: (files: Map<string, File>, at: string, side: number) => void
) {
  const { objects, store } = makeObjects()
  const side = (which: number): TreeId => {
    const files = new Map<string, File>()
    for (let level = 1; level <= levels; level++) {
      const at = Array.from({ length: level }, () => "d").join("/")
      for (let i = 0; i < 4; i++) files.set(`${at}/${i}`, file(`${level} ${i}\n`))
    }
    change(files, Array.from({ length: levels }, () => "d").join("/"), which)
    return store(files as Files)
  }
  const roots = { base: side(0), ours: side(1), theirs: side(2) }
  let [calls, read] = [0, 0]
  const source = {
    trees: (ids: ReadonlyArray<TreeId>) => {
      calls++
      read += ids.length
      return objects
        .trees(ids)
        .pipe(
          Effect.map(
            (trees) => new Map([...trees].map(([id, entries]) => [id, Counted.from(entries) as Counted] as const))
          )
        )
    }
  }
  looked = 0
  yield* planMerge(source, objects, roots, similarRenames, false, names)
  return { calls, read, looked }
})

describe("merging trees that differ", () => {
  it.effect.each([
    [
      "where both sides changed a file",
      (files, at, side) => void (side > 0 && files.set(`${at}/${side}`, file(`changed ${side}\n`)))
    ],
    [
      "where a side moved a file to the top that the other changed",
      (files, at, side) => {
        if (side === 1) files.set("top", files.get(`${at}/0`) ?? file(""))
        if (side === 1) files.delete(`${at}/0`)
        if (side === 2) files.set(`${at}/0`, file("changed\n"))
      }
    ],
    [
      "where a side added to a directory that the other removed",
      (files, at, side) => {
        if (side === 1) files.set(`${at}/added`, file("added\n"))
        if (side === 2) for (const path of [...files.keys()]) if (path.startsWith("d/d/")) files.delete(path)
      }
    ]
  ] as const satisfies ReadonlyArray<readonly [string, Parameters<typeof costOf>[1]]>)("%s", ([, change]) =>
    Effect.gen(function* () {
      const [little, much] = [yield* costOf(50, change), yield* costOf(400, change)]
      // Eight times the depth: eight times the trees, in as many batches, and each looked at a few times.
      assert.isAtMost(much.read, 9 * little.read)
      assert.isAtMost(much.calls, 9 * little.calls)
      assert.isAtMost(much.looked, 9 * little.looked)
      assert.isAtMost(much.looked, 8 * 5 * much.read)
    })
  )
})
