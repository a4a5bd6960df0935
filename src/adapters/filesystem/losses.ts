/** After a loss of power: what an apply had left to the system to write out, and that was not written. */
import { closeSync, readSync, statSync } from "node:fs"
import { lstat } from "./directories.ts"
import { inspect, openFile, sameStanding } from "./inspect.ts"
import { isLeftToSystem, type Journal, type JournalStep } from "./journal.ts"
import type { OsPath } from "./osPath.ts"
import { type Missing, mustOpen, nearestFolder, type Run, reach } from "./run.ts"
import type { Work } from "./work.ts"

/** A step whose path holds less than was placed there: nothing, or a file that is not all there. @internal */
export interface Loss {
  readonly step: JournalStep
  readonly index: number
  readonly kind: "missing" | "torn"
}

/**
 * Whether a file holds nothing but a beginning of `whole`, with zeros where bytes were not written: what a system leaves of a
 * file that it had not written out, and nothing that anybody would miss.
 *
 * @internal
 */
export const isPartOf = (at: OsPath, whole: Uint8Array): boolean => {
  const fd = openFile(at)
  if (fd === undefined) return false
  try {
    const held = Buffer.alloc(whole.length + 1)
    let size = 0
    for (let n = -1; n !== 0 && size < held.length; size += n) n = readSync(fd, held, size, held.length - size, null)
    if (size > whole.length) return false
    for (let i = 0; i < size; i++) if (held[i] !== 0 && held[i] !== whole[i]) return false
    return true
  } finally {
    closeSync(fd)
  }
}

/**
 * Looks at what a journal's apply had left to the system. `until` is when the apply was done, by the file system's clock:
 * what was changed later was changed by somebody, and is no loss. Nothing counts as missing of an apply that did not happen.
 *
 * @internal
 */
export function* findLosses(
  run: Run,
  journal: Journal,
  until: bigint | undefined,
  happened: boolean
): Work<ReadonlyArray<Loss>> {
  const missing: Missing = new Set()
  const untouched = new Map<string, boolean>()
  /** Nobody has taken anything out of the folder since: what is not in it never was. */
  const isUntouched = (folder: string): boolean => {
    if (until === undefined) return true
    const known = untouched.get(folder)
    if (known !== undefined) return known
    const answer = statSync(mustOpen(run, folder).at, { bigint: true }).mtimeNs <= until
    untouched.set(folder, answer)
    return answer
  }
  const losses: Array<Loss> = []
  for (const [index, step] of journal.steps.entries()) {
    if (!isLeftToSystem(journal, step) || step.after === null) continue
    run.site.at = step.path
    const at = reach(run, step.path, missing)
    const stats = at === undefined ? undefined : lstat(at)
    if (at === undefined || stats === undefined) {
      if (happened && isUntouched(nearestFolder(run, step.path, missing))) losses.push({ step, index, kind: "missing" })
    } else if (stats.isFile() && (until === undefined || stats.ctimeNs <= until)) {
      const { standing } = yield* inspect(at)
      const isLess =
        standing !== null &&
        standing !== "other" &&
        standing.kind === step.after.kind &&
        !sameStanding(standing, step.after)
      if (isLess && stats.size <= BigInt(step.after.kind === "directory" ? 0 : step.after.size)) {
        losses.push({ step, index, kind: "torn" })
      }
    }
    yield 4
  }
  return losses
}
