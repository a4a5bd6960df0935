/** Where branches of other stores were, as far as is known here. */
import * as Effect from "effect/Effect"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { unescapePart } from "../catalog/names.ts"
import { listRefs } from "../projects/deploymentRecord.ts"

/** A branch of another store, where it was when it was last pulled. @public */
export interface TrackedBranch {
  readonly artifact: ArtifactId
  readonly remote: string
  readonly branch: string
  readonly version: VersionId
}

/** Those whose refs start with a prefix. @internal */
export const readTracked = (
  catalog: CatalogStorageService,
  prefix: string
): Effect.Effect<ReadonlyArray<TrackedBranch>, StorageError> =>
  Effect.map(listRefs(catalog, prefix), (refs) =>
    refs.map(([name, version]): TrackedBranch => {
      const [, artifact = "", remote = "", branch = ""] = name.split("/").map(unescapePart)
      return { artifact: artifact as ArtifactId, remote, branch, version: version as VersionId }
    })
  )
