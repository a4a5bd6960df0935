/** Snapshots of collections: capture, list, read, compare, restore. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { sameStanding } from "../../algo/drift/classify.ts"
import { nameProblem } from "../../algo/graph/revision.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import { TargetOccupied } from "../../model/Deployment.ts"
import type { Oddity } from "../../model/Drift.ts"
import type { CollectionId, FilePath, ProjectId, SnapshotId } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { PlanStale, UnresolvedConflicts } from "../../model/Plan.ts"
import {
  type DuplicateArtifact,
  type InvalidPath,
  PathNotFound,
  type Snapshot,
  type SnapshotArtifact,
  SnapshotNotFound,
  type SnapshotReason
} from "../../model/Snapshot.ts"
import { InvalidName, type NameNotFound, type RefConflict } from "../../model/Version.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { joinParts } from "../catalog/names.ts"
import { type Page, readPage } from "../catalog/readPage.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { reread, rereading } from "../catalog/rereading.ts"
import type { ConflictMarkersChoice } from "../conflicts/ConflictMarkers.ts"
import { choosingMarkers, markConflicts } from "../conflicts/markConflicts.ts"
import { foundation } from "../foundation.ts"
import type { PositionsRequest } from "../graph/VersionGraph.ts"
import { VersionWriter } from "../graph/VersionWriter.ts"
import type { NameOptions } from "../graph/versionNames.ts"
import { makeIgnores } from "../ignoreRules.ts"
import { OperationLog } from "../ledger/OperationLog.ts"
import { Objects } from "../objects/Objects.ts"
import { diffTrees, entryAt, flattenTree, type TreeChange } from "../objects/treeWalk.ts"
import { applySteps } from "../projects/applySteps.ts"
import { ancestors } from "../projects/ProjectState.ts"
import { asStanding } from "../projects/standings.ts"
import { ArtifactLayout } from "../references/ArtifactLayout.ts"
import { IgnoreRules } from "../references/IgnoreRules.ts"
import { type ApplyStep, type RecoveryBlocked, WorkingTree, type WorkingTreeError } from "../WorkingTree.ts"
import { type Captured, captureCollection } from "./captureCollection.ts"
import {
  makeSnapshotNames,
  type SnapshotBranchMove,
  type SnapshotBranchPosition,
  type SnapshotName,
  type SnapshotNameError,
  type SnapshotResolveError,
  type SnapshotTagOptions
} from "./snapshotNames.ts"
import { readArtifactList, snapshotCodec } from "./snapshotRecord.ts"
import { checkPath, fromMemory, fromWorkingTree, type SourceFile } from "./sourceFiles.ts"

/** What to capture, and what to say about it. Give `root` for a directory or `files` for files in memory. @public */
export interface CaptureRequest {
  readonly collection: CollectionId
  readonly root?: string | undefined
  readonly files?: Iterable<SourceFile> | undefined
  /**
   * The branch of each artifact that new versions go to. By default it is named like the collection; any other name has to be
   * one that expressions can say (`InvalidName`).
   */
  readonly branch?: string | undefined
  readonly reason?: SnapshotReason | undefined
  readonly message?: string | undefined
}

/** Which snapshots to list, newest first. @public */
export interface SnapshotQuery {
  readonly collection?: CollectionId | undefined
  readonly project?: ProjectId | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** Where to write a snapshot, and what may be replaced. @public */
export interface RestoreOptions {
  readonly root: string
  readonly overwrite?: boolean | undefined
  readonly conflictMarkers?: ConflictMarkersChoice | undefined
}

/** What a restore wrote. @public */
export interface Restored {
  readonly written: number
  readonly unchanged: number
  /** Left out, because the ignore rules match them. */
  readonly ignored: number
}

/** Captures collections and gives their states back. @public */
export interface SnapshotStoreService {
  /** Captures a collection: one snapshot, and one version for every artifact whose tree changed. One operation. */
  readonly capture: (
    request: CaptureRequest
  ) => Effect.Effect<
    Captured & { readonly oddities: ReadonlyArray<Oddity> },
    DuplicateArtifact | InvalidName | InvalidPath | RefConflict | StorageError | WorkingTreeError
  >
  /** Returns a snapshot. */
  readonly get: (id: SnapshotId) => Effect.Effect<Snapshot, SnapshotNotFound | StorageError>
  /** Returns a page of snapshots, newest first. */
  readonly list: (query: SnapshotQuery) => Effect.Effect<Page<Snapshot>, InvalidCursor | StorageError>
  /** Returns the artifacts of a snapshot, sorted by id. */
  readonly artifacts: (
    id: SnapshotId
  ) => Effect.Effect<ReadonlyArray<SnapshotArtifact>, SnapshotNotFound | StorageError>
  /** Returns every path of a snapshot with what stands there; empty directories are named themselves. */
  readonly paths: (id: SnapshotId) => Effect.Effect<ReadonlyMap<FilePath, FlatEntry>, SnapshotNotFound | StorageError>
  /**
   * Returns the bytes of one file (of a symlink: its target). An unresolved conflict is refused with
   * `UnresolvedConflicts`, unless `conflictMarkers` asks for text with markers.
   */
  readonly read: (
    id: SnapshotId,
    path: string,
    options?: { readonly conflictMarkers?: ConflictMarkersChoice | undefined }
  ) => Effect.Effect<Uint8Array, InvalidPath | PathNotFound | SnapshotNotFound | StorageError | UnresolvedConflicts>
  /** Lists the paths in which two snapshots differ, reading only what differs. */
  readonly diff: (
    before: SnapshotId,
    after: SnapshotId
  ) => Effect.Effect<ReadonlyArray<TreeChange>, SnapshotNotFound | StorageError>
  /**
   * Writes a snapshot's files into a directory. Files that stand there and differ are refused with `TargetOccupied`
   * unless `overwrite`; files that the snapshot does not have are left alone, and what the ignore rules match is not
   * written. Unresolved conflicts in it are refused with `UnresolvedConflicts`, unless `conflictMarkers` asks for text with
   * markers (by default, what `ConflictMarkers` says).
   */
  readonly restore: (
    id: SnapshotId,
    options: RestoreOptions
  ) => Effect.Effect<
    Restored,
    | PlanStale
    | RecoveryBlocked
    | RefConflict
    | SnapshotNotFound
    | StorageError
    | TargetOccupied
    | UnresolvedConflicts
    | WorkingTreeError
  >
  /** Lists a collection's branches, then its tags, each by name. */
  readonly names: (collection: CollectionId) => Effect.Effect<ReadonlyArray<SnapshotName>, StorageError>
  /**
   * Moves a branch of a collection to one of its snapshots, if it is still where the caller saw it: `from: null` creates it,
   * `to: null` deletes it. Where there is nothing to do, nothing is written, and the result is `null`. Fails with
   * `RefConflict` when another writer was first.
   */
  readonly moveBranch: (
    collection: CollectionId,
    branch: string,
    move: SnapshotBranchMove
  ) => Effect.Effect<Operation | null, SnapshotNameError>
  /** Names a snapshot for good. Fails with `RefConflict` when the name is taken, unless it is forced. */
  readonly createTag: (
    collection: CollectionId,
    tag: string,
    snapshot: SnapshotId,
    options?: SnapshotTagOptions
  ) => Effect.Effect<Operation | null, SnapshotNameError>
  /** Takes a tag of a collection away. */
  readonly removeTag: (
    collection: CollectionId,
    tag: string,
    options?: NameOptions
  ) => Effect.Effect<Operation | null, NameNotFound | SnapshotNameError>
  /** Returns a page of the moves of a collection's branch, newest first. Any of them can be restored with `moveBranch`. */
  readonly positions: (
    collection: CollectionId,
    branch: string,
    page?: PositionsRequest
  ) => Effect.Effect<Page<SnapshotBranchPosition>, InvalidCursor | StorageError>
  /**
   * Finds the snapshot that an expression means: a branch, a tag, `head` (the newest), a snapshot's id, `branch@{date}`, or a
   * range of semantic versions; then any number of `~`, `~n`, to the snapshots before.
   */
  readonly resolve: (collection: CollectionId, expression: string) => Effect.Effect<SnapshotId, SnapshotResolveError>
}

/** Snapshots: see {@link SnapshotStoreService}. @public */
export class SnapshotStore extends Context.Service<SnapshotStore, SnapshotStoreService>()(
  "tidemark/core/SnapshotStore"
) {
  static readonly layer: Layer.Layer<SnapshotStore, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    SnapshotStore,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const objects = yield* Objects
      const log = yield* OperationLog
      const writer = yield* VersionWriter
      const workingTree = yield* WorkingTree
      const parts = { catalog, objects, log, writer }

      const get = Effect.fn("SnapshotStore.get")(function* (id: SnapshotId) {
        const record = yield* askRecord(catalog, "snapshot", id)
        if (record === undefined) return yield* Effect.fail(new SnapshotNotFound({ id }))
        return yield* snapshotCodec.decode(record)
      })

      const capture = Effect.fnUntraced(function* (request: CaptureRequest) {
        const { branch = request.collection, collection, files, message = "", reason = "manual", root } = request
        if ((root === undefined) === (files === undefined)) {
          return yield* Effect.die(new TypeError("SnapshotStore.capture takes either a root or files."))
        }
        const problem = branch === collection ? undefined : nameProblem(branch)
        if (problem !== undefined) return yield* Effect.fail(new InvalidName({ name: branch, reason: problem }))
        const source =
          files === undefined
            ? fromWorkingTree(objects, workingTree, root ?? "", yield* IgnoreRules)
            : Effect.succeed(yield* fromMemory(objects, files))
        const layout = yield* ArtifactLayout
        return yield* captureCollection(parts, source, { collection, branch, layout, reason, message }).pipe(
          // The parents are tips of branches, read in the same breath: a missing one is no caller's mistake.
          Effect.catchTag("VersionNotFound", ({ id }) =>
            Effect.fail(corrupt("capture", `version ${id}`, "a branch names it, but it is missing"))
          ),
          // Nothing is done before its commit, and nothing that can fail after it.
          reread
        )
      })

      const list = Effect.fn("SnapshotStore.list")(function* (query: SnapshotQuery) {
        if ((query.project === undefined) === (query.collection === undefined)) {
          return yield* Effect.die(new TypeError("SnapshotStore.list takes either a collection or a project."))
        }
        const term =
          query.project === undefined
            ? joinParts("collection", query.collection ?? "")
            : joinParts("project", query.project)
        return yield* readPage(catalog, snapshotCodec, { term, direction: "backward", ...query })
      })

      /** What a restore has to do. Lists of what is there and of what shall be are not held while it is done. */
      const planRestore = Effect.fnUntraced(function* (snapshot: Snapshot, options: RestoreOptions) {
        const whole = yield* flattenTree(objects, snapshot.tree)
        const flat = yield* markConflicts(objects, whole).pipe(choosingMarkers(options.conflictMarkers))
        const ignore = yield* IgnoreRules
        const ignores = makeIgnores(ignore)
        const scan = yield* workingTree.scan(options.root, { ignore })
        const standing = new Map(scan.entries.map((entry) => [entry.path, entry.standing]))
        const steps: Array<ApplyStep> = []
        let unchanged = 0
        let ignored = 0
        const filled = new Set([...standing.keys()].flatMap((path) => [...ancestors(path)]))
        for (const [path, entry] of flat) {
          const before = standing.get(path) ?? null
          const after = asStanding(entry)
          // What is ignored was not looked at: what stands there is not to be replaced unseen.
          if (before === null && ignores(path, entry.kind === "directory")) {
            ignored += 1
            continue
          }
          // What the snapshot does not have is left alone, so it must not be where a file or a directory is to be.
          const above = [...ancestors(path)].find(
            (parent) => (standing.get(parent)?.kind ?? "directory") !== "directory"
          )
          const inTheWay = above ?? (after?.kind !== "directory" && filled.has(path) ? path : undefined)
          if (inTheWay !== undefined) {
            return yield* Effect.fail(new TargetOccupied({ path: inTheWay, owner: null, wanted: null }))
          }
          if (after === null || sameStanding(before, after)) unchanged += 1
          else if (before !== null && options.overwrite !== true) {
            return yield* Effect.fail(new TargetOccupied({ path, owner: null, wanted: null }))
          } else steps.push({ path, before, after })
        }
        return { steps, unchanged, ignored }
      })

      const restore = Effect.fn("SnapshotStore.restore")(function* (id: SnapshotId, options: RestoreOptions) {
        const snapshot = yield* get(id)
        const { ignored, steps, unchanged } = yield* planRestore(snapshot, options)
        const subjects = snapshot.collection === null ? [] : [snapshot.collection]
        yield* applySteps(
          { log, objects, workingTree },
          {
            root: options.root,
            project: null,
            steps,
            checks: [],
            draft: {
              kind: "restore",
              reason: `Restore snapshot ${id}`,
              subjects,
              refs: [],
              records: [],
              details: { snapshot: id }
            }
          }
        )
        return { written: steps.length, unchanged, ignored }
      })

      return rereading(
        SnapshotStore.of({
          ...makeSnapshotNames(catalog, log),
          capture,
          get,
          list,
          restore,
          artifacts: Effect.fn("SnapshotStore.artifacts")(function* (id: SnapshotId) {
            return yield* readArtifactList(objects, (yield* get(id)).artifacts)
          }),
          paths: Effect.fn("SnapshotStore.paths")(function* (id: SnapshotId) {
            return yield* flattenTree(objects, (yield* get(id)).tree)
          }),
          read: Effect.fn("SnapshotStore.read")(function* (id, path, options) {
            const checked = yield* checkPath(path)
            const found = yield* entryAt(objects, (yield* get(id)).tree, checked)
            const marked = markConflicts(objects, new Map(found === null ? [] : [[checked, found as FlatEntry]]))
            const entry = (yield* marked.pipe(choosingMarkers(options?.conflictMarkers))).get(checked) ?? null
            if (entry === null || entry.kind === "directory" || entry.kind === "conflict") {
              return yield* Effect.fail(new PathNotFound({ path: checked, within: `snapshot ${id}` }))
            }
            return (yield* objects.get([entry.id])).get(entry.id) ?? new Uint8Array()
          }),
          diff: Effect.fn("SnapshotStore.diff")(function* (before: SnapshotId, after: SnapshotId) {
            return yield* diffTrees(objects, (yield* get(before)).tree, (yield* get(after)).tree)
          })
        }),
        ["list", "restore", "artifacts", "paths", "read", "diff", "resolve", "positions", "names"]
      )
    })
  ).pipe(Layer.provide(foundation))
}
