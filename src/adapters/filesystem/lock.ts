/**
 * The lock of a project: one file per holder, with a name never used twice.
 *
 * Whoever wants the lock writes its own file first and looks for others afterwards, so of two that come at once at
 * least one sees the other (if both do, both give way). A holder's file is only ever removed by the holder, or by
 * anybody once the holder is dead: because names are never used again, clearing a dead holder's lock cannot hit a
 * living one's.
 */
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { codeOf, FileProblem, unlessCode, works } from "./failures.ts"
import { joinOs, type OsPath } from "./osPath.ts"
import { controlOf, mustOpen, type Run } from "./run.ts"
import { writeWhole } from "./writeWhole.ts"

const Owner = Schema.Struct({
  pid: Schema.Int,
  host: Schema.String,
  /** What tells this process from a later one with the same number; empty where the system does not say. */
  boot: Schema.String,
  namespace: Schema.String,
  started: Schema.String
})
interface Owner extends Schema.Schema.Type<typeof Owner> {}

const decodeOwner = Schema.decodeUnknownOption(Schema.fromJsonString(Owner))

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

const self = (): Owner => ({
  pid: process.pid,
  host: hostname(),
  boot: ask(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
  namespace: ask(() => readlinkSync("/proc/self/ns/pid")),
  started: startOf(process.pid)
})

/** Whether the owner is certainly gone. Of another host, or another container, nothing is certain. */
const isDead = (owner: Owner, me: Owner): boolean => {
  if (owner.host !== me.host) return false
  if (owner.boot !== me.boot) return owner.boot !== "" && me.boot !== ""
  if (owner.namespace !== me.namespace) return false
  const alive = unlessCode(
    ["ESRCH", "EPERM"],
    () => process.kill(owner.pid, 0),
    (code) => code === "EPERM"
  )
  return !alive || (owner.started !== "" && startOf(owner.pid) !== "" && startOf(owner.pid) !== owner.started)
}

const prefix = "lock-"

/** The locks of the living, as text for people; those of the dead are removed. */
const others = (run: Run, control: OsPath, mine: string, me: Owner): ReadonlyArray<string> =>
  readdirSync(control).flatMap((name) => {
    if (!name.startsWith(prefix) || name === mine) return []
    const at = joinOs(control, name)
    const text = unlessCode(
      ["ENOENT"],
      () => readFileSync(at, "utf8"),
      () => null
    )
    if (text === null) return []
    const owner = Option.getOrUndefined(decodeOwner(text))
    if (owner !== undefined && isDead(owner, me)) {
      works(["ENOENT"], () => run.fs.unlink(at))
      return []
    }
    const who = owner === undefined ? "an unknown process" : `process ${owner.pid} on ${owner.host}`
    return [`${who}; if it is gone for good, remove .tidemark/${name}`]
  })

/** A held lock. @internal */
export interface Lock {
  readonly release: () => void
}

/** Takes the project's lock, or gives what holds it. @internal */
export const takeLock = (run: Run): Lock => {
  const control = mustOpen(run, controlOf("")).at
  const me = self()
  const token = randomUUID()
  const mine = `${prefix}${token}`
  const writing = joinOs(control, `${token}.tmp`)
  writeWhole(run, writing, Buffer.from(JSON.stringify(me)))
  try {
    run.fs.rename(writing, joinOs(control, mine))
  } catch (error) {
    // Whoever holds the lock clears such files away.
    if (codeOf(error) === "ENOENT") throw new FileProblem("", "locked", "")
    throw error
  }
  const release = () => {
    const at = mustOpen(run, controlOf("")).at
    works(["ENOENT"], () => run.fs.unlink(joinOs(at, mine)))
  }
  const held = others(run, control, mine, me)
  if (held[0] === undefined) return { release }
  release()
  throw new FileProblem("", "locked", held[0])
}
