/** What vouches, without reading a directory again, that it still holds the names that it held; and those names as one text. */
import { statfsSync } from "node:fs"
import type { Kind, Name } from "./names.ts"
import type { OsPath } from "./osPath.ts"

/**
 * File systems of Linux that stamp a directory whenever a name in it is made, removed or replaced (statfs(2) has their
 * numbers): ext, XFS, Btrfs, F2FS, ZFS, tmpfs, overlayfs. Others, those of networks above all, are read every time.
 */
const stamping = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630])

/** Whether a root's file system tells by a directory's times that its names are the same. @internal */
export const stampsDirectories = (root: OsPath): boolean => {
  if (process.platform !== "linux") return false
  try {
    return stamping.has(statfsSync(root).type)
  } catch {
    return false
  }
}

const letterOf: { readonly [K in Kind]?: string } = { file: "f", directory: "d", symlink: "l" }
const letters: { readonly [letter: string]: Kind } = { f: "file", d: "directory", l: "symlink" }

/**
 * Names as one text: a letter for what each is, with slashes between. `undefined` where a directory's names are not worth
 * keeping: bytes, or things that are never read.
 *
 * @internal
 */
export const allNames = (names: ReadonlyArray<Name>): string | undefined => {
  let text = ""
  for (const { kind, raw } of names) {
    const letter = letterOf[kind]
    if (letter === undefined || typeof raw !== "string" || raw.includes("\\")) return undefined
    text += text === "" ? `${letter}${raw}` : `/${letter}${raw}`
  }
  return text
}

/** The files among names, as such a text: enough to find again what is known of them. @internal */
export const fileNames = (names: Iterable<Pick<Name, "kind" | "text">>): string => {
  const files: Array<string> = []
  for (const { kind, text } of names) if (kind === "file") files.push(`f${text}`)
  return files.join("/")
}

/** Reads what {@link allNames} wrote. @internal */
export const readNames = (text: string): ReadonlyArray<Name> =>
  text === ""
    ? []
    : text.split("/").map((entry) => {
        const name = entry.slice(1)
        return { text: name, raw: name, kind: letters[entry[0] ?? ""] ?? "unknown" }
      })

/** The files of such a text, in its order. @internal */
export const readFileNames = (text: string): ReadonlyArray<string> =>
  text === "" ? [] : text.split("/").flatMap((entry) => (entry[0] === "f" ? [entry.slice(1)] : []))
