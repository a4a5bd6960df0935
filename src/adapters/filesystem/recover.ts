/** Recovery: what an earlier apply left is finished or put back, as the ledger says. */
import * as Effect from "effect/Effect"
import { type Recovered, RecoveryBlocked, type RecoveryOracle, type WorkingTreeError } from "../../core/WorkingTree.ts"
import { cleanOrphans, cleanStaging } from "./clean.ts"
import { namesIn } from "./control.ts"
import { lstat } from "./directories.ts"
import { mend, syncPlaced } from "./durable.ts"
import { toWorkingTreeError } from "./failures.ts"
import { type Journal, journalNames, readJournal, reopenJournal, settleJournal } from "./journal.ts"
import { findLosses, type Loss } from "./losses.ts"
import { joinOs } from "./osPath.ts"
import { putBack } from "./putBack.ts"
import { controlOf, mustOpen, type Run } from "./run.ts"
import { drive } from "./work.ts"

/** Whether there is anything that an earlier apply may have left. @internal */
export const hasLeftovers = (run: Run): boolean =>
  namesIn(run, controlOf("")).some((name) => name !== ".gitignore" && name !== "staging") ||
  namesIn(run, `${controlOf("")}/staging`).length > 0

/**
 * A directory that was moved keeps its device and inode; one that was copied has another inode. Device numbers alone
 * change with a reboot on some systems, so where the path is the same the inode decides.
 */
const isSameRoot = (run: Run, { root }: Journal): boolean =>
  root.ino === `${run.directories.ino}` &&
  (root.dev === `${run.directories.dev}` || root.path === run.directories.real.toString())

/** Whether an apply left something to a system that may have lost its power since. */
const isOfEarlierBoot = (run: Run, { boot }: Journal): boolean => boot !== undefined && boot !== run.boot

/** What a finished apply had left to the system, and the disk does not have. Without a loss of power, it is waited for. */
const lostSince = Effect.fnUntraced(function* <E, R>(
  run: Run,
  settled: Journal,
  oracle: RecoveryOracle<E, R>
): Effect.fn.Return<ReadonlyArray<Loss>, E | WorkingTreeError, R> {
  if (settled.boot === undefined || !isSameRoot(run, settled)) return []
  if (!isOfEarlierBoot(run, settled)) {
    yield* syncPlaced(run, settled)
    return []
  }
  const until = lstat(joinOs(mustOpen(run, controlOf("")).at, journalNames.settled))?.ctimeNs
  const lost = yield* drive(run.site, () => findLosses(run, settled, until, true))
  // A settled apply may have been put back, as its store knows: then nothing of it is missing.
  if (settled.store !== oracle.store) return lost.filter(({ kind }) => kind === "torn")
  return lost.length > 0 && (yield* oracle.happened(settled.applyId)) ? lost : []
})

/**
 * Finishes or puts back what is there, under the lock. What was taken stays in staging until the next time: a program
 * may have it open still.
 *
 * @internal
 */
export const settle = Effect.fnUntraced(function* <E, R>(
  run: Run,
  oracle: RecoveryOracle<E, R>
): Effect.fn.Return<Recovered, E | WorkingTreeError | RecoveryBlocked, R> {
  const { site } = run
  const attempt = <A>(f: () => A) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(site, error) })
  const read = (name: string) => attempt(() => readJournal(mustOpen(run, controlOf("")).at, name))
  const blocked = (why: RecoveryBlocked["why"], applyId: string) =>
    new RecoveryBlocked({ root: site.root, applyId, why })
  let outcome: Recovered["outcome"] = "nothing"
  const copies: Array<Recovered["copies"][number]> = []
  const settled = yield* read(journalNames.settled)
  if (settled === "damaged") return yield* blocked("damaged-journal", "")
  if (settled !== null) {
    let name: string = journalNames.settled
    const lost = yield* lostSince(run, settled, oracle)
    if (lost.length > 0 && settled.store !== oracle.store) return yield* blocked("other-store", settled.applyId)
    if (lost.length > 0 && oracle.content !== undefined) {
      // What is made again now looks newer than the apply: from here on, all that is missing counts as lost.
      yield* attempt(() => reopenJournal(run))
      name = journalNames.open
      const mended = yield* mend(run, settled, lost, oracle.content)
      copies.push(...mended.copies)
      if (mended.made > 0) outcome = "finished"
    }
    copies.push(...(yield* drive(site, () => cleanStaging(run, settled))))
    yield* attempt(() => run.fs.unlink(joinOs(mustOpen(run, controlOf("")).at, name)))
  }
  const journal = yield* read(journalNames.open)
  if (journal === "damaged") return yield* blocked("damaged-journal", "")
  if (journal !== null) {
    if (journal.store !== oracle.store) return yield* blocked("other-store", journal.applyId)
    if (!isSameRoot(run, journal)) return yield* blocked("other-root", journal.applyId)
    const happened = yield* oracle.happened(journal.applyId)
    if (isOfEarlierBoot(run, journal) && oracle.content !== undefined) {
      const lost = yield* drive(site, () => findLosses(run, journal, undefined, happened))
      if (lost.length > 0) copies.push(...(yield* mend(run, journal, lost, oracle.content)).copies)
    }
    if (!happened) copies.push(...(yield* drive(site, () => putBack(run, journal, undefined))))
    outcome = happened ? "finished" : "put-back"
    yield* attempt(() => settleJournal(run))
  }
  yield* drive(site, () => cleanOrphans(run))
  return { outcome, copies }
})
