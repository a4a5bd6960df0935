/** Putting everything back: the same for a surprise, a failed commit and a process that was killed. */
import type { FilePath } from "../../model/Ids.ts"
import { lstat } from "./directories.ts"
import { makeFolder, removeFolder, syncChanged } from "./execute.ts"
import { works } from "./failures.ts"
import { inspect, sameStanding } from "./inspect.ts"
import type { Journal, JournalStep } from "./journal.ts"
import { joinOs, parentOf } from "./osPath.ts"
import { isBeginningOf, keepCopy, moveExclusively, sameFile } from "./place.ts"
import { mustOpen, type Run, reach, stagingOf } from "./run.ts"
import { reachNext, stagedNames } from "./staged.ts"
import type { Work } from "./work.ts"

/**
 * Whether what stands at a step's path is what the step placed there. While the staged file is still in staging,
 * nothing was placed, unless both are names of one file: then the process was killed between linking and unlinking.
 */
function* isOurs(run: Run, journal: Journal, index: number, step: JournalStep): Work<"ours" | "torn" | "not-ours"> {
  const names = stagedNames(index)
  const staging = mustOpen(run, stagingOf(step.folder, journal.staging)).at
  // What was to be replaced is taken first: as long as it was not (or is back already), nothing was placed.
  const replaces = step.before !== null && step.before.kind !== "directory"
  if (replaces && lstat(joinOs(staging, names.old)) === undefined) return "not-ours"
  const at = reach(run, step.path)
  if (at === undefined) return "not-ours"
  const staged = reachNext(run, journal, index)
  const next = staged === undefined ? undefined : lstat(staged)
  if (staged !== undefined && next !== undefined) {
    const there = lstat(at)
    if (sameFile(next, there)) return "ours"
    if (there === undefined) return "not-ours"
    if (next.isSymbolicLink()) return sameStanding((yield* inspect(at)).standing, step.after) ? "ours" : "not-ours"
    return !journal.links && there.isFile() && isBeginningOf(at, staged) ? "torn" : "not-ours"
  }
  return sameStanding((yield* inspect(at)).standing, step.after) ? "ours" : "not-ours"
}

/** Takes what a step placed back into staging, if it is still what was placed. */
function* withdraw(run: Run, journal: Journal, index: number, step: JournalStep, kept: Array<FilePath>): Work<void> {
  if (step.after === null) return
  if (step.after.kind === "directory") {
    if (step.before?.kind !== "directory") removeFolder(run, step.path)
    return
  }
  const folder = stagingOf(step.folder, journal.staging)
  const { back } = stagedNames(index)
  const withdrawn = () => joinOs(mustOpen(run, folder).at, back)
  if (lstat(withdrawn()) === undefined) {
    const whose = yield* isOurs(run, journal, index, step)
    const at = reach(run, step.path)
    if (whose === "not-ours" || at === undefined) return
    if (whose === "torn") return run.fs.unlink(at)
    works(["ENOENT"], () => run.fs.rename(at, withdrawn()))
  }
  const seen = yield* inspect(withdrawn())
  if (seen.standing === null || sameStanding(seen.standing, step.after)) return
  // Somebody wrote to it between looking and taking: it goes back to where it was saved.
  if (moveExclusively(run, `${folder}/${back}`, step.path) !== "placed") {
    kept.push(keepCopy(run, `${folder}/${back}`, step.path, journal.staging))
  }
}

/** Makes a folder, and those above it, where they are missing. @internal */
export const ensureFolder = (run: Run, path: string): void => {
  if (!("blocked" in run.directories.keep(path))) return
  ensureFolder(run, parentOf(path))
  makeFolder(run, path)
}

/** Gives a step's path back what was taken from it. */
const restore = (run: Run, journal: Journal, index: number, step: JournalStep, kept: Array<FilePath>): void => {
  if (step.before === null) return
  if (step.before.kind === "directory") {
    ensureFolder(run, parentOf(step.path))
    if (makeFolder(run, step.path) && step.dress !== null) {
      const at = reach(run, step.path)
      if (at !== undefined) run.fs.dressFolder(at, step.dress)
    }
    return
  }
  const folder = stagingOf(step.folder, journal.staging)
  const { old } = stagedNames(index)
  if (lstat(joinOs(mustOpen(run, folder).at, old)) === undefined) return
  ensureFolder(run, parentOf(step.path))
  if (moveExclusively(run, `${folder}/${old}`, step.path) !== "placed") {
    kept.push(keepCopy(run, `${folder}/${old}`, step.path, journal.staging))
  }
}

/**
 * Puts everything back, as far as it was begun; may be interrupted anywhere and called again. Returns the copies of what
 * has no place any more, because a newer file was saved there.
 *
 * @internal
 */
export function* putBack(
  run: Run,
  journal: Journal,
  started: ReadonlySet<number> | undefined
): Work<ReadonlyArray<FilePath>> {
  const kept: Array<FilePath> = []
  const isBegun = ({ tree }: JournalStep, index: number): boolean =>
    started === undefined || started.has(index) || (tree !== undefined && started.has(tree))
  const begun = [...journal.steps.entries()].filter(([index, step]) => isBegun(step, index))
  for (const [index, step] of begun.toReversed()) {
    run.site.at = step.path
    yield* withdraw(run, journal, index, step, kept)
    yield 4
  }
  for (const [index, step] of begun) {
    run.site.at = step.path
    restore(run, journal, index, step, kept)
    yield 4
  }
  yield* syncChanged(run, journal)
  return kept
}
