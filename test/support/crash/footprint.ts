/** What a process has left on a disk so far. */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"

/**
 * A digest of all that stands below a folder: names, kinds, rights, bytes, and which file it is. Two moments with the same one
 * leave the same to whoever comes after, so they need one proof and not two.
 *
 * @remarks
 * Not in it is what SQLite's processes share (`-shm`): it is made anew by the first who opens a database.
 */
export const footprint = (folder: string): string => {
  const hash = createHash("sha256")
  const walk = (at: string): void => {
    const entries = fs.readdirSync(at, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.endsWith("-shm")) continue
      const path = join(at, entry.name)
      const { ino, mode, mtimeMs, size } = fs.lstatSync(path)
      hash.update(`${path}\0${mode}\0`)
      if (entry.isDirectory()) walk(path)
      else if (entry.isSymbolicLink()) hash.update(`${fs.readlinkSync(path)}\0`)
      else hash.update(`${ino}\0${mtimeMs}\0${size}\0`).update(fs.readFileSync(path))
    }
  }
  walk(folder)
  return hash.digest("hex")
}
