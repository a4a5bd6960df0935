/** The ledger: who did what, when and why, and whether all of it is still so. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { OperationId } from "../../model/Ids.ts"
import { type Operation, type OperationKind, type OperationNotFound, RootNeeded } from "../../model/Operation.ts"
import type { InvalidCursor } from "../../model/Page.ts"
import type { Plan } from "../../model/Plan.ts"
import { CatalogStorage, type CatalogStorageService, type RecordPosition } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { type Page, readPage } from "../catalog/readPage.ts"
import { rereading } from "../catalog/rereading.ts"
import { projectFoundation } from "../foundation.ts"
import { Objects, type ObjectsService } from "../objects/Objects.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { Projects, type ProjectsService } from "../projects/Projects.ts"
import { Sha256 } from "../references/Sha256.ts"
import { planUndo, type UndoError, type UndoOptions } from "../rollback/planUndo.ts"
import type { WorkingTree } from "../WorkingTree.ts"
import { describeOperation } from "./describeOperation.ts"
import type { LedgerReport } from "./LedgerReport.ts"
import { OperationLog, type OperationLogService, operationCodec } from "./OperationLog.ts"
import { unlessCleared } from "./unlessCleared.ts"
import { verifyLedger } from "./verifyLedger.ts"

const exportBatch = 200

/** Which operations, and how many of them. Everything that is given must hold. @public */
export interface LedgerQuery {
  readonly actor?: string | undefined
  readonly kind?: OperationKind | undefined
  /** An artifact, project or collection that the operation concerned. */
  readonly subject?: string | undefined
  /** Done at this time or later, by the raw clock; milliseconds since 1970. */
  readonly since?: number | undefined
  /** Done at this time or earlier, by the raw clock. */
  readonly until?: number | undefined
  /** Newest first, where it is not said. */
  readonly direction?: "newest" | "oldest" | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
}

/**
 * The hash-chained sequence of a store's operations: the audit trail. What it
 * says can be taken back.
 *
 * @public
 */
export interface LedgerService {
  /** Returns an operation. Fails with `OperationNotFound` when there is none. */
  readonly get: (id: OperationId) => Effect.Effect<Operation, OperationNotFound | StorageError>
  /** The newest operation's id; `null` while nothing has been done. Note it elsewhere, and `verify` can tell a cut tail. */
  readonly head: Effect.Effect<OperationId | null, StorageError>
  /**
   * Returns a page of operations.
   *
   * @remarks
   * A page that filters reads a bounded number of operations: it may come back short with a cursor, and only a `null`
   * cursor means the end.
   */
  readonly list: (query?: LedgerQuery) => Effect.Effect<Page<Operation>, InvalidCursor | StorageError>
  /**
   * Checks the whole ledger: the chain of hashes, the records that operations stored, and that every name is where the
   * operations left it. Damage is no failure but a list of findings; an empty one means that all is well.
   */
  readonly verify: (options?: {
    readonly knownHead?: OperationId | undefined
  }) => Effect.Effect<LedgerReport, StorageError>
  /** Streams all operations, oldest first, each as one line of canonical JSON without its line end. */
  readonly export: Stream.Stream<string, StorageError>
  /** Says in a sentence who did what, and why. */
  readonly describe: (operation: Operation) => string
  /**
   * Plans to take one operation back: its names return to what they were, and the files it changed are merged back, so
   * that later edits survive. Fails with `UndoConflict`, naming the later operation, when one of its names moved since.
   */
  readonly planUndo: (options: UndoOptions) => Effect.Effect<Plan, UndoError>
  /** Plans to take an undo back. */
  readonly planRedo: (options: UndoOptions) => Effect.Effect<Plan, UndoError>
  /** Carries an undo or redo out, or refuses with `PlanStale`. `root` is needed where files change. */
  readonly apply: (
    plan: Plan,
    options?: { readonly root?: string | undefined }
  ) => Effect.Effect<PlanApplied, ApplyError | RootNeeded>
}

/** The ledger: see {@link LedgerService}. @public */
export class Ledger extends Context.Service<Ledger, LedgerService>()("tidemark/core/Ledger") {
  static readonly layer: Layer.Layer<Ledger, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Ledger,
    Effect.gen(function* () {
      return make(yield* CatalogStorage, yield* Objects, yield* OperationLog, yield* Projects, yield* Sha256)
    })
  ).pipe(Layer.provide(projectFoundation))
}

/** The scarcest of the terms that a query can be looked up by. */
const termOf = ({ actor, kind, subject }: LedgerQuery): string =>
  subject !== undefined
    ? joinParts("subject", subject)
    : actor !== undefined
      ? joinParts("actor", actor)
      : kind !== undefined
        ? joinParts("kind", kind)
        : "all"

const make = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  log: OperationLogService,
  projects: ProjectsService,
  sha256: Sha256Function
): LedgerService => {
  const list = Effect.fn("Ledger.list")(function* (query: LedgerQuery = {}) {
    const { actor, kind, since, subject, until } = query
    return yield* readPage(catalog, operationCodec, {
      term: termOf(query),
      direction: query.direction === "oldest" ? "forward" : "backward",
      // The order key is never below the raw time; so it bounds the scan from this side, and only from this side.
      from: since,
      limit: query.limit,
      cursor: query.cursor ?? undefined,
      accept: (operation) =>
        (actor === undefined || operation.actor === actor) &&
        (kind === undefined || operation.kind === kind) &&
        (subject === undefined || operation.subjects.includes(subject)) &&
        (since === undefined || operation.time >= since) &&
        (until === undefined || operation.time <= until)
    })
  })

  const verify = Effect.fn("Ledger.verify")(function* (options?: { readonly knownHead?: OperationId | undefined }) {
    return yield* unlessCleared(catalog, verifyLedger(catalog, objects, sha256, options?.knownHead))
  })

  const lines = Stream.paginate(undefined as RecordPosition | undefined, (after) =>
    Effect.map(
      catalog.scan({ kind: operationCodec.kind, term: "all", direction: "forward", after, limit: exportBatch }),
      (page) => {
        const last = page.at(-1)
        const next = page.length < exportBatch || last === undefined ? Option.none() : Option.some(last)
        return [page.map(({ body }) => body), next] as const
      }
    )
  )

  return rereading(
    Ledger.of({
      get: Effect.fn("Ledger.get")(log.get),
      head: log.head,
      list,
      verify,
      export: lines,
      describe: describeOperation,
      planUndo: (options) => planUndo(projects, "undo", options),
      planRedo: (options) => planUndo(projects, "redo", options),
      apply: Effect.fn("Ledger.apply")(function* (plan: Plan, options?: { readonly root?: string | undefined }) {
        const [operation] = plan.reverses
        if (
          options?.root === undefined &&
          operation !== undefined &&
          (plan.project !== null || plan.paths.length > 0)
        ) {
          return yield* Effect.fail(new RootNeeded({ operation, project: plan.project }))
        }
        return yield* projects.apply(plan, options?.root ?? null)
      })
    }),
    ["list", "planUndo", "planRedo"]
  )
}
