/** The whole engine as one layer. */
import * as Layer from "effect/Layer"
import type { CatalogStorage } from "../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../storage/ObjectStorage.ts"
import { Conflicts } from "./conflicts/Conflicts.ts"
import { DeploymentTracker } from "./deployments/DeploymentTracker.ts"
import { DriftDetector } from "./drift/DriftDetector.ts"
import { Exchange } from "./exchange/Exchange.ts"
import { VersionGraph } from "./graph/VersionGraph.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { Maintenance } from "./maintenance/Maintenance.ts"
import { MergeEngine } from "./merge/MergeEngine.ts"
import { Objects } from "./objects/Objects.ts"
import { Rollback } from "./rollback/Rollback.ts"
import { SnapshotStore } from "./snapshots/SnapshotStore.ts"
import { Sync } from "./sync/Sync.ts"
import type { WorkingTree } from "./WorkingTree.ts"

/** The services that {@link layer} provides. @public */
export type Services =
  | Conflicts
  | DeploymentTracker
  | DriftDetector
  | Exchange
  | Ledger
  | Maintenance
  | MergeEngine
  | Objects
  | Rollback
  | SnapshotStore
  | Sync
  | VersionGraph

/** What a host injects: where objects and names are kept, and how files are reached. @public */
export type Ports = CatalogStorage | ObjectStorage | WorkingTree

/**
 * Every service of the engine, from two storages and a working tree.
 *
 * @example
 * ```ts no-run
 * import * as Layer from "effect/Layer"
 * import { layer } from "tidemark"
 * import { layerWorkingTree } from "tidemark/filesystem"
 * import * as Sqlite from "tidemark/sqlite"
 *
 * const engine = layer.pipe(
 *   Layer.provide([Sqlite.layer({ file: "tidemark.db" }), layerWorkingTree()])
 * )
 * ```
 *
 * @public
 */
export const layer: Layer.Layer<Services, never, Ports> = Layer.mergeAll(
  Conflicts.layer,
  DeploymentTracker.layer,
  DriftDetector.layer,
  Exchange.layer,
  Ledger.layer,
  Maintenance.layer,
  MergeEngine.layer,
  Objects.layer,
  Rollback.layer,
  SnapshotStore.layer,
  Sync.layer,
  VersionGraph.layer
)
