/** Where in staging the files and folders of an apply are. */
import type { JournalStep } from "./journal.ts"
import type { OsPath } from "./osPath.ts"
import { type Run, reach, stagingOf } from "./run.ts"

/** The names of what a step has taken, and of what was withdrawn from its path. @internal */
export const stagedNames = (index: number) => ({ old: `${index}.old`, back: `${index}.back` })

/**
 * Where, below the root, a step's new content is staged: in a file of its own, or where the step's path will be in a folder
 * that is placed whole.
 *
 * @internal
 */
export const nextOf = (staging: string, steps: ReadonlyArray<JournalStep>, index: number): string => {
  const step = steps[index]
  const folder = stagingOf(step?.folder ?? "", staging)
  const top = step?.tree === undefined ? undefined : steps[step.tree]
  if (step?.tree === undefined || top === undefined) return `${folder}/${index}.new`
  return `${folder}/${step.tree}.new${step.path.slice(top.path.length)}`
}

/** The operating system's path of that; `undefined` when its folder is not there (any more). @internal */
export const reachNext = (
  run: Run,
  journal: { readonly staging: string; readonly steps: ReadonlyArray<JournalStep> },
  index: number
): OsPath | undefined => reach(run, nextOf(journal.staging, journal.steps, index))
