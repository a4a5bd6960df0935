/** Laws of applying when it must not happen: all or nothing, and no edit is ever lost. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ApplyHooks } from "../../core/WorkingTree.ts"
import {
  type Field,
  nothingHappened,
  path,
  type Trees,
  type WorkingTreeLaw,
  workingTreeLaw
} from "../WorkingTreeFixture.ts"
import { outcome } from "./treeOutcome.ts"

const before: Trees = { "a.txt": "a1", "dir/b.txt": "b1", "dir/c.txt": "c1", "gone/d.txt": "d1", mine: "mine" }
const after: Trees = { "a.txt": "a2", "dir/b.txt": "b2", "new/deep/e.txt": "e2", "dir/c.txt": "c1", mine: "mine" }

const stepsOf = (field: Field) => [
  field.step("a.txt", "a1", "a2"),
  field.step("dir/b.txt", "b1", "b2"),
  field.step("gone/d.txt", "d1", null),
  field.step("gone", "dir/", null),
  field.step("new/deep/e.txt", null, "e2")
]

const refused = { _tag: "refused" as const }

const run = <A, E>(field: Field, hooks: ApplyHooks<A, E, never>, oracle = nothingHappened) =>
  field.service.apply(field.root, field.request(stepsOf(field)), hooks, oracle)

const isUntouched = (field: Field, tree: Trees = before) =>
  Effect.flatMap(field.reap, (stands) => field.check.equal("tree", stands, field.expected(tree)))

const isDone = (field: Field) =>
  Effect.gen(function* () {
    yield* field.check.equal("then it goes", (yield* run(field, field.hooks(after))).value, "done")
    yield* field.check.equal("tree", yield* field.reap, field.expected(after))
  })

/** @internal */
export const treeRefusalLaws: ReadonlyArray<WorkingTreeLaw> = [
  workingTreeLaw("refuse: every stale input is named, and nothing was touched", (field) =>
    Effect.gen(function* () {
      const tree: Trees = { ...before, "a.txt": "edited", "new/deep/e.txt": "e2", "gone/d.txt": "dir/", checked: "x" }
      const { "dir/b.txt": _, ...rest } = tree
      yield* field.sow({ ...rest, dir: "dir/" })
      const called: Array<string> = []
      const hooks = { ...field.hooks(after), prepare: Effect.sync(() => void called.push("prepare")) }
      const checks = [
        { path: path("checked"), standing: null },
        { path: path("mine"), standing: field.standing("mine") },
        { path: path("absent"), standing: field.standing("was here") }
      ]
      const request = { ...field.request(stepsOf(field)), checks }
      const { tag, detail } = yield* outcome(field.service.apply(field.root, request, hooks, nothingHappened))
      const stale = ["a.txt", "absent", "checked", "dir/b.txt", "gone/d.txt", "new/deep/e.txt"]
      yield* field.check.equal("outcome", [tag, detail], ["PlanStale", stale])
      yield* field.check.equal("hooks", called, [])
      yield* isUntouched(field, rest)
    })
  ),

  workingTreeLaw(
    "refuse: another kind is another state",
    (field) =>
      Effect.gen(function* () {
        const tree: Trees = { a: { exec: "x" }, b: { link: "x" }, c: "dir/" }
        yield* field.sow(tree)
        const steps = [field.step("a", "x", null), field.step("b", "x", null), field.step("c", "x", null)]
        const { detail } = yield* outcome(
          field.service.apply(field.root, field.request(steps), field.hooks(), nothingHappened)
        )
        yield* field.check.equal("stale", detail, ["a", "b", "c"])
        yield* isUntouched(field, tree)
      }),
    ["executables", "symlinks"]
  ),

  workingTreeLaw("refuse: an edit made while the apply prepares is kept", (field) =>
    Effect.gen(function* () {
      const edits: ReadonlyArray<readonly [string, Effect.Effect<void>, Trees]> = [
        ["a.txt", field.write(path("a.txt"), new TextEncoder().encode("edited")), { ...before, "a.txt": "edited" }],
        ["new/deep/e.txt", field.sow({ "new/deep/e.txt": "saved" }), { ...before, "new/deep/e.txt": "saved" }],
        ["gone/d.txt", field.remove(path("gone/d.txt")), { ...before, "gone/d.txt": "dir/" }]
      ]
      for (const [at, edit, expected] of edits) {
        for (const old of ["a.txt", "new", "gone"]) yield* field.remove(path(old))
        yield* field.sow(before)
        const { tag, detail } = yield* outcome(run(field, { ...field.hooks(after), prepare: edit }))
        yield* field.check.equal(`edited ${at}`, [tag, detail], ["PlanStale", [at]])
        const { "gone/d.txt": d, ...rest } = expected
        yield* isUntouched(field, d === "dir/" ? { ...rest, gone: "dir/" } : expected)
      }
    })
  ),

  workingTreeLaw("refuse: a folder that must give way to a file, but holds something", (field) =>
    Effect.gen(function* () {
      const tree: Trees = { "a/b": "b", "a/mine": "mine" }
      yield* field.sow(tree)
      const steps = [field.step("a", "dir/", "file"), field.step("a/b", "b", null)]
      const apply = field.service.apply(field.root, field.request(steps), field.hooks({ a: "file" }), nothingHappened)
      const { tag, detail } = yield* outcome(apply)
      yield* field.check.equal("outcome", [tag, detail], ["PlanStale", ["a"]])
      yield* isUntouched(field, tree)
    })
  ),

  workingTreeLaw("refuse: when a hook fails, everything is as it was", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const hooks = field.hooks(after)
      const failing = Effect.fail(refused)
      for (const broken of [{ prepare: failing }, { content: () => failing }, { commit: failing }]) {
        const { tag } = yield* outcome(run(field, { ...hooks, ...broken }))
        yield* field.check.equal(`${Object.keys(broken)} fails`, tag, "refused")
        yield* isUntouched(field)
      }
      const dying = yield* outcome(run(field, { ...hooks, commit: Effect.die("defect") }))
      yield* field.check.equal("commit dies", dying.tag, "interrupted or died")
      yield* isUntouched(field)
      yield* isDone(field)
    })
  ),

  workingTreeLaw("refuse: content that is missing, or is not what was asked for", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const wrong = new TextEncoder().encode("wrong")
      const given: ReadonlyArray<ApplyHooks<string, never, never>["content"]> = [
        () => Effect.succeed(new Map()),
        (ids) => Effect.succeed(new Map(ids.map((id) => [id, wrong])))
      ]
      for (const content of given) {
        const { tag, detail } = yield* outcome(run(field, { ...field.hooks(after), content }))
        yield* field.check.equal("outcome", [tag, detail], ["WorkingTreeError", "io"])
        yield* isUntouched(field)
      }
    })
  ),

  workingTreeLaw("refuse: interrupted before the commit, everything is as it was; in it, it is finished", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const interruptedIn = (hook: "prepare" | "content" | "commit") =>
        Effect.gen(function* () {
          const reached = yield* Deferred.make<void>()
          const pause = Deferred.succeed(reached, undefined).pipe(Effect.andThen(Effect.sleep(20)))
          const hooks = field.hooks(after)
          const slow = {
            prepare: Effect.andThen(pause, hooks.prepare),
            content: (ids: Parameters<typeof hooks.content>[0]) => Effect.andThen(pause, hooks.content(ids)),
            commit: Effect.andThen(pause, hooks.commit)
          }
          const fiber = yield* Effect.forkChild(run(field, { ...hooks, [hook]: slow[hook] }))
          yield* Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
        })
      for (const hook of ["prepare", "content"] as const) {
        yield* interruptedIn(hook)
        yield* isUntouched(field)
      }
      yield* interruptedIn("commit")
      yield* isUntouched(field, after)
    })
  ),

  workingTreeLaw("refuse: one apply at a time", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const hooks = field.hooks(after)
      const inside: Array<unknown> = []
      const second = Effect.map(outcome(run(field, hooks)), ({ tag, detail }) => void inside.push([tag, detail]))
      yield* run(field, { ...hooks, prepare: second })
      yield* field.check.equal("the second", inside, [["WorkingTreeError", "locked"]])
      yield* isUntouched(field, after)
    })
  ),

  workingTreeLaw("refuse: paths that are none", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const hostile = [
        "../x",
        "..",
        "/etc/x",
        "a//b",
        "a/",
        ".",
        "a/./b",
        "",
        "\\x2e\\x2e/x",
        "a\\x2fb",
        "a\0b",
        "\ud800"
      ]
      for (const at of [...hostile, ".tidemark", ".tidemark/journal", "a/.Tidemark/x"]) {
        const apply = (
          steps: Parameters<Field["request"]>[0],
          checks: ReadonlyArray<{ path: ReturnType<typeof path>; standing: null }>
        ) => field.service.apply(field.root, { ...field.request(steps), checks }, field.hooks(after), nothingHappened)
        const tries = [
          yield* outcome(apply([field.step(at, null, "a2")], [])),
          yield* outcome(apply([], [{ path: path(at), standing: null }])),
          yield* outcome(field.service.read(field.root, [path(at)]))
        ]
        const refusedAll = tries.every(({ detail }) => detail === "escapes-root" || detail === "unsupported")
        yield* field.check.that(`${JSON.stringify(at)} is refused`, refusedAll)
      }
      yield* isUntouched(field)
    })
  ),

  workingTreeLaw("refuse: one path in two steps, a file that is to be a folder too, a file below a file", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const apply = (...steps: Parameters<Field["request"]>[0]) =>
        field.service.apply(field.root, field.request(steps), field.hooks(after), nothingHappened)
      const twice = yield* outcome(apply(field.step("x", null, "a2"), field.step("x", null, "b2")))
      yield* field.check.equal("twice", twice.detail, "unsupported")
      const both = yield* outcome(apply(field.step("x", null, "a2"), field.step("x/y", null, "b2")))
      yield* field.check.equal("both", both.detail, "unsupported")
      const under = yield* outcome(apply(field.step("mine/x", null, "a2")))
      yield* field.check.equal("below a file", under.detail, "not-a-directory")
      yield* isUntouched(field)
    })
  ),

  workingTreeLaw(
    "refuse: a symlink on the way leads nowhere",
    (field) =>
      Effect.gen(function* () {
        const tree: Trees = { "real/x": "x", way: { link: "real" }, out: { link: ".." } }
        yield* field.sow(tree)
        const attempts = [field.step("way/new", null, "a2"), field.step("out/new", null, "a2")]
        for (const step of attempts) {
          const { detail } = yield* outcome(
            field.service.apply(field.root, field.request([step]), field.hooks(after), nothingHappened)
          )
          yield* field.check.equal(step.path, detail, "escapes-root")
        }
        const through = field.request([field.step("way/x", "x", null)])
        const { detail } = yield* outcome(field.service.apply(field.root, through, field.hooks(), nothingHappened))
        yield* field.check.equal("nothing stands behind a link", detail, ["way/x"])
        yield* isUntouched(field, tree)
      }),
    ["symlinks"]
  )
]
