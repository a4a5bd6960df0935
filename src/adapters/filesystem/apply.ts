/** Applying a request: check, prepare, stage, journal, change, commit. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import {
  type Applied,
  type ApplyHooks,
  type ApplyRequest,
  type RecoveryBlocked,
  type RecoveryOracle,
  WorkingTreeError
} from "../../core/WorkingTree.ts"
import { PlanStale } from "../../model/Plan.ts"
import { cleanOrphans } from "./clean.ts"
import { namesIn } from "./control.ts"
import { examine } from "./examine.ts"
import { execute } from "./execute.ts"
import { type Site, toWorkingTreeError } from "./failures.ts"
import { sha256 } from "./inspect.ts"
import { dropJournal, foldersOf, type Journal, type JournalStep, settleJournal, writeJournal } from "./journal.ts"
import { putBack } from "./putBack.ts"
import { settle } from "./recover.ts"
import { controlOf, type Run } from "./run.ts"
import { type Staging, stage } from "./stage.ts"
import { drive } from "./work.ts"

type Failure<E> = E | WorkingTreeError | PlanStale | RecoveryBlocked

/**
 * A name for the staging folder: the apply id where it is harmless, else its hash. A folder of that name is there only if
 * somebody has removed a journal by hand; what it holds may be the only copy.
 */
const stagingName = (run: Run, applyId: string, steps: ReadonlyArray<JournalStep>): string => {
  const name = /^[A-Za-z0-9_-]{1,56}$/.test(applyId) ? applyId : sha256(Buffer.from(applyId)).slice(0, 32)
  const taken = new Set(foldersOf(steps).flatMap((folder) => namesIn(run, `${controlOf(folder)}/staging`)))
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`
    if (!taken.has(free)) return free
  }
}

/** Putting back was stopped half-way: the journal stays, and the next recovery goes on. */
const unfinished = ({ root }: Site, { path, failure, detail, cause }: WorkingTreeError): WorkingTreeError =>
  new WorkingTreeError({
    root,
    path,
    operation: "put back",
    // Of a full disk it is said that nothing was changed, which is not so here.
    failure: failure === "no-space" ? "io" : failure,
    detail: `${detail}; the rest is put back by the next recovery`,
    ...(cause === undefined ? {} : { cause })
  })

/**
 * Applies a request under the project's lock. Runs uninterruptibly but for the parts in `restore`, which can all be put
 * back.
 *
 * @internal
 */
export const applyLocked = Effect.fnUntraced(function* <A, E, R>(
  run: Run,
  request: ApplyRequest,
  hooks: ApplyHooks<A, E, R>,
  oracle: RecoveryOracle<E, R>,
  restore: <B, F, S>(effect: Effect.Effect<B, F, S>) => Effect.Effect<B, F, S>
): Effect.fn.Return<Applied<A>, Failure<E>, R> {
  const { site } = run
  const attempt = <B>(f: () => B) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(site, error) })
  const earlier = yield* restore(settle(run, oracle))
  // The second time clears away what the first has taken: there is one staging folder at a time.
  const cleared = earlier.outcome === "nothing" ? [] : (yield* restore(settle(run, oracle))).copies
  const copies = [...earlier.copies, ...cleared]
  const { stale, steps } = yield* restore(drive(site, () => examine(run, request)))
  if (stale.length > 0) return yield* new PlanStale({ paths: stale, names: [], kept: [] })
  yield* restore(hooks.prepare)
  if (steps.length === 0) return { value: yield* hooks.commit, copies }

  const staging = yield* attempt(() => stagingName(run, request.applyId, steps))
  const { real, dev, ino } = run.directories
  const unstage = Effect.ignore(
    Effect.andThen(
      attempt(() => dropJournal(run)),
      drive(site, () => cleanOrphans(run))
    )
  )
  const begun = Effect.gen(function* () {
    // What can be made again need not be waited for: decision 11.
    const isLeft = run.boot !== "" && oracle.content !== undefined && steps.some(({ tree }) => tree !== undefined)
    const into: Staging = { staging, steps, ...(isLeft ? { boot: run.boot } : {}) }
    const links = yield* restore(stage(run, into, hooks))
    const root = { path: real.toString(), dev: `${dev}`, ino: `${ino}` }
    const journal: Journal = { applyId: request.applyId, store: request.store, root, links, ...into }
    yield* attempt(() => writeJournal(run, journal))
    return journal
  })
  const journal = yield* Effect.onError(begun, () => unstage)

  const started = new Set<number>()
  const undo = Effect.gen(function* () {
    const kept = yield* drive(site, () => putBack(run, journal, started))
    yield* attempt(() => settleJournal(run))
    return kept
  }).pipe(Effect.mapError((error) => unfinished(site, error)))
  const changed = yield* Effect.exit(restore(drive(site, () => execute(run, journal, started, hooks.onProgress))))
  if (Exit.isFailure(changed)) {
    yield* undo
    return yield* Effect.failCause(changed.cause)
  }
  if (changed.value !== undefined) {
    return yield* new PlanStale({ paths: [changed.value], names: [], kept: yield* undo })
  }

  const committed = yield* Effect.exit(hooks.commit)
  if (Exit.isFailure(committed)) {
    // An answer may be lost on its way back: only the ledger knows. If it cannot be asked either, the journal stays, and
    // the next recovery decides.
    const happened = yield* Effect.exit(oracle.happened(request.applyId))
    if (Exit.isSuccess(happened)) {
      if (happened.value) yield* Effect.ignore(attempt(() => settleJournal(run)))
      else yield* undo
    }
    return yield* Effect.failCause(committed.cause)
  }
  // Committed is committed: a journal that cannot be marked is finished by the next recovery.
  yield* Effect.ignore(attempt(() => settleJournal(run)))
  return { value: committed.value, copies }
})
