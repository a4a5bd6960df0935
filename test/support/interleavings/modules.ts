/** The engine's modules, from the sources or from a copy of them in which something was changed. */

const load = async (base: string) => {
  const of = (path: string) => import(/* @vite-ignore */ `${base}/${path}`)
  return {
    ...((await of("core/layer.ts")) as typeof import("../../../src/core/layer.ts")),
    ...((await of("core/snapshots/SnapshotStore.ts")) as typeof import("../../../src/core/snapshots/SnapshotStore.ts")),
    ...((await of(
      "core/deployments/DeploymentTracker.ts"
    )) as typeof import("../../../src/core/deployments/DeploymentTracker.ts")),
    ...((await of("core/sync/Sync.ts")) as typeof import("../../../src/core/sync/Sync.ts")),
    ...((await of("core/conflicts/Conflicts.ts")) as typeof import("../../../src/core/conflicts/Conflicts.ts")),
    ...((await of("core/rollback/Rollback.ts")) as typeof import("../../../src/core/rollback/Rollback.ts")),
    ...((await of("core/ledger/Ledger.ts")) as typeof import("../../../src/core/ledger/Ledger.ts")),
    ...((await of("core/graph/VersionGraph.ts")) as typeof import("../../../src/core/graph/VersionGraph.ts")),
    ...((await of("core/maintenance/Maintenance.ts")) as typeof import("../../../src/core/maintenance/Maintenance.ts")),
    ...((await of("core/objects/Objects.ts")) as typeof import("../../../src/core/objects/Objects.ts")),
    ...((await of("core/references/CollectGrace.ts")) as typeof import("../../../src/core/references/CollectGrace.ts")),
    ...((await of("core/references/IdSource.ts")) as typeof import("../../../src/core/references/IdSource.ts")),
    ...((await of("storage/ObjectStorage.ts")) as typeof import("../../../src/storage/ObjectStorage.ts")),
    ...((await of("storage/CatalogStorage.ts")) as typeof import("../../../src/storage/CatalogStorage.ts")),
    makeStore: ((await of("adapters/memory/index.ts")) as typeof import("../../../src/adapters/memory/index.ts")).make,
    makeWorkingTree: ((await of("adapters/memory/index.ts")) as typeof import("../../../src/adapters/memory/index.ts"))
      .makeWorkingTree
  }
}

/** Everything that a run needs of the engine. */
export type Modules = Awaited<ReturnType<typeof load>>

/** Loads the modules below a folder's URL. */
export const loadModules = (base: string): Promise<Modules> => load(base)
