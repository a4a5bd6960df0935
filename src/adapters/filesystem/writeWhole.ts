/** Making a file that is on the disk once this returns. */
import { closeSync } from "node:fs"
import type { OsPath } from "./osPath.ts"
import type { Run } from "./run.ts"

/** Makes a file that must not be there yet, with these bytes (in pieces), synced. @internal */
export const writeWhole = (run: Run, at: OsPath, pieces: Iterable<Uint8Array>): void => {
  const fd = run.fs.create(at, 0o666)
  try {
    for (const bytes of pieces) run.fs.write(fd, bytes, at)
    run.fs.sync(fd, at)
  } finally {
    closeSync(fd)
  }
}
