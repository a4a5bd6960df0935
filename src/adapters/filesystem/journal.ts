/** The journal of an apply: what recovery needs to finish it or to put everything back. */

import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { streamedAbove } from "../../core/WorkingTree.ts"
import { DirectoryPath, FilePath } from "../../model/Ids.ts"
import { Standing } from "../../model/Standing.ts"
import { unlessCode, works } from "./failures.ts"
import { sha256 } from "./inspect.ts"
import { joinOs, type OsPath, refusal } from "./osPath.ts"
import { controlOf, mustOpen, type Run } from "./run.ts"
import { writeWhole } from "./writeWhole.ts"

/**
 * One path's change. `dress`: permission bits and owner of what stood there. `folder`: whose control folder holds the staged
 * and the taken file, the root unless the path is on another device. `implied`: a folder that no step of the request
 * names, but that a placed path needs. `tree`: the number of the step whose folder, which was not there, is staged and placed
 * whole with this path in it: its own, or that of one above.
 *
 * @internal
 */
export const JournalStep = Schema.Struct({
  path: FilePath,
  before: Schema.NullOr(Standing),
  after: Schema.NullOr(Standing),
  dress: Schema.NullOr(Schema.Struct({ mode: Schema.Int, uid: Schema.Int, gid: Schema.Int })),
  folder: DirectoryPath,
  implied: Schema.Boolean,
  tree: Schema.optionalKey(Schema.Int)
})
/** @internal */
export interface JournalStep extends Schema.Schema.Type<typeof JournalStep> {}

/**
 * `links`: whether hard links work here, so that recovery can tell what was placed. `boot`: the run of the system in which the
 * files of trees were left to it to write out; without it, they were synced. Steps are sorted by path.
 *
 * @internal
 */
export const Journal = Schema.Struct({
  applyId: Schema.String,
  store: Schema.String,
  root: Schema.Struct({ path: Schema.String, dev: Schema.String, ino: Schema.String }),
  staging: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/)),
  links: Schema.Boolean,
  boot: Schema.optionalKey(Schema.String),
  steps: Schema.Array(JournalStep)
})
/** @internal */
export interface Journal extends Schema.Schema.Type<typeof Journal> {}

/** The journal's names: being written; begun and undecided; decided, with only leftovers to clear away. @internal */
export const journalNames = { writing: "journal.tmp", open: "journal", settled: "settled" } as const

const head = "tidemark-journal 1 "

/** The JSON of a journal, in pieces: that of a hundred thousand steps would be a text of many megabytes, several times over. */
function* bodyOf({ steps, ...rest }: Journal): Generator<Buffer> {
  yield Buffer.from(JSON.stringify({ ...rest, steps: [] }).slice(0, -"]}".length))
  for (let at = 0; at < steps.length; at += 1_000) {
    const some = JSON.stringify(steps.slice(at, at + 1_000)).slice(1, -1)
    yield Buffer.from(at === 0 ? some : `,${some}`)
  }
  yield Buffer.from("]}")
}

/** What is written at a time, at least, unless it is all. */
const pieceBytes = 1024 * 1024

/**
 * A journal's bytes, in pieces of about a MiB. Its text is made twice, because the hash of it comes first: that of a hundred
 * thousand steps costs less so than held in memory.
 *
 * @internal
 */
export function* encodeJournal(journal: Journal): Generator<Buffer> {
  const running = createHash("sha256")
  for (const piece of bodyOf(journal)) running.update(piece)
  let pieces: Array<Buffer> = [Buffer.from(`${head}${running.digest("hex")}\n`)]
  let bytes = 0
  for (const piece of bodyOf(journal)) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes < pieceBytes) continue
    yield Buffer.concat(pieces)
    pieces = []
    bytes = 0
  }
  yield Buffer.concat([...pieces, Buffer.from("\n")])
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Journal))

const isInItsTree = (steps: ReadonlyArray<JournalStep>, step: JournalStep, index: number): boolean => {
  if (step.tree === undefined) return true
  const top = steps[step.tree]
  if (top === undefined || top.tree !== step.tree || top.folder !== step.folder) return false
  return step.tree === index ? top.after?.kind === "directory" : step.path.startsWith(`${top.path}/`)
}

/** A journal may come with a directory that was copied from anywhere: its paths are checked like a request's. @internal */
export const decodeJournal = (bytes: Buffer): Journal | undefined => {
  const end = bytes.indexOf(0x0a)
  const first = bytes.subarray(0, Math.max(0, end)).toString()
  const body = bytes.subarray(end + 1, bytes.length - 1)
  if (end < 0 || !first.startsWith(head) || first.slice(head.length) !== sha256(body)) return undefined
  const journal = Option.getOrUndefined(decode(body.toString()))
  if (journal === undefined) return undefined
  const refused = journal.steps.some(
    (step, index) =>
      refusal(step.path) !== undefined ||
      (step.folder !== "" && refusal(step.folder) !== undefined) ||
      !isInItsTree(journal.steps, step, index)
  )
  return refused ? undefined : journal
}

/** The folders whose control folders an apply uses: always the root's own. @internal */
export const foldersOf = (steps: ReadonlyArray<JournalStep>): ReadonlyArray<string> => [
  ...new Set(["", ...steps.map((step) => step.folder)])
]

/** Reads the journal of that name; `null` when there is none, `"damaged"` when it is not one. @internal */
export const readJournal = (control: OsPath, name: string): Journal | "damaged" | null => {
  const bytes = unlessCode(
    ["ENOENT"],
    () => readFileSync(joinOs(control, name)),
    () => null
  )
  return bytes === null ? null : (decodeJournal(bytes) ?? "damaged")
}

/** Writes the journal whole, or not at all: from here on the apply is decided by the ledger. @internal */
export const writeJournal = (run: Run, journal: Journal): void => {
  const control = mustOpen(run, controlOf("")).at
  const writing = joinOs(control, journalNames.writing)
  writeWhole(run, writing, encodeJournal(journal))
  run.fs.rename(writing, joinOs(control, journalNames.open))
  run.fs.syncDirectory(control)
}

/** Marks the journal as decided: only leftovers are to be cleared away from here on. @internal */
export const settleJournal = (run: Run): void => {
  const control = mustOpen(run, controlOf("")).at
  run.fs.rename(joinOs(control, journalNames.open), joinOs(control, journalNames.settled))
  run.fs.syncDirectory(control)
}

/** Takes that back, because what the journal says has to be done once more. @internal */
export const reopenJournal = (run: Run): void => {
  const control = mustOpen(run, controlOf("")).at
  run.fs.rename(joinOs(control, journalNames.settled), joinOs(control, journalNames.open))
  run.fs.syncDirectory(control)
}

/**
 * Whether what a step placed was left to the system to write out: small files, and links and folders, in a tree. What replaces
 * something never is.
 *
 * @internal
 */
export const isLeftToSystem = ({ boot }: Pick<Journal, "boot">, { after, tree }: JournalStep): boolean =>
  boot !== undefined && tree !== undefined && (after?.kind === "directory" || (after?.size ?? 0) <= streamedAbove)

/** Removes a journal whose apply has changed nothing yet. @internal */
export const dropJournal = (run: Run): void => {
  const control = mustOpen(run, controlOf("")).at
  works(["ENOENT"], () => run.fs.unlink(joinOs(control, journalNames.open)))
}
