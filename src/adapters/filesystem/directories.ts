/** Opening directories below a root without ever following a symbolic link. */
import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync
} from "node:fs"
import { resolve } from "node:path"
import { codeOf, FileProblem, unlessCode } from "./failures.ts"
import { joinOs, type OsPath, toBuffer } from "./osPath.ts"

/** An open directory: `at` is a path that leads to this very directory, whatever is renamed above it. @internal */
export interface Directory {
  readonly at: OsPath
  /** The stats of this very directory. */
  readonly stat: () => Stats
  readonly close: () => void
}

/** Why a directory could not be opened: nothing is there, or something else is (`at` says where). @internal */
export interface Blocked {
  readonly blocked: "missing" | "not-a-directory" | "symlink"
  readonly at: string
}

/** What a file system says of names that nothing on it can have. @internal */
export const noSuchName = ["ENAMETOOLONG", "EILSEQ"]

/** @internal */
export const lstat = (path: OsPath): BigIntStats | undefined => {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (["ENOTDIR", ...noSuchName].includes(codeOf(error))) return undefined
    throw error
  }
}

const descriptors = "/proc/self/fd"
/** Whether this system lets a directory be held open and its names be reached through it. @internal */
export const canAnchor = process.platform === "linux" && existsSync(descriptors)
const directoryFlags =
  constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
// Beyond this a path is opened name by name: the kernel takes 4,096 bytes at once.
const longest = 3800

/** A root whose directories can be opened. Close it when done. @internal */
export class Directories {
  /** The root's own path, links resolved. */
  readonly real: OsPath
  readonly dev: bigint
  readonly ino: bigint
  readonly #fd: number
  #rootLink: Buffer
  readonly #kept = new Map<string, { readonly fd: number; readonly directory: Directory }>()

  private constructor(real: OsPath, dev: bigint, ino: bigint, fd: number) {
    this.real = real
    this.dev = dev
    this.ino = ino
    this.#fd = fd
    this.#rootLink = fd < 0 ? Buffer.alloc(0) : readlinkSync(this.#rootAt(), { encoding: "buffer" })
  }

  /** Opens a root, resolving the symbolic link that it may be. */
  static open(root: string, anchored: boolean): Directories {
    const bytes = realpathSync(resolve(root), { encoding: "buffer" })
    const text = bytes.toString()
    const real = Buffer.from(text).equals(bytes) ? text : bytes
    const stats = statSync(real, { bigint: true })
    if (!stats.isDirectory()) throw new FileProblem("", "not-a-directory", "")
    return new Directories(real, stats.dev, stats.ino, anchored ? openSync(real, directoryFlags) : -1)
  }

  /** Opens the directory at `path`; its holder closes it. */
  open(path: string): Directory | Blocked {
    if (this.#fd < 0) return this.#byChecking(path)
    const fd = this.#openFd(path)
    if (typeof fd !== "number") return fd
    return { at: `${descriptors}/${fd}`, stat: () => fstatSync(fd), close: () => closeSync(fd) }
  }

  /**
   * Opens the directory at `path`, or gives the one that is open still. Only the last few are kept open, so ask again
   * before each use instead of keeping the answer.
   */
  keep(path: string): Directory | Blocked {
    if (this.#fd < 0) return this.#byChecking(path)
    const kept = this.#kept.get(path)
    if (kept !== undefined) {
      if (this.#stillThere(kept.fd, path)) {
        this.#kept.delete(path)
        this.#kept.set(path, kept)
        return kept.directory
      }
      this.forget(path)
    }
    const fd = this.#openFd(path)
    if (typeof fd !== "number") return fd
    if (this.#kept.size >= 32) {
      const oldest = this.#kept.keys().next().value
      if (oldest !== undefined) this.forget(oldest)
    }
    const directory: Directory = { at: `${descriptors}/${fd}`, stat: () => fstatSync(fd), close: () => undefined }
    this.#kept.set(path, { fd, directory })
    return directory
  }

  /**
   * Like {@link keep}, but does not ask again whether a directory that is open still stands at its path: for folders of our
   * own, where what is made in the very folder that was opened is as good.
   */
  held(path: string): Directory | Blocked {
    return this.#kept.get(path)?.directory ?? this.keep(path)
  }

  /** Closes what {@link keep} holds at `path`. */
  forget(path: string): void {
    const kept = this.#kept.get(path)
    if (kept === undefined) return
    this.#kept.delete(path)
    closeSync(kept.fd)
  }

  close(): void {
    for (const path of [...this.#kept.keys()]) this.forget(path)
    if (this.#fd >= 0) closeSync(this.#fd)
  }

  #rootAt(): string {
    return `${descriptors}/${this.#fd}`
  }

  /** Where the kernel says that the directory is: a link on the way would show. */
  #stillThere(fd: number, path: string): boolean {
    // The root is wherever it is: it is held open itself.
    if (path === "") return true
    // The kernel cannot write down every path; then it is opened name by name.
    const actual = unlessCode(
      ["ENAMETOOLONG"],
      () => readlinkSync(`${descriptors}/${fd}`, { encoding: "buffer" }),
      () => undefined
    )
    if (actual === undefined) return false
    if (actual.equals(this.#expected(path))) return true
    // Perhaps it is the root that was moved.
    this.#rootLink = readlinkSync(this.#rootAt(), { encoding: "buffer" })
    return actual.equals(this.#expected(path))
  }

  #expected(path: string): Buffer {
    const root = this.#rootLink
    if (path === "") return root
    return toBuffer(joinOs(root.length === 1 ? Buffer.alloc(0) : root, path))
  }

  #openFd(path: string): number | Blocked {
    if (path === "") return openSync(this.#rootAt(), directoryFlags & ~(constants.O_NOFOLLOW ?? 0))
    const whole = joinOs(this.#rootAt(), path)
    if (whole.length * (typeof whole === "string" ? 3 : 1) + this.real.length > longest) return this.#nameByName(path)
    let fd: number
    try {
      fd = openSync(whole, directoryFlags)
    } catch (error) {
      const code = codeOf(error)
      if (code === "ENOENT") return { blocked: "missing", at: path }
      if (code === "ENOTDIR" || code === "ELOOP") return this.#nameByName(path)
      throw error
    }
    if (this.#stillThere(fd, path)) return fd
    closeSync(fd)
    return this.#nameByName(path)
  }

  /** The slow and certain way: every name is opened from its parent, refusing links. */
  #nameByName(path: string): number | Blocked {
    let fd = openSync(this.#rootAt(), directoryFlags & ~(constants.O_NOFOLLOW ?? 0))
    let at = ""
    for (const name of path.split("/")) {
      at = at === "" ? name : `${at}/${name}`
      const here = joinOs(`${descriptors}/${fd}`, name)
      try {
        const next = openSync(here, directoryFlags)
        closeSync(fd)
        fd = next
      } catch (error) {
        const stats = lstat(here)
        closeSync(fd)
        if (stats === undefined) return { blocked: "missing", at }
        if (stats.isSymbolicLink()) return { blocked: "symlink", at }
        if (!stats.isDirectory()) return { blocked: "not-a-directory", at }
        throw error
      }
    }
    return fd
  }

  /** Where directories cannot be held open: checked name by name, just before each use. */
  #byChecking(path: string): Directory | Blocked {
    let at = ""
    for (const name of path === "" ? [] : path.split("/")) {
      at = at === "" ? name : `${at}/${name}`
      const stats = lstat(joinOs(this.real, at))
      if (stats === undefined) return { blocked: "missing", at }
      if (stats.isSymbolicLink()) return { blocked: "symlink", at }
      if (!stats.isDirectory()) return { blocked: "not-a-directory", at }
    }
    const whole = joinOs(this.real, path)
    return { at: whole, stat: () => lstatSync(whole), close: () => undefined }
  }
}
