/**
 * One of two processes with one store. `write` captures, deploys, updates and undoes, each time with content that lies in
 * the store already, old and named by nothing; `collect` prunes and collects until it is told to end.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeWorkingTree } from "../../../src/adapters/memory/index.ts"
import { DeploymentTracker } from "../../../src/core/deployments/DeploymentTracker.ts"
import { layer } from "../../../src/core/layer.ts"
import { Ledger } from "../../../src/core/ledger/Ledger.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import { Objects } from "../../../src/core/objects/Objects.ts"
import { CollectGrace } from "../../../src/core/references/CollectGrace.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import { Sync } from "../../../src/core/sync/Sync.ts"
import type { CollectionId, ProjectId } from "../../../src/model/Ids.ts"
import { makeRandom } from "../random.ts"
import { openAdapter } from "../storage/openAdapter.ts"

const [role = "", place = "", rounds = "0", seed = "1"] = process.argv.slice(2)
const random = makeRandom(Number(seed))
const collection = "kit" as CollectionId
const project = "p" as ProjectId
const hour = 3_600_000
const tree = makeWorkingTree()

/** An hour behind: what is stored so is old at once. */
const behind: Clock.Clock = (() => {
  const millis = () => Date.now() - hour
  const nanos = () => BigInt(millis()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: () => Effect.yieldNow
  }
})()

const text = () => new TextEncoder().encode(`# ${random.below(40)}\n${"line\n".repeat(20)}`)

const write = Effect.gen(function* () {
  const objects = yield* Objects
  const snapshots = yield* SnapshotStore
  const deployments = yield* DeploymentTracker
  const sync = yield* Sync
  const ledger = yield* Ledger
  tree.mkdir("p", "")
  const done = { undone: 0, updated: 0, refused: 0 }
  const note = (what: keyof typeof done) => {
    done[what] += 1
  }
  for (let round = 0; round < Number(rounds); round++) {
    const files = ["a", "b", "c"].map((name) => ({ path: `skills/${name}/SKILL.md`, bytes: text() }))
    yield* objects
      .put(files.map(({ bytes }) => ({ id: objects.identify(bytes), bytes })))
      .pipe(Effect.provideService(Clock.Clock, behind))
    const { operation } = yield* snapshots.capture({ collection, files })
    if (round === 0) {
      const plan = yield* deployments.plan({ project, root: "p", collection, scope: "collection" })
      yield* deployments.apply(plan, { root: "p" })
    } else if (random.chance(0.5)) {
      tree.write("p", "skills/a/SKILL.md", text())
      const strategy = random.pick(["merge", "overwrite"] as const)
      const plan = yield* sync.plan({ project, root: "p", strategy })
      // A version that nothing led to may be collected before the plan names it again.
      yield* sync.apply(plan, { root: "p" }).pipe(
        Effect.andThen(Effect.sync(() => note("updated"))),
        Effect.catchTag("PlanStale", () => Effect.sync(() => note("refused")))
      )
    } else {
      yield* Effect.flatMap(ledger.planUndo({ operation: operation.id }), (plan) => ledger.apply(plan)).pipe(
        Effect.andThen(Effect.sync(() => note("undone"))),
        // What it goes back to was pruned meanwhile.
        Effect.catchTag(["OperationCollected", "PlanStale"], () => Effect.sync(() => note("refused")))
      )
    }
  }
  process.stdout.write(JSON.stringify({ rounds: Number(rounds), ...done }))
})

const collect = Effect.gen(function* () {
  const maintenance = yield* Maintenance
  let ended = false
  process.stdin.on("end", () => {
    ended = true
  })
  process.stdin.resume()
  const done = { collected: 0, removed: 0, pruned: 0 }
  const objects = yield* Objects
  const bytes = new TextEncoder().encode("named by nothing")
  yield* objects.put([{ id: objects.identify(bytes), bytes }]).pipe(Effect.provideService(Clock.Clock, behind))
  do {
    const window = { age: 0, operations: 3 }
    const { removed } = yield* maintenance.collect({ window })
    done.collected += 1
    done.removed += removed.objects
    done.pruned += (yield* maintenance.prune({ last: 2 })).pruned
    yield* Effect.promise(() => new Promise((go) => setImmediate(go)))
  } while (!ended)
  process.stdout.write(JSON.stringify(done))
})

const ports = Layer.mergeAll(openAdapter(place), tree.layer)
await Effect.runPromise(
  Effect.gen(function* () {
    if (role === "write") yield* write
    else yield* collect
  }).pipe(
    Effect.provide(layer.pipe(Layer.provide(ports))),
    // Far longer than any commit takes on whatever machine this runs.
    Effect.provideService(CollectGrace, hour / 2)
  )
)
