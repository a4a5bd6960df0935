/** Objects as files, one each, in folders named after the first two digits of their ids. */
import * as fs from "node:fs"
import { join } from "node:path"
import type { ObjectId } from "../../../model/Ids.ts"
import type { StoredObject } from "../../../storage/ObjectStorage.ts"
import { codeOf } from "../failures.ts"
import type { StoreDisk } from "./StoreDisk.ts"

/** So many files are open at once while they are made durable together. */
const openAtOnce = 64

/** @internal */
export class ObjectFiles {
  readonly #disk: StoreDisk
  readonly #folder: string
  readonly #shards = new Set<string>()

  constructor(disk: StoreDisk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  /** The bytes; `undefined` when there is no such file. */
  read(id: ObjectId): Uint8Array | undefined {
    try {
      return new Uint8Array(fs.readFileSync(this.#path(id)))
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined
      throw error
    }
  }

  /** Whether the file is there and as long as it was. */
  isThere(id: ObjectId, size: number): boolean {
    return fs.statSync(this.#path(id), { throwIfNoEntry: false })?.size === size
  }

  /** Every file of an object that is there, with its length. What was not finished is removed: for who holds the lock. */
  *sweep(): Generator<{ readonly id: ObjectId; readonly size: number }> {
    for (const shard of fs.readdirSync(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue
      for (const name of fs.readdirSync(join(this.#folder, shard))) {
        const at = join(this.#folder, shard, name)
        if (/^[0-9a-f]{64}\.tmp$/.test(name)) this.#disk.unlink(at)
        if (!/^[0-9a-f]{64}$/.test(name) || !name.startsWith(shard)) continue
        yield { id: name as ObjectId, size: fs.statSync(at).size }
      }
    }
  }

  /** Makes the files, and returns once they are on the disk under their names. */
  async write(objects: ReadonlyArray<StoredObject>): Promise<void> {
    const shards = new Set(objects.map(({ id }) => join(this.#folder, id.slice(0, 2))))
    if (this.#make(shards)) await this.#disk.syncDirectory(this.#folder)
    for (let i = 0; i < objects.length; i += openAtOnce) await this.#writeSome(objects.slice(i, i + openAtOnce))
    const folders = [...shards]
    for (let i = 0; i < folders.length; i += openAtOnce) {
      await settled(folders.slice(i, i + openAtOnce).map((folder) => this.#disk.syncDirectory(folder)))
    }
  }

  remove(ids: ReadonlyArray<ObjectId>): void {
    for (const id of ids) this.#disk.unlink(this.#path(id))
  }

  /** Removes also what was being written when its writer died. */
  clear(ids: ReadonlyArray<ObjectId>): void {
    for (const id of ids) {
      this.#disk.unlink(this.#path(id))
      this.#disk.unlink(`${this.#path(id)}.tmp`)
    }
  }

  async #writeSome(objects: ReadonlyArray<StoredObject>): Promise<void> {
    const open: Array<number> = []
    try {
      for (const { id, bytes } of objects) {
        const writing = `${this.#path(id)}.tmp`
        const fd = this.#disk.create(writing)
        open.push(fd)
        this.#disk.write(fd, bytes, 0, writing)
      }
      await settled(open.map((fd, i) => this.#disk.syncBeside(fd, this.#path(objects[i]?.id ?? ""))))
    } finally {
      for (const fd of open) fs.closeSync(fd)
    }
    for (const { id } of objects) this.#disk.rename(`${this.#path(id)}.tmp`, this.#path(id))
  }

  #path(id: ObjectId | ""): string {
    return join(this.#folder, id.slice(0, 2), id)
  }

  /** Makes the folders that are not there; tells whether there were any. */
  #make(shards: ReadonlySet<string>): boolean {
    let isAnyMade = false
    for (const shard of shards) {
      if (this.#shards.has(shard)) continue
      isAnyMade = this.#disk.mkdir(shard) || isAnyMade
      this.#shards.add(shard)
    }
    return isAnyMade
  }
}

/** Waits for all of them, also when one fails: none may go on after its files were closed. */
const settled = async (work: ReadonlyArray<Promise<void>>): Promise<void> => {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason
}
