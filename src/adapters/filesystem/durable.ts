/** What an apply left to the system to write out: waited for later, or made again after a loss of power. */
import { closeSync, fstatSync, openSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { RecoveryOracle, WorkingTreeError } from "../../core/WorkingTree.ts"
import type { BlobId, FilePath } from "../../model/Ids.ts"
import { ensureStaging } from "./control.ts"
import { lstat } from "./directories.ts"
import { toWorkingTreeError, works } from "./failures.ts"
import { readFlags, sha256 } from "./inspect.ts"
import { isLeftToSystem, type Journal } from "./journal.ts"
import { isPartOf, type Loss } from "./losses.ts"
import { joinOs, type OsPath, parentOf } from "./osPath.ts"
import { keepCopy, moveExclusively } from "./place.ts"
import { ensureFolder } from "./putBack.ts"
import { mustOpen, type Run, reach, stagingOf } from "./run.ts"
import { syncAll } from "./stage.ts"
import { drive, type Work } from "./work.ts"

const inParts = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))

/** Opens what may be synced: a file or a folder, if it is there. */
const openPlaced = (run: Run, path: string): { readonly fd: number; readonly at: OsPath } | undefined => {
  run.site.at = path
  const at = reach(run, path)
  const stats = at === undefined ? undefined : lstat(at)
  if (at === undefined || !(stats?.isFile() === true || stats?.isDirectory() === true)) return undefined
  let fd: number | undefined
  // Gone by now, or nobody's to read: then it is not what was placed any more.
  works(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EACCES", "EPERM"], () => {
    fd = openSync(at, readFlags)
  })
  if (fd === undefined) return undefined
  const kind = fstatSync(fd)
  if (kind.isFile() || kind.isDirectory()) return { fd, at }
  closeSync(fd)
  return undefined
}

/**
 * Waits until the disk has what an apply left to the system: before its journal, which alone knows of it, goes.
 *
 * @internal
 */
export const syncPlaced = Effect.fnUntraced(function* (
  run: Run,
  journal: Journal
): Effect.fn.Return<void, WorkingTreeError> {
  const left = journal.steps.filter((step) => isLeftToSystem(journal, step) && step.after?.kind !== "symlink")
  for (const part of inParts(left, 64)) {
    yield* Effect.uninterruptible(
      Effect.tryPromise({
        try: async () => {
          const open: Array<{ readonly fd: number; readonly at: OsPath }> = []
          try {
            for (const { path } of part) {
              const one = openPlaced(run, path)
              if (one !== undefined) open.push(one)
            }
            await syncAll(run, open)
          } finally {
            for (const { fd } of open) closeSync(fd)
          }
        },
        catch: (error) => toWorkingTreeError(run.site, error)
      })
    )
  }
})

/** How many things were made again; and copies of what has no place any more, because something newer was saved there. @internal */
export interface Mended {
  made: number
  readonly copies: Array<FilePath>
}

/** Stages what is lost under a name of its own, synced. */
const stageAgain = (run: Run, folder: string, { index, kind, step }: Loss, bytes: Uint8Array): string => {
  const name = `${folder}/${index}.whole`
  const at = joinOs(mustOpen(run, folder).at, `${index}.whole`)
  works(["ENOENT"], () => run.fs.unlink(at))
  if (step.after?.kind === "symlink") {
    run.fs.symlink(Buffer.from(bytes), at)
    return name
  }
  const torn = kind === "torn" ? reach(run, step.path) : undefined
  const dress = torn === undefined ? undefined : lstat(torn)
  const fd = run.fs.create(at, step.after?.kind === "executable" ? 0o777 : 0o666)
  try {
    if (dress !== undefined) {
      run.fs.dress(fd, { mode: Number(dress.mode & 0o777n), uid: Number(dress.uid), gid: Number(dress.gid) }, at)
    }
    run.fs.write(fd, bytes, at)
    run.fs.sync(fd, at)
  } finally {
    closeSync(fd)
  }
  return name
}

/** Puts the whole in place of what is torn; what somebody saves meanwhile stays. */
const mendTorn = (run: Run, journal: Journal, loss: Loss, bytes: Uint8Array, mended: Mended): void => {
  const { index, step } = loss
  const folder = stagingOf(step.folder, journal.staging)
  const at = reach(run, step.path)
  if (at === undefined || lstat(at)?.isFile() !== true || !isPartOf(at, bytes)) return
  const whole = stageAgain(run, folder, loss, bytes)
  const torn = joinOs(mustOpen(run, folder).at, `${index}.torn`)
  if (!works(["ENOENT", "ENOTDIR"], () => run.fs.rename(at, torn))) return
  if (isPartOf(torn, bytes)) {
    // Occupied: somebody has saved another one in this moment.
    if (moveExclusively(run, whole, step.path) === "placed") mended.made++
    run.fs.unlink(joinOs(mustOpen(run, folder).at, `${index}.torn`))
    return
  }
  // Somebody wrote to it between looking and taking: it goes back to where it was saved.
  const taken = `${folder}/${index}.torn`
  if (moveExclusively(run, taken, step.path) !== "placed") {
    mended.copies.push(keepCopy(run, taken, step.path, journal.staging))
  }
}

function* mendSome(
  run: Run,
  journal: Journal,
  losses: ReadonlyArray<Loss>,
  contents: ReadonlyMap<BlobId, Uint8Array>,
  mended: Mended
): Work<void> {
  for (const loss of losses) {
    const { kind, step } = loss
    run.site.at = step.path
    yield 8
    if (step.after === null) continue
    if (step.after.kind === "directory") {
      ensureFolder(run, step.path)
      mended.made++
      continue
    }
    const bytes = contents.get(step.after.id)
    if (bytes === undefined || sha256(bytes) !== step.after.id) continue
    if (kind === "torn") mendTorn(run, journal, loss, bytes, mended)
    else {
      ensureFolder(run, parentOf(step.path))
      const whole = stageAgain(run, stagingOf(step.folder, journal.staging), loss, bytes)
      if (moveExclusively(run, whole, step.path) === "placed") mended.made++
    }
  }
  for (const path of new Set(losses.map(({ step }) => parentOf(step.path)))) {
    run.site.at = path
    const directory = run.directories.keep(path)
    if (!("blocked" in directory)) run.fs.syncDirectory(directory.at)
    yield 8
  }
}

/**
 * Makes again what was lost, from the store; may be interrupted anywhere and called again. What the store does not have any
 * more stays as it is.
 *
 * @internal
 */
export const mend = Effect.fnUntraced(function* <E, R>(
  run: Run,
  journal: Journal,
  losses: ReadonlyArray<Loss>,
  content: NonNullable<RecoveryOracle<E, R>["content"]>
): Effect.fn.Return<Mended, E | WorkingTreeError, R> {
  const mended: Mended = { made: 0, copies: [] }
  yield* Effect.try({
    try: () => {
      for (const folder of new Set(losses.map(({ step }) => step.folder))) ensureStaging(run, folder, journal.staging)
    },
    catch: (error) => toWorkingTreeError(run.site, error)
  })
  for (const part of inParts(losses, 64)) {
    const ids = part.flatMap(({ step: { after } }) => (after === null || after.kind === "directory" ? [] : [after.id]))
    const contents = ids.length === 0 ? new Map<BlobId, Uint8Array>() : yield* content([...new Set(ids)])
    yield* drive(run.site, () => mendSome(run, journal, part, contents, mended))
  }
  return mended
})
