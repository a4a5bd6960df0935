/** Many versions at once, as one operation: what an import from elsewhere needs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
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
import type { StoredEdge } from "./VersionIndex.ts"
import { touchedPathsLimit, versionBody, versionCodec, versionId, versionTerms } from "./versionRecord.ts"

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
const none: ReadonlyArray<FilePath> = []

/** What an import is to store. Its records are made whenever they are iterated: all at once would be too many. @internal */
export interface PreparedImport {
  readonly ids: ReadonlyArray<VersionId>
  readonly records: Iterable<StoredRecord>
  /** The shape of the graph alone. */
  readonly edges: Iterable<StoredEdge>
}

/** Names every version and finds its place, in one pass. @internal */
export const prepareImport = Effect.fnUntraced(function* (
  services: {
    readonly catalog: CatalogStorageService
    readonly objects: ObjectsService
    readonly sha256: Sha256Function
  },
  given: ReadonlyArray<ImportedVersion>
): Effect.fn.Return<PreparedImport, TreeNotFound | VersionNotFound | StorageError> {
  const { catalog, objects, sha256 } = services
  const now = Math.trunc(yield* Clock.currentTimeMillis)
  const actor = (yield* CurrentActor) as Actor
  const progress = yield* Progress
  // Iterated again later: the caller may change its own list meanwhile.
  const drafts = [...given]

  const outside = new Map<string, { readonly at: number; readonly tree: TreeId }>()
  for (const { parents } of drafts) {
    for (const parent of parents) if (typeof parent === "string") outside.set(parent, { at: 0, tree: "" as TreeId })
  }
  const named = [...outside.keys()]
  for (let i = 0; i < named.length; i += batchSize) {
    const batch = named.slice(i, i + batchSize)
    const found = yield* askRecords(catalog, "version", batch)
    for (const id of batch) {
      const record = found.get(id)
      if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
      outside.set(id, { at: record.at, tree: (yield* versionCodec.decode(record)).tree })
    }
  }

  const ids: Array<VersionId> = []
  const ats = new Float64Array(drafts.length)
  const touched: Array<ReadonlyArray<FilePath>> = []
  /** Those that are given a second time. */
  const repeated = new Set<number>()
  const seen = new PartialGraph()
  const versionOf = (draft: ImportedVersion): Omit<Version, "id"> => ({
    artifact: draft.artifact,
    parents: draft.parents.map((parent) => (typeof parent === "number" ? (ids[parent] as VersionId) : parent)),
    tree: draft.tree,
    origin: draft.origin ?? "import",
    author: (draft.author as Actor | undefined) ?? actor,
    time: draft.time ?? now,
    message: draft.message,
    metadata: draft.metadata ?? {}
  })

  // Histories go back and forth between few trees more often than not.
  const changes = new Map<string, ReadonlyArray<FilePath>>()
  for (const [index, draft] of drafts.entries()) {
    const version = versionOf(draft)
    let at = version.time
    let before: TreeId | null = null
    for (const [k, parent] of draft.parents.entries()) {
      const known = typeof parent === "string" ? outside.get(parent) : undefined
      if (typeof parent === "number" && !(parent >= 0 && parent < index)) {
        return yield* Effect.die(new RangeError(`Parent ${parent} of ${index} does not come before it`))
      }
      at = Math.max(at, (typeof parent === "number" ? (ats[parent] as number) : (known?.at ?? 0)) + 1)
      if (k === 0) before = (typeof parent === "number" ? drafts[parent]?.tree : known?.tree) ?? null
    }
    if (before === draft.tree) touched.push(none)
    else {
      const pair = `${before}/${draft.tree}`
      const paths = changes.get(pair) ?? (yield* changedPaths(objects, before, draft.tree))
      changes.set(pair, paths)
      touched.push(paths)
    }
    const id = versionId(version, sha256)
    versionCodec.check({ id, ...version }, versionBody({ id, ...version }))
    ids.push(id)
    ats[index] = at
    const { size } = seen
    if (seen.slot(id) < size) repeated.add(index)
    if (index % batchSize === batchSize - 1) {
      progress({ phase: "import", done: index + 1, total: drafts.length })
      yield* Effect.yieldNow
    }
  }

  const records: Iterable<StoredRecord> = {
    *[Symbol.iterator]() {
      for (const [index, draft] of drafts.entries()) {
        if (repeated.has(index)) continue
        const version: Version = { id: ids[index] as VersionId, ...versionOf(draft) }
        yield {
          kind: versionCodec.kind,
          id: version.id,
          at: ats[index] as number,
          terms: versionTerms(version, ats[index] as number, touched[index] ?? none),
          body: versionBody(version)
        }
      }
    }
  }
  const edges: Iterable<StoredEdge> = {
    *[Symbol.iterator]() {
      for (const [index, { parents }] of drafts.entries()) {
        const named = parents.map((parent) => (typeof parent === "number" ? (ids[parent] as VersionId) : parent))
        yield { id: ids[index] as VersionId, at: ats[index] as number, parents: [...new Set(named)] }
      }
    }
  }
  return { ids, records, edges }
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
