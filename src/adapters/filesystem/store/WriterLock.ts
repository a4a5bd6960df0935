/**
 * The lock of a store's writers, across processes.
 *
 * Each opening has a file with its owner, and the lock is a second name of it: `link` makes that in one step or not at
 * all, so nobody ever sees a lock without an owner. The lock of a dead owner is removed under a lock of its own, named
 * after the dead: of many who want to remove it one does, and none can hit the lock of a living one that came after.
 */
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { codeOf } from "../failures.ts"
import { isDead, LockOwner, ownerNow } from "../lockOwner.ts"
import type { StoreDisk } from "./StoreDisk.ts"

const StoreOwner = Schema.Struct({
  ...LockOwner.fields,
  /** The opening's own name: one process may open a store several times. */
  token: Schema.String
})
interface StoreOwner extends Schema.Schema.Type<typeof StoreOwner> {}

const decodeOwner = Schema.decodeUnknownOption(Schema.fromJsonString(StoreOwner))

/** A file that somebody is still writing is never this old. */
const oldAfter = 3_600_000

/** @internal */
export class WriterLock {
  readonly #disk: StoreDisk
  readonly #folder: string
  readonly #me: StoreOwner
  readonly #mine: string
  #isWritten = false

  constructor(disk: StoreDisk, folder: string) {
    this.#disk = disk
    this.#folder = folder
    this.#me = { ...ownerNow(), token: randomUUID() }
    this.#mine = `owner-${this.#me.token}`
  }

  /** Takes the lock, unless somebody has it. */
  take(): boolean {
    if (!this.#isWritten) {
      // On the disk before it is a lock: one that lost its owner with the power would never be removed.
      this.#disk.publish(this.#folder, this.#mine, Buffer.from(JSON.stringify(this.#me)))
      this.#isWritten = true
    }
    // It may still be ours, when it could not be given back.
    return this.#link("writer") || this.#isMine()
  }

  release(): void {
    this.#disk.unlink(join(this.#folder, "writer"))
  }

  /** Removes the lock if its owner is dead; otherwise says who holds it, for people. */
  clear(): string | undefined {
    return this.#clear("writer")
  }

  /** Removes what dead processes left that did not hold the lock. For the one who holds it. */
  sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      if (!name.startsWith("owner-") || name === this.#mine) continue
      const owner = name.endsWith(".tmp") ? "unknown" : this.#holder(name)
      const modified = statSync(join(this.#folder, name), { throwIfNoEntry: false })?.mtimeMs
      const isLeft = owner === "unknown" ? Date.now() - (modified ?? 0) > oldAfter : owner && isDead(owner, this.#me)
      if (isLeft) this.#disk.unlink(join(this.#folder, name))
    }
  }

  close(): void {
    if (!this.#isWritten) return
    if (this.#isMine()) this.release()
    this.#disk.unlink(join(this.#folder, this.#mine))
    this.#isWritten = false
  }

  #isMine(): boolean {
    const holder = this.#holder("writer")
    return holder !== undefined && holder !== "unknown" && holder.token === this.#me.token
  }

  #link(name: string): boolean {
    try {
      this.#disk.link(join(this.#folder, this.#mine), join(this.#folder, name))
      return true
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false
      throw error
    }
  }

  #holder(name: string): StoreOwner | "unknown" | undefined {
    try {
      const text = readFileSync(join(this.#folder, name), "utf8")
      return Option.getOrElse(decodeOwner(text), () => "unknown" as const)
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined
      throw error
    }
  }

  #clear(name: string): string | undefined {
    const holder = this.#holder(name)
    if (holder === undefined) return undefined
    const hint = `if it is gone for good, remove ${join(this.#folder, name)}`
    if (holder === "unknown") return `an unknown process; ${hint}`
    if (!isDead(holder, this.#me)) return `process ${holder.pid} on ${holder.host}; ${hint}`
    const clearing = `clearing-${holder.token}`
    // Whoever else clears it may die at it, too.
    if (!this.#link(clearing)) return this.#clear(clearing)
    try {
      const still = this.#holder(name)
      if (still !== undefined && still !== "unknown" && still.token === holder.token) {
        this.#disk.unlink(join(this.#folder, name))
        this.#disk.unlink(join(this.#folder, `owner-${holder.token}`))
      }
    } finally {
      this.#disk.unlink(join(this.#folder, clearing))
    }
    return undefined
  }
}
