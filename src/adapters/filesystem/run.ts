/** What one apply or recovery works with. */
import { type Blocked, Directories, type Directory } from "./directories.ts"
import { FileProblem, type Site } from "./failures.ts"
import { bootNow } from "./lockOwner.ts"
import { Mutations, type OnStep } from "./mutations.ts"
import { baseOf, below, controlName, joinOs, type OsPath, parentOf } from "./osPath.ts"

/** @internal */
export interface Run {
  readonly site: Site
  readonly directories: Directories
  readonly fs: Mutations
  /** This run of the system; empty where it cannot be told from the next. */
  readonly boot: string
}

/** @internal */
export const openRun = (site: Site, anchored: boolean, onStep: OnStep | undefined, boot = bootNow()): Run => ({
  site,
  boot,
  directories: Directories.open(site.root, anchored),
  fs: new Mutations(onStep)
})

const must = (directory: Directory | Blocked): Directory => {
  if (!("blocked" in directory)) return directory
  if (directory.blocked === "symlink") throw new FileProblem(directory.at, "escapes-root", "")
  throw new FileProblem(directory.at, directory.blocked === "missing" ? "not-found" : "not-a-directory", "")
}

/** Opens a directory that must be there; a link on the way leads out of the root. @internal */
export const mustOpen = (run: Run, path: string): Directory => must(run.directories.keep(path))

/** The same for a folder of our own, which is not looked for again while it is open. @internal */
export const hold = (run: Run, path: string): Directory => must(run.directories.held(path))

/**
 * Folders that were found missing. Kept for as long as nothing is changed: many files are on their way into folders that
 * are not there yet, and asking for each of those again costs an exception.
 *
 * @internal
 */
export type Missing = Set<string>

/** Opens a directory, unless it, or one above it, was missing a moment ago. @internal */
export const openUnlessMissing = (run: Run, path: string, missing: Missing): Directory | Blocked => {
  for (let at = path; at !== ""; at = parentOf(at)) {
    if (!missing.has(at)) continue
    missing.add(path)
    return { blocked: "missing", at: path }
  }
  const found = run.directories.keep(path)
  if (!("blocked" in found && found.blocked === "missing")) return found
  missing.add(path)
  // The topmost is what says it of all the others below.
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
    const above = run.directories.keep(at)
    if (!("blocked" in above && above.blocked === "missing")) break
    missing.add(at)
  }
  return found
}

/** The operating system's path of `path`, through its opened parent; `undefined` when there is no such directory. @internal */
export const reach = (run: Run, path: string, missing?: Missing): OsPath | undefined => {
  const at = parentOf(path)
  const parent = missing === undefined ? run.directories.keep(at) : openUnlessMissing(run, at, missing)
  return "blocked" in parent ? undefined : joinOs(parent.at, baseOf(path))
}

/** The nearest folder above `path` that is there. @internal */
export const nearestFolder = (run: Run, path: string, missing: Missing = new Set()): string => {
  let at = parentOf(path)
  while ("blocked" in openUnlessMissing(run, at, missing)) at = parentOf(at)
  return at
}

/** The control folder of a folder: of the root, or of one on another device. @internal */
export const controlOf = (folder: string): string => below(folder, controlName)

/** The folder that holds one apply's staged and taken files. @internal */
export const stagingOf = (folder: string, name: string): string => `${controlOf(folder)}/staging/${name}`
