/** The second half of an apply: takes what is there, looks at what was taken, and only then places what is new. */
import type { FilePath } from "../../model/Ids.ts"
import { noSuchName } from "./directories.ts"
import { works } from "./failures.ts"
import { inspect, sameStanding } from "./inspect.ts"
import { isLeftToSystem, type Journal, type JournalStep } from "./journal.ts"
import { baseOf, joinOs, parentOf } from "./osPath.ts"
import { moveExclusively } from "./place.ts"
import { mustOpen, type Run, reach, stagingOf } from "./run.ts"
import { nextOf, stagedNames } from "./staged.ts"
import { nameClash, twinOf } from "./twins.ts"
import type { Work } from "./work.ts"

/** Whether a standing is something that is taken: a file or a link. */
const isFile = (standing: JournalStep["before"]): boolean => standing !== null && standing.kind !== "directory"

/** Takes what stands at a step's path; `false` when it is not what the plan saw. */
function* take(run: Run, journal: Journal, index: number, step: JournalStep): Work<boolean> {
  const folder = stagingOf(step.folder, journal.staging)
  const { old } = stagedNames(index)
  const taken = joinOs(mustOpen(run, folder).at, old)
  const at = reach(run, step.path)
  if (at === undefined) return false
  const there = works(["ENOENT", "ENOTDIR"], () => run.fs.rename(at, taken))
  if (!there) return false
  const seen = yield* inspect(joinOs(mustOpen(run, folder).at, old))
  return sameStanding(seen.standing, step.before)
}

/** Removes a folder if it is empty; `false` when it is not, or is no folder. @internal */
export const removeFolder = (run: Run, path: string): boolean => {
  const at = reach(run, path)
  if (at === undefined) return true
  run.directories.forget(path)
  return works(["ENOTEMPTY", "EEXIST", "ENOTDIR"], () => {
    works(["ENOENT", ...noSuchName], () => run.fs.rmdir(at))
  })
}

/** Makes a folder; `false` when something is there already. @internal */
export const makeFolder = (run: Run, path: string, mode?: number): boolean => {
  const at = reach(run, path)
  if (at === undefined) return false
  return works(["EEXIST", "ENOENT"], () => run.fs.mkdir(at, mode))
}

/** Syncs the folders that the steps changed, as far as they are still there and not left to the system. @internal */
export function* syncChanged(run: Run, journal: Journal): Work<void> {
  const changed = new Set<string>()
  for (const [index, step] of journal.steps.entries()) {
    changed.add(stagingOf(step.folder, journal.staging))
    const isLeft = isLeftToSystem(journal, step)
    if (!isLeft || step.tree === index) changed.add(parentOf(step.path))
    if (!isLeft && step.after?.kind === "directory") changed.add(step.path)
  }
  for (const path of changed) {
    run.site.at = path
    const directory = run.directories.keep(path)
    if (!("blocked" in directory)) run.fs.syncDirectory(directory.at)
    yield 8
  }
}

/** What an apply has begun to do. */
interface Doing {
  readonly run: Run
  readonly journal: Journal
  readonly started: Set<number>
  /** The trees that were placed whole. */
  readonly whole: Set<number>
}

/**
 * Makes a folder, and moves a tree's staged one to its place: a rename replaces no folder that holds anything, and an empty one
 * only if we have just made it. Where somebody was quicker, what is in the tree is placed one by one.
 */
const placeFolder = ({ journal, run, started, whole }: Doing, index: number, step: JournalStep): boolean => {
  if (!makeFolder(run, step.path)) {
    if (!step.implied || "blocked" in run.directories.keep(step.path)) return false
    // Somebody has made it meanwhile: so much the better, but it is not ours to remove.
    started.delete(index)
    return true
  }
  if (step.tree !== index) return true
  const staged = nextOf(journal.staging, journal.steps, index)
  const at = reach(run, step.path)
  const from = joinOs(mustOpen(run, parentOf(staged)).at, baseOf(staged))
  run.directories.forget(step.path)
  if (at !== undefined && works(["ENOTEMPTY", "EEXIST", "ENOTDIR", "EPERM"], () => run.fs.rename(from, at))) {
    whole.add(index)
  }
  return true
}

function* placeOne(doing: Doing, index: number, step: JournalStep): Work<boolean> {
  const { journal, run } = doing
  if (isFile(step.before) && !(yield* take(run, journal, index, step))) return false
  if (step.after === null) return true
  if (step.after.kind === "directory") return placeFolder(doing, index, step)
  if (step.before?.kind === "directory" && !removeFolder(run, step.path)) return false
  if (moveExclusively(run, nextOf(journal.staging, journal.steps, index), step.path) === "placed") return true
  const twin = twinOf(run, step.path)
  if (twin !== undefined) throw nameClash(step.path, twin)
  return false
}

/**
 * Makes the steps. Stops at the first path that is not what the plan saw, and returns it.
 *
 * @remarks
 * `started` receives the steps that were begun, for putting back; of a tree that was placed whole, the first alone. Removals go first, children before their folders;
 * then everything is placed, folders before their children.
 *
 * @internal
 */
export function* execute(
  run: Run,
  journal: Journal,
  started: Set<number>,
  onProgress: ((done: number, total: number) => void) | undefined
): Work<FilePath | undefined> {
  const { steps } = journal
  let done = 0
  const finished = () => {
    done++
    if (onProgress !== undefined && (done % 64 === 0 || done === steps.length)) onProgress(done, steps.length)
  }
  const doing: Doing = { run, journal, started, whole: new Set() }
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]
    if (step === undefined || step.after !== null) continue
    run.site.at = step.path
    started.add(index)
    if (isFile(step.before)) {
      if (!(yield* take(run, journal, index, step))) return step.path
    } else removeFolder(run, step.path)
    finished()
    yield 4
  }
  for (const [index, step] of steps.entries()) {
    if (step.after === null) continue
    if (step.tree !== undefined && doing.whole.has(step.tree)) {
      finished()
      continue
    }
    run.site.at = step.path
    started.add(index)
    if (!(yield* placeOne(doing, index, step))) return step.path
    finished()
    yield 4
  }
  yield* syncChanged(run, journal)
  return undefined
}
