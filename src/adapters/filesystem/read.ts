/** Reading files, never through a link. */
import { closeSync, fstatSync, readFileSync } from "node:fs"
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

/** The bytes of those of `paths` that are files, and the targets of those that are links. @internal */
export function* read(
  site: Site,
  directories: Directories,
  paths: ReadonlyArray<FilePath>
): Work<ReadonlyMap<FilePath, Uint8Array>> {
  const out = new Map<FilePath, Uint8Array>()
  for (const path of paths) {
    site.at = path
    const refused = refusal(path)
    if (refused !== undefined) throw new FileProblem(path, refused.failure, refused.why)
    const parent = directories.keep(parentOf(path))
    if ("blocked" in parent) {
      if (parent.blocked === "symlink") throw new FileProblem(path, "escapes-root", `${parent.at} is a link`)
      continue
    }
    const bytes = bytesAt(joinOs(parent.at, baseOf(path)))
    if (bytes !== undefined) out.set(path, bytes)
    yield 1 + (bytes?.length ?? 0) / 16_384
  }
  return out
}
