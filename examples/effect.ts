/** Twenty lines with Effect, in memory. A program of its own imports `tidemark` and `tidemark/memory`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type MemoryFile, makeWorkingTree, layer as memory } from "../src/adapters/memory/index.ts"
import {
  CollectionId,
  CurrentActor,
  DeploymentTracker,
  DriftDetector,
  Ledger,
  ProjectId,
  Rollback,
  SnapshotStore,
  Sync,
  layer as tidemark
} from "../src/index.ts"

const files = makeWorkingTree({ kit: { "agents/guide.md": "# Guide\n\nBe brief.\n\nAnswer in English.\n" } })
files.write("home", "notes.md", "mine\n")

const program = Effect.gen(function* () {
  const { deployments, drift, ledger, rollback, snapshots, sync } = yield* Effect.all({
    deployments: DeploymentTracker,
    drift: DriftDetector,
    ledger: Ledger,
    rollback: Rollback,
    snapshots: SnapshotStore,
    sync: Sync
  })

  // A collection is captured and deployed into a project.
  const collection = CollectionId.make("kit")
  const home = { project: ProjectId.make("home"), root: "home" }
  const first = yield* snapshots.capture({ collection, root: "kit", message: "First edition" })
  yield* deployments.apply(yield* deployments.plan({ ...home, collection }), home)

  // Both sides go on: the project's user here, the collection there.
  files.write("home", "agents/guide.md", "# Guide\n\nBe brief.\n\nAnswer in French.\n")
  files.write("kit", "agents/guide.md", "# House guide\n\nBe brief.\n\nAnswer in English.\n")
  yield* snapshots.capture({ collection, root: "kit", message: "Second edition" })
  const { paths } = yield* drift.check(home)
  for (const { class: found, path } of paths) console.log(`${path}: ${found}`)

  // The update merges them, the rollback takes it back, and the user's change survives both.
  yield* sync.apply(yield* sync.plan(home), home)
  show("updated")
  yield* rollback.apply(yield* rollback.plan({ ...home, to: { snapshot: first.snapshot.id } }), home)
  show("rolled back")
  for (const operation of (yield* ledger.list()).items) console.log(ledger.describe(operation))
})

const show = (when: string) => {
  const guide = new Map<string, MemoryFile>(files.files("home")).get("agents/guide.md")
  if (guide?.kind === "file") console.log(`${when}: ${JSON.stringify(new TextDecoder().decode(guide.bytes))}`)
}

const engine = tidemark.pipe(Layer.provide([memory, files.layer]))
await program.pipe(Effect.provide(engine), Effect.provideService(CurrentActor, "ann"), Effect.runPromise)
