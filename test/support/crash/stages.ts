/** What operations are killed on: stages that are made once and copied, and the steps that they are made of. */
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

export const collection = "agents" as CollectionId
export const project = "project" as ProjectId
export const skill = "skill:s" as ArtifactId
export const readme = "README.md" as FilePath

export const lines = (first: string, last: string) => [first, "b", "c", "d", "e", "f", "g", "h", last, ""].join("\n")

export const v1: Trees = {
  "skills/s/f": lines("a", "i"),
  "skills/s/run": { executable: "#!/bin/sh\n" },
  "skills/s/old/deep/gone": "gone\n",
  "skills/s/link": { link: "f" },
  "skills/s/turns": "a file\n",
  [readme]: lines("a", "i")
}
export const v2: Trees = {
  "skills/s/f": lines("a", "I of v2"),
  "skills/s/run": "#!/bin/sh\n",
  "skills/s/old/deep/gone": null,
  "skills/s/new/file": "new\n",
  "skills/s/link": { link: "run" },
  "skills/s/turns": null,
  "skills/s/turns/into": "a folder\n",
  [readme]: lines("A of v2", "I of v2")
}
export const v3: Trees = { "skills/s/f": lines("A of v3", "I of v2"), "skills/t/f": "another skill\n", [readme]: null }
export const mine: Trees = {
  "skills/s/f": lines("A of mine", "i"),
  [readme]: lines("a of mine", "i of mine"),
  notes: "mine\n"
}

/** Writes files, and takes away those that are `null`. */
export const write = (root: string, trees: Trees): void => {
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

export type Step = (engine: CrashEngine, site: Site) => Effect.Effect<unknown, unknown>

export const capture: Step = (engine, site) => engine.snapshots.capture({ collection, root: site.collection })
export const onProject =
  (use: (engine: CrashEngine, at: { project: ProjectId; root: string }) => Effect.Effect<unknown, unknown>): Step =>
  (engine, { root }) =>
    use(engine, { project, root })

export const deploy = onProject(({ deployments }, at) =>
  Effect.flatMap(deployments.plan({ ...at, collection }), (plan) => deployments.apply(plan, at))
)
export const update = (strategy: "merge" | "overwrite" | "keep") =>
  onProject(({ sync }, at) => Effect.flatMap(sync.plan({ ...at, strategy }), (plan) => sync.apply(plan, at)))
export const resolve = (...resolutions: ReadonlyArray<Resolution>) =>
  onProject(({ conflicts }, at) =>
    Effect.flatMap(conflicts.plan({ ...at, resolutions }), (plan) => conflicts.apply(plan, at))
  )

export const newest = Effect.fnUntraced(function* (engine: CrashEngine, kind: OperationKind) {
  const { items } = yield* engine.ledger.list({ kind })
  return items[0]?.id ?? ("none" as OperationId)
})
export const undo = (kind: OperationKind, plan: "planUndo" | "planRedo" = "planUndo") =>
  onProject((engine, { root }) =>
    Effect.gen(function* () {
      const options = { operation: yield* newest(engine, kind), root }
      return yield* engine.ledger.apply(yield* engine.ledger[plan](options), { root })
    })
  )
export const rollback = (to: "snapshot" | "operation") =>
  onProject((engine, at) =>
    Effect.gen(function* () {
      const { items } = yield* snapshotsOf(engine)
      const snapshot = items.at(-1)?.id ?? ("none" as never)
      const plan = yield* engine.rollback.plan({
        ...at,
        to: to === "snapshot" ? { snapshot } : { operation: yield* newest(engine, "deploy") }
      })
      return yield* engine.rollback.apply(plan, at)
    })
  )
/** The collection's snapshots, newest first. */
export const snapshotsOf = (engine: CrashEngine) => engine.snapshots.list({ collection })

/** With the versions of the skill, newest first. */
export const onVersions =
  (use: (engine: CrashEngine, newest: VersionId, oldest: VersionId) => Effect.Effect<unknown, unknown>): Step =>
  (engine) =>
    Effect.flatMap(engine.graph.history({ artifact: skill }), ({ versions }) => {
      const [first, last] = [versions[0]?.id, versions.at(-1)?.id]
      return first === undefined || last === undefined ? Effect.die("no versions") : use(engine, first, last)
    })

/** What operations start from. */
export const stageNames = [
  "empty",
  "captured",
  "changed",
  "conflicted",
  "undone",
  "remembered",
  "named",
  "large",
  "discarded",
  "damaged"
] as const
export type StageName = (typeof stageNames)[number]
