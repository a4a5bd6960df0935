/** Reading files, never through a link. */
import { closeSync, fstatSync, readFileSync, readSync } from "node:fs"
import type { FilePath } from "../../model/Ids.ts"
import { type Directories, lstat } from "./directories.ts"
import { FileProblem, type Site } from "./failures.ts"
import { openFile, readTarget } from "./inspect.ts"
import { baseOf, joinOs, type OsPath, parentOf, refusal } from "./osPath.ts"
import type { Work } from "./work.ts"

const bytesAt = (at: OsPath): Uint8Array | undefined => {
  const stats = lstat(at)
  if (stats?.isSymbolicLink() === true) return readTarget(at)
  if (stats?.isFile() !== true) return undefined
  const fd = openFile(at)
  if (fd === undefined) return undefined
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd) : undefined
  } finally {
    closeSync(fd)
  }
}

/** @internal */
export const pieceBytes = 1 << 18

/** The place of a path whose parents are no links; `undefined` where a parent is missing. */
const placeOf = (site: Site, directories: Directories, path: FilePath): OsPath | undefined => {
  site.at = path
  const refused = refusal(path)
  if (refused !== undefined) throw new FileProblem(path, refused.failure, refused.why)
  const parent = directories.keep(parentOf(path))
  if (!("blocked" in parent)) return joinOs(parent.at, baseOf(path))
  if (parent.blocked === "symlink") throw new FileProblem(path, "escapes-root", `${parent.at} is a link`)
  return undefined
}

/** What a path holds, to be read in pieces: an open file, or a link's target. @internal */
export const openPieces = (site: Site, directories: Directories, path: FilePath): number | Uint8Array => {
  const at = placeOf(site, directories, path)
  const stats = at === undefined ? undefined : lstat(at)
  const absent = new FileProblem(path, "not-found", "")
  if (at === undefined || stats === undefined) throw absent
  const found = stats.isSymbolicLink() ? readTarget(at) : stats.isFile() ? openFile(at) : undefined
  if (found === undefined) throw absent
  if (typeof found !== "number" || fstatSync(found).isFile()) return found
  closeSync(found)
  throw absent
}

/** The next bytes of an open file, in memory of their own; empty at its end. @internal */
export const readPiece = (fd: number): Uint8Array => {
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  return piece.subarray(0, readSync(fd, piece, 0, pieceBytes, null))
}

/** The bytes of those of `paths` that are files, and the targets of those that are links. @internal */
export function* read(
  site: Site,
  directories: Directories,
  paths: ReadonlyArray<FilePath>
): Work<ReadonlyMap<FilePath, Uint8Array>> {
  const out = new Map<FilePath, Uint8Array>()
  for (const path of paths) {
    const at = placeOf(site, directories, path)
    if (at === undefined) continue
    const bytes = bytesAt(at)
    if (bytes !== undefined) out.set(path, bytes)
    yield 1 + (bytes?.length ?? 0) / 16_384
  }
  return out
}
