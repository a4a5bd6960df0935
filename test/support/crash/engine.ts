/** An engine whose every answer is the same in every process: counted ids, a clock that stands still. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Conflicts } from "../../../src/core/conflicts/Conflicts.ts"
import { DeploymentTracker } from "../../../src/core/deployments/DeploymentTracker.ts"
import { Exchange } from "../../../src/core/exchange/Exchange.ts"
import { VersionGraph } from "../../../src/core/graph/VersionGraph.ts"
import { layer } from "../../../src/core/layer.ts"
import { Ledger } from "../../../src/core/ledger/Ledger.ts"
import { OperationLog } from "../../../src/core/ledger/OperationLog.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import { CurrentActor } from "../../../src/core/references/CurrentActor.ts"
import { IdSource } from "../../../src/core/references/IdSource.ts"
import { Rollback } from "../../../src/core/rollback/Rollback.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import { Sync } from "../../../src/core/sync/Sync.ts"
import { WorkingTree, type WorkingTreeService } from "../../../src/core/WorkingTree.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"

const services = Effect.gen(function* () {
  return {
    snapshots: yield* SnapshotStore,
    deployments: yield* DeploymentTracker,
    sync: yield* Sync,
    conflicts: yield* Conflicts,
    rollback: yield* Rollback,
    ledger: yield* Ledger,
    maintenance: yield* Maintenance,
    graph: yield* VersionGraph,
    exchange: yield* Exchange,
    storage: yield* ObjectStorage,
    catalog: yield* CatalogStorage,
    log: yield* OperationLog,
    workingTree: yield* WorkingTree
  }
})

/** What operations are done with. */
export type CrashEngine = Effect.Success<typeof services>

/** The machine's clock, but that it always says the same time. */
const standingAt = (time: number): Clock.Clock => ({
  currentTimeMillisUnsafe: () => time,
  currentTimeMillis: Effect.succeed(time),
  currentTimeNanosUnsafe: () => BigInt(time) * 1_000_000n,
  currentTimeNanos: Effect.succeed(BigInt(time) * 1_000_000n),
  monotonicTimeNanosUnsafe: () => process.hrtime.bigint(),
  monotonicTimeNanos: Effect.sync(() => process.hrtime.bigint()),
  sleep: (duration) =>
    Effect.callback((resume) => {
      const timer = setTimeout(() => resume(Effect.void), Duration.toMillis(duration))
      return Effect.sync(() => clearTimeout(timer))
    })
})

/** Runs `use` with an engine on a storage and a working tree. `name` begins each id that is drawn. */
export const withEngine = <A, E>(
  ports: { readonly storage: Layer.Layer<StorageServices, StorageError>; readonly files: WorkingTreeService },
  { name, time }: { readonly name: string; readonly time: number },
  use: (engine: CrashEngine) => Effect.Effect<A, E>
): Effect.Effect<A, E | StorageError> => {
  // Each kind on its own: a store's name is drawn once, whichever process needs it first.
  const last = new Map<string, number>()
  const ids = {
    next: (kind: string) => {
      const n = (last.get(kind) ?? 0) + 1
      last.set(kind, n)
      return `${kind}-${name}-${n}`
    }
  }
  const stack = layer.pipe(
    Layer.provideMerge(OperationLog.layer),
    Layer.provideMerge(Layer.mergeAll(ports.storage, Layer.succeed(WorkingTree, ports.files)))
  )
  return Effect.flatMap(services, use).pipe(
    Effect.provide(stack, { local: true }),
    Effect.provideService(IdSource, ids),
    Effect.provideService(CurrentActor, name),
    Effect.provideService(Clock.Clock, standingAt(time))
  )
}
