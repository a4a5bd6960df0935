/** File systems that fold case or normalisation: where one name finds what stands under another. */
import { FileProblem } from "./failures.ts"
import { sortedNames } from "./names.ts"
import { baseOf, below, parentOf } from "./osPath.ts"
import type { Run } from "./run.ts"

const folded = (name: string): string => name.normalize("NFC").toLowerCase()

/** The other name among `names` under which `name` is found, if it is not there itself. @internal */
export const twinAmong = (names: ReadonlyArray<string>, name: string): string | undefined =>
  names.includes(name) ? undefined : names.find((other) => folded(other) === folded(name))

/** The path under which a path is found that is not there itself. @internal */
export const twinOf = (run: Run, path: string): string | undefined => {
  const parent = run.directories.keep(parentOf(path))
  if ("blocked" in parent) return undefined
  const names = sortedNames(parent.at).map(({ text }) => text)
  const twin = twinAmong(names, baseOf(path))
  return twin === undefined ? undefined : below(parentOf(path), twin)
}

/** @internal */
export const nameClash = (path: string, twin: string): FileProblem =>
  new FileProblem(path, "name-clash", `it is ${JSON.stringify(twin)} there`)
