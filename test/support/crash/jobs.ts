/** Every operation that changes a store or a project, each from a stage that is made once and copied. */
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { Resolution } from "../../../src/core/projects/planResolve.ts"
import type { ArtifactId, CollectionId, FilePath, OperationId, ProjectId, VersionId } from "../../../src/model/Ids.ts"
import type { OperationKind } from "../../../src/model/Operation.ts"
import type { CrashEngine } from "./engine.ts"

/** Where a stage stands: the project's root and the collection's. */
export interface Site {
  readonly root: string
  readonly collection: string
}

type Trees = Readonly<Record<string, string | { readonly executable: string } | { readonly link: string } | null>>

const collection = "agents" as CollectionId
const project = "project" as ProjectId
const skill = "skill:s" as ArtifactId
const readme = "README.md" as FilePath

const lines = (first: string, last: string) => [first, "b", "c", "d", "e", "f", "g", "h", last, ""].join("\n")

const v1: Trees = {
  "skills/s/f": lines("a", "i"),
  "skills/s/run": { executable: "#!/bin/sh\n" },
  "skills/s/old/deep/gone": "gone\n",
  "skills/s/link": { link: "f" },
  "skills/s/turns": "a file\n",
  [readme]: lines("a", "i")
}
const v2: Trees = {
  "skills/s/f": lines("a", "I of v2"),
  "skills/s/run": "#!/bin/sh\n",
  "skills/s/old/deep/gone": null,
  "skills/s/new/file": "new\n",
  "skills/s/link": { link: "run" },
  "skills/s/turns": null,
  "skills/s/turns/into": "a folder\n",
  [readme]: lines("A of v2", "I of v2")
}
const v3: Trees = { "skills/s/f": lines("A of v3", "I of v2"), "skills/t/f": "another skill\n", [readme]: null }
const mine: Trees = {
  "skills/s/f": lines("A of mine", "i"),
  [readme]: lines("a of mine", "i of mine"),
  notes: "mine\n"
}

/** Writes files, and takes away those that are `null`. */
const write = (root: string, trees: Trees): void => {
  for (const [path, content] of Object.entries(trees)) {
    const at = join(root, path)
    fs.rmSync(at, { recursive: true, force: true })
    if (content === null) continue
    fs.mkdirSync(dirname(at), { recursive: true })
    if (typeof content === "string") fs.writeFileSync(at, content)
    else if ("link" in content) fs.symlinkSync(content.link, at)
    else fs.writeFileSync(at, content.executable, { mode: 0o755 })
  }
}

type Step = (engine: CrashEngine, site: Site) => Effect.Effect<unknown, unknown>

const capture: Step = (engine, site) => engine.snapshots.capture({ collection, root: site.collection })
const onProject =
  (use: (engine: CrashEngine, at: { project: ProjectId; root: string }) => Effect.Effect<unknown, unknown>): Step =>
  (engine, { root }) =>
    use(engine, { project, root })

const deploy = onProject(({ deployments }, at) =>
  Effect.flatMap(deployments.plan({ ...at, collection }), (plan) => deployments.apply(plan, at))
)
const update = (strategy: "merge" | "overwrite" | "keep") =>
  onProject(({ sync }, at) => Effect.flatMap(sync.plan({ ...at, strategy }), (plan) => sync.apply(plan, at)))
const resolve = (...resolutions: ReadonlyArray<Resolution>) =>
  onProject(({ conflicts }, at) =>
    Effect.flatMap(conflicts.plan({ ...at, resolutions }), (plan) => conflicts.apply(plan, at))
  )

const newest = Effect.fnUntraced(function* (engine: CrashEngine, kind: OperationKind) {
  const { items } = yield* engine.ledger.list({ kind })
  return items[0]?.id ?? ("none" as OperationId)
})
const undo = (kind: OperationKind, plan: "planUndo" | "planRedo" = "planUndo") =>
  onProject((engine, { root }) =>
    Effect.gen(function* () {
      const options = { operation: yield* newest(engine, kind), root }
      return yield* engine.ledger.apply(yield* engine.ledger[plan](options), { root })
    })
  )
const rollback = (to: "snapshot" | "operation") =>
  onProject((engine, at) =>
    Effect.gen(function* () {
      const { items } = yield* engine.snapshots.list({ collection })
      const snapshot = items.at(-1)?.id ?? ("none" as never)
      const plan = yield* engine.rollback.plan({
        ...at,
        to: to === "snapshot" ? { snapshot } : { operation: yield* newest(engine, "deploy") }
      })
      return yield* engine.rollback.apply(plan, at)
    })
  )
/** With the versions of the skill, newest first. */
const onVersions =
  (use: (engine: CrashEngine, newest: VersionId, oldest: VersionId) => Effect.Effect<unknown, unknown>): Step =>
  (engine) =>
    Effect.flatMap(engine.graph.history({ artifact: skill }), ({ versions }) => {
      const [first, last] = [versions[0]?.id, versions.at(-1)?.id]
      return first === undefined || last === undefined ? Effect.die("no versions") : use(engine, first, last)
    })

interface Stage {
  /** The stage before it, where there is one. */
  readonly after: StageName | null
  readonly edit?: (site: Site) => void
  readonly steps: ReadonlyArray<Step>
}

/** What operations start from. @see jobs */
export const stageNames = ["empty", "captured", "changed", "conflicted", "undone", "remembered"] as const
export type StageName = (typeof stageNames)[number]

export const stages: Readonly<Record<StageName, Stage>> = {
  empty: { after: null, edit: (site) => write(site.collection, v1), steps: [] },
  captured: { after: "empty", steps: [capture] },
  changed: {
    after: "captured",
    edit: (site) => write(site.collection, v2),
    steps: [
      deploy,
      (_, site) => Effect.sync(() => write(site.root, mine)),
      capture,
      onVersions(({ graph }, _, oldest) => graph.createTag(skill, "there", oldest)),
      onVersions(({ graph }, _, oldest) => graph.createBranch(skill, "side", oldest))
    ]
  },
  conflicted: { after: "changed", steps: [update("merge")] },
  undone: { after: "conflicted", steps: [undo("update")] },
  remembered: { after: "conflicted", steps: [resolve({ path: readme, use: "theirs" })] }
}

/** An operation, what it starts from, and what somebody does to files first. */
export interface Job {
  readonly stage: StageName
  readonly edit?: (site: Site) => void
  readonly run: Step
}

const job = (stage: StageName, run: Step, edit?: (site: Site) => void): Job => ({
  stage,
  run,
  ...(edit === undefined ? {} : { edit })
})

export const jobs: Readonly<Record<string, Job>> = {
  "capture, the first": job("empty", capture),
  capture: job("changed", capture, (site) => write(site.collection, v3)),
  "capture from memory": job("changed", ({ snapshots }) =>
    snapshots.capture({
      collection,
      files: [{ path: "skills/s/f" as FilePath, bytes: new TextEncoder().encode("from memory\n") }]
    })
  ),
  deploy: job("captured", deploy),
  adopt: job("captured", deploy, (site) =>
    write(site.root, { "skills/s/f": lines("a", "i"), [readme]: "not the same\n" })
  ),
  "update merge": job("changed", update("merge")),
  "update overwrite": job("changed", update("overwrite")),
  "update keep": job("changed", update("keep")),
  "resolve whole": job("conflicted", resolve({ path: readme, use: "theirs" })),
  "resolve one hunk": job("conflicted", resolve({ path: readme, hunks: [{ hunk: 0, use: "theirs" }] })),
  "resolve all hunks": job(
    "conflicted",
    resolve({
      path: readme,
      hunks: [
        { hunk: 0, use: "theirs" },
        { hunk: 1, use: "ours-then-theirs" }
      ]
    })
  ),
  retire: job(
    "changed",
    onProject(({ deployments }, at) =>
      Effect.flatMap(deployments.planRetire({ ...at, artifacts: [skill] }), (plan) => deployments.apply(plan, at))
    )
  ),
  "roll back to a snapshot": job("conflicted", rollback("snapshot")),
  "roll back to an operation": job("remembered", rollback("operation")),
  "undo an update": job("conflicted", undo("update")),
  "undo a deployment": job("changed", undo("deploy")),
  "undo a capture": job("changed", undo("capture")),
  redo: job("undone", undo("undo", "planRedo")),
  "create a tag": job(
    "changed",
    onVersions(({ graph }, version) => graph.createTag(skill, "made", version))
  ),
  "move a tag": job(
    "changed",
    onVersions(({ graph }, version) => graph.createTag(skill, "there", version, { force: true }))
  ),
  "remove a tag": job("changed", ({ graph }) => graph.removeTag(skill, "there")),
  "create a branch": job(
    "changed",
    onVersions(({ graph }, version) => graph.createBranch(skill, "made", version))
  ),
  "move a branch": job(
    "changed",
    onVersions(({ graph }, to, from) => graph.moveBranch(skill, "side", { from, to }))
  ),
  "rename a branch": job("changed", ({ graph }) => graph.renameBranch(skill, "side", "renamed")),
  "delete a branch": job("changed", ({ graph }) => graph.deleteBranch(skill, "side")),
  "append a version": job(
    "changed",
    onVersions(({ graph }, parent, from) =>
      Effect.flatMap(graph.get(parent), ({ tree }) =>
        graph.append({
          artifact: skill,
          parents: [parent],
          tree,
          origin: "local",
          message: "appended",
          branch: { name: "side", from }
        })
      )
    )
  ),
  "import versions": job(
    "changed",
    onVersions(({ graph }, parent) =>
      Effect.flatMap(graph.get(parent), ({ tree }) =>
        graph.appendMany({
          versions: [
            { artifact: skill, parents: [parent], tree, message: "one" },
            { artifact: skill, parents: [0], tree, message: "two" }
          ],
          branches: [{ artifact: skill, name: "imported", from: null, to: 1 }]
        })
      )
    )
  ),
  restore: job(
    "changed",
    onProject(({ snapshots }, { root }) =>
      Effect.flatMap(snapshots.list({ collection }), ({ items }) =>
        snapshots.restore(items[0]?.id ?? ("none" as never), { root, overwrite: true })
      )
    ),
    // A file stands where the snapshot has a folder.
    (site) => write(site.root, { "skills/s/turns": null })
  ),
  "forget resolutions": job("remembered", ({ conflicts }) => conflicts.forget({ artifact: "rest:files" as ArtifactId }))
}
