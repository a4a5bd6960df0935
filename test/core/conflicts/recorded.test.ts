import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RecordedResolutions } from "../../../src/core/conflicts/RecordedResolutions.ts"
import { explainPlan } from "../../../src/core/projects/explainPlan.ts"
import type { ProjectId } from "../../../src/model/Ids.ts"
import { agents, artifact, bytesOf, type Edits, type Engine, kinds, path, scenario } from "../../support/engine.ts"

const file = path("skills/pdf/SKILL.md")
const skill = artifact("skill:pdf")
const same = ["m", "n", "o", "p", "q"]
const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")
const three = (a: string, b: string, c: string) => text("head", a, ...same, b, ...same, c)

/** A conflict in two hunks. */
const conflicted = Effect.fnUntraced(function* (engine: Engine) {
  yield* engine.capture({ [file]: three("a", "b", "c") })
  yield* engine.deploy()
  yield* engine.edit({ [file]: three("A", "B", "c") })
  yield* engine.capture({ [file]: three("1", "2", "C") })
})

const all = (a: "ours" | "theirs", b: "ours" | "theirs") => ({
  path: file,
  hunks: [
    { hunk: 0, use: a },
    { hunk: 1, use: b }
  ]
})

const content = (engine: Engine) => Effect.map(engine.files, (files) => files[file]?.slice(2))

/** The same deployment in another project, edited, and the plan of its update. */
const again = Effect.fnUntraced(function* (engine: Engine, edits: Edits) {
  const other = "other" as ProjectId
  const root = engine.hands.root("other")
  const first = (yield* engine.snapshots.list({ collection: agents })).items.at(-1)
  const place = { project: other, root }
  const deployed = yield* engine.deployments.plan({ ...place, collection: agents, snapshot: first?.id })
  yield* engine.deployments.apply(deployed, { root })
  engine.hands.edit(root, edits)
  const plan = yield* engine.sync.plan(place)
  return { plan, root, apply: engine.sync.apply(plan, { root }) }
})

describe.each(kinds)("recorded resolutions (%s)", (kind) => {
  it.effect("are taken again where every hunk is met again, and the plan says so", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.update()
        const made = yield* engine.resolve(all("ours", "theirs"))
        const copy = yield* again(engine, { [file]: three("A", "B", "c") })
        const row = copy.plan.paths.find((at) => at.path === file)
        assert.deepStrictEqual(
          [row?.action, row?.reason, row?.recalled],
          ["write", `resolved as before, in operation ${made.operation.id.slice(0, 8)}`, [made.operation.id]]
        )
        yield* copy.apply
        assert.strictEqual(engine.hands.list(copy.root)[file]?.slice(2), three("A", "2", "C"))
        assert.deepStrictEqual(yield* engine.conflicts.list({ project: "other" as ProjectId }), [])
        assert.deepStrictEqual(yield* engine.findings, [])
      })
    )
  )

  it.effect("are taken hunk by hunk in another file state; what is not known stays open", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.update()
        yield* engine.resolve(all("ours", "theirs"))
        const copy = yield* again(engine, { [file]: three("A", "else", "c") })
        const row = copy.plan.paths.find((at) => at.path === file)
        assert.strictEqual(row?.action, "conflict")
        assert.match(row?.reason ?? "", /^1 of 2 hunks resolved as before, in operation [0-9a-f]{8}; both sides/)
        assert.deepStrictEqual(
          row?.regions?.shown.map(({ from }) => from),
          ["recorded", "conflict", "theirs"]
        )
        yield* copy.apply
        const shown = yield* engine.conflicts.show({ project: "other" as ProjectId, path: file })
        assert.deepStrictEqual(
          shown.hunks.map(({ decided }) => decided?.use),
          ["ours", undefined]
        )
      })
    )
  )

  it.effect("hold for either order of the sides", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.update()
        yield* engine.resolve(all("ours", "ours"))
        // Upstream has now what local had, and the other way round.
        yield* engine.capture({ [file]: three("A", "B", "c") })
        const copy = yield* again(engine, { [file]: three("1", "2", "C") })
        const row = copy.plan.paths.find((at) => at.path === file)
        assert.match(row?.reason ?? "", /^resolved as before/)
        yield* copy.apply
        assert.strictEqual(engine.hands.list(copy.root)[file]?.slice(2), three("A", "B", "C"))
      })
    )
  )

  it.effect("also of whole files: sides, contents, removals, binaries", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        const [gone, logo] = [path("skills/pdf/gone.md"), path("skills/pdf/logo.bin")]
        yield* engine.capture({ [file]: "a\n", [gone]: "x\n", [logo]: bytesOf("\0a") })
        yield* engine.deploy()
        const edits = { [file]: "A\n", [gone]: "y\n", [logo]: bytesOf("\0b") }
        yield* engine.edit(edits)
        yield* engine.capture({ [file]: "1\n", [logo]: bytesOf("\0c") })
        yield* engine.update()
        yield* engine.resolve(
          { path: file, use: "content", bytes: bytesOf("both\n") },
          { path: gone, use: "theirs" },
          { path: logo, use: "ours" }
        )
        const left = yield* engine.files
        const known = yield* engine.conflicts.recorded(skill)
        assert.deepStrictEqual(known.map(({ of, use }) => `${of} ${use}`).sort(), [
          "file content",
          "file ours",
          "file theirs",
          "hunk custom"
        ])
        const copy = yield* again(engine, edits)
        assert.deepStrictEqual(
          copy.plan.paths.map(({ action }) => action).filter((action) => action === "conflict"),
          []
        )
        yield* copy.apply
        assert.deepStrictEqual(engine.hands.list(copy.root), left)
      })
    )
  )

  it.effect("can be turned off, forgotten, and undone", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* conflicted(engine)
        yield* engine.update()
        const made = yield* engine.resolve(all("theirs", "theirs"))
        const names = yield* engine.names
        const off = yield* again(engine, { [file]: three("A", "B", "c") }).pipe(
          Effect.provideService(RecordedResolutions, "off")
        )
        const actionOf = (plan: typeof off.plan) => plan.paths.find((at) => at.path === file)?.action
        assert.strictEqual(actionOf(off.plan), "conflict")
        const place = { project: "other" as ProjectId, root: off.root }
        assert.strictEqual(actionOf(yield* engine.sync.plan(place)), "write")
        const known = yield* engine.conflicts.recorded(skill)
        assert.deepStrictEqual(new Set(known.map(({ operation }) => operation)), new Set([made.operation.id]))
        assert.strictEqual((yield* engine.conflicts.forget({ artifact: skill, keys: [known[0]?.key ?? ""] })).length, 1)
        assert.strictEqual((yield* engine.conflicts.forget({ artifact: skill })).length, known.length - 1)
        assert.deepStrictEqual(yield* engine.conflicts.forget({ artifact: skill }), [])
        assert.strictEqual(actionOf(yield* engine.sync.plan(place)), "conflict")
        const head = yield* engine.log.head
        const plan = yield* engine.ledger.planUndo({ operation: head ?? made.operation.id })
        yield* engine.ledger.apply(plan)
        assert.strictEqual((yield* engine.conflicts.recorded(skill)).length, known.length - 1)
        assert.ok(Object.keys(names).some((name) => name.startsWith("resolution/")))
        assert.deepStrictEqual(yield* engine.findings, [])
      })
    )
  )

  it.effect("of two equal hunks that were decided differently teach nothing but the file", () =>
    scenario(
      kind,
      Effect.fnUntraced(function* (engine) {
        yield* engine.capture({ [file]: three("a", "a", "c") })
        yield* engine.deploy()
        yield* engine.edit({ [file]: three("A", "A", "c") })
        yield* engine.capture({ [file]: three("1", "1", "c") })
        yield* engine.update()
        yield* engine.resolve(all("ours", "theirs"))
        assert.deepStrictEqual(
          (yield* engine.conflicts.recorded(skill)).map(({ of }) => of),
          ["file"]
        )
        assert.strictEqual(yield* content(engine), three("A", "1", "c"))
      })
    )
  )
})

describe("explaining a plan", () => {
  it.effect("says of each merged text where its lines come from", () =>
    scenario(
      "memory",
      Effect.fnUntraced(function* (engine) {
        const clean = path("skills/pdf/clean.md")
        yield* engine.capture({ [file]: three("a", "b", "c"), [clean]: three("a", "b", "c") })
        yield* engine.deploy()
        yield* engine.edit({ [file]: three("A", "b", "c"), [clean]: three("A", "b", "c") })
        yield* engine.capture({ [file]: three("1", "b", "C"), [clean]: three("a", "b", "C") })
        const plan = yield* engine.planUpdate()
        assert.deepStrictEqual(
          plan.paths.map(({ path: at, regions }) => [at, regions]),
          [
            [
              file,
              {
                total: 2,
                shown: [
                  {
                    from: "conflict",
                    base: { start: 1, end: 2 },
                    ours: { start: 1, end: 2 },
                    theirs: { start: 1, end: 2 }
                  },
                  {
                    from: "theirs",
                    base: { start: 13, end: 14 },
                    ours: { start: 13, end: 14 },
                    theirs: { start: 13, end: 14 }
                  }
                ]
              }
            ],
            [
              clean,
              {
                total: 2,
                shown: [
                  {
                    from: "ours",
                    base: { start: 1, end: 2 },
                    ours: { start: 1, end: 2 },
                    theirs: { start: 1, end: 2 }
                  },
                  {
                    from: "theirs",
                    base: { start: 13, end: 14 },
                    ours: { start: 13, end: 14 },
                    theirs: { start: 13, end: 14 }
                  }
                ]
              }
            ]
          ]
        )
        assert.deepStrictEqual(yield* engine.planUpdate(), plan)
        assert.deepStrictEqual(explainPlan(plan), [
          "This update is about 2 paths: it writes 1, leaves in conflict 1.",
          "skills/pdf/SKILL.md is left in conflict, and keeps its bytes: both sides changed the same lines (1 conflict). It has 1 change still to decide, 1 change from upstream: local line 2.",
          "skills/pdf/clean.md is written: both sides changed it in different places. It has 1 change of your own, 1 change from upstream."
        ])
      })
    )
  )

  it.effect("lists two hundred regions of a path, and counts the others", () =>
    scenario(
      "memory",
      Effect.fnUntraced(function* (engine) {
        const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}`)
        const every = (rest: number, by: string) => text(...lines.map((line, i) => (i % 8 === rest ? line + by : line)))
        yield* engine.capture({ [file]: text(...lines) })
        yield* engine.deploy()
        yield* engine.edit({ [file]: every(0, " mine") })
        yield* engine.capture({ [file]: every(4, " theirs") })
        const [row] = (yield* engine.planUpdate()).paths
        assert.deepStrictEqual([row?.regions?.total, row?.regions?.shown.length], [500, 200])
      })
    )
  )
})
