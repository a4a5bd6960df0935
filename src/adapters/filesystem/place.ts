/** Putting a file where nothing must be: with an operation that refuses an existing target. */
import { type BigIntStats, closeSync, openSync, readSync } from "node:fs"
import type { FilePath } from "../../model/Ids.ts"
import { lstat } from "./directories.ts"
import { codeOf, FileProblem, unlessCode, works } from "./failures.ts"
import { readFlags, readTarget } from "./inspect.ts"
import { baseOf, below, joinOs, nameText, type OsPath, osPath, parentOf, toBuffer } from "./osPath.ts"
import { mustOpen, nearestFolder, type Run, reach } from "./run.ts"

/** @internal */
export type Placed = "placed" | "occupied" | "no-parent"

/** What `link` says where hard links do not work, or not for this file (proc(5), protected_hardlinks). */
const unlinkable = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]

/** Whether two paths are names of one file. @internal */
export const sameFile = (a: BigIntStats | undefined, b: BigIntStats | undefined): boolean =>
  a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev

const chunk = 1 << 16

/** Whether `at` holds nothing but a beginning of `whole`: a copy that was cut short. @internal */
export const isBeginningOf = (at: OsPath, whole: OsPath): boolean => {
  const a = openSync(at, readFlags)
  try {
    const b = openSync(whole, readFlags)
    try {
      const [left, right] = [Buffer.alloc(chunk), Buffer.alloc(chunk)]
      for (;;) {
        const n = readSync(a, left, 0, chunk, null)
        if (n === 0) return true
        if (readSync(b, right, 0, n, null) < n || left.compare(right, 0, n, 0, n) !== 0) return false
      }
    } finally {
      closeSync(b)
    }
  } finally {
    closeSync(a)
  }
}

const copyExclusively = (run: Run, from: OsPath, to: OsPath, stats: BigIntStats): void => {
  const source = openSync(from, readFlags)
  try {
    const target = run.fs.create(to, 0o600)
    try {
      const bytes = Buffer.alloc(1 << 20)
      for (;;) {
        const n = readSync(source, bytes, 0, bytes.length, null)
        if (n === 0) break
        run.fs.write(target, bytes.subarray(0, n), to)
      }
      const dress = { mode: Number(stats.mode & 0o777n), uid: Number(stats.uid), gid: Number(stats.gid) }
      run.fs.dress(target, dress, to)
      run.fs.sync(target, to)
    } finally {
      closeSync(target)
    }
  } finally {
    closeSync(source)
  }
}

/** Makes `to` what `from` is, refusing an existing `to`; `false` when something is there. */
const duplicate = (run: Run, from: OsPath, to: OsPath, stats: BigIntStats): boolean => {
  // On other systems `link` follows a link instead of naming it.
  if (process.platform === "linux" || !stats.isSymbolicLink()) {
    const linked = unlessCode(
      ["EEXIST", ...unlinkable],
      () => {
        run.fs.link(from, to)
        return true
      },
      (code) => (code === "EEXIST" ? false : undefined)
    )
    if (linked !== undefined) return linked
  }
  if (stats.isSymbolicLink()) {
    const target = readTarget(from)
    if (target === undefined) return false
    return works(["EEXIST"], () => run.fs.symlink(target, to)) || sameTarget(target, to)
  }
  if (!stats.isFile()) throw new FileProblem(run.site.at, "unsupported", "a special file, without hard links")
  const copy = () => works(["EEXIST"], () => copyExclusively(run, from, to, stats))
  if (copy()) return true
  // Perhaps our own copy, cut short by a crash: what it holds is all in `from`.
  if (lstat(to)?.isFile() !== true || !isBeginningOf(to, from)) return false
  run.fs.unlink(to)
  return copy()
}

const sameTarget = (target: Buffer, at: OsPath): boolean => readTarget(at)?.equals(target) === true

/**
 * Moves `from` to `path`, if nothing is there. Interrupted anywhere it can be called again.
 *
 * @internal
 */
export const moveExclusively = (run: Run, from: string, path: string): Placed => {
  const parent = run.directories.keep(parentOf(path))
  if ("blocked" in parent) return "no-parent"
  const source = joinOs(mustOpen(run, parentOf(from)).at, baseOf(from))
  const target = joinOs(parent.at, baseOf(path))
  const stats = lstat(source)
  if (stats === undefined) throw new FileProblem(path, "io", "the staged file is gone")
  if (stats.isDirectory()) {
    // A folder that came in a file's place while it was taken. It cannot be linked; renaming replaces only empty folders.
    if (lstat(target) !== undefined) return "occupied"
    run.fs.rename(source, target)
    return "placed"
  }
  try {
    if (!duplicate(run, source, target, stats) && !sameFile(stats, lstat(target))) return "occupied"
  } catch (error) {
    if (codeOf(error) === "ENOENT" && reach(run, path) === undefined) return "no-parent"
    throw error
  }
  run.fs.unlink(source)
  return "placed"
}

/** A name of at most 255 bytes, cut between characters. */
const fitted = (base: string, suffix: string): string => {
  const room = 255 - suffix.length
  const bytes = toBuffer(osPath(base))
  if (bytes.length <= room) return base + suffix
  let end = room
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return nameText(bytes.subarray(0, end)) + suffix
}

/**
 * Moves a file that has no place any more next to where it belongs, under a name that says so.
 *
 * @internal
 */
export const keepCopy = (run: Run, from: string, path: string, staging: string): FilePath => {
  const folder = nearestFolder(run, path)
  for (let n = 1; ; n++) {
    const suffix = `.tidemark-conflict-${staging.slice(0, 8)}${n === 1 ? "" : `-${n}`}`
    const copy = below(folder, fitted(baseOf(path), suffix)) as FilePath
    if (moveExclusively(run, from, copy) === "placed") {
      run.fs.syncDirectory(mustOpen(run, folder).at)
      return copy
    }
    if (n > 10_000) throw new FileProblem(path, "io", "no free name for a conflict copy")
  }
}
