/** What the services stand on, and hosts never see: each service's layer brings it along. */
import * as Layer from "effect/Layer"
import type { CatalogStorage } from "../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../storage/ObjectStorage.ts"
import { VersionWriter } from "./graph/VersionWriter.ts"
import { OperationLog } from "./ledger/OperationLog.ts"
import { Objects } from "./objects/Objects.ts"
import { Projects } from "./projects/Projects.ts"
import type { WorkingTree } from "./WorkingTree.ts"

/**
 * Objects, the operation log and the version writer. Layers are memoised, so however many services bring it along, it is
 * built once.
 *
 * @internal
 */
export const foundation: Layer.Layer<Objects | OperationLog | VersionWriter, never, CatalogStorage | ObjectStorage> =
  Layer.provideMerge(VersionWriter.layer, Layer.mergeAll(Objects.layer, OperationLog.layer))

/** The same, and what services that work on projects share. @internal */
export const projectFoundation: Layer.Layer<
  Objects | OperationLog | Projects | VersionWriter,
  never,
  CatalogStorage | ObjectStorage | WorkingTree
> = Layer.provideMerge(Projects.layer, foundation)
