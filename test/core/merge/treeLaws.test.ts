/** Laws of merging trees, over random histories of files that are edited, moved, retyped and removed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { noRenames } from "../../../src/algo/merge/renames/RenameOptions.ts"
import { type MergedPath, mergeTrees } from "../../../src/core/merge/treeMerge.ts"
import { flattenTree } from "../../../src/core/objects/treeWalk.ts"
import type { TreeId } from "../../../src/model/Ids.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { drawHistory, type File, type Files, type History } from "./histories.ts"
import { makeObjects, mergeHistory } from "./mergeHistory.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined
const runs = full ? 10_000 : 300
const law = (name: string, check: (random: Random) => Effect.Effect<void, unknown>) =>
  it.effect(
    `${name} (${runs} from seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        for (let i = 0; i < runs; i++) yield* check(random)
      }),
    full ? 900_000 : 60_000
  )

const shown = (files: Files): Record<string, string> =>
  Object.fromEntries([...files].map(([path, { bytes, mode }]) => [path, `${mode} ${bytes.toString("latin1")}`]).sort())
const told = (history: History) =>
  JSON.stringify({ root: shown(history.root), ours: shown(history.ours), theirs: shown(history.theirs) }, undefined, 1)

const simple = (random: Random): History => {
  for (;;) {
    const history = drawHistory(random)
    if (history.older.length === 1) return history
  }
}
const options = ["conflict", "move", "stay"] as const

describe("merging trees", () => {
  law("a side without changes gives way, and equal sides give that side", (random) =>
    Effect.gen(function* () {
      const { ours, root } = simple(random)
      const older = [root]
      for (const sides of [
        { ours, theirs: root },
        { ours: root, theirs: ours },
        { ours, theirs: ours }
      ]) {
        const merged = yield* mergeHistory({ root, older, ...sides }, random.pick(options))
        assert.deepStrictEqual(merged.conflicts, [])
        assert.deepStrictEqual(shown(merged.files), shown(ours), told({ root, older, ...sides }))
      }
    })
  )

  law("the order of the sides decides neither what conflicts nor what a clean merge gives", (random) =>
    Effect.gen(function* () {
      const history = simple(random)
      const directories = random.pick(options)
      const one = yield* mergeHistory(history, directories)
      const other = yield* mergeHistory({ ...history, ours: history.theirs, theirs: history.ours }, directories)
      const kinds = (conflicts: ReadonlyArray<MergedPath>) =>
        conflicts.map(({ conflict, path }) => `${path} ${conflict?.kind}`).sort()
      assert.deepStrictEqual(kinds(one.conflicts), kinds(other.conflicts), told(history))
      assert.deepStrictEqual(shown(one.files), shown(other.files), told(history))
    })
  )

  law("nothing that a side added is lost: it is in the outcome, or in a conflict", (random) =>
    Effect.gen(function* () {
      const history = drawHistory(random)
      const merged = yield* mergeHistory(history, random.pick(options))
      const pieces = ({ bytes, mode }: File) => (mode === "120000" ? [bytes.toString()] : bytes.toString().split("\n"))
      const all = (files: Files) => [...files.values()].flatMap(pieces)
      const before = new Set([history.root, ...history.older].flatMap(all))
      const kept = new Set(all(merged.files))
      for (const { conflict } of merged.conflicts) {
        for (const term of [...(conflict?.sides ?? []), ...(conflict?.bases ?? [])]) {
          if (term === null || term.kind === "conflict") continue
          const directory = term.kind === "directory" ? yield* merged.inside(term.id as string as TreeId) : []
          const mode = term.kind === "symlink" ? "120000" : "100644"
          const files =
            term.kind === "directory" ? directory : [{ mode, bytes: Buffer.from(merged.bytesOf(term.id)) } as const]
          for (const file of files) for (const piece of pieces(file)) kept.add(piece)
        }
      }
      for (const side of [history.ours, history.theirs]) {
        for (const piece of all(side)) assert.isTrue(before.has(piece) || kept.has(piece), `${piece}\n${told(history)}`)
      }
    })
  )

  law("edits that keep apart never conflict, and all arrive, wherever the files went meanwhile", (random) =>
    Effect.gen(function* () {
      const lines = (tag: number) => Array.from({ length: 30 }, (_, i) => `file ${tag} line ${i} ${random.below(1e9)}`)
      const file = (text: ReadonlyArray<string>): File => ({
        mode: "100644",
        bytes: Buffer.from(text.map((line) => `${line}\n`).join(""))
      })
      const [root, ours, theirs] = [new Map<string, File>(), new Map<string, File>(), new Map<string, File>()]
      const expected = new Map<string, File>()
      for (let n = random.between(1, 6); n > 0; n--) {
        const text = lines(n)
        const [path, moved] = [`d${n % 3}/f${n}`, `e${n % 2}/g${n}`]
        // Ours edits the beginning, theirs the end; either may have moved the file, if it kept its last file company.
        const [first, last] = [random.below(10), random.between(20, 29)]
        const left = random.chance(0.7) ? text.with(first, "by ours") : text
        const right = random.chance(0.7) ? text.with(last, "by theirs") : text
        const mover = random.pick(["ours", "theirs", "nobody"] as const)
        root.set(path, file(text))
        ours.set(mover === "ours" ? moved : path, file(left))
        theirs.set(mover === "theirs" ? moved : path, file(right))
        expected.set(mover === "nobody" ? path : moved, file(left.with(last, right[last] ?? "")))
      }
      const merged = yield* mergeHistory({ root, older: [root], ours, theirs }, "conflict")
      assert.deepStrictEqual(merged.conflicts, [])
      assert.deepStrictEqual(shown(merged.files), shown(expected))
    })
  )

  law("merging forward and back gives back what stood at a conflict", (random) =>
    Effect.gen(function* () {
      const history = simple(random)
      const { objects, store } = makeObjects()
      const [base, ours, theirs] = [store(history.root), store(history.ours), store(history.theirs)]
      const merge = Effect.fnUntraced(function* (three: { base: TreeId; ours: TreeId; theirs: TreeId }) {
        const merged = yield* mergeTrees({
          ...{ objects, source: objects, content: objects, ...three },
          ...{ policy: "none" as const, drivers: [], renames: noRenames }
        })
        yield* objects.put([...merged.contents, ...[...merged.built].map(([id, { bytes }]) => ({ id, bytes }))])
        return merged
      })
      const forward = yield* merge({ base, ours, theirs })
      const back = yield* merge({ base: theirs, ours: forward.tree, theirs: base })
      const [before, after] = [yield* flattenTree(objects, ours), yield* flattenTree(objects, back.tree)]
      // A file that base has above it, or a directory that base has in its place, is a question of its own.
      const open = back.paths.flatMap(({ conflict, path }) => (conflict === null ? [] : [`${path}/`]))
      for (const { conflict, path } of forward.paths) {
        if (conflict === null || conflict.kind === "directory/file") continue
        if (open.some((above) => path.startsWith(above))) continue
        if ([...history.root.keys()].some((below) => below.startsWith(`${path}/`))) continue
        assert.deepStrictEqual(after.get(path), before.get(path), `${path}: ${conflict.kind}\n${told(history)}`)
      }
    })
  )

  it.effect("a file meets a directory that moves alone have made: both are in the conflict", () =>
    Effect.gen(function* () {
      const text = (...lines: ReadonlyArray<string>): File => ({
        mode: "100644",
        bytes: Buffer.from(lines.map((line) => `${line}\n`).join(""))
      })
      const five = ["1", "2", "3", "4", "5"]
      const root = new Map([["c/f", text(...five)]])
      const ours = new Map([
        ["c/a", text()],
        ["c/f/a", text("new")]
      ])
      const theirs = new Map([["a/x/f", text("edited", ...five)]])
      for (const [left, right] of [
        [ours, theirs],
        [theirs, ours]
      ] as const) {
        const { conflicts } = yield* mergeHistory({ root, older: [root], ours: left, theirs: right }, "move")
        const sides = conflicts.find(({ path }) => path === "a/x/f")?.conflict?.sides
        assert.sameMembers(
          (sides ?? []).map((side) => side?.kind),
          ["file", "directory"]
        )
      }
    })
  )
})
