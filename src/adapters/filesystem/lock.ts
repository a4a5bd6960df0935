/**
 * The lock of a project: one file per holder, with a name never used twice.
 *
 * Whoever wants the lock writes its own file first and looks for others afterwards, so of two that come at once at
 * least one sees the other (if both do, both give way). A holder's file is only ever removed by the holder, or by
 * anybody once the holder is dead: because names are never used again, clearing a dead holder's lock cannot hit a
 * living one's.
 */
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { codeOf, FileProblem, unlessCode, works } from "./failures.ts"
import { isDead, LockOwner, ownerNow } from "./lockOwner.ts"
import { joinOs, type OsPath } from "./osPath.ts"
import { controlOf, mustOpen, type Run } from "./run.ts"
import { writeWhole } from "./writeWhole.ts"

const decodeOwner = Schema.decodeUnknownOption(Schema.fromJsonString(LockOwner))

const prefix = "lock-"

/** The locks of the living, as text for people; those of the dead are removed. */
const others = (run: Run, control: OsPath, mine: string, me: LockOwner): ReadonlyArray<string> =>
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
  const token = randomUUID()
  const me = ownerNow()
  const mine = `${prefix}${token}`
  const writing = joinOs(control, `${token}.tmp`)
  writeWhole(run, writing, [Buffer.from(JSON.stringify(me))])
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
