/** What stands at a path, read once and hashed while being read. */
import { createHash, hash } from "node:crypto"
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs"
import type { BlobId } from "../../model/Ids.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import { lstat } from "./directories.ts"
import { codeOf } from "./failures.ts"
import type { OsPath } from "./osPath.ts"
import type { Work } from "./work.ts"

/** Opening for reading: never through a link, never waiting for a pipe's writer. @internal */
export const readFlags =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

// One buffer for all reads of this thread: it is never in use across a pause.
const scratch = Buffer.allocUnsafeSlow(1 << 20)

/** Permission bits and owner. @internal */
export interface Dress {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** What stands at a path, and how it is dressed; `other` is a thing that is never read. @internal */
export interface Seen {
  readonly standing: Standing | null | "other"
  readonly dress: Dress | null
}

/** @internal */
export const absent: Seen = { standing: null, dress: null }

const dressOf = (stats: { readonly mode: bigint; readonly uid: bigint; readonly gid: bigint }): Dress => ({
  mode: Number(stats.mode & 0o7777n),
  uid: Number(stats.uid),
  gid: Number(stats.gid)
})

/** @internal */
export const sha256 = (bytes: Uint8Array): BlobId => hash("sha256", bytes, "hex") as BlobId

/** The kind of a regular file with these permission bits. @internal */
export const kindOf = (mode: number): "file" | "executable" => ((mode & 0o100) === 0 ? "file" : "executable")

/** Hashes what an open file holds from here on. @internal */
export function* hashOpen(fd: number): Work<{ readonly id: BlobId; readonly size: number }> {
  let read = readSync(fd, scratch, 0, scratch.length, null)
  // A regular file gives less than was asked for only at its end: most files cost one read and one hash.
  if (read < scratch.length) return { id: sha256(scratch.subarray(0, read)), size: read }
  const running = createHash("sha256")
  let size = 0
  for (;;) {
    running.update(scratch.subarray(0, read))
    size += read
    // The first short read is the end, as of now: a log that is being written would otherwise be read for ever.
    if (read < scratch.length) break
    yield 128
    read = readSync(fd, scratch, 0, scratch.length, null)
  }
  return { id: running.digest("hex") as BlobId, size }
}

/** Opens a file for reading; `undefined` when it is gone or is a link by now. @internal */
export const openFile = (path: OsPath): number | undefined => {
  try {
    return openSync(path, readFlags)
  } catch (error) {
    const code = codeOf(error)
    // ENXIO: a socket, or a device without a driver.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENXIO") return undefined
    throw error
  }
}

/** Hashes the file at `path`; the stats are taken after reading. `null`: gone, or not a regular file. @internal */
export function* hashFile(path: OsPath): Work<{ readonly standing: StandingFile; readonly stats: Stats } | null> {
  const fd = openFile(path)
  if (fd === undefined) return null
  try {
    if (!fstatSync(fd).isFile()) return null
    const { id, size } = yield* hashOpen(fd)
    const stats = fstatSync(fd)
    return { standing: { kind: kindOf(stats.mode), id, size }, stats }
  } finally {
    closeSync(fd)
  }
}

/** The bytes of a link's target; `undefined` when it is no link any more. @internal */
export const readTarget = (path: OsPath): Buffer | undefined => {
  try {
    return readlinkSync(path, { encoding: "buffer" })
  } catch (error) {
    const code = codeOf(error)
    if (code === "ENOENT" || code === "EINVAL" || code === "ENOTDIR" || code === "UNKNOWN") return undefined
    throw error
  }
}

/** Looks at a path whose parent is known to be no link. @internal */
export function* inspect(path: OsPath): Work<Seen> {
  const stats = lstat(path)
  if (stats === undefined) return absent
  const dress = dressOf(stats)
  if (stats.isDirectory()) return { standing: { kind: "directory" }, dress }
  if (stats.isSymbolicLink()) {
    const target = readTarget(path)
    if (target === undefined) return { standing: "other", dress }
    return { standing: { kind: "symlink", id: sha256(target), size: target.length }, dress }
  }
  const file = stats.isFile() ? yield* hashFile(path) : null
  return file === null ? { standing: "other", dress } : { standing: file.standing, dress }
}

/** Whether two standings are one: sizes follow from ids. @internal */
export const sameStanding = (a: Standing | null | "other", b: Standing | null | "other"): boolean => {
  if (a === null || b === null || a === "other" || b === "other") return a === b && a !== "other"
  if (a.kind === "directory" || b.kind === "directory") return a.kind === b.kind
  return a.kind === b.kind && a.id === b.id
}
