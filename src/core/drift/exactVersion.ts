/** Whether what stands in a project is some version's content: a stale copy rather than an edit. */
import * as Effect from "effect/Effect"
import type { ArtifactId, FilePath, TreeId, VersionId } from "../../model/Ids.ts"
import type { Standing } from "../../model/Standing.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { entryAt } from "../objects/treeWalk.ts"
import { isStandingFile } from "../projects/standings.ts"

/** So many versions are looked at for one path, newest first. */
const looked = 50

/** Finds the newest version of an artifact that has exactly this tree. @internal */
export const versionOfTree = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  artifact: ArtifactId,
  tree: TreeId
): Effect.fn.Return<VersionId | null, StorageError> {
  const records = yield* catalog.scan({
    kind: "version",
    term: joinParts("tree", tree),
    direction: "backward",
    limit: 100
  })
  for (const record of records) {
    const version = yield* versionCodec.decode(record)
    if (version.artifact === artifact) return version.id
  }
  return null
})

/** Finds the newest version that changed a path to exactly what stands there now. @internal */
export const versionOfFile = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  artifact: ArtifactId,
  relative: FilePath,
  standing: Standing | null
): Effect.fn.Return<VersionId | null, StorageError> {
  if (!isStandingFile(standing)) return null
  for (const term of [joinParts("artifact+path", artifact, relative), joinParts("artifact+paths", artifact)]) {
    const records = yield* catalog.scan({ kind: "version", term, direction: "backward", limit: looked })
    for (const record of records) {
      const version = yield* versionCodec.decode(record)
      // Versions of what a project held are not what upstream ever published.
      if (version.origin === "merge" || version.origin === "rollback") continue
      const entry = yield* entryAt(objects, version.tree, relative)
      if (entry !== null && entry.id === standing.id && entry.kind === standing.kind) return version.id
    }
  }
  return null
})
