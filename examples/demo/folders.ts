/** Folders as a user's hands and eyes have them: copied, replaced, compared. The engine has no part in this. */
import { createHash } from "node:crypto"
import { cpSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import { IgnoreRules } from "../../src/index.ts"

/** Path to what stands there: kind, executable bit and hash, as one text. */
export type Inventory = ReadonlyMap<string, string>

const control = ".tidemark"
/** What is no part of anything: the engine does not look at it, so neither does the demonstration. */
const ignored = new Set([control, ...IgnoreRules.defaultValue()])

/** Puts a copy of `from` in the place of what is in `to`; the engine's own folder stays. */
export const replaceContents = (from: string, to: string): void => {
  for (const name of readdirSync(to)) if (name !== control) rmSync(join(to, name), { recursive: true })
  const filter = (path: string) => path === from || !ignored.has(basename(path))
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter })
}

const standing = (path: string): string => {
  const stats = lstatSync(path)
  const hash = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex")
  if (stats.isSymbolicLink()) return `symlink ${hash(readlinkSync(path, { encoding: "buffer" }))}`
  if (stats.isFile()) return `${(stats.mode & 0o100) === 0 ? "file" : "executable"} ${hash(readFileSync(path))}`
  return "other"
}

/** Takes stock of every file and link in a folder. */
export const takeStock = (root: string): Inventory => {
  const found = new Map<string, string>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      if (ignored.has(entry.name)) continue
      if (entry.isDirectory()) visit(path)
      else found.set(path, standing(join(root, path)))
    }
  }
  visit("")
  return found
}

/** The paths in which two folders differ. */
export const differences = (one: Inventory, other: Inventory): ReadonlyArray<string> =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path)).sort()
