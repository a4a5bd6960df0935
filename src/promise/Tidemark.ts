/** The engine for hosts that do not use Effect. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { Conflicts, type ConflictsService } from "../core/conflicts/Conflicts.ts"
import { DeploymentTracker, type DeploymentTrackerService } from "../core/deployments/DeploymentTracker.ts"
import { DriftDetector, type DriftDetectorService } from "../core/drift/DriftDetector.ts"
import { Exchange, type ExchangeService } from "../core/exchange/Exchange.ts"
import { VersionGraph, type VersionGraphService } from "../core/graph/VersionGraph.ts"
import { layer, type Ports, type Services } from "../core/layer.ts"
import { Ledger, type LedgerService } from "../core/ledger/Ledger.ts"
import { Maintenance, type MaintenanceService } from "../core/maintenance/Maintenance.ts"
import { type MergeDriver, MergeDrivers } from "../core/merge/MergeDriver.ts"
import { MergeEngine, type MergeEngineService } from "../core/merge/MergeEngine.ts"
import { type MergeRule, MergeRules } from "../core/merge/MergeRules.ts"
import { ArtifactLayout } from "../core/references/ArtifactLayout.ts"
import { CapturePolicy } from "../core/references/CapturePolicy.ts"
import { Compression, type CompressionChoice } from "../core/references/Compression.ts"
import { CurrentActor } from "../core/references/CurrentActor.ts"
import { IdSource, type IdSourceShape } from "../core/references/IdSource.ts"
import { IgnoreRules } from "../core/references/IgnoreRules.ts"
import { Sha256 } from "../core/references/Sha256.ts"
import { TextPolicy } from "../core/references/TextPolicy.ts"
import { Rollback, type RollbackService } from "../core/rollback/Rollback.ts"
import { SnapshotStore, type SnapshotStoreService } from "../core/snapshots/SnapshotStore.ts"
import { Sync, type SyncService } from "../core/sync/Sync.ts"
import type { WorkingTree } from "../core/WorkingTree.ts"
import { Actor, ArtifactId } from "../model/Ids.ts"
import { exchange } from "./exchangePlan.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { Promised, Unbranded } from "./Promised.ts"
import { request } from "./parameter.ts"
import { promised } from "./promiseService.ts"
import { makeRunner, type Runner } from "./Runner.ts"
import * as plans from "./servicePlans.ts"
import { versions } from "./versionsPlan.ts"

/** What an engine is made of. Only `storage` and `workingTree` have no default. @public */
export interface OpenOptions {
  /** Where objects and names are kept: what `tidemark/sqlite` or `tidemark/memory` gives. */
  readonly storage: Layer.Layer<Exclude<Ports, WorkingTree>, unknown>
  /** How files are reached: what `tidemark/filesystem` or `tidemark/memory` gives. */
  readonly workingTree: Layer.Layer<WorkingTree, unknown>
  /** Who acts, where a call does not say otherwise. */
  readonly actor?: string | undefined
  /** Patterns in `.gitignore` syntax, in place of the default ones: what they match is never read, stored or changed. */
  readonly ignore?: ReadonlyArray<string> | undefined
  /** What counts as the same text. */
  readonly textPolicy?: "line-endings" | "none" | undefined
  /** Which paths of a collection form which artifact. */
  readonly layout?: Unbranded<Context.Service.Shape<typeof ArtifactLayout>> | undefined
  /** When updates and rollbacks capture versions by themselves. */
  readonly capturePolicy?: Context.Service.Shape<typeof CapturePolicy> | undefined
  /** Merge drivers, asked in order before the built-in ones. */
  readonly mergeDrivers?: ReadonlyArray<MergeDriver> | undefined
  /** Which paths are merged how: the first rule whose pattern fits decides. */
  readonly mergeRules?: ReadonlyArray<MergeRule> | undefined
  /** Gives the time in milliseconds since 1970, for hosts that must be able to do the same again. */
  readonly clock?: (() => number) | undefined
  /** Draws a fresh name for a snapshot, a deployment, an apply or a store; never the same one twice. */
  readonly ids?: IdSourceShape["next"] | undefined
  /** How new content is compressed: by default with zstd, or deflate where the runtime has none. */
  readonly compression?: CompressionChoice | undefined
  /** SHA-256 as lower-case hex, for runtimes that have no synchronous one. */
  readonly sha256?: Context.Service.Shape<typeof Sha256> | undefined
}

/**
 * The engine for hosts that do not use Effect: one property for each service, with the same methods.
 *
 * @remarks
 * Every method takes `CallOptions` after its own arguments. Rejections are the errors of the services: `instanceof` and
 * `_tag` tell them apart. What is malformed rejects with `InvalidInput` before anything is done, a call after `close` with
 * `Closed`; nothing is thrown by the call itself.
 *
 * An aborted call leaves all as it was. A signal that comes when the operation is committed already may still reject;
 * then the ledger has it, and `onCommitted` was told its id. A repair goes step by step: what it had put back when it was aborted
 * stays, and the next one goes on from there.
 *
 * @public
 */
export interface Tidemark extends AsyncDisposable {
  readonly snapshots: Promised<SnapshotStoreService>
  readonly versions: Promised<VersionGraphService>
  readonly deployments: Promised<DeploymentTrackerService>
  readonly drift: Promised<DriftDetectorService>
  readonly sync: Promised<SyncService>
  readonly conflicts: Promised<ConflictsService>
  readonly rollback: Promised<RollbackService>
  readonly ledger: Promised<LedgerService>
  readonly merge: Promised<MergeEngineService>
  readonly maintenance: Promised<MaintenanceService>
  /** A transport calls `answer`; the peer of the other engine is `peerOf` of what calls it. */
  readonly exchange: Promised<ExchangeService>
  /** Waits for the calls that are under way, then lets go of the storage. Closing again does nothing. */
  readonly close: () => Promise<void>
}

const isFunction = (value: unknown): boolean => typeof value === "function"
const aFunction = <A>() => Schema.declare((value): value is A => isFunction(value), { message: "must be a function" })
const aLayer = <A>(from: string) =>
  Schema.declare((value): value is A => Layer.isLayer(value), { message: `must be a layer, such as ${from} gives` })

const openOptions = request<OpenOptions>()({
  storage: aLayer<OpenOptions["storage"]>("tidemark/sqlite"),
  workingTree: aLayer<OpenOptions["workingTree"]>("tidemark/filesystem"),
  actor: Schema.optional(Actor),
  ignore: Schema.optional(Schema.Array(Schema.String)),
  textPolicy: Schema.optional(Schema.Literals(["line-endings", "none"])),
  layout: Schema.optional(
    Schema.Struct({
      rules: Schema.Array(Schema.Struct({ pattern: Schema.String, type: Schema.String })),
      rest: ArtifactId
    })
  ),
  capturePolicy: Schema.optional(Schema.Literals(["onContentChange", "never"])),
  mergeDrivers: Schema.optional(
    Schema.Array(
      Schema.Struct({
        name: Schema.String,
        merge: aFunction<MergeDriver["merge"]>(),
        unit: Schema.optional(Schema.Literals(["lines", "words"]))
      })
    )
  ),
  mergeRules: Schema.optional(
    Schema.Array(
      Schema.Struct({
        pattern: Schema.String,
        strategy: Schema.optional(Schema.Literals(["merge", "ours", "theirs", "base", "union", "manual"])),
        driver: Schema.optional(Schema.String),
        check: Schema.optional(aFunction<NonNullable<MergeRule["check"]>>())
      })
    )
  ),
  clock: Schema.optional(aFunction<() => number>()),
  ids: Schema.optional(aFunction<IdSourceShape["next"]>()),
  compression: Schema.optional(Schema.Literals(["auto", "deflate", "none", "zstd"])),
  sha256: Schema.optional(aFunction<Context.Service.Shape<typeof Sha256>>())
})

/** Operations are timed by the host's clock; spans and sleeping go on by the real one. */
const clockOf = (now: () => number): Clock.Clock => {
  const real = Clock.Clock.defaultValue()
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: () => real.currentTimeNanosUnsafe(),
    currentTimeNanos: real.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: real.monotonicTimeNanos,
    sleep: (duration) => real.sleep(duration)
  }
}

const contextOf = (options: OpenOptions): Context.Context<never> => {
  const {
    actor,
    capturePolicy,
    clock,
    compression,
    ids,
    ignore,
    layout,
    mergeDrivers,
    mergeRules,
    sha256,
    textPolicy
  } = options
  let context = Context.empty()
  const set = <A>(reference: Context.Reference<A>, value: A | undefined) => {
    if (value !== undefined) context = Context.add(context, reference, value)
  }
  set(CurrentActor, actor)
  set(IgnoreRules, ignore)
  set(TextPolicy, textPolicy)
  set(ArtifactLayout, layout as Context.Service.Shape<typeof ArtifactLayout> | undefined)
  set(CapturePolicy, capturePolicy)
  set(MergeDrivers, mergeDrivers)
  set(MergeRules, mergeRules)
  set(IdSource, ids === undefined ? undefined : { next: ids })
  set(Clock.Clock, clock === undefined ? undefined : clockOf(clock))
  set(Compression, compression)
  set(Sha256, sha256)
  return context
}

const engineOf = (context: Context.Context<Services>, runner: Runner): Tidemark => ({
  snapshots: promised(Context.get(context, SnapshotStore), plans.snapshots, runner),
  versions: promised(Context.get(context, VersionGraph), versions, runner),
  deployments: promised(Context.get(context, DeploymentTracker), plans.deployments, runner),
  drift: promised(Context.get(context, DriftDetector), plans.drift, runner),
  sync: promised(Context.get(context, Sync), plans.sync, runner),
  conflicts: promised(Context.get(context, Conflicts), plans.conflicts, runner),
  rollback: promised(Context.get(context, Rollback), plans.rollback, runner),
  ledger: promised(Context.get(context, Ledger), plans.ledger, runner),
  merge: promised(Context.get(context, MergeEngine), plans.merge, runner),
  maintenance: promised(Context.get(context, Maintenance), plans.maintenance, runner),
  exchange: promised(Context.get(context, Exchange), exchange, runner),
  close: runner.close,
  [Symbol.asyncDispose]: runner.close
})

const make = Effect.fnUntraced(function* (options: OpenOptions): Effect.fn.Return<Tidemark, unknown> {
  const invalid: InvalidInput | undefined = openOptions.check(options)
  if (invalid !== undefined) return yield* Effect.fail(invalid)
  const { storage, workingTree } = options
  const engine = layer.pipe(
    Layer.provide([storage, workingTree]),
    Layer.provideMerge(Layer.succeedContext(contextOf(options)))
  )
  const runtime = ManagedRuntime.make(engine)
  const context = yield* Effect.onError(runtime.contextEffect, () => runtime.disposeEffect)
  return engineOf(context, makeRunner(runtime))
})

/**
 * Opens an engine on a storage and a working tree.
 *
 * @remarks
 * Rejects with `InvalidInput` where an option is malformed, and with what the storage fails with, a `StorageError`.
 * Several engines may be open on one SQLite file, in one process or in several.
 *
 * @example
 * ```ts
 * import * as Memory from "tidemark/memory"
 * import { open } from "tidemark/promise"
 *
 * await using tidemark = await open({ storage: Memory.layer, workingTree: Memory.makeWorkingTree().layer, actor: "ann" })
 * const bytes = new TextEncoder().encode("# Skill\n")
 * const captured = await tidemark.snapshots.capture({ collection: "skills", files: [{ path: "skills/a/SKILL.md", bytes }] })
 * captured.artifacts.map(({ artifact }) => artifact) // => ["skill:a"]
 * ```
 *
 * @public
 */
export const open = (options: OpenOptions): Promise<Tidemark> => Effect.runPromise(make(options))
