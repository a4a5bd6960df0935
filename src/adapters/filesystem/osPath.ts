/** Paths as the operating system takes them, and back. */
import { pathFromBytes, pathToBytes } from "../../model/pathText.ts"

/** Text where the path is valid UTF-8, bytes where it is not. @internal */
export type OsPath = string | Buffer

/** The folder in a root that holds lock, journal and staging. @internal */
export const controlName = ".tidemark"

/** @internal */
export const toBuffer = (path: OsPath): Buffer => (typeof path === "string" ? Buffer.from(path) : path)

/** The operating system's form of a path's text. @internal */
export const osPath = (path: string): OsPath => (path.includes("\\") ? Buffer.from(pathToBytes(path)) : path)

/** The path of `path` (text, relative, maybe empty) below `base`. @internal */
export const joinOs = (base: OsPath, path: string): OsPath => {
  if (path === "") return base
  if (typeof base === "string" && !path.includes("\\")) return `${base}/${path}`
  return Buffer.concat([toBuffer(base), Buffer.from("/"), pathToBytes(path)])
}

/** The text of a name that the file system gave. @internal */
export const nameText = (name: OsPath): string =>
  typeof name === "string" ? (name.includes("\\") ? name.replaceAll("\\", "\\\\") : name) : pathFromBytes(name)

/** The path of the directory that holds `path`: empty for the root. @internal */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** The last name of `path`. @internal */
export const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** The path of `name` in `directory`. @internal */
export const below = (directory: string, name: string): string => (directory === "" ? name : `${directory}/${name}`)

/** Whether a name is the control folder's, on any file system: some fold case. @internal */
export const isControlName = (name: string): boolean =>
  name === controlName || (name.length === controlName.length && name.toLowerCase() === controlName)

const windowsReserved = /[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/**
 * Why a path must not be touched; `undefined` when it may be. Paths were validated by their Schema already: this is
 * the last door before the file system.
 *
 * @internal
 */
export const refusal = (
  path: string
): { readonly failure: "escapes-root" | "unsupported"; readonly why: string } | undefined => {
  // `\x2e\x2e` reads back as `..`: only the one text that a name has is accepted.
  const canonical = !path.includes("\\") || pathFromBytes(pathToBytes(path)) === path
  if (!canonical || path.includes("\0") || !path.isWellFormed())
    return { failure: "unsupported", why: "not a path's text" }
  for (const name of path.split("/")) {
    if (name === "" || name === "." || name === "..") return { failure: "escapes-root", why: "not a relative path" }
    if (isControlName(name)) return { failure: "unsupported", why: `${controlName} is reserved` }
    if (process.platform === "win32" && windowsReserved.test(name)) {
      return { failure: "unsupported", why: "not a name on this system" }
    }
  }
  return undefined
}
