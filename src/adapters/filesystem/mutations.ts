/** Every change of the file system that apply and recovery make goes through here, numbered. */
import * as fs from "node:fs"
import { codeOf, works } from "./failures.ts"
import type { Dress } from "./inspect.ts"
import type { OsPath } from "./osPath.ts"

/**
 * Called before each change of the file system: tests stop the process, throw, or edit files there.
 *
 * @internal
 */
export type OnStep = (n: number, label: string) => void

/** What changing an owner says where only an administrator may, or where there are no owners. */
const notOurs = ["EPERM", "ENOSYS", "EINVAL", "ENOTSUP"]

/** @internal */
export class Mutations {
  #count = 0
  readonly #onStep: OnStep | undefined

  constructor(onStep: OnStep | undefined) {
    this.#onStep = onStep
  }

  #step(label: string, at: OsPath): void {
    const n = this.#count++
    if (this.#onStep !== undefined) this.#onStep(n, `${label} ${at}`)
  }

  mkdir(at: OsPath, mode = 0o777): void {
    this.#step("mkdir", at)
    fs.mkdirSync(at, { mode })
  }

  rmdir(at: OsPath): void {
    this.#step("rmdir", at)
    fs.rmdirSync(at)
  }

  rename(from: OsPath, to: OsPath): void {
    this.#step("rename", from)
    fs.renameSync(from, to)
  }

  link(from: OsPath, to: OsPath): void {
    this.#step("link", to)
    fs.linkSync(from, to)
  }

  unlink(at: OsPath): void {
    this.#step("unlink", at)
    fs.unlinkSync(at)
  }

  symlink(target: OsPath, at: OsPath): void {
    this.#step("symlink", at)
    fs.symlinkSync(target, at)
  }

  /** Makes a file that must not be there yet, and opens it for writing. */
  create(at: OsPath, mode: number): number {
    this.#step("create", at)
    return fs.openSync(at, "wx", mode)
  }

  write(fd: number, bytes: Uint8Array, at: OsPath): void {
    this.#step("write", at)
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done)
  }

  /** Sets permission bits and, where the process may, the owner. `-1` leaves a user or group as it is. */
  dress(fd: number, { mode, uid, gid }: Dress, at: OsPath): void {
    this.#step("chmod", at)
    works(notOurs, () => fs.fchownSync(fd, uid, gid))
    fs.fchmodSync(fd, mode)
  }

  /** The same for a folder. */
  dressFolder(at: OsPath, { mode, uid, gid }: Dress): void {
    this.#step("chmod", at)
    works(notOurs, () => fs.chownSync(at, uid, gid))
    fs.chmodSync(at, mode)
  }

  sync(fd: number, at: OsPath): void {
    this.#step("sync", at)
    fs.fsyncSync(fd)
  }

  /** Like {@link sync}, beside others: a file system writes many at once sooner than one after the other. */
  syncBeside(fd: number, at: OsPath): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#step("sync", at)
      fs.fsync(fd, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  /** Makes a directory's names durable, where the system can. */
  syncDirectory(at: OsPath): void {
    this.#step("sync", at)
    let fd: number | undefined
    try {
      fd = fs.openSync(at, "r")
      fs.fsyncSync(fd)
    } catch (error) {
      // Windows opens no directories, and some file systems do not sync them.
      if (!["EISDIR", "EPERM", "EINVAL", "EACCES", "ENOTSUP", "ENOENT"].includes(codeOf(error))) throw error
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }
}
