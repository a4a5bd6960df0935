/** The names in a directory, as text, sorted. */
import { type Dirent, readdirSync } from "node:fs"
import { compareUtf8 } from "../../model/order.ts"
import { nameText, type OsPath } from "./osPath.ts"

/** A name in a directory. `kind` is what the directory says of it, which not every file system knows. @internal */
export interface Name {
  readonly text: string
  readonly raw: OsPath
  readonly kind: Kind
}

/** @internal */
export type Kind = "file" | "directory" | "symlink" | "fifo" | "socket" | "device" | "unknown"

interface Typed {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
  isBlockDevice(): boolean
  isCharacterDevice(): boolean
}

/** @internal */
export const kindOfName = (typed: Typed): Kind => {
  if (typed.isFile()) return "file"
  if (typed.isDirectory()) return "directory"
  if (typed.isSymbolicLink()) return "symlink"
  if (typed.isFIFO()) return "fifo"
  if (typed.isSocket()) return "socket"
  return typed.isBlockDevice() || typed.isCharacterDevice() ? "device" : "unknown"
}

const toName = (entry: Dirent | Dirent<Buffer>): Name => ({
  text: nameText(entry.name as OsPath),
  raw: entry.name as OsPath,
  kind: kindOfName(entry)
})

const list = (at: OsPath): Array<Name> => {
  const entries = readdirSync(at, { withFileTypes: true })
  // The sign of a name that is not UTF-8 (or that holds this very character): only then are bytes worth their price.
  if (entries.some((entry) => entry.name.includes("\ufffd"))) {
    return readdirSync(at, { withFileTypes: true, encoding: "buffer" }).map(toName)
  }
  return entries.map(toName)
}

// Below the surrogates, the order of UTF-16 is the order of UTF-8, and the engine's own comparison will do.
const unlike = /[\ud800-\uffff]/

/** Lists a directory, sorted by the UTF-8 bytes of the names. @internal */
export const sortedNames = (at: OsPath): ReadonlyArray<Name> => {
  const names = list(at)
  if (names.some(({ text }) => unlike.test(text))) return names.sort((a, b) => compareUtf8(a.text, b.text))
  return names.sort((a, b) => (a.text < b.text ? -1 : 1))
}
