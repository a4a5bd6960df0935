import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { HunkResolution } from "../../../src/core/conflicts/settleConflict.ts"
import type { Resolution } from "../../../src/core/projects/planResolve.ts"
import { bytesOf, type Engine, kinds, path, project, scenario } from "../../support/engine.ts"

const file = path("skills/pdf/SKILL.md")
const same = ["m", "n", "o", "p", "q"]
const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")
const three = (a: string, b: string, c: string) => text("head", a, ...same, b, ...same, c)
const decode = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array())

/** A skill whose text conflicts in two hunks, and merges cleanly in a third place. */
const conflicted = Effect.fnUntraced(function* (engine: Engine) {
  yield* engine.capture({ [file]: three("a", "b", "c") })
  yield* engine.deploy()
  yield* engine.edit({ [file]: three("A", "B", "c") })
  yield* engine.capture({ [file]: three("1", "2", "C") })
  yield* engine.update()
})

const hunks = (...choices: ReadonlyArray<HunkResolution>) => ({ path: file, hunks: choices })

const states = (engine: Engine) =>
  Effect.map(engine.conflicts.show({ project, path: file }), (shown) => shown.hunks.map(({ decided }) => decided?.use))

const content = (engine: Engine) => Effect.map(engine.files, (files) => files[file]?.slice(2))

describe.each(kinds)("hunks of an open conflict (%s)", (kind) => {
  it.effect("are shown with what surrounds them", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        const shown = yield* engine.conflicts.show({ project, path: file })
        assert.deepStrictEqual(
          shown.hunks.map((hunk) => [hunk.index, ...[hunk.baseBytes, hunk.ourBytes, hunk.theirBytes].map(decode)]),
          [
            [0, "a\n", "A\n", "1\n"],
            [1, "b\n", "B\n", "2\n"]
          ]
        )
        assert.deepStrictEqual(shown.hunks[0]?.ours, { start: 1, end: 2 })
        assert.strictEqual(decode(shown.hunks[0]?.before ?? null), "head\n")
        assert.strictEqual(decode(shown.hunks[1]?.after ?? null), "m\nn\no\n")
      })
    )
  )

  it.effect("are decided one by one: progress is kept, the last one makes the file clean", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        const local = yield* content(engine)
        const plan = yield* engine.planResolve(hunks({ hunk: 1, use: "theirs-then-ours" }))
        assert.deepStrictEqual(
          plan.paths.map(({ action, reason }) => [action, reason]),
          [["conflict", "1 of 2 hunks are decided"]]
        )
        yield* engine.resolve(hunks({ hunk: 1, use: "theirs-then-ours" }))
        assert.strictEqual(yield* content(engine), local)
        assert.deepStrictEqual(yield* engine.open, [file])
        assert.deepStrictEqual(yield* states(engine), [undefined, "theirs-then-ours"])
        yield* engine.resolve(hunks({ hunk: 0, use: "custom", bytes: bytesOf("mine") }))
        assert.strictEqual(yield* content(engine), text("head", "mine", ...same, "2", "B", ...same, "C"))
        assert.deepStrictEqual(yield* engine.open, [])
        assert.deepStrictEqual(yield* engine.classes(), { [file]: "modified" })
        // Upstream is the baseline now: another update has nothing to say.
        const next = yield* engine.planUpdate()
        assert.deepStrictEqual(next.deployments, [])
        assert.deepStrictEqual(yield* engine.findings, [])
      })
    )
  )

  it.effect("each step can be undone, and done again", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        const before = [yield* engine.names, yield* engine.files]
        const first = yield* engine.resolve(hunks({ hunk: 0, use: "ours" }))
        const between = [yield* engine.names, yield* engine.files]
        const second = yield* engine.resolve(hunks({ hunk: 1, use: "theirs" }))
        const after = [yield* engine.names, yield* engine.files]
        const unsecond = yield* engine.undo(second.operation.id)
        assert.deepStrictEqual([yield* engine.names, yield* engine.files], between)
        assert.deepStrictEqual(yield* states(engine), ["ours", undefined])
        const unfirst = yield* engine.undo(first.operation.id)
        assert.deepStrictEqual([yield* engine.names, yield* engine.files], before)
        yield* engine.undo(unfirst.operation.id, "redo")
        yield* engine.undo(unsecond.operation.id, "redo")
        assert.deepStrictEqual([yield* engine.names, yield* engine.files], after)
        assert.deepStrictEqual(yield* engine.findings, [])
      })
    )
  )

  it.effect("progress outlives an update that brings nothing new", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.resolve(hunks({ hunk: 0, use: "base" }))
        const names = yield* engine.names
        yield* engine.update()
        assert.deepStrictEqual(yield* engine.names, names)
        assert.deepStrictEqual(yield* states(engine), ["base", undefined])
      })
    )
  )

  it.effect("a view is edited in steps, text around the hunks included", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        for (const style of ["merge", "diff3", "zdiff3"] as const) {
          const view = decode(yield* engine.conflicts.view({ project, path: file, style }))
          assert.strictEqual(view.includes("|||||||"), style !== "merge")
        }
        const first = decode(yield* engine.conflicts.view({ project, path: file }))
        assert.strictEqual(first.slice(0, first.indexOf(">>>>")), "head\n<<<<<<< local (1/2)\nA\n=======\n1\n")
        const once = first
          .replace("head\n", "my head\n")
          .replace(/<<<<<<< local \(1[\s\S]*?>>>>>>> upstream.*\n/, "A and 1\n")
        yield* engine.resolve({ path: file, edited: bytesOf(once) })
        assert.deepStrictEqual(yield* states(engine), ["custom", undefined])
        const second = decode(yield* engine.conflicts.view({ project, path: file }))
        assert.strictEqual(second, once)
        const twice = second.replace(/<<<<<<< local \(2[\s\S]*?>>>>>>> upstream.*\n/, "2\n")
        yield* engine.resolve({ path: file, edited: bytesOf(twice) })
        assert.deepStrictEqual(yield* engine.open, [])
        assert.strictEqual(yield* content(engine), text("my head", "A and 1", ...same, "2", ...same, "C"))
      })
    )
  )

  it.effect("an edit made since is merged with the resolution, or nothing happens", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.edit({ [file]: text("head", "A", ...same, "B", "m", "n", "between", "o", "p", "q", "c") })
        const both = hunks({ hunk: 0, use: "theirs" }, { hunk: 1, use: "theirs" })
        yield* engine.edit({ [file]: three("A", "B!", "c") })
        const state = [yield* engine.names, yield* engine.files]
        const refused = yield* Effect.flip(engine.resolve(both))
        assert.strictEqual(refused._tag, "ResolutionRefused")
        if (refused._tag === "ResolutionRefused") {
          assert.deepStrictEqual([refused.path, refused.reason], [file, "changed-since"])
        }
        assert.deepStrictEqual([yield* engine.names, yield* engine.files], state)
        yield* engine.edit({ [file]: text("head", "A", ...same, "B", "m", "n", "between", "o", "p", "q", "c") })
        yield* engine.resolve(both)
        const merged = text("head", "1", ...same, "2", "m", "n", "between", "o", "p", "q", "C")
        assert.strictEqual(yield* content(engine), merged)
        assert.deepStrictEqual(yield* engine.open, [])
      })
    )
  )

  it.effect("what does not fit is refused with a reason", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        const reason = (resolution: Resolution) =>
          Effect.map(Effect.flip(engine.planResolve(resolution)), (error) =>
            error._tag === "ResolutionRefused" ? error.reason : error._tag
          )
        assert.strictEqual(yield* reason(hunks({ hunk: 2, use: "ours" })), "no-such-hunk")
        const view = decode(yield* engine.conflicts.view({ project, path: file }))
        const broken = bytesOf(view.replace("=======\n", ""))
        assert.strictEqual(yield* reason({ path: file, edited: broken }), "markers")
        yield* engine.resolve(hunks({ hunk: 0, use: "ours" }))
        assert.strictEqual(
          yield* reason({ path: file, style: "diff3", hunks: [{ hunk: 1, use: "ours" }] }),
          "other-style"
        )
        assert.strictEqual(yield* reason({ path: path("no/such"), hunks: [] }), "ConflictNotFound")
      })
    )
  )

  it.effect("a binary conflict has none, and is resolved whole", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        const at = path("skills/pdf/logo.bin")
        yield* engine.capture({ [at]: bytesOf("\0a") })
        yield* engine.deploy()
        yield* engine.edit({ [at]: bytesOf("\0b") })
        yield* engine.capture({ [at]: bytesOf("\0c") })
        yield* engine.update()
        const refused = yield* Effect.flip(engine.planResolve({ path: at, hunks: [{ hunk: 0, use: "ours" }] }))
        assert.strictEqual(refused._tag === "ResolutionRefused" ? refused.reason : refused._tag, "no-hunks")
        assert.deepStrictEqual((yield* engine.conflicts.show({ project, path: at })).hunks, [])
        const binary = yield* engine.conflicts.list({ project, kind: "binary", under: path("skills/pdf") })
        assert.strictEqual(binary.length, 1)
        assert.deepStrictEqual(yield* engine.conflicts.list({ project, kind: "content" }), [])
        assert.deepStrictEqual(yield* engine.conflicts.list({ project, under: path("skills/pd") }), [])
      })
    )
  )
})
