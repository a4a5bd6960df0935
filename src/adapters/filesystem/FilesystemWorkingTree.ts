/** The working tree on a real file system. */
import { closeSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { WorkingTree, type WorkingTreeError, type WorkingTreeService } from "../../core/WorkingTree.ts"
import { applyLocked } from "./apply.ts"
import { ensureControl } from "./control.ts"
import { canAnchor, Directories } from "./directories.ts"
import { type Site, toWorkingTreeError } from "./failures.ts"
import { takeLock } from "./lock.ts"
import type { OnStep } from "./mutations.ts"
import { openPieces, pieceBytes, read, readPiece } from "./read.ts"
import { hasLeftovers, settle } from "./recover.ts"
import { openRun, type Run } from "./run.ts"
import { scan } from "./scan.ts"
import { StatCache } from "./statCache.ts"
import { drive } from "./work.ts"

/** How the file system is used. @public */
export interface FilesystemWorkingTreeOptions {
  /**
   * A directory of the host's, outside every project, where scans keep what they know of files: a second scan then
   * costs one look per file. Without it, every scan reads every file.
   */
  readonly cacheDirectory?: string | undefined
}

/**
 * What tests ask for. `onStep` is called before each change of the file system; `anchored: false` works as on systems
 * where directories cannot be held open; `boot` names this run of the system, `""` where it has no name.
 *
 * @internal
 */
export interface SteppedOptions extends FilesystemWorkingTreeOptions {
  readonly onStep?: OnStep | undefined
  readonly anchored?: boolean | undefined
  readonly boot?: string | undefined
}

const attempt = <A>(site: Site, f: () => A): Effect.Effect<A, WorkingTreeError> =>
  Effect.try({ try: f, catch: (error) => toWorkingTreeError(site, error) })

const withDirectories = <A, E, R>(
  site: Site,
  { anchored = canAnchor }: SteppedOptions,
  use: (directories: Directories) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | WorkingTreeError, R> =>
  Effect.acquireUseRelease(
    attempt(site, () => Directories.open(site.root, anchored)),
    use,
    (directories) => Effect.sync(() => directories.close())
  )

const withRun = <A, E, R>(
  site: Site,
  { anchored = canAnchor, boot, onStep }: SteppedOptions,
  use: (run: Run) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | WorkingTreeError, R> =>
  Effect.acquireUseRelease(
    attempt(site, () => openRun(site, anchored, onStep, boot)),
    use,
    (run) => Effect.sync(() => run.directories.close())
  )

/** Runs `use` while holding the project's lock. A lock that cannot be given back is stale once this process ends. */
const withLock = <A, E, R>(run: Run, use: Effect.Effect<A, E, R>): Effect.Effect<A, E | WorkingTreeError, R> =>
  Effect.acquireUseRelease(
    attempt(run.site, () => takeLock(run)),
    () => use,
    (lock) => Effect.ignore(attempt(run.site, lock.release))
  )

/** {@link makeWorkingTree}, with its steps shown. @internal */
export const makeSteppedWorkingTree = (options: SteppedOptions): WorkingTreeService => ({
  scan: Effect.fn("WorkingTree.scan")(function* (root, scanOptions) {
    const site: Site = { root, operation: "scan", at: "" }
    return yield* withDirectories(site, options, (directories) => {
      const cache =
        options.cacheDirectory === undefined ? undefined : StatCache.open(options.cacheDirectory, directories)
      return Effect.ensuring(
        drive(site, () => scan(site, directories, cache, scanOptions)),
        Effect.sync(() => cache?.close())
      )
    })
  }),
  read: Effect.fn("WorkingTree.read")(function* (root, paths) {
    const site: Site = { root, operation: "read", at: "" }
    return yield* withDirectories(site, options, (directories) => drive(site, () => read(site, directories, paths)))
  }),
  stream: (root, path) => {
    const site: Site = { root, operation: "read", at: "" }
    const opened = Effect.acquireRelease(
      withDirectories(site, options, (directories) => attempt(site, () => openPieces(site, directories, path))),
      (found) => Effect.sync(() => (typeof found === "number" ? closeSync(found) : undefined))
    )
    return Stream.unwrap(
      Effect.map(opened, (found) =>
        typeof found === "number"
          ? Stream.paginate(0, () =>
              attempt({ ...site, at: path }, () => {
                const piece = readPiece(found)
                // The first short read is the end, as of now: a log that is being written would otherwise be read for ever.
                return [[piece], piece.length < pieceBytes ? Option.none() : Option.some(0)] as const
              })
            )
          : Stream.make(found)
      )
    )
  },
  apply: (root, request, hooks, oracle) =>
    Effect.uninterruptibleMask((restore) => {
      const site: Site = { root, operation: "apply", at: "" }
      return withRun(site, options, (run) =>
        Effect.andThen(
          attempt(site, () => ensureControl(run, "")),
          withLock(run, applyLocked(run, request, hooks, oracle, restore))
        )
      )
    }).pipe(Effect.withSpan("WorkingTree.apply")),
  recover: (root, oracle) => {
    const site: Site = { root, operation: "recover", at: "" }
    return withRun(site, options, (run) =>
      Effect.flatMap(
        attempt(site, () => hasLeftovers(run)),
        (leftovers) =>
          leftovers ? withLock(run, settle(run, oracle)) : Effect.succeed({ outcome: "nothing" as const, copies: [] })
      )
    ).pipe(Effect.withSpan("WorkingTree.recover"))
  }
})

/**
 * Makes a working tree whose roots are directories' paths.
 *
 * @remarks
 * `apply` and `recover` keep their lock, journal and staging in `.tidemark/` in the root, which scans leave out and git
 * ignores. A link that a root's path is, is resolved once; below the root none is followed.
 *
 * @public
 */
export const makeWorkingTree = (options: FilesystemWorkingTreeOptions = {}): WorkingTreeService =>
  makeSteppedWorkingTree(options)

/**
 * The {@link WorkingTree} of this machine's file system.
 *
 * @public
 */
export const layerWorkingTree = (options: FilesystemWorkingTreeOptions = {}): Layer.Layer<WorkingTree> =>
  Layer.succeed(WorkingTree, makeWorkingTree(options))
