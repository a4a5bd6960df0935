/** Who holds a lock, and whether that process certainly is no more. */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import * as Schema from "effect/Schema"
import { codeOf } from "./failures.ts"

/** @internal */
export const LockOwner = Schema.Struct({
  pid: Schema.Int,
  host: Schema.String,
  /** What tells this process from a later one with the same number; empty where the system does not say. */
  boot: Schema.String,
  namespace: Schema.String,
  started: Schema.String
})
/** @internal */
export interface LockOwner extends Schema.Schema.Type<typeof LockOwner> {}

const ask = (f: () => string): string => {
  try {
    return f()
  } catch {
    return ""
  }
}

/** When a process began, in clock ticks since boot: field 22 of proc(5), counted after the name, which may hold anything. */
const startOf = (pid: number): string =>
  ask(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  })

/** What tells one run of the system from the next, which a loss of power may have parted; empty where it does not say. @internal */
export const bootNow = (): string => ask(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim())

/** @internal */
export const ownerNow = (): LockOwner => ({
  pid: process.pid,
  host: hostname(),
  boot: bootNow(),
  namespace: ask(() => readlinkSync("/proc/self/ns/pid")),
  started: startOf(process.pid)
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== "ESRCH"
  }
}

/** Whether the owner is certainly gone. Of another host, or another container, nothing is certain. @internal */
export const isDead = (owner: LockOwner, me: LockOwner): boolean => {
  if (owner.host !== me.host) return false
  if (owner.boot !== me.boot) return owner.boot !== "" && me.boot !== ""
  if (owner.namespace !== me.namespace) return false
  const started = startOf(owner.pid)
  return !isRunning(owner.pid) || (owner.started !== "" && started !== "" && started !== owner.started)
}
