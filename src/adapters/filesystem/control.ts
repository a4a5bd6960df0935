/** The control folder: made on first use, never scanned, ignored by git. */
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { unlessCode, works } from "./failures.ts"
import { controlName, joinOs, refusal } from "./osPath.ts"
import { controlOf, mustOpen, type Run } from "./run.ts"
import { writeWhole } from "./writeWhole.ts"

const ensure = (run: Run, folder: string, name: string): void => {
  const at = joinOs(mustOpen(run, folder).at, name)
  works(["EEXIST"], () => run.fs.mkdir(at))
}

/** Makes a file of the control folder, whole or not at all. */
const publish = (run: Run, folder: string, name: string, bytes: Uint8Array): void => {
  const control = mustOpen(run, controlOf(folder)).at
  const writing = joinOs(control, `${randomUUID()}.tmp`)
  writeWhole(run, writing, [bytes])
  // Whoever holds the lock clears such files away, and then this one is there too.
  works(["ENOENT"], () => run.fs.rename(writing, joinOs(control, name)))
}

/** Makes the control folder of a folder, if it is not there. @internal */
export const ensureControl = (run: Run, folder: string): void => {
  ensure(run, folder, controlName)
  if (namesIn(run, controlOf(folder)).includes(".gitignore")) return
  publish(run, folder, ".gitignore", Buffer.from("*\n"))
}

/** Makes the staging folder of one apply. @internal */
export const ensureStaging = (run: Run, folder: string, name: string): void => {
  ensureControl(run, folder)
  ensure(run, controlOf(folder), "staging")
  ensure(run, `${controlOf(folder)}/staging`, name)
  // Its name must not be lost with the power when the journal is not.
  run.fs.syncDirectory(mustOpen(run, `${controlOf(folder)}/staging`).at)
  run.fs.syncDirectory(mustOpen(run, controlOf(folder)).at)
}

/** The names in a folder; none when it is not there (or is not one). @internal */
export const namesIn = (run: Run, folder: string): ReadonlyArray<string> => {
  const directory = run.directories.keep(folder)
  return "blocked" in directory ? [] : readdirSync(directory.at)
}

const elsewhere = "elsewhere"

/** An apply's staging folders on other devices: their control folders may serve other roots too. @internal */
export interface Elsewhere {
  readonly staging: string
  readonly folders: ReadonlyArray<string>
}

const StagingName = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/))
const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ staging: StagingName, folders: Schema.Array(Schema.String) }))
)

/** Notes where else files will be staged: a crash before the journal is written must not lose them. @internal */
export const noteElsewhere = (run: Run, noted: Elsewhere): void => {
  if (noted.folders.length > 0) publish(run, "", elsewhere, Buffer.from(JSON.stringify(noted)))
}

/** Where else files were staged, if anywhere. @internal */
export const notedElsewhere = (run: Run): Elsewhere => {
  const at = joinOs(mustOpen(run, controlOf("")).at, elsewhere)
  const text = unlessCode(
    ["ENOENT"],
    () => readFileSync(at, "utf8"),
    () => ""
  )
  const { staging, folders } = Option.getOrElse(decode(text), (): Elsewhere => ({ staging: "", folders: [] }))
  return { staging, folders: folders.filter((folder) => refusal(folder) === undefined) }
}

/** Forgets what was noted: nothing is staged elsewhere any more. @internal */
export const forgetElsewhere = (run: Run): void => {
  const at = joinOs(mustOpen(run, controlOf("")).at, elsewhere)
  works(["ENOENT"], () => run.fs.unlink(at))
}
