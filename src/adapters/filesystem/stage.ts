/** Staging: every new byte is on the disk before anything is changed, so a full disk changes nothing. */
import { closeSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { ApplyHooks, WorkingTreeError } from "../../core/WorkingTree.ts"
import type { BlobId } from "../../model/Ids.ts"
import { ensureStaging, noteFolders } from "./control.ts"
import { lstat } from "./directories.ts"
import { FileProblem, toWorkingTreeError, works } from "./failures.ts"
import { sha256 } from "./inspect.ts"
import { foldersOf, type JournalStep } from "./journal.ts"
import { joinOs, type OsPath } from "./osPath.ts"
import { mustOpen, type Run, reach, stagingOf } from "./run.ts"
import { drive, type Work } from "./work.ts"

/** The names that a step's files have in staging: what will be placed, what was taken, what was withdrawn. @internal */
export const stagedNames = (index: number) => ({ next: `${index}.new`, old: `${index}.old`, back: `${index}.back` })

interface Open {
  readonly fd: number
  readonly at: OsPath
}

type Contents = ReadonlyMap<BlobId, Uint8Array>

/** The bits that a new file gets: those of the file that it replaces, with only the executable ones changed. */
const modeOf = (step: JournalStep): number | undefined => {
  if (step.mode === null || step.before === null || step.after === null) return undefined
  if (step.before.kind !== "file" && step.before.kind !== "executable") return undefined
  const bits = step.mode & 0o777
  if (step.before.kind === step.after.kind) return bits
  return step.after.kind === "executable" ? bits | 0o100 | ((bits & 0o444) >> 2) : bits & ~0o111
}

const stageFile = (run: Run, step: JournalStep, at: OsPath, bytes: Uint8Array): Open => {
  const mode = modeOf(step)
  const fd = run.fs.create(at, mode === undefined ? (step.after?.kind === "executable" ? 0o777 : 0o666) : 0o600)
  try {
    run.fs.write(fd, bytes, at)
    if (mode !== undefined) {
      const replaced = reach(run, step.path)
      const stats = replaced === undefined ? undefined : lstat(replaced)
      const owner = stats === undefined ? undefined : { uid: Number(stats.uid), gid: Number(stats.gid) }
      run.fs.dress(fd, mode, owner, at)
    }
    return { fd, at }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function* stageGroup(
  run: Run,
  staging: string,
  group: ReadonlyArray<Numbered>,
  contents: Contents,
  open: Array<Open>
): Work<void> {
  for (const { index, step } of group) {
    if (step.after === null || step.after.kind === "directory") continue
    run.site.at = step.path
    const bytes = contents.get(step.after.id)
    if (bytes === undefined) throw new FileProblem(step.path, "io", `no content was given for ${step.after.id}`)
    if (sha256(bytes) !== step.after.id)
      throw new FileProblem(step.path, "io", `other content was given than ${step.after.id}`)
    const folder = stagingOf(step.folder, staging)
    const at = joinOs(mustOpen(run, folder).at, stagedNames(index).next)
    if (step.after.kind === "symlink") run.fs.symlink(Buffer.from(bytes), at)
    else open.push(stageFile(run, step, at, bytes))
    yield 4
  }
}

interface Numbered {
  readonly index: number
  readonly step: JournalStep
}

/** Steps that place content, some at a time: at most 64 of them, and (but for a single larger one) 8 MiB. */
const groups = (steps: ReadonlyArray<JournalStep>): ReadonlyArray<ReadonlyArray<Numbered>> => {
  const out: Array<Array<Numbered>> = []
  let bytes = 0
  for (const [index, step] of steps.entries()) {
    if (step.after === null || step.after.kind === "directory") continue
    const last = out.at(-1)
    bytes += step.after.size
    if (last === undefined || last.length >= 64 || bytes > 8 << 20) {
      out.push([{ index, step }])
      bytes = step.after.size
    } else last.push({ index, step })
  }
  return out
}

/** Whether hard links work where this group's files are staged. */
const canLink = (run: Run, staging: string, group: ReadonlyArray<Numbered>): boolean =>
  group.every(({ index, step }) => {
    if (step.after?.kind === "symlink") return true
    const folder = mustOpen(run, stagingOf(step.folder, staging)).at
    const probe = joinOs(folder, "probe")
    return works(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"], () => {
      run.fs.link(joinOs(folder, stagedNames(index).next), probe)
      run.fs.unlink(probe)
    })
  })

/** One step for each folder: what holds of one file there holds of all. */
const oneOfEach = (group: ReadonlyArray<Numbered>): ReadonlyArray<Numbered> => [
  ...new Map(group.filter(({ step }) => step.after?.kind !== "symlink").map((one) => [one.step.folder, one])).values()
]

/** Waits for every sync, also after one has failed: until then no file may be closed. */
const syncAll = (run: Run, open: ReadonlyArray<Open>): Promise<void> =>
  Promise.allSettled(open.map(({ fd, at }) => run.fs.syncBeside(fd, at))).then((ends) => {
    for (const end of ends) if (end.status === "rejected") throw end.reason
  })

/**
 * Stages and syncs what the steps will place; returns whether hard links work there.
 *
 * @internal
 */
export const stage = Effect.fnUntraced(function* <A, E, R>(
  run: Run,
  staging: string,
  steps: ReadonlyArray<JournalStep>,
  hooks: ApplyHooks<A, E, R>
): Effect.fn.Return<boolean, E | WorkingTreeError, R> {
  const { site } = run
  const attempt = <B>(f: () => B) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(site, error) })
  const folders = foldersOf(steps)
  yield* attempt(() => {
    noteFolders(run, folders)
    for (const folder of folders) ensureStaging(run, folder, staging)
  })
  let links = true
  for (const group of groups(steps)) {
    const ids = group.flatMap(({ step: { after } }) => (after === null || after.kind === "directory" ? [] : [after.id]))
    const contents = yield* hooks.content([...new Set(ids)])
    const open: Array<Open> = []
    yield* Effect.ensuring(
      Effect.andThen(
        drive(site, () => stageGroup(run, staging, group, contents, open)),
        Effect.uninterruptible(
          Effect.tryPromise({
            try: () => syncAll(run, open),
            catch: (error) => toWorkingTreeError(site, error)
          })
        )
      ),
      Effect.sync(() => {
        for (const { fd } of open) closeSync(fd)
      })
    )
    links = (yield* attempt(() => canLink(run, staging, oneOfEach(group)))) && links
  }
  yield* attempt(() => {
    for (const folder of folders) run.fs.syncDirectory(mustOpen(run, stagingOf(folder, staging)).at)
  })
  return links
})
