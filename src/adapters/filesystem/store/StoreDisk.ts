/** Every change that a store makes on the disk goes through here, numbered. */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { codeOf } from "../failures.ts"
import type { OnStep } from "../mutations.ts"

/** @internal */
export class StoreDisk {
  #count = 0
  readonly #onStep: OnStep | undefined

  constructor(onStep: OnStep | undefined) {
    this.#onStep = onStep
  }

  #step(label: string, at: string): void {
    const n = this.#count++
    if (this.#onStep !== undefined) this.#onStep(n, `${label} ${at}`)
  }

  /** Makes a directory, if it is not there; its parent must be. */
  mkdir(at: string): boolean {
    this.#step("mkdir", at)
    try {
      fs.mkdirSync(at)
      return true
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error
      return false
    }
  }

  rename(from: string, to: string): void {
    this.#step("rename", to)
    fs.renameSync(from, to)
  }

  link(from: string, to: string): void {
    this.#step("link", to)
    fs.linkSync(from, to)
  }

  /** Removes a file, if it is there. */
  unlink(at: string): void {
    this.#step("unlink", at)
    try {
      fs.unlinkSync(at)
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error
    }
  }

  /** Makes an empty file, in place of whatever stood there. */
  create(at: string): number {
    this.#step("create", at)
    return fs.openSync(at, "w+")
  }

  write(fd: number, bytes: Uint8Array, position: number, at: string): void {
    this.#step("write", at)
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
    }
  }

  truncate(fd: number, length: number, at: string): void {
    this.#step("truncate", at)
    fs.ftruncateSync(fd, length)
  }

  /** Returns once a file's bytes, and its length, are on the disk. */
  sync(fd: number, at: string): void {
    this.#step("sync", at)
    fs.fdatasyncSync(fd)
  }

  /** Like {@link sync}, beside others: a file system writes many at once sooner than one after the other. */
  syncBeside(fd: number, at: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#step("sync", at)
      fs.fsync(fd, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  /** Makes a directory's names durable, where the system can. */
  async syncDirectory(at: string): Promise<void> {
    this.#step("sync", at)
    let directory: fs.promises.FileHandle | undefined
    try {
      directory = await fs.promises.open(at, "r")
      await directory.sync()
    } catch (error) {
      // Windows opens no directories, and some file systems do not sync them.
      if (!["EISDIR", "EPERM", "EINVAL", "ENOTSUP"].includes(codeOf(error))) throw error
    } finally {
      await directory?.close()
    }
  }

  /** The same, at once: for the few times that a store is made or a log is rewritten. */
  syncDirectoryNow(at: string): void {
    this.#step("sync", at)
    let fd: number | undefined
    try {
      fd = fs.openSync(at, "r")
      fs.fsyncSync(fd)
    } catch (error) {
      if (!["EISDIR", "EPERM", "EINVAL", "ENOTSUP"].includes(codeOf(error))) throw error
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }

  /** Makes a file with these bytes that is on the disk once this returns: whole, or not there. */
  publish(folder: string, name: string, bytes: Uint8Array): void {
    const at = join(folder, name)
    const writing = `${at}.${randomUUID()}.tmp`
    const fd = this.create(writing)
    try {
      this.write(fd, bytes, 0, writing)
      this.sync(fd, writing)
    } finally {
      fs.closeSync(fd)
    }
    this.rename(writing, at)
    this.syncDirectoryNow(folder)
  }
}
