/** The port to a project's (or a collection's) files: scan, read, apply through a journal, recover. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Oddity } from "../model/Drift.ts"
import type { BlobId, DirectoryPath, FilePath } from "../model/Ids.ts"
import type { PlanStale } from "../model/Plan.ts"
import type { Standing } from "../model/Standing.ts"

/** Why a working tree could not do what was asked. @public */
export const WorkingTreeFailure = Schema.Literals([
  "not-found",
  "not-a-directory",
  "permission-denied",
  "read-only",
  "no-space",
  "escapes-root",
  "locked",
  "unsupported",
  "name-clash",
  "io"
])
/** @public */
export type WorkingTreeFailure = typeof WorkingTreeFailure.Type

const advice: { readonly [K in WorkingTreeFailure]: string } = {
  "not-found": "does not exist",
  "not-a-directory": "is not a directory",
  "permission-denied": "may not be read or written; check its permissions",
  "read-only": "is on a read-only file system",
  "no-space": "could not be written: the disk is full. Nothing was changed",
  "escapes-root": "leads out of the root through a symbolic link; it was not touched",
  locked: "is being changed by another process; try again when it is done",
  unsupported: "cannot be handled by this working tree",
  "name-clash": "differs from another name in case or normalisation only, and this file system folds them",
  io: "could not be read or written"
}

/** A file operation failed. `path` is relative to `root`, empty for the root itself. @public */
export class WorkingTreeError extends Schema.TaggedError<WorkingTreeError>("tidemark/core/WorkingTreeError")(
  "WorkingTreeError",
  {
    root: Schema.String,
    path: Schema.String,
    operation: Schema.String,
    failure: WorkingTreeFailure,
    detail: Schema.String,
    cause: Schema.optionalKey(Schema.Defect())
  },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    const where = this.path === "" ? this.root : `${JSON.stringify(this.path)} in ${this.root}`
    const detail = this.detail === "" ? "" : ` (${this.detail})`
    return `${this.operation}: ${where} ${advice[this.failure]}${detail}.`
  }
}

/**
 * An interrupted apply was found whose outcome cannot be decided here: its store is another one or cannot be reached, or
 * the journal belongs to a directory that this one was copied from. Nothing was touched.
 *
 * @public
 */
export class RecoveryBlocked extends Schema.TaggedError<RecoveryBlocked>("tidemark/core/RecoveryBlocked")(
  "RecoveryBlocked",
  {
    root: Schema.String,
    applyId: Schema.String,
    why: Schema.Literals(["other-store", "other-root", "damaged-journal"])
  },
  { httpApiStatus: 409 }
) {
  override get message(): string {
    const why = {
      "other-store": "it was begun with another store; open that one to finish it",
      "other-root":
        "its journal belongs to another directory (was this one copied?); remove its .tidemark folder if you are sure",
      "damaged-journal": "its journal is damaged; the replaced files are in its .tidemark folder"
    }[this.why]
    return `${this.root} holds an interrupted change (${this.applyId}), and ${why}. Nothing was touched.`
  }
}

/** Trees deeper than this are refused: no real project has them, and every walk may rely on it. @internal */
export const depthLimit = 1000

/**
 * Content of more bytes than this is handed over in pieces, by a working tree and to it: see `stream`.
 *
 * @public
 */
export const streamedAbove = 8 * 1024 * 1024

/** One thing found by a scan. Directories are listed too, so that empty ones are known. @public */
export interface ScanEntry {
  readonly path: FilePath
  readonly standing: Standing
}

/** What a scan found, sorted by the UTF-8 bytes of the path. `ignored` names, unread, what the ignore rules left out. @public */
export interface Scan {
  readonly entries: ReadonlyArray<ScanEntry>
  readonly oddities: ReadonlyArray<Oddity>
  readonly ignored: ReadonlyArray<FilePath>
}

/** What a scan looks at. @public */
export interface ScanOptions {
  /** Patterns in `.gitignore` syntax; what they match is neither descended into nor read. */
  readonly ignore: ReadonlyArray<string>
  /** Only what stands at or below these paths; `undefined`: everything. A path that does not exist is no error. */
  readonly within?: ReadonlyArray<DirectoryPath> | undefined
}

/** One change of a project's files. `before` is what must stand there now, `after` what will. @public */
export interface ApplyStep {
  readonly path: FilePath
  readonly before: Standing | null
  readonly after: Standing | null
}

/** What an apply is to do, and what it may rely on. @public */
export interface ApplyRequest {
  /** Random, injected, unique: the journal and the ledger's operation both carry it. */
  readonly applyId: string
  /** Names the store whose ledger decides, on recovery, whether this apply happened. */
  readonly store: string
  /** Each path at most once. A directory's `after: null` removes it only if it is empty then. */
  readonly steps: ReadonlyArray<ApplyStep>
  /** Paths that are not changed, but that the decision relied on. */
  readonly checks: ReadonlyArray<{ readonly path: FilePath; readonly standing: Standing | null }>
}

/** What an apply asks of its caller while it runs. @public */
export interface ApplyHooks<A, E, R> {
  /** Runs under the project's lock, after every input was checked and before anything is changed: the safety snapshot. */
  readonly prepare: Effect.Effect<void, E, R>
  /** The bytes of the blobs that steps will place. Asked for in batches. */
  readonly content: (ids: ReadonlyArray<BlobId>) => Effect.Effect<ReadonlyMap<BlobId, Uint8Array>, E, R>
  /**
   * The bytes of one blob, in pieces. Where it is given, blobs above {@link streamedAbove} are asked for with it, one at a
   * time. What came must be used for nothing before the stream has ended, and is that id's content only then.
   */
  readonly stream?: ((id: BlobId) => Stream.Stream<Uint8Array, E, R>) | undefined
  /** Commits the operation: the point of no return. When it fails, everything is put back. */
  readonly commit: Effect.Effect<A, E, R>
  /** Called after each batch of steps, with how many of them are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What an apply did. `copies` are files that somebody saved while it ran, kept under these names. @public */
export interface Applied<A> {
  readonly value: A
  readonly copies: ReadonlyArray<FilePath>
}

/** Answers, for recovery, whether the ledger holds the operation of an apply id. @public */
export interface RecoveryOracle<E, R> {
  readonly store: string
  readonly happened: (applyId: string) => Effect.Effect<boolean, E, R>
  /**
   * The bytes of blobs that an earlier apply placed: those that the store does not have are not in the map. With it, an apply may
   * leave new files to the system to write out, because a recovery after a loss of power can make them again; without it,
   * everything is on the disk before the operation is committed.
   */
  readonly content?: ((ids: ReadonlyArray<BlobId>) => Effect.Effect<ReadonlyMap<BlobId, Uint8Array>, E, R>) | undefined
}

/** What recovery found and did. @public */
export interface Recovered {
  readonly outcome: "nothing" | "finished" | "put-back"
  readonly copies: ReadonlyArray<FilePath>
}

/**
 * What hosts inject to reach files. Roots are the adapter's to interpret: a directory's path for a file system, any name
 * for a memory.
 *
 * @remarks
 * Implementors owe: symbolic links are entries and are never followed below the root; special files are reported, never
 * opened; `apply` leaves all-old or all-new whatever interrupts it (after `recover`), never overwrites bytes that the
 * request does not name in `before`, and never touches a path that no step names. Callers may not assume that a scan is
 * atomic.
 *
 * @public
 */
export interface WorkingTreeService {
  /** Lists what stands below the root, reading only what a cache cannot vouch for. */
  readonly scan: (root: string, options: ScanOptions) => Effect.Effect<Scan, WorkingTreeError>
  /** Returns the bytes of files (of symlinks: their targets), unless they are missing: those are not in the map. */
  readonly read: (
    root: string,
    paths: ReadonlyArray<FilePath>
  ) => Effect.Effect<ReadonlyMap<FilePath, Uint8Array>, WorkingTreeError>
  /**
   * Gives the bytes of one file (of a symlink: its target) in pieces of at most 4 MiB, without holding the whole. A missing
   * one fails with `not-found`. Callers compare the hash with what they expect: the file may be written to meanwhile.
   */
  readonly stream: (root: string, path: FilePath) => Stream.Stream<Uint8Array, WorkingTreeError>
  /** Makes all steps or none. Recovers first what an earlier run left. */
  readonly apply: <A, E, R>(
    root: string,
    request: ApplyRequest,
    hooks: ApplyHooks<A, E, R>,
    oracle: RecoveryOracle<E, R>
  ) => Effect.Effect<Applied<A>, E | WorkingTreeError | PlanStale | RecoveryBlocked, R>
  /** Finishes or puts back what an interrupted apply left in this root. Idempotent. */
  readonly recover: <E, R>(
    root: string,
    oracle: RecoveryOracle<E, R>
  ) => Effect.Effect<Recovered, E | WorkingTreeError | RecoveryBlocked, R>
}

/** How files are reached: a {@link WorkingTreeService} that the host injects. @public */
export class WorkingTree extends Context.Service<WorkingTree, WorkingTreeService>()("tidemark/core/WorkingTree") {}
