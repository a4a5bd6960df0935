/** Capturing: a collection becomes a snapshot, and every artifact that changed gets a version, in one operation. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { divide } from "../../algo/layout/divide.ts"
import { compileLayout, type Layout } from "../../algo/layout/Layout.ts"
import { type BuiltTrees, buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Oddity } from "../../model/Drift.ts"
import type {
  Actor,
  ArtifactId,
  CollectionId,
  FilePath,
  ObjectId,
  RefName,
  SnapshotId,
  TreeId,
  VersionId
} from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Basis } from "../../model/Plan.ts"
import { DuplicateArtifact, type Snapshot, type SnapshotArtifact, type SnapshotReason } from "../../model/Snapshot.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import type { RefConflict, Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, collectionHead } from "../catalog/names.ts"
import type { PreparedVersion, VersionDraft, VersionWriterService } from "../graph/VersionWriter.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { batchBySize, partition } from "../merge/ContentSource.ts"
import { makeLease } from "../objects/lease.ts"
import type { Content, ObjectsService, SizedObject } from "../objects/Objects.ts"
import type { TreeSource } from "../objects/treeWalk.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { IdSource } from "../references/IdSource.ts"
import { Progress } from "../references/Progress.ts"
import { streamedAbove, WorkingTreeError } from "../WorkingTree.ts"
import { newContent } from "./newContent.ts"
import { artifactList, readArtifactList, snapshotCodec, snapshotRecord } from "./snapshotRecord.ts"
import type { SourceFiles } from "./sourceFiles.ts"

/** What a capture needs of the engine. @internal */
export interface CaptureParts {
  readonly catalog: CatalogStorageService
  readonly objects: ObjectsService
  readonly log: OperationLogService
  readonly writer: VersionWriterService
}

/** What a capture is told. @internal */
export interface CaptureOptions {
  readonly collection: CollectionId
  readonly branch: string
  readonly layout: Layout
  readonly reason: SnapshotReason
  readonly message: string
}

/** What a capture made: the snapshot, its artifacts, and the versions that are new. @public */
export interface Captured {
  readonly snapshot: Snapshot
  readonly artifacts: ReadonlyArray<SnapshotArtifact>
  readonly versions: ReadonlyArray<Version>
  readonly operation: Operation
  /** How many paths the snapshot holds. */
  readonly paths: number
  /** How many blobs and trees were not in the store before. */
  readonly stored: number
}

const readHead = Effect.fnUntraced(function* (parts: CaptureParts, collection: CollectionId) {
  const name = collectionHead(collection)
  const id = (yield* parts.catalog.refs([name])).get(name) ?? null
  if (id === null)
    return { name, id: null, record: null, artifacts: new Map<ArtifactId, SnapshotArtifact>(), tree: null }
  const record = (yield* parts.catalog.records("snapshot", [id])).get(id) ?? null
  const snapshot = record === null ? null : yield* snapshotCodec.decode(record)
  const list = snapshot === null ? [] : yield* readArtifactList(parts.objects, snapshot.artifacts)
  return { name, id, record, artifacts: new Map(list.map((a) => [a.artifact, a])), tree: snapshot?.tree ?? null }
})

/** How many trees' bytes are made at once. */
const treesAtOnce = 1_000

/** Stores what an earlier snapshot does not hold; reads only the files whose bytes are not in the store. */
const store = Effect.fnUntraced(function* <E>(
  parts: CaptureParts,
  files: SourceFiles<E>,
  built: BuiltTrees,
  extra: ReadonlyMap<ObjectId, Uint8Array>,
  before: Snapshot["tree"] | null
): Effect.fn.Return<{ readonly stored: number; readonly changed: ReadonlyArray<FilePath> }, E | StorageError> {
  const progress = yield* Progress
  const fresh = yield* newContent(parts.objects, before, built)
  const sizeOf = (path: FilePath) => {
    const entry = files.flat.get(path)
    return entry !== undefined && "size" in entry ? entry.size : 0
  }
  const claims: Array<SizedObject> = []
  for (const [id, path] of fresh.blobs) claims.push({ id, size: sizeOf(path) })
  for (const id of fresh.trees) claims.push({ id, size: built.trees.get(id)?.size ?? null })
  for (const [id, bytes] of extra) claims.push({ id, size: bytes.length })
  const missing = new Set(yield* parts.objects.claim(claims))
  const wanted = [...fresh.blobs].filter(([id]) => missing.has(id))
  const changed: Array<FilePath> = []
  let done = 0
  const [large, small] = partition(wanted, ([, path]) => sizeOf(path) > streamedAbove)
  for (const [id, path] of large) {
    const found = yield* parts.objects.putStream(files.stream(path))
    if (found.id !== id) changed.push(path)
    done += 1
    progress({ phase: "store", done, total: wanted.length })
  }
  for (const batch of batchBySize(small, ([, path]) => sizeOf(path))) {
    const bytes = yield* files.read(batch.map(([, path]) => path))
    const contents: Array<Content> = []
    for (const [id, path] of batch) {
      const found = bytes.get(path)
      if (found === undefined) changed.push(path)
      else contents.push({ id, bytes: found })
    }
    yield* parts.objects.put(contents)
    done += batch.length
    progress({ phase: "store", done, total: wanted.length })
  }
  // Bytes of trees are made some at a time.
  let trees: Array<Content> = []
  for (const id of missing) {
    const bytes = built.trees.get(id as TreeId)?.bytes ?? extra.get(id)
    if (bytes !== undefined) trees.push({ id, bytes })
    if (trees.length < treesAtOnce) continue
    yield* parts.objects.put(trees)
    trees = []
  }
  yield* parts.objects.put(trees)
  return { stored: missing.size, changed }
})

/** Trees that were just built are in memory: only others are read. */
const builtFirst = (objects: ObjectsService, built: BuiltTrees): TreeSource => ({
  trees: (ids) => {
    const found = new Map<TreeId, ReadonlyArray<TreeEntry>>()
    const others: Array<TreeId> = []
    for (const id of ids) {
      const entries = built.trees.get(id)?.entries
      if (entries === undefined) others.push(id)
      else found.set(id, entries)
    }
    if (others.length === 0) return Effect.succeed(found)
    return Effect.map(objects.trees(others), (read) => new Map([...found, ...read]))
  }
})

/**
 * The trees of a collection and of its artifacts. What each artifact's files are is known here alone: a capture of many
 * files need not hold them twice.
 *
 * @internal
 */
export const cutTrees = (files: ReadonlyMap<FilePath, FlatEntry>, layout: Layout, sha256: Sha256Function) => {
  const divided = divide(files, compileLayout(layout))
  if ("duplicate" in divided) return divided
  const built = buildTrees(files, sha256)
  const extra = new Map<ObjectId, Uint8Array>()
  const shares = [...divided.values()].map((share) => {
    // Where an artifact owns its directory alone, its trees are the collection's own; else they are extra ones.
    const directory = share.shape === "directory" ? built.directories.get(share.root) : undefined
    if (directory !== undefined && directory.paths === Math.max(share.size, 1)) {
      return { artifact: share.artifact, root: share.root, shape: share.shape, tree: directory.tree }
    }
    const trees = buildTrees(share.files, sha256)
    for (const [id, { bytes }] of trees.trees) if (!built.trees.has(id)) extra.set(id, bytes)
    return { artifact: share.artifact, root: share.root, shape: share.shape, tree: trees.root }
  })
  return { built, empty: buildTrees([], sha256), extra, owned: new Set(divided.keys()), shares }
}

/** Everything that a capture commits. Of the files themselves nothing is held any more. */
interface Prepared {
  /** What the collection was at. */
  readonly head: { readonly name: RefName; readonly id: string | null; readonly record: StoredRecord | null }
  readonly tree: TreeId
  readonly artifacts: ReadonlyArray<SnapshotArtifact>
  readonly versions: ReadonlyArray<PreparedVersion>
  readonly refs: ReadonlyArray<RefUpdate>
  readonly basis: ReadonlyArray<Basis>
  readonly oddities: ReadonlyArray<Oddity>
  readonly paths: number
  readonly stored: number
}

/** Stores what is new of the files, and makes the versions of artifacts that changed. */
const prepareCapture = Effect.fnUntraced(function* <E>(
  parts: CaptureParts,
  files: SourceFiles<E>,
  { branch, collection, layout, message }: CaptureOptions
): Effect.fn.Return<Prepared, E | DuplicateArtifact | StorageError | VersionNotFound | WorkingTreeError> {
  const { objects } = parts
  const sha256 = (bytes: Uint8Array) => objects.identify(bytes)
  const head = yield* readHead(parts, collection)
  const cut = cutTrees(files.flat, layout, sha256)
  if ("duplicate" in cut) return yield* Effect.fail(new DuplicateArtifact(cut.duplicate))
  const { built, empty, extra, owned, shares } = cut
  const removed = [...head.artifacts.values()].filter(({ artifact }) => !owned.has(artifact))
  if (removed.length > 0) for (const [id, { bytes }] of empty.trees) extra.set(id, bytes)

  const { changed, stored } = yield* store(parts, files, built, extra, head.tree)
  const [moved] = changed
  if (moved !== undefined) {
    const detail = "it changed while it was captured; capture again"
    return yield* Effect.fail(
      new WorkingTreeError({ root: collection, path: moved, operation: "capture", failure: "io", detail })
    )
  }

  const touched = [...shares, ...removed.map((gone) => ({ ...gone, tree: empty.root }))].filter(
    ({ artifact, tree }) => head.artifacts.get(artifact)?.tree !== tree
  )
  const names = touched.map(({ artifact }) => branchRef(artifact, branch))
  const tips = yield* parts.catalog.refs(names)
  const tipRecords = yield* parts.catalog.records("version", [...tips.values()])
  const known = { records: tipRecords, trees: builtFirst(objects, built) }
  const prepared: Array<PreparedVersion> = []
  const refs: Array<RefUpdate> = []
  const versions = new Map<ArtifactId, VersionId>()
  for (const { artifact, tree } of touched) {
    const name = branchRef(artifact, branch)
    const tip = (tips.get(name) ?? null) as VersionId | null
    const record = tip === null ? undefined : tipRecords.get(tip)
    if (tip !== null && record !== undefined && (yield* versionCodec.decode(record)).tree === tree) {
      versions.set(artifact, tip)
      continue
    }
    const parents = tip === null ? [] : [tip]
    const removed = owned.has(artifact) ? {} : { metadata: { removed: true } }
    const draft: VersionDraft = { artifact, parents, tree, origin: "snapshot", message, ...removed }
    const next = yield* parts.writer.prepare(draft, [], known)
    prepared.push(next)
    versions.set(artifact, next.version.id)
    refs.push({ name, expected: tip, next: next.version.id })
  }

  const artifacts = shares
    .map((share) => ({
      ...share,
      version: versions.get(share.artifact) ?? head.artifacts.get(share.artifact)?.version
    }))
    .filter((artifact): artifact is SnapshotArtifact => artifact.version !== undefined)
    .sort((a, b) => compareUtf8(a.artifact, b.artifact))
  return {
    head: { name: head.name, id: head.id, record: head.record },
    tree: built.root,
    artifacts,
    versions: prepared,
    refs,
    basis: [...versions].map(([artifact, value]) => ({ name: branchRef(artifact, branch), value })),
    oddities: files.oddities,
    paths: files.flat.size,
    stored
  }
})

/**
 * Captures files as a collection's next snapshot. They are held until everything of them is stored, and no more while it is
 * committed.
 *
 * @internal
 */
export const captureCollection = Effect.fn("SnapshotStore.capture")(function* <E, E2>(
  given: CaptureParts,
  source: Effect.Effect<SourceFiles<E>, E2>,
  options: CaptureOptions
): Effect.fn.Return<
  Captured & { readonly oddities: ReadonlyArray<Oddity> },
  E | E2 | DuplicateArtifact | RefConflict | StorageError | VersionNotFound | WorkingTreeError
> {
  const { collection, message, reason } = options
  const { objects, renew } = yield* makeLease(given.objects)
  const parts: CaptureParts = { ...given, objects }
  const prepared = yield* Effect.flatMap(source, (files) => prepareCapture(parts, files, options))
  const { artifacts, head, oddities, paths, stored, tree, versions } = prepared
  const list = artifactList(artifacts, objects.identify)
  yield* objects.put([list])
  const snapshot: Snapshot = {
    id: (yield* IdSource).next("snapshot") as SnapshotId,
    collection,
    project: null,
    previous: head.id as SnapshotId | null,
    tree,
    artifacts: list.id,
    reason,
    message,
    author: (yield* CurrentActor) as Actor,
    time: Math.trunc(yield* Clock.currentTimeMillis)
  }
  const records: ReadonlyArray<StoredRecord> = [
    ...versions.map(({ record }) => record),
    snapshotRecord(snapshot, head.record)
  ]
  const operation = yield* parts.log.append({
    kind: "capture",
    reason: message,
    subjects: [collection, ...versions.map(({ version }) => version.artifact)],
    refs: [{ name: head.name, expected: head.id, next: snapshot.id }, ...prepared.refs],
    basis: prepared.basis,
    records,
    renew,
    details: { paths, versions: versions.length }
  })
  return {
    snapshot,
    artifacts,
    versions: versions.map(({ version }) => version),
    operation,
    paths,
    stored,
    oddities
  }
})
