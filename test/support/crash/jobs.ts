/** Every operation that changes a store or a project, each from a stage that is made once and copied. */
import * as Effect from "effect/Effect"
import type { ArtifactId, FilePath } from "../../../src/model/Ids.ts"
import {
  capture,
  collection,
  deploy,
  lines,
  onProject,
  onVersions,
  readme,
  resolve,
  rollback,
  type Site,
  type StageName,
  type Step,
  skill,
  snapshotsOf,
  undo,
  update,
  v3,
  write
} from "./stages.ts"
import { storeJobs } from "./storeJobs.ts"

/** An operation, what it starts from, and what somebody does to files first. */
export interface Job {
  readonly stage: StageName
  readonly edit?: (site: Site) => void
  readonly run: Step
  /**
   * What a killed one leaves. `one`: all of the old or all of the new. `steps`: some of it, of which nobody else sees
   * anything wrong, and doing it again makes it whole. `reads`: the store as it was.
   */
  readonly law?: "one" | "steps" | "reads"
  /** Whether the store is damaged until it is done. */
  readonly isDamaged?: boolean
  /** Objects that may be there or not while it is not done; that nothing is lost shows when it is done again. */
  readonly passing?: ReadonlySet<string>
  /** What holds besides, wherever it was killed. */
  readonly check?: Step
}

const job = (stage: StageName, run: Step, edit?: (site: Site) => void): Job => ({
  stage,
  run,
  ...(edit === undefined ? {} : { edit })
})

const projectJobs = {
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
    onProject((engine, { root }) =>
      Effect.flatMap(snapshotsOf(engine), ({ items }) =>
        engine.snapshots.restore(items[0]?.id ?? ("none" as never), { root, overwrite: true })
      )
    ),
    // A file stands where the snapshot has a folder.
    (site) => write(site.root, { "skills/s/turns": null })
  ),
  "forget resolutions": job("remembered", ({ conflicts }) => conflicts.forget({ artifact: "rest:files" as ArtifactId }))
} satisfies Readonly<Record<string, Job>>

/** The name of an operation. */
export type JobName = keyof typeof projectJobs | keyof typeof storeJobs

export const jobs: Readonly<Record<string, Job>> = { ...projectJobs, ...storeJobs }
