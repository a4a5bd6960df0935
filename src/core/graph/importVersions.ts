/** Many versions at once, as one operation: what an import from elsewhere needs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { Actor, ArtifactId, FilePath, TreeId, VersionId } from "../../model/Ids.ts"
import { type TreeNotFound, type Version, VersionNotFound, type VersionOrigin } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { diffTrees } from "../objects/treeWalk.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { Progress } from "../references/Progress.ts"
import { claimTree } from "./claimTree.ts"
import { touchedPathsLimit, versionCodec, versionId, versionRecord } from "./versionRecord.ts"

/**
 * A version of an import. A parent is a stored version's id, or the place (from 0) of an earlier version of the same
 * import. Author and time are the current ones where they are not given.
 *
 * @public
 */
export interface ImportedVersion {
  readonly artifact: ArtifactId
  readonly parents: ReadonlyArray<VersionId | number>
  readonly tree: TreeId
  readonly message: string
  readonly origin?: VersionOrigin | undefined
  readonly author?: string | undefined
  /** Raw time in milliseconds since 1970. */
  readonly time?: number | undefined
  readonly metadata?: Version["metadata"] | undefined
}

const batchSize = 1000

/** Names every version and makes its record, in one pass. @internal */
export const prepareImport = Effect.fnUntraced(function* (
  services: {
    readonly catalog: CatalogStorageService
    readonly objects: ObjectsService
    readonly sha256: Sha256Function
  },
  drafts: ReadonlyArray<ImportedVersion>
): Effect.fn.Return<
  { readonly ids: ReadonlyArray<VersionId>; readonly records: ReadonlyArray<StoredRecord> },
  TreeNotFound | VersionNotFound | StorageError
> {
  const { catalog, objects, sha256 } = services
  const now = Math.trunc(yield* Clock.currentTimeMillis)
  const actor = (yield* CurrentActor) as Actor
  const progress = yield* Progress

  const known = new Map<string, StoredRecord>()
  const trees = new Map<string, TreeId>()
  const outside = [...new Set(drafts.flatMap(({ parents }) => parents.filter((parent) => typeof parent === "string")))]
  for (let i = 0; i < outside.length; i += batchSize) {
    const batch = outside.slice(i, i + batchSize)
    const found = yield* askRecords(catalog, "version", batch)
    for (const id of batch) {
      const record = found.get(id)
      if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
      known.set(id, record)
      trees.set(id, (yield* versionCodec.decode(record)).tree)
    }
  }

  const ids: Array<VersionId> = []
  const records = new Map<string, StoredRecord>()
  // Histories go back and forth between few trees more often than not.
  const changes = new Map<string, ReadonlyArray<FilePath>>()
  for (const [index, draft] of drafts.entries()) {
    const parents: Array<StoredRecord> = []
    for (const parent of draft.parents) {
      const id = typeof parent === "number" ? ids[parent] : parent
      const record = id === undefined ? undefined : (records.get(id) ?? known.get(id))
      if (record === undefined) {
        return yield* Effect.die(new RangeError(`Parent ${parent} of ${index} does not come before it`))
      }
      parents.push(record)
    }
    const before = parents[0] === undefined ? null : (trees.get(parents[0].id) ?? null)
    let touched: ReadonlyArray<FilePath> = []
    if (before !== draft.tree) {
      const pair = `${before}/${draft.tree}`
      touched = changes.get(pair) ?? (yield* changedPaths(objects, before, draft.tree))
      changes.set(pair, touched)
    }
    const body: Omit<Version, "id"> = {
      artifact: draft.artifact,
      parents: parents.map(({ id }) => id as VersionId),
      tree: draft.tree,
      origin: draft.origin ?? "import",
      author: (draft.author as Actor | undefined) ?? actor,
      time: draft.time ?? now,
      message: draft.message,
      metadata: draft.metadata ?? {}
    }
    const id = versionId(body, sha256)
    ids.push(id)
    if (!records.has(id)) records.set(id, versionRecord({ id, ...body }, parents, touched))
    trees.set(id, draft.tree)
    if (index % batchSize === batchSize - 1) {
      progress({ phase: "import", done: index + 1, total: drafts.length })
      yield* Effect.yieldNow
    }
  }
  return { ids, records: [...records.values()] }
})

/** Claims a version's content and lists the paths it changed. */
const changedPaths = Effect.fnUntraced(function* (objects: ObjectsService, before: TreeId | null, after: TreeId) {
  yield* claimTree(objects, after, before)
  const changes = yield* diffTrees(objects, before, after)
  return changes
    .filter((change) => change.before?.kind !== "directory" || change.after?.kind !== "directory")
    .slice(0, touchedPathsLimit + 1)
    .map(({ path }) => path)
})
