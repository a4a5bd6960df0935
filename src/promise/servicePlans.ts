/** What every method of every service takes. The types make it complete: a new method or property needs its line here. */
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ConflictsService } from "../core/conflicts/Conflicts.ts"
import type { DeploymentTrackerService } from "../core/deployments/DeploymentTracker.ts"
import type { DriftDetectorService } from "../core/drift/DriftDetector.ts"
import type { NearestRequest } from "../core/drift/nearestVersions.ts"
import type { PositionsRequest } from "../core/graph/VersionGraph.ts"
import type { NameOptions } from "../core/graph/versionNames.ts"
import type { LedgerService } from "../core/ledger/Ledger.ts"
import type { BackupSource, MaintenanceService } from "../core/maintenance/Maintenance.ts"
import type { MergeEngineService, MergeTreesOptions } from "../core/merge/MergeEngine.ts"
import type { Selection } from "../core/projects/Place.ts"
import type { RollbackService } from "../core/rollback/Rollback.ts"
import type { CaptureRequest, SnapshotStoreService } from "../core/snapshots/SnapshotStore.ts"
import type { SnapshotBranchMove, SnapshotTagOptions } from "../core/snapshots/snapshotNames.ts"
import type { SyncService } from "../core/sync/Sync.ts"
import { ConflictKind } from "../model/Conflict.ts"
import {
  ArtifactId,
  CollectionId,
  DirectoryPath,
  FilePath,
  OperationId,
  ProjectId,
  SnapshotId,
  Text,
  TreeId,
  VersionId
} from "../model/Ids.ts"
import { OperationKind } from "../model/Operation.ts"
import { Plan, Strategy } from "../model/Plan.ts"
import { RetentionPolicy, UndoWindow } from "../model/Retention.ts"
import { SnapshotReason } from "../model/Snapshot.ts"
import { argument, type FieldsOf, type Fitting, reason, request } from "./parameter.ts"
import type { ServicePlan } from "./promiseService.ts"

type FirstOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments[0] : never
type ThirdOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments[2] : never
type SecondOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments[1] : never

/** @internal */
export const limit = Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))
/** @internal */
export const cursor = Schema.optional(Schema.String)
/** @internal */
export const time = Schema.optional(Schema.Finite)
/** @internal */
export const flag = Schema.optional(Schema.Boolean)
const conflictMarkers = Schema.optional(Schema.Literals(["refuse", "merge", "diff3", "zdiff3"]))
const root = Text.check(Schema.isNonEmpty())
const rooted = argument("plan", Plan)
const where = request<{ readonly root: string }>()({ root }, { name: "options" })

const Bytes = Schema.declare(
  // Not `instanceof`: a host's bytes may come from another realm.
  (value): value is Uint8Array => Object.prototype.toString.call(value) === "[object Uint8Array]",
  { message: "must be a Uint8Array" }
)

const isAsyncIterable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value

const Source = Schema.declare((value): value is BackupSource => Stream.isStream(value) || isAsyncIterable(value), {
  message: "must be an async iterable of Uint8Array"
})

const SourceFile = Schema.Struct({
  path: FilePath,
  bytes: Bytes,
  kind: Schema.optional(Schema.Literals(["file", "executable", "symlink"]))
})

/** Whatever is iterable has become an array when it is checked. */
const files = Schema.optional(Schema.Array(SourceFile)) as unknown as Fitting<CaptureRequest["files"]>

const selection: FieldsOf<Selection> = {
  project: ProjectId,
  root,
  collection: Schema.optional(CollectionId),
  snapshot: Schema.optional(SnapshotId),
  scope: Schema.optional(Schema.Literals(["deployed", "collection"])),
  artifacts: Schema.optional(Schema.Array(ArtifactId)),
  at: Schema.optional(DirectoryPath),
  targets: Schema.optional(Schema.Record(Schema.String, DirectoryPath)),
  adopt: Schema.optional(Schema.Record(Schema.String, VersionId))
}

const exactlyOne = (names: ReadonlyArray<string>, value: object): string | undefined => {
  const given = names.filter((name) => value[name as keyof typeof value] !== undefined)
  return given.length === 1 ? undefined : `give exactly one of ${names.join(", ")}`
}

/** @internal */
export const snapshots: ServicePlan<SnapshotStoreService> = {
  capture: [
    "effect",
    request<FirstOf<SnapshotStoreService["capture"]>>()(
      {
        collection: CollectionId,
        root: Schema.optional(root),
        files,
        branch: Schema.optional(Text.check(Schema.isNonEmpty())),
        reason: Schema.optional(SnapshotReason),
        message: Schema.optional(Text)
      },
      {
        prepare: (value) => (value.files === undefined ? value : { ...value, files: [...value.files] }),
        refuse: (value) => {
          const why = exactlyOne(["root", "files"], value)
          return why === undefined ? undefined : ["root", why]
        }
      }
    )
  ],
  names: ["effect", argument("collection", CollectionId)],
  moveBranch: [
    "effect",
    argument("collection", CollectionId),
    argument("branch", Schema.String),
    request<SnapshotBranchMove>()(
      { from: Schema.NullOr(SnapshotId), to: Schema.NullOr(SnapshotId), reason },
      { name: "move" }
    )
  ],
  createTag: [
    "effect",
    argument("collection", CollectionId),
    argument("tag", Schema.String),
    argument("snapshot", SnapshotId),
    request<SnapshotTagOptions | undefined>("optional")({ force: flag, reason }, { name: "options" })
  ],
  removeTag: [
    "effect",
    argument("collection", CollectionId),
    argument("tag", Schema.String),
    request<NameOptions | undefined>("optional")({ reason }, { name: "options" })
  ],
  positions: [
    "effect",
    argument("collection", CollectionId),
    argument("branch", Schema.String),
    request<PositionsRequest | undefined>("optional")(
      { limit, cursor: Schema.optional(Schema.NullOr(Schema.String)) },
      { name: "page" }
    )
  ],
  resolve: ["effect", argument("collection", CollectionId), argument("expression", Schema.String)],
  get: ["effect", argument("id", SnapshotId)],
  list: [
    "effect",
    request<FirstOf<SnapshotStoreService["list"]>>()(
      { collection: Schema.optional(CollectionId), project: Schema.optional(ProjectId), limit, cursor },
      {
        refuse: (value) => {
          const why = exactlyOne(["collection", "project"], value)
          return why === undefined ? undefined : ["collection", why]
        }
      }
    )
  ],
  artifacts: ["effect", argument("id", SnapshotId)],
  paths: ["effect", argument("id", SnapshotId)],
  read: [
    "effect",
    argument("id", SnapshotId),
    argument<string>("path", FilePath),
    request<ThirdOf<SnapshotStoreService["read"]>>("optional")({ conflictMarkers }, { name: "options" })
  ],
  diff: ["effect", argument("before", SnapshotId), argument("after", SnapshotId)],
  restore: [
    "effect",
    argument("id", SnapshotId),
    request<SecondOf<SnapshotStoreService["restore"]>>()(
      { root, overwrite: flag, conflictMarkers },
      { name: "options" }
    )
  ]
}

/** @internal */
export const deployments: ServicePlan<DeploymentTrackerService> = {
  plan: [
    "effect",
    request<FirstOf<DeploymentTrackerService["plan"]>>()({
      ...selection,
      collection: CollectionId,
      conflictMarkers,
      reason
    })
  ],
  planRetire: [
    "effect",
    request<FirstOf<DeploymentTrackerService["planRetire"]>>()({
      project: ProjectId,
      root,
      artifacts: Schema.Array(ArtifactId),
      target: Schema.optional(DirectoryPath),
      reason
    })
  ],
  apply: ["effect", rooted, where],
  current: ["effect", argument("project", ProjectId)],
  whereDeployed: ["effect", argument("artifact", ArtifactId)],
  history: [
    "effect",
    request<FirstOf<DeploymentTrackerService["history"]>>()(
      {
        project: Schema.optional(ProjectId),
        artifact: Schema.optional(ArtifactId),
        version: Schema.optional(VersionId),
        limit,
        cursor
      },
      {
        refuse: (value) => {
          const why = exactlyOne(["project", "artifact", "version"], value)
          return why === undefined ? undefined : ["project", why]
        }
      }
    )
  ]
}

/** @internal */
export const drift: ServicePlan<DriftDetectorService> = {
  check: ["effect", request<Selection>()(selection)],
  nearest: [
    "effect",
    request<NearestRequest>()({
      root,
      at: Schema.optional(DirectoryPath),
      artifacts: Schema.optional(Schema.Array(ArtifactId)),
      limit
    })
  ]
}

/** @internal */
export const sync: ServicePlan<SyncService> = {
  plan: [
    "effect",
    request<FirstOf<SyncService["plan"]>>()({
      ...selection,
      strategy: Schema.optional(Strategy),
      conflictMarkers,
      reason
    })
  ],
  apply: ["effect", rooted, where]
}

const style = Schema.optionalKey(Schema.Literals(["merge", "diff3", "zdiff3"]))
const HunkResolution = Schema.Union([
  Schema.Struct({
    hunk: Schema.Int,
    use: Schema.Literals(["ours", "theirs", "base", "ours-then-theirs", "theirs-then-ours"])
  }),
  Schema.Struct({ hunk: Schema.Int, use: Schema.Literal("custom"), bytes: Bytes })
])
const Resolution = Schema.Union([
  Schema.Struct({ path: FilePath, use: Schema.Literals(["ours", "theirs", "base"]) }),
  Schema.Struct({ path: FilePath, use: Schema.Literal("content"), bytes: Bytes }),
  Schema.Struct({ path: FilePath, style, hunks: Schema.Array(HunkResolution) }),
  Schema.Struct({ path: FilePath, style, edited: Bytes })
])

/** @internal */
export const conflicts: ServicePlan<ConflictsService> = {
  list: [
    "effect",
    request<FirstOf<ConflictsService["list"]>>()({
      project: ProjectId,
      artifact: Schema.optional(ArtifactId),
      under: Schema.optional(DirectoryPath),
      kind: Schema.optional(ConflictKind)
    })
  ],
  view: [
    "effect",
    request<FirstOf<ConflictsService["view"]>>()({
      project: ProjectId,
      path: FilePath,
      style: Schema.optional(Schema.Literals(["merge", "diff3", "zdiff3"]))
    })
  ],
  recorded: ["effect", argument("artifact", ArtifactId)],
  forget: [
    "effect",
    request<FirstOf<ConflictsService["forget"]>>()({
      artifact: ArtifactId,
      keys: Schema.optional(Schema.Array(Text)),
      reason
    })
  ],
  show: [
    "effect",
    request<FirstOf<ConflictsService["show"]>>()({
      project: ProjectId,
      path: FilePath,
      // How a text is shown is harmless whatever it is: merging texts never throws.
      options: Schema.optional(Schema.declare((value): value is object => typeof value === "object" && value !== null))
    })
  ],
  plan: [
    "effect",
    request<FirstOf<ConflictsService["plan"]>>()({
      project: ProjectId,
      root,
      resolutions: Schema.Array(Resolution),
      reason
    })
  ],
  apply: ["effect", rooted, where]
}

/** @internal */
export const rollback: ServicePlan<RollbackService> = {
  plan: [
    "effect",
    request<FirstOf<RollbackService["plan"]>>()({
      project: ProjectId,
      root,
      to: Schema.Union([
        Schema.Struct({ operation: OperationId }),
        Schema.Struct({ snapshot: SnapshotId }),
        Schema.Struct({ version: VersionId })
      ]),
      artifacts: Schema.optional(Schema.Array(ArtifactId)),
      paths: Schema.optional(Schema.Array(FilePath)),
      reason
    })
  ],
  apply: ["effect", rooted, where]
}

const undo = request<FirstOf<LedgerService["planUndo"]>>()({
  operation: OperationId,
  root: Schema.optional(root),
  reason
})

/** @internal */
export const ledger: ServicePlan<LedgerService> = {
  get: ["effect", argument("id", OperationId)],
  head: ["effect"],
  list: [
    "effect",
    request<FirstOf<LedgerService["list"]>>("optional")({
      actor: Schema.optional(Schema.String),
      kind: Schema.optional(OperationKind),
      subject: Schema.optional(Schema.String),
      since: time,
      until: time,
      direction: Schema.optional(Schema.Literals(["newest", "oldest"])),
      limit,
      cursor: Schema.optional(Schema.NullOr(Schema.String))
    })
  ],
  verify: [
    "effect",
    request<FirstOf<LedgerService["verify"]>>("optional")({ knownHead: Schema.optional(OperationId) })
  ],
  export: ["stream"],
  describe: ["plain"],
  planUndo: ["effect", undo],
  planRedo: ["effect", undo],
  apply: [
    "effect",
    rooted,
    request<SecondOf<LedgerService["apply"]>>("optional")({ root: Schema.optional(root) }, { name: "options" })
  ]
}

/** @internal */
export const maintenance: ServicePlan<MaintenanceService> = {
  backup: ["stream"],
  restore: ["effect", argument("backup", Source)],
  repair: [
    "effect",
    request<FirstOf<MaintenanceService["repair"]>>("optional")({
      from: Schema.optional(Source),
      roots: Schema.optional(Schema.Array(root)),
      reason
    })
  ],
  verify: [
    "effect",
    request<FirstOf<MaintenanceService["verify"]>>("optional")({ knownHead: Schema.optional(OperationId) })
  ],
  prune: [
    "effect",
    argument("policy", RetentionPolicy),
    request<SecondOf<MaintenanceService["prune"]>>("optional")(
      {
        dryRun: flag,
        of: Schema.optional(Schema.Literals(["collections", "safety"])),
        collection: Schema.optional(CollectionId),
        project: Schema.optional(ProjectId)
      },
      { name: "options" }
    )
  ],
  collect: [
    "effect",
    request<FirstOf<MaintenanceService["collect"]>>("optional")({
      dryRun: flag,
      grace: Schema.optional(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
      window: Schema.optional(UndoWindow)
    })
  ],
  statistics: ["effect", request<FirstOf<MaintenanceService["statistics"]>>("optional")({ forms: flag })]
}

const side = Schema.Literals(["ours", "theirs"])
const renames = Schema.optional(
  Schema.Struct({
    detect: Schema.optional(Schema.Literals(["none", "exact", "similar"])),
    directories: Schema.optional(Schema.Literals(["conflict", "move", "stay"])),
    threshold: Schema.optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
    limit: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
    moves: Schema.optional(Schema.Array(Schema.Struct({ side, from: FilePath, to: FilePath })))
  })
)
const merging = request<MergeTreesOptions | undefined>("optional")({ renames, foldsCase: flag }, { name: "options" })

/** @internal */
export const merge: ServicePlan<MergeEngineService> = {
  text: ["plain"],
  trees: [
    "effect",
    request<FirstOf<MergeEngineService["trees"]>>()({
      base: Schema.NullOr(TreeId),
      ours: TreeId,
      theirs: TreeId,
      renames,
      foldsCase: flag
    })
  ],
  versions: ["effect", argument("ours", VersionId), argument("theirs", VersionId), merging],
  cherryPick: ["effect", argument("version", VersionId), argument("onto", VersionId), merging],
  octopus: ["effect", argument("versions", Schema.Array(VersionId)), merging],
  revert: ["effect", argument("version", VersionId), argument("from", VersionId), merging]
}
