/** The control folder: made on first use, never scanned, ignored by git. */
import { readdirSync } from "node:fs"
import { works } from "./failures.ts"
import { writeWhole } from "./journal.ts"
import { controlName, joinOs } from "./osPath.ts"
import { controlOf, mustOpen, type Run, stagingOf } from "./run.ts"

const ensure = (run: Run, folder: string, name: string): void => {
  const at = joinOs(mustOpen(run, folder).at, name)
  works(["EEXIST"], () => run.fs.mkdir(at))
}

/** Makes the control folder of a folder, if it is not there. @internal */
export const ensureControl = (run: Run, folder: string): void => {
  ensure(run, folder, controlName)
  const control = mustOpen(run, controlOf(folder)).at
  if (!readdirSync(control).includes(".gitignore")) {
    works(["EEXIST"], () => writeWhole(run, joinOs(control, ".gitignore"), Buffer.from("*\n")))
  }
}

/** Makes the staging folder of one apply. @internal */
export const ensureStaging = (run: Run, folder: string, name: string): void => {
  ensureControl(run, folder)
  ensure(run, controlOf(folder), "staging")
  ensure(run, `${controlOf(folder)}/staging`, name)
  // Its name must not outlive a loss of power only half.
  run.fs.syncDirectory(mustOpen(run, `${controlOf(folder)}/staging`).at)
  run.fs.syncDirectory(mustOpen(run, controlOf(folder)).at)
  mustOpen(run, stagingOf(folder, name))
}

/** The names in a folder; none when it is not there (or is not one). @internal */
export const namesIn = (run: Run, folder: string): ReadonlyArray<string> => {
  const directory = run.directories.keep(folder)
  return "blocked" in directory ? [] : readdirSync(directory.at)
}
