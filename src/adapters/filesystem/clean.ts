/** Clearing staging away: what was taken is looked at once more, because a program may have written to it meanwhile. */
import type { FilePath } from "../../model/Ids.ts"
import { forgetElsewhere, namesIn, notedElsewhere } from "./control.ts"
import { lstat } from "./directories.ts"
import { works } from "./failures.ts"
import { inspect, sameStanding } from "./inspect.ts"
import { foldersOf, type Journal } from "./journal.ts"
import { sortedNames } from "./names.ts"
import { joinOs } from "./osPath.ts"
import { keepCopy } from "./place.ts"
import { controlOf, mustOpen, type Run, stagingOf } from "./run.ts"
import type { Work } from "./work.ts"

const leftover = /^(\d+)\.(old|back|torn)$/

/** Removes an apply's staging folders; late writes become conflict copies, whose paths it returns. @internal */
export function* cleanStaging(run: Run, journal: Journal): Work<ReadonlyArray<FilePath>> {
  const copies: Array<FilePath> = []
  for (const folder of foldersOf(journal.steps)) {
    const staging = stagingOf(folder, journal.staging)
    for (const name of namesIn(run, staging)) {
      const [, number, kind] = leftover.exec(name) ?? []
      const step = journal.steps[Number(number)]
      const at = joinOs(mustOpen(run, staging).at, name)
      if (step !== undefined) {
        run.site.at = step.path
        const seen = yield* inspect(at)
        // Nobody knows any more what was torn: its taking was interrupted.
        if (kind === "torn" || !sameStanding(seen.standing, kind === "old" ? step.before : step.after)) {
          copies.push(keepCopy(run, `${staging}/${name}`, step.path, journal.staging))
          continue
        }
      }
      yield* remove(run, staging, name)
    }
    removeStaging(run, folder, journal.staging)
  }
  return copies
}

/** Removes what is in staging under a name: a file, or a tree that was not placed, or not whole. */
function* remove(run: Run, folder: string, name: string): Work<void> {
  yield 2
  const at = joinOs(mustOpen(run, folder).at, name)
  if (lstat(at)?.isDirectory() !== true) return run.fs.unlink(at)
  const path = `${folder}/${name}`
  for (const { text } of sortedNames(mustOpen(run, path).at)) yield* remove(run, path, text)
  run.directories.forget(path)
  run.fs.rmdir(joinOs(mustOpen(run, folder).at, name))
}

const removeStaging = (run: Run, folder: string, name: string): void => {
  const parent = run.directories.keep(`${controlOf(folder)}/staging`)
  if ("blocked" in parent) return
  run.directories.forget(stagingOf(folder, name))
  works(["ENOENT", "ENOTEMPTY"], () => run.fs.rmdir(joinOs(parent.at, name)))
}

/**
 * Clears away what an apply left that was killed before it had a journal: nothing was changed then. A folder that holds
 * anything taken is left alone, whatever became of its journal.
 *
 * @internal
 */
export function* cleanOrphans(run: Run): Work<void> {
  const control = controlOf("")
  for (const name of namesIn(run, control)) {
    if (!name.endsWith(".tmp")) continue
    works(["ENOENT"], () => run.fs.unlink(joinOs(mustOpen(run, control).at, name)))
  }
  for (const name of namesIn(run, `${control}/staging`)) yield* cleanOrphan(run, "", name)
  const { staging, folders } = notedElsewhere(run)
  for (const folder of folders) yield* cleanOrphan(run, folder, staging)
  forgetElsewhere(run)
}

function* cleanOrphan(run: Run, folder: string, name: string): Work<void> {
  const staging = stagingOf(folder, name)
  const names = namesIn(run, staging)
  if (names.some((file) => !/^(\d+\.new|probe)$/.test(file))) return
  for (const file of names) yield* remove(run, staging, file)
  removeStaging(run, folder, name)
}
