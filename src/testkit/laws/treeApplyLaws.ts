/** Laws of applying: what a request asks for comes to stand there, and nothing else changes. */
import * as Effect from "effect/Effect"
import {
  nothingHappened,
  path,
  type Sown,
  type Trees,
  type WorkingTreeLaw,
  workingTreeLaw
} from "../WorkingTreeFixture.ts"
import { nastyTree } from "./treeScanLaws.ts"

const wayThere = (tree: Trees): ReadonlyArray<readonly [string, Sown | null, Sown | null]> =>
  Object.entries(tree).map(([at, sown]) => [at, null, sown])

/** @internal */
export const treeApplyLaws: ReadonlyArray<WorkingTreeLaw> = [
  workingTreeLaw("apply: from nothing to a tree, and back to nothing", (field) =>
    Effect.gen(function* () {
      const there = wayThere(nastyTree).map(([at, before, after]) => field.step(at, before, after))
      const hooks = field.hooks(nastyTree)
      const applied = yield* field.service.apply(field.root, field.request(there), hooks, nothingHappened)
      yield* field.check.equal("applied", applied, { value: "done", copies: [] })
      const stands = yield* field.reap
      yield* field.check.equal("there", stands, field.expected(nastyTree))
      const back = Object.entries(stands).map(([at, before]) => ({ path: path(at), before, after: null }))
      yield* field.service.apply(field.root, field.request(back), hooks, nothingHappened)
      yield* field.check.equal("back", yield* field.reap, {})
    })
  ),

  workingTreeLaw("apply: only what the steps name is touched", (field) =>
    Effect.gen(function* () {
      const rest: Trees = { "keep/me": "as I am", "change.txt.orig": "mine", "dir/mine": "mine too" }
      yield* field.sow({ ...rest, "change.txt": "old", "dir/gone": "old" })
      const steps = [field.step("change.txt", "old", "new"), field.step("dir/gone", "old", null)]
      yield* field.service.apply(
        field.root,
        field.request([...steps, field.step("dir", "dir/", null)]),
        field.hooks({ "change.txt": "new" }),
        nothingHappened
      )
      yield* field.check.equal("tree", yield* field.reap, field.expected({ ...rest, "change.txt": "new" }))
    })
  ),

  workingTreeLaw("apply: one content may be placed at many paths", (field) =>
    Effect.gen(function* () {
      const tree: Trees = { a: "same", "b/c": "same", "d/e/f": "same" }
      const steps = wayThere(tree).map(([at, before, after]) => field.step(at, before, after))
      yield* field.service.apply(field.root, field.request(steps), field.hooks(tree), nothingHappened)
      yield* field.sow({ a: "edited in place" })
      yield* field.check.equal("tree", yield* field.reap, field.expected({ ...tree, a: "edited in place" }))
    })
  ),

  workingTreeLaw(
    "apply: kinds change: file, executable, symlink, each into each",
    (field) =>
      Effect.gen(function* () {
        const kinds: ReadonlyArray<Sown> = ["text", { exec: "text" }, { link: "text" }, "other", { exec: "other" }]
        const pairs = kinds.flatMap((from, i) => kinds.map((to, j) => [`${i}-${j}`, from, to] as const))
        yield* field.sow(Object.fromEntries(pairs.map(([at, from]) => [at, from])))
        const after: Trees = Object.fromEntries(pairs.map(([at, , to]) => [at, to]))
        const steps = pairs.map(([at, from, to]) => field.step(at, from, to))
        yield* field.service.apply(field.root, field.request(steps), field.hooks(after), nothingHappened)
        yield* field.check.equal("tree", yield* field.reap, field.expected(after))
      }),
    ["executables", "symlinks"]
  ),

  workingTreeLaw("apply: files become folders and folders files, in one go", (field) =>
    Effect.gen(function* () {
      const before: Trees = { file: "f", "folder/x/y": "y", "folder/z": "z", other: "o" }
      const after: Trees = { "file/in/side": "f", folder: "z", "other/x": "o" }
      yield* field.sow(before)
      const steps = [
        field.step("file", "f", null),
        field.step("file/in/side", null, "f"),
        field.step("folder", "dir/", "z"),
        field.step("folder/x", "dir/", null),
        field.step("folder/x/y", "y", null),
        field.step("folder/z", "z", null),
        field.step("other", "o", "dir/"),
        field.step("other/x", null, "o")
      ]
      const hooks = field.hooks(before, after)
      yield* field.service.apply(field.root, field.request(steps), hooks, nothingHappened)
      yield* field.check.equal("there", yield* field.reap, field.expected(after))
      const back = [
        ...steps.map((step) => ({ path: step.path, before: step.after, after: step.before })),
        field.step("file/in", "dir/", null)
      ].map((step) => (step.path === "file" ? field.step("file", "dir/", "f") : step))
      yield* field.service.apply(field.root, field.request([...back].reverse()), hooks, nothingHappened)
      yield* field.check.equal("back", yield* field.reap, field.expected(before))
    })
  ),

  workingTreeLaw("apply: a folder that is not empty stays", (field) =>
    Effect.gen(function* () {
      yield* field.sow({ "a/b/mine": "mine", "a/c": "c" })
      const steps = [field.step("a", "dir/", null), field.step("a/b", "dir/", null), field.step("a/c", "c", null)]
      yield* field.service.apply(field.root, field.request(steps), field.hooks(), nothingHappened)
      yield* field.check.equal("tree", yield* field.reap, field.expected({ "a/b/mine": "mine" }))
    })
  ),

  workingTreeLaw("apply: without steps it commits, and equal steps write nothing", (field) =>
    Effect.gen(function* () {
      yield* field.sow({ a: "a", "d/e": "dir/" })
      const asked: Array<string> = []
      const hooks = {
        ...field.hooks({ a: "a" }),
        content: (ids: ReadonlyArray<string>) => {
          asked.push(...ids)
          return Effect.succeed(new Map())
        }
      }
      const none = yield* field.service.apply(field.root, field.request([]), hooks, nothingHappened)
      yield* field.check.equal("none", none.value, "done")
      const equal = [field.step("a", "a", "a"), field.step("d", "dir/", "dir/"), field.step("none", null, null)]
      const same = yield* field.service.apply(field.root, field.request(equal), hooks, nothingHappened)
      yield* field.check.equal("equal", same.value, "done")
      yield* field.check.equal("asked for", asked, [])
      yield* field.check.equal("tree", yield* field.reap, field.expected({ a: "a", "d/e": "dir/" }))
    })
  ),

  workingTreeLaw("apply: progress ends with everything done", (field) =>
    Effect.gen(function* () {
      const tree = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`d${i % 7}/f${i}`, `content ${i % 10}`]))
      const seen: Array<readonly [number, number]> = []
      const hooks = { ...field.hooks(tree), onProgress: (done: number, total: number) => void seen.push([done, total]) }
      const steps = wayThere(tree).map(([at, before, after]) => field.step(at, before, after))
      yield* field.service.apply(field.root, field.request(steps), hooks, nothingHappened)
      const [done, total] = seen.at(-1) ?? [0, -1]
      yield* field.check.equal("last", done, total)
      yield* field.check.that(
        "it never goes back",
        seen.every(([n], i) => i === 0 || n > (seen[i - 1]?.[0] ?? 0))
      )
      yield* field.check.equal("tree", yield* field.reap, field.expected(tree))
    })
  )
]
