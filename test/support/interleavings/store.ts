/** One store, written by several at once while it is pruned and collected; after each round everything must be there. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { CollectionId, FilePath, OperationId, ProjectId, VersionId } from "../../../src/model/Ids.ts"
import type { Random } from "../random.ts"
import type { Modules } from "./modules.ts"
import { makeScheduler } from "./scheduler.ts"

/** Tiny, so that the few hundred milliseconds of a round exercise it. */
const grace = 1000
const kit = "kit" as CollectionId
const projects = ["p" as ProjectId, "q" as ProjectId]
const paths = ["skills/a/SKILL.md", "skills/a/x/y", "skills/b/SKILL.md", "skills/b/z"].map((path) => path as FilePath)

/** What may come of anything beside others: nothing has happened then. */
const refusals = new Set([
  "ArtifactNotFound",
  "CollectionNotFound",
  "ConflictNotFound",
  "NameNotFound",
  "NotDeployed",
  "OperationCollected",
  "OperationNotFound",
  "PlanStale",
  "RefConflict",
  "ResolutionRefused",
  "SnapshotNotFound",
  "TagExists",
  "TargetOccupied",
  "TreeNotFound",
  "UndoConflict",
  "UnresolvedConflicts",
  "VersionNotFound"
])

const isRefusal = (error: unknown): boolean => {
  if (typeof error !== "object" || error === null || !("_tag" in error)) return false
  if (refusals.has(String(error._tag))) return true
  // It took longer than the grace, and says so.
  return error._tag === "StorageError" && /was collected before the operation/.test(String(error))
}

/** How often each thing was done, and how it ended. */
export type Tally = Map<string, number>

/** Something that must not be was found. */
export class Lost extends Error {}

const services = Effect.fnUntraced(function* (modules: Modules) {
  return {
    snapshots: yield* modules.SnapshotStore,
    deployments: yield* modules.DeploymentTracker,
    sync: yield* modules.Sync,
    conflicts: yield* modules.Conflicts,
    rollback: yield* modules.Rollback,
    ledger: yield* modules.Ledger,
    graph: yield* modules.VersionGraph,
    maintenance: yield* modules.Maintenance,
    objects: yield* modules.Objects
  }
})

/** Runs `rounds` rounds on a fresh store. Throws {@link Lost} where anything is not there that must be. */
export const runStore = (modules: Modules, random: Random, rounds: number, tally: Tally): Effect.Effect<number> => {
  let ids = 0
  const scheduler = makeScheduler(random, () => random.pick([200, 400, 600, 600, 1500]))
  const count = (what: string, by = 1) => tally.set(what, (tally.get(what) ?? 0) + by)
  const tree = modules.makeWorkingTree()
  // Without a window, what was forgotten is dead at once.
  const window = { age: 0, operations: random.pick([0, 5, 5]) }
  const known: Array<VersionId> = []
  /** Of undone captures: about to be collected, if nobody names them again. */
  const forgotten: Array<VersionId> = []
  let branches = 0

  const story: Array<string> = []
  const lose = (what: string, detail: unknown): never => {
    throw new Lost(
      `${what}: ${JSON.stringify(detail)}\n${story.slice(-30).join("\n")}\n${scheduler.trace().join("\n")}`
    )
  }

  /** Does something, and notes how it ended; only refusals may go wrong. */
  const attempt = Effect.fnUntraced(function* <A, E>(what: string, act: Effect.Effect<A, E>) {
    const exit = yield* Effect.exit(act)
    if (Exit.isSuccess(exit)) {
      count(what)
      story.push(what)
      return exit.value
    }
    const error = Cause.squash(exit.cause)
    if (!isRefusal(error)) return lose(`${what} failed`, String(error))
    const tag = (error as { readonly _tag: string })._tag
    count(`${what}: ${tag}`)
    story.push(`${what}: ${tag}`)
    return undefined
  })

  const text = () => {
    const lines = ["one", "2", "3", "4", "5", "6", "seven"]
    for (let n = random.below(3); n > 0; n--) lines[random.below(lines.length)] = `text ${random.below(6)}`
    return `${lines.join("\n")}\n`
  }
  const edit = (root: string) => {
    const path = random.pick(paths)
    if (random.chance(0.15)) tree.remove(root, path)
    else tree.write(root, path, text())
  }

  const build = Effect.fnUntraced(function* () {
    const engine = yield* services(modules)
    const newest = (limit: number) => Effect.map(engine.ledger.list({ limit }), ({ items }) => items)

    const capture = Effect.fnUntraced(function* (mayUndo = true) {
      for (let n = random.between(1, 3); n > 0; n--) edit("kit")
      const captured = yield* attempt("capture", engine.snapshots.capture({ collection: kit, root: "kit" }))
      for (const { id } of captured?.versions ?? []) known.push(id)
      if (captured === undefined || !mayUndo || !random.chance(0.3)) return
      const undo = engine.ledger.planUndo({ operation: captured.operation.id })
      const undone = yield* attempt(
        "undo capture",
        Effect.flatMap(undo, (plan) => engine.ledger.apply(plan))
      )
      if (undone !== undefined) for (const { id } of captured.versions) forgotten.push(id)
    })

    const inProject = Effect.fnUntraced(function* (project: ProjectId) {
      const root = String(project)
      const what = random.below(12)
      if (random.chance(0.6)) edit(root)
      if (what < 2) {
        const plan = yield* attempt("plan deploy", engine.deployments.plan({ project, root, collection: kit }))
        if (plan !== undefined) yield* attempt("deploy", engine.deployments.apply(plan, { root }))
      } else if (what < 6) {
        const strategy = random.pick(["merge", "merge", "merge", "overwrite", "keep"] as const)
        const plan = yield* attempt("plan update", engine.sync.plan({ project, root, strategy }))
        if (plan !== undefined) yield* attempt("update", engine.sync.apply(plan, { root }))
      } else if (what < 8) {
        const open = yield* attempt("list conflicts", engine.conflicts.list({ project }))
        if (open === undefined || open.length === 0) return
        const { path } = random.pick(open)
        const use = random.pick(["ours", "theirs", "base"] as const)
        const resolution = random.chance(0.4)
          ? { path, hunks: [{ hunk: 0, use: "custom" as const, bytes: new TextEncoder().encode(text()) }] }
          : { path, use }
        const plan = yield* attempt("plan resolve", engine.conflicts.plan({ project, root, resolutions: [resolution] }))
        if (plan !== undefined) yield* attempt("resolve", engine.conflicts.apply(plan, { root }))
      } else if (what < 10) {
        const { items } = yield* engine.ledger.list({ subject: project, limit: 12 })
        if (items.length === 0) return
        const { id, kind } = random.pick(items)
        const planned =
          kind === "undo"
            ? engine.ledger.planRedo({ operation: id, root })
            : engine.ledger.planUndo({ operation: id, root })
        const plan = yield* attempt("plan undo", planned)
        if (plan !== undefined) yield* attempt("undo", engine.ledger.apply(plan, { root }))
      } else {
        const { items } = yield* engine.ledger.list({ subject: project, limit: 12 })
        if (items.length === 0) return
        const to = { operation: random.pick(items).id }
        const plan = yield* attempt("plan rollback", engine.rollback.plan({ project, root, to }))
        if (plan !== undefined) yield* attempt("rollback", engine.rollback.apply(plan, { root }))
      }
    })

    /** Versions that nothing leads to get names again, and children. */
    const inGraph = Effect.fnUntraced(function* () {
      if (known.length === 0) return
      const id = random.pick(forgotten.length > 0 && random.chance(0.7) ? forgotten.slice(-8) : known)
      const version = yield* attempt("read version", engine.graph.get(id))
      if (version === undefined) return
      const { artifact } = version
      const name = `side${random.below(4)}`
      const what = random.below(4)
      if (what === 0) yield* attempt("create branch", engine.graph.createBranch(artifact, `new${++branches}`, id))
      else if (what === 1) {
        const all = yield* engine.graph.branches(artifact)
        const [other] = all.filter((branch) => branch.name !== "kit")
        if (other !== undefined) yield* attempt("delete branch", engine.graph.deleteBranch(artifact, other.name))
      } else if (what === 2)
        yield* attempt("tag", engine.graph.createTag(artifact, name, id, { force: random.chance(0.5) }))
      else {
        const other = yield* attempt("read version", engine.graph.get(random.pick(known)))
        if (other === undefined) return
        const { version: made } = (yield* attempt(
          "append",
          engine.graph.append({ artifact, parents: [id], tree: other.tree, origin: "local", message: "" })
        )) ?? { version: null }
        if (made !== null) known.push(made.id)
      }
    })

    const collect = attempt("collect", engine.maintenance.collect({ window })).pipe(
      Effect.tap((report) =>
        Effect.sync(() => {
          count("objects removed", report?.removed.objects ?? 0)
          count("collections with dead versions", (report?.versions ?? 0) > 0 ? 1 : 0)
        })
      )
    )
    const prune = Effect.suspend(() =>
      attempt(
        "prune",
        random.chance(0.5)
          ? engine.maintenance.prune({ last: random.pick([0, 0, 1, 2]) })
          : engine.maintenance.prune({ last: random.below(3) }, { of: "safety" })
      )
    )
    const tidy = Effect.gen(function* () {
      if (random.chance(0.5)) yield* prune
      yield* collect
      if (random.chance(0.3)) yield* collect
    })

    /** Everything that is named is there and right; what can be taken back can; projects can be worked with. */
    const check = Effect.fnUntraced(function* () {
      const { affected, findings } = yield* engine.maintenance.verify()
      if (findings.length + affected.length > 0) lose("verify", { findings, affected })
      const operations = yield* newest(window.operations)
      for (const { effect, id } of operations) {
        const root = effect === null ? undefined : String(effect.project)
        const exit = yield* Effect.exit(engine.ledger.planUndo({ operation: id, root }))
        if (Exit.isSuccess(exit)) continue
        const error = Cause.squash(exit.cause) as { readonly _tag?: string; readonly missing?: string }
        const pruned = error._tag === "OperationCollected" && error.missing?.startsWith("snapshot ") === true
        if (pruned || (error._tag !== "OperationCollected" && isRefusal(error))) continue
        lose(`undo of ${id}`, String(error))
      }
      for (const project of projects) {
        const root = String(project)
        const [last] = (yield* engine.ledger.list({ subject: project, limit: 1 })).items
        const plans: Array<Effect.Effect<unknown, unknown>> = [
          engine.sync.plan({ project, root }),
          engine.sync.plan({ project, root, strategy: "overwrite" })
        ]
        if (last !== undefined)
          plans.push(engine.rollback.plan({ project, root, to: { operation: last.id as OperationId } }))
        for (const plan of plans) {
          const exit = yield* Effect.exit(plan)
          if (Exit.isSuccess(exit)) continue
          const error = Cause.squash(exit.cause)
          if (!isRefusal(error) || (error as { readonly _tag: string })._tag === "OperationCollected") {
            lose(`project ${project}`, String(error))
          }
        }
      }
    })

    tree.mkdir("kit", "")
    for (const path of paths) tree.write("kit", path, text())
    for (const project of projects) tree.mkdir(String(project), "")
    yield* capture(false)
    yield* Effect.forEach(projects, (project) =>
      Effect.flatMap(
        engine.deployments.plan({ project, root: String(project), collection: kit, scope: "collection" }),
        (plan) => engine.deployments.apply(plan, { root: String(project) })
      )
    )
    for (let round = 0; round < rounds; round++) {
      story.push(`round ${round}`)
      const actors = new Map<string, Effect.Effect<void>>()
      const work = (name: string, act: () => Effect.Effect<unknown, unknown>) =>
        actors.set(
          name,
          Effect.gen(function* () {
            for (let n = random.between(1, 2); n > 0; n--) yield* act()
          }).pipe(Effect.orDie, Effect.asVoid)
        )
      if (random.chance(0.7)) work("capture", () => capture())
      for (const project of projects) if (random.chance(0.7)) work(project, () => inProject(project))
      if (random.chance(0.6)) work("graph", inGraph)
      work("tidy", () => tidy)
      if (random.chance(0.2)) work("tidy too", () => tidy)
      yield* scheduler.run(actors)
      yield* check()
      if (random.chance(0.3)) scheduler.pass(random.pick([500, 2000]))
    }
    // Now everything that nothing leads to is old enough to go.
    scheduler.pass(10 * grace)
    yield* collect
    yield* check()
    count("storage calls", scheduler.calls())
    count("jumps of the clock", scheduler.jumps())
    return rounds
  })

  return Effect.gen(function* () {
    const store = yield* modules.makeStore
    const ports = Layer.mergeAll(
      Layer.succeed(modules.ObjectStorage, scheduler.objects(store.objects)),
      Layer.succeed(modules.CatalogStorage, scheduler.catalog(store.catalog)),
      tree.layer
    )
    return yield* build().pipe(Effect.provide(modules.layer.pipe(Layer.provide(ports)), { local: true }))
  }).pipe(
    Effect.provideService(Clock.Clock, scheduler.clock),
    Effect.provideService(modules.CollectGrace, grace),
    Effect.provideService(modules.IdSource, { next: (kind: string) => `${kind}-${String(++ids).padStart(6, "0")}` }),
    Effect.orDie
  ) as Effect.Effect<number>
}
