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
  writeWhole(run, writing, bytes)
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

const folders = "folders"
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.String)))

/** Notes the folders on other devices that will hold staged files: a crash before the journal must not lose them. @internal */
export const noteFolders = (run: Run, used: ReadonlyArray<string>): void => {
  const others = used.filter((folder) => folder !== "")
  if (others.length > 0) publish(run, "", folders, Buffer.from(JSON.stringify(others)))
}

/** The noted folders, the root's own first. @internal */
export const notedFolders = (run: Run): ReadonlyArray<string> => {
  const at = joinOs(mustOpen(run, controlOf("")).at, folders)
  const text = unlessCode(
    ["ENOENT"],
    () => readFileSync(at, "utf8"),
    () => "[]"
  )
  const noted = Option.getOrElse(decode(text), () => [])
  return ["", ...noted.filter((folder) => refusal(folder) === undefined)]
}

/** Forgets the noted folders: nothing is staged in them any more. @internal */
export const forgetFolders = (run: Run): void => {
  const at = joinOs(mustOpen(run, controlOf("")).at, folders)
  works(["ENOENT"], () => run.fs.unlink(at))
}
