/** Staging: every new byte is written before anything is changed, so a full disk changes nothing. */
import { createHash } from "node:crypto"
import { closeSync, fstatSync, type Stats, statSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApplyHooks, streamedAbove, type WorkingTreeError } from "../../core/WorkingTree.ts"
import type { BlobId } from "../../model/Ids.ts"
import { ensureStaging, noteElsewhere } from "./control.ts"
import { FileProblem, toWorkingTreeError, unlessCode, works } from "./failures.ts"
import { type Dress, sha256 } from "./inspect.ts"
import { foldersOf, isLeftToSystem, type Journal, type JournalStep } from "./journal.ts"
import { baseOf, joinOs, type OsPath, parentOf } from "./osPath.ts"
import { hold, type Missing, mustOpen, nearestFolder, type Run, stagingOf } from "./run.ts"
import { nextOf } from "./staged.ts"
import { drive, type Work } from "./work.ts"

/** @internal */
export interface Open {
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
  { path, before, after, dress, tree }: JournalStep,
  made: number,
  folders: Folders
): Dress | undefined => {
  if (tree !== undefined) return undefined
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
  if ((folder.mode & 0o2000) === 0) return undefined
  const { gid, mode } = fstatSync(made)
  return folder.gid === gid ? undefined : { mode: mode & 0o777, uid: -1, gid: folder.gid }
}

/** The operating system's path of where a step's new content is staged. */
const stagedAt = (run: Run, staging: string, steps: ReadonlyArray<JournalStep>, index: number): OsPath => {
  const next = nextOf(staging, steps, index)
  return joinOs(hold(run, parentOf(next)).at, baseOf(next))
}

/** Makes something in a tree: of two names that this file system takes for one, the second finds the first. */
const makeNew = <A>(step: JournalStep, make: () => A): A =>
  unlessCode(step.tree === undefined ? [] : ["EEXIST"], make, () => {
    throw new FileProblem(step.path, "name-clash", "another file or folder that comes with it has this name too")
  })

const createFile = (run: Run, step: JournalStep, at: OsPath, folders: Folders): Open => {
  const fd = makeNew(step, () => run.fs.create(at, step.after?.kind === "executable" ? 0o777 : 0o666))
  try {
    const dress = dressOf(run, step, fd, folders)
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
  into: Staging,
  group: ReadonlyArray<Numbered>,
  contents: Contents,
  open: Array<Open>
): Work<void> {
  const folders: Folders = { missing: new Set(), stats: new Map() }
  for (const { index, step } of group) {
    if (step.after === null) continue
    run.site.at = step.path
    const at = stagedAt(run, into.staging, into.steps, index)
    if (step.after.kind === "directory") {
      makeNew(step, () => run.fs.mkdir(at))
      yield 4
      continue
    }
    const bytes = contents.get(step.after.id)
    if (bytes === undefined) throw new FileProblem(step.path, "io", `no content was given for ${step.after.id}`)
    if (sha256(bytes) !== step.after.id)
      throw new FileProblem(step.path, "io", `other content was given than ${step.after.id}`)
    if (step.after.kind === "symlink") makeNew(step, () => run.fs.symlink(Buffer.from(bytes), at))
    else {
      const file = createFile(run, step, at, folders)
      if (!isLeftToSystem(into, step)) open.push(file)
      try {
        run.fs.write(file.fd, bytes, at)
      } finally {
        if (isLeftToSystem(into, step)) closeSync(file.fd)
      }
    }
    yield 4
  }
}

/** What is staged, and where. @internal */
export type Staging = Pick<Journal, "boot" | "staging" | "steps">

interface Numbered {
  readonly index: number
  readonly step: JournalStep
}

const isFolder = ({ after }: JournalStep): boolean => after?.kind === "directory"

/**
 * What is to be staged, some at a time: at most 64 files, and (but for one larger file, alone) 8 MiB of them; and the folders
 * of trees before what is in them.
 */
function* groups(steps: ReadonlyArray<JournalStep>): Generator<ReadonlyArray<Numbered>> {
  let group: Array<Numbered> = []
  let files = 0
  let bytes = 0
  for (const [index, step] of steps.entries()) {
    if (step.after === null || (isFolder(step) && step.tree === undefined)) continue
    if (step.after.kind !== "directory") {
      files++
      bytes += step.after.size
      if (group.length > 0 && (files > 64 || bytes > streamedAbove)) {
        yield group
        group = []
        files = 1
        bytes = step.after.size
      }
    } else if (bytes > streamedAbove) {
      yield group
      group = []
      files = 0
      bytes = 0
    }
    group.push({ index, step })
  }
  if (group.length > 0) yield group
}

/** Stages a large file piece by piece, and compares the whole with its id. */
const stageStream = Effect.fnUntraced(function* <E, R>(
  run: Run,
  { staging, steps }: Staging,
  { index, step }: Numbered,
  id: BlobId,
  pieces: Stream.Stream<Uint8Array, E, R>,
  open: Array<Open>
): Effect.fn.Return<void, E | WorkingTreeError, R> {
  const attempt = <B>(f: () => B) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(run.site, error) })
  const file = yield* attempt(() => {
    run.site.at = step.path
    const at = stagedAt(run, staging, steps, index)
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

/** Whether hard links work where this file is staged. */
const canLink = (run: Run, { staging, steps }: Staging, { index, step }: Numbered): boolean => {
  const probe = joinOs(mustOpen(run, stagingOf(step.folder, staging)).at, "probe")
  return works(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"], () => {
    run.fs.link(stagedAt(run, staging, steps, index), probe)
    run.fs.unlink(probe)
  })
}

/** Waits for every sync, also after one has failed: until then no file may be closed. @internal */
export const syncAll = (run: Run, open: ReadonlyArray<Open>): Promise<void> =>
  Promise.allSettled(open.map(({ fd, at }) => run.fs.syncBeside(fd, at))).then((ends) => {
    for (const end of ends) if (end.status === "rejected") throw end.reason
  })

/**
 * Stages what the steps will place, and syncs it unless it is left to the system; returns whether hard links work there.
 *
 * @internal
 */
export const stage = Effect.fnUntraced(function* <A, E, R>(
  run: Run,
  into: Staging,
  hooks: ApplyHooks<A, E, R>
): Effect.fn.Return<boolean, E | WorkingTreeError, R> {
  const { site } = run
  const { staging, steps } = into
  const attempt = <B>(f: () => B) => Effect.try({ try: f, catch: (error) => toWorkingTreeError(site, error) })
  const folders = foldersOf(steps)
  yield* attempt(() => {
    noteElsewhere(run, { staging, folders: folders.filter((folder) => folder !== "") })
    for (const folder of folders) ensureStaging(run, folder, staging)
  })
  let links = true
  const probed = new Set<string>()
  for (const group of groups(steps)) {
    const large = hooks.stream === undefined ? undefined : streamedOf(group)
    const ids = group.flatMap(({ step: { after } }) => (after === null || after.kind === "directory" ? [] : [after.id]))
    const contents: Contents =
      large === undefined && ids.length > 0 ? yield* hooks.content([...new Set(ids)]) : new Map()
    const open: Array<Open> = []
    const staged: Effect.Effect<void, E | WorkingTreeError, R> =
      large === undefined || hooks.stream === undefined
        ? drive(site, () => stageGroup(run, into, group, contents, open))
        : stageStream(run, into, large.one, large.id, hooks.stream(large.id), open)
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
    // What holds of one file there holds of all.
    for (const one of group) {
      if (isFolder(one.step) || one.step.after?.kind === "symlink" || probed.has(one.step.folder)) continue
      probed.add(one.step.folder)
      links = (yield* attempt(() => canLink(run, into, one))) && links
    }
  }
  yield* attempt(() => {
    for (const folder of folders) run.fs.syncDirectory(mustOpen(run, stagingOf(folder, staging)).at)
  })
  return links
})
