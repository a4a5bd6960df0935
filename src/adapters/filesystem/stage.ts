/** Staging: every new byte is on the disk before anything is changed, so a full disk changes nothing. */
import { createHash } from "node:crypto"
import { closeSync, fstatSync, type Stats, statSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApplyHooks, streamedAbove, type WorkingTreeError } from "../../core/WorkingTree.ts"
import type { BlobId } from "../../model/Ids.ts"
import { ensureStaging, noteElsewhere } from "./control.ts"
import { FileProblem, toWorkingTreeError, works } from "./failures.ts"
import { type Dress, sha256 } from "./inspect.ts"
import { foldersOf, type JournalStep } from "./journal.ts"
import { joinOs, type OsPath } from "./osPath.ts"
import { type Missing, mustOpen, nearestFolder, type Run, stagingOf } from "./run.ts"
import { drive, type Work } from "./work.ts"

/** The names that a step's files have in staging: what will be placed, what was taken, what was withdrawn. @internal */
export const stagedNames = (index: number) => ({ next: `${index}.new`, old: `${index}.old`, back: `${index}.back` })

interface Open {
  readonly fd: number
  readonly at: OsPath
}

type Contents = ReadonlyMap<BlobId, Uint8Array>

/** What is known of a project's folders while some files are staged. */
interface Folders {
  readonly missing: Missing
  readonly stats: Map<string, Stats>
}

/**
 * How a new file is dressed: as the one that it replaces, with only the executable bits changed. Where it replaces none,
 * as the process makes files, but for the group that a folder passes on to what is made in it (the set-group-ID bit):
 * staging is another folder.
 */
const dressOf = (
  run: Run,
  { path, before, after, dress }: JournalStep,
  made: Stats,
  folders: Folders
): Dress | undefined => {
  if (dress !== null && (before?.kind === "file" || before?.kind === "executable")) {
    const bits = dress.mode & 0o777
    if (before.kind === after?.kind) return { ...dress, mode: bits }
    const runnable = after?.kind === "executable"
    return { ...dress, mode: runnable ? bits | 0o100 | ((bits & 0o444) >> 2) : bits & ~0o111 }
  }
  const parent = nearestFolder(run, path, folders.missing)
  let folder = folders.stats.get(parent)
  if (folder === undefined) {
    folder = statSync(mustOpen(run, parent).at)
    folders.stats.set(parent, folder)
  }
  if ((folder.mode & 0o2000) === 0 || folder.gid === made.gid) return undefined
  return { mode: made.mode & 0o777, uid: -1, gid: folder.gid }
}

const createFile = (run: Run, step: JournalStep, at: OsPath, folders: Folders): Open => {
  const fd = run.fs.create(at, step.after?.kind === "executable" ? 0o777 : 0o666)
  try {
    const dress = dressOf(run, step, fstatSync(fd), folders)
    // Before the first byte: what was private must not be readable for a moment.
    if (dress !== undefined) run.fs.dress(fd, dress, at)
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
  const folders: Folders = { missing: new Set(), stats: new Map() }
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
    else {
      const file = createFile(run, step, at, folders)
      open.push(file)
      run.fs.write(file.fd, bytes, at)
    }
    yield 4
  }
}

interface Numbered {
  readonly index: number
  readonly step: JournalStep
}

/** Steps that place content, some at a time: at most 64 of them, and (but for one larger file, alone) 8 MiB. */
const groups = (steps: ReadonlyArray<JournalStep>): ReadonlyArray<ReadonlyArray<Numbered>> => {
  const out: Array<Array<Numbered>> = []
  let bytes = 0
  for (const [index, step] of steps.entries()) {
    if (step.after === null || step.after.kind === "directory") continue
    const last = out.at(-1)
    bytes += step.after.size
    if (last === undefined || last.length >= 64 || bytes > streamedAbove) {
      out.push([{ index, step }])
      bytes = step.after.size
    } else last.push({ index, step })
  }
  return out
}

/** Stages a large file piece by piece, and compares the whole with its id. */
const stageStream = Effect.fnUntraced(function* <E, R>(
  run: Run,
  staging: string,
  { index, step }: Numbered,
  id: BlobId,
  pieces: Stream.Stream<Uint8Array, E, R>,
  open: Array<Open>
): Effect.fn.Return<void, E | WorkingTreeError, R> {
  const attempt = <B>(f: () => B) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(run.site, error) })
  const file = yield* attempt(() => {
    run.site.at = step.path
    const at = joinOs(mustOpen(run, stagingOf(step.folder, staging)).at, stagedNames(index).next)
    const made = createFile(run, step, at, { missing: new Set(), stats: new Map() })
    open.push(made)
    return made
  })
  const running = createHash("sha256")
  yield* Stream.runForEach(pieces, (piece) =>
    attempt(() => {
      running.update(piece)
      run.fs.write(file.fd, piece, file.at)
    })
  )
  yield* attempt(() => {
    if (running.digest("hex") !== id) throw new FileProblem(step.path, "io", `other content was given than ${id}`)
  })
})

/** The content of a group that comes in pieces: such a file is in a group of its own. */
const streamedOf = (group: ReadonlyArray<Numbered>): { readonly one: Numbered; readonly id: BlobId } | undefined => {
  const [one, ...others] = group
  const after = one?.step.after ?? null
  if (one === undefined || others.length > 0 || after === null || after.kind === "directory") return undefined
  return after.kind !== "symlink" && after.size > streamedAbove ? { one, id: after.id } : undefined
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
    noteElsewhere(run, { staging, folders: folders.filter((folder) => folder !== "") })
    for (const folder of folders) ensureStaging(run, folder, staging)
  })
  let links = true
  for (const group of groups(steps)) {
    const large = hooks.stream === undefined ? undefined : streamedOf(group)
    const ids = group.flatMap(({ step: { after } }) => (after === null || after.kind === "directory" ? [] : [after.id]))
    const contents: Contents = large === undefined ? yield* hooks.content([...new Set(ids)]) : new Map()
    const open: Array<Open> = []
    const staged: Effect.Effect<void, E | WorkingTreeError, R> =
      large === undefined || hooks.stream === undefined
        ? drive(site, () => stageGroup(run, staging, group, contents, open))
        : stageStream(run, staging, large.one, large.id, hooks.stream(large.id), open)
    yield* Effect.ensuring(
      Effect.andThen(
        staged,
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
