/** Where operations begin: each stage is made once, of the one before it, and copied. */
import * as Effect from "effect/Effect"
import type { StageName } from "./stages.ts"
import {
  capture,
  collection,
  deploy,
  mine,
  onVersions,
  readme,
  resolve,
  type Site,
  type Step,
  skill,
  snapshotsOf,
  undo,
  update,
  v1,
  v2,
  write
} from "./stages.ts"
import { damage, discard, writeLarge } from "./storeJobs.ts"

interface Stage {
  /** The stage before it, where there is one. */
  readonly after: StageName | null
  readonly edit?: (site: Site) => void
  readonly steps: ReadonlyArray<Step>
}

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
  remembered: { after: "conflicted", steps: [resolve({ path: readme, use: "theirs" })] },
  named: {
    after: "changed",
    steps: [
      (engine) =>
        Effect.flatMap(snapshotsOf(engine), ({ items }) => {
          const oldest = items.at(-1)?.id as never
          return Effect.andThen(
            engine.snapshots.moveBranch(collection, "fork", { from: null, to: oldest }),
            engine.snapshots.createTag(collection, "named", oldest)
          )
        })
    ]
  },
  large: { after: "captured", edit: writeLarge, steps: [capture] },
  discarded: { after: "changed", steps: [discard] },
  damaged: { after: "changed", steps: [damage] }
}
