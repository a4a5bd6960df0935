/** The first half of an apply, which changes nothing: are the inputs what the request says, and can it be done? */
import { accessSync, constants, lstatSync, statSync } from "node:fs"
import type { ApplyRequest } from "../../core/WorkingTree.ts"
import type { DirectoryPath, FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Standing } from "../../model/Standing.ts"
import { FileProblem } from "./failures.ts"
import { absent, inspect, type Seen, sameStanding } from "./inspect.ts"
import type { JournalStep } from "./journal.ts"
import { joinOs, parentOf, refusal } from "./osPath.ts"
import { type Missing, mustOpen, nearestFolder, openUnlessMissing, type Run, reach } from "./run.ts"
import { nameClash, twinOf } from "./twins.ts"
import type { Work } from "./work.ts"

/** What an apply will do, path by path, or which of its inputs are stale. @internal */
export interface Examined {
  readonly stale: ReadonlyArray<FilePath>
  readonly steps: ReadonlyArray<JournalStep>
}

interface Planned {
  readonly before: Standing | null
  after: Standing | null
  readonly seen: Seen
}

function* look(run: Run, path: FilePath, missing: Missing): Work<Seen> {
  run.site.at = path
  const at = reach(run, path, missing)
  yield 1
  return at === undefined ? absent : yield* inspect(at)
}

/** Adds the folders that placed paths need: those that a step removes stay, and missing ones become steps. */
const addParents = (run: Run, steps: Map<string, Planned>, missing: Missing): void => {
  const known = new Set<string>([""])
  for (const [path, step] of [...steps]) {
    if (step.after === null) continue
    for (let at = parentOf(path); !known.has(at); at = parentOf(at)) {
      known.add(at)
      const own = steps.get(at)
      if (own !== undefined) {
        if (own.after !== null && own.after.kind !== "directory") {
          throw new FileProblem(at, "unsupported", "is to be a file and a folder at once")
        }
        own.after = { kind: "directory" }
        continue
      }
      const found = openUnlessMissing(run, at, missing)
      if (!("blocked" in found)) continue
      // Above it something that a step removes may stand, which is then looked at in its turn.
      const removed = found.at !== at || steps.has(found.at)
      if (found.blocked === "symlink" && !removed) throw new FileProblem(at, "escapes-root", "")
      if (found.blocked === "not-a-directory" && !removed) throw new FileProblem(at, "not-a-directory", "")
      steps.set(at, { before: null, after: { kind: "directory" }, seen: absent })
    }
  }
}

/** Whether this file system takes the names of what is to be made below a folder; asked while nothing is changed yet. */
const tryNames = (run: Run, folder: string, path: FilePath, tried: Set<string>): void => {
  run.site.at = path
  const names = path.slice(folder === "" ? 0 : folder.length + 1).split("/")
  for (const name of names) {
    const key = `${folder}/${name}`
    if (tried.has(key)) continue
    lstatSync(joinOs(mustOpen(run, folder).at, name), { throwIfNoEntry: false })
    tried.add(key)
  }
}

/** The topmost folder on the same device as `folder`, below the root: where a rename can reach. */
const mountOf = (run: Run, folder: string): string => {
  const device = (at: string) => statSync(mustOpen(run, at).at, { bigint: true }).dev
  const dev = device(folder)
  if (dev === run.directories.dev) return ""
  let at = folder
  while (at !== "" && device(parentOf(at)) === dev) at = parentOf(at)
  return at
}

/** What is known of a folder that is there, and in which something is to be made. */
interface Around {
  /** Whose control folder serves it. */
  readonly folder: string
  /** Whether new folders can be made elsewhere and moved there: not where it passes its group on to what is made in it. */
  readonly takesWhole: boolean
}

const lookAround = (run: Run, parent: string): Around => {
  run.site.at = parent
  accessSync(mustOpen(run, parent).at, constants.W_OK | constants.X_OK)
  const folder = mountOf(run, parent)
  const passesGroup = (at: string) => (statSync(mustOpen(run, at).at).mode & 0o2000) !== 0
  return { folder, takesWhole: !passesGroup(parent) && !passesGroup(folder) }
}

/**
 * The steps in the order of their paths. A folder that is not there yet becomes a tree, with all that comes into it: nothing
 * there can be in anybody's way, so it is staged and placed whole.
 */
function* number(
  run: Run,
  steps: Map<string, Planned>,
  named: ReadonlySet<string>,
  missing: Missing
): Work<ReadonlyArray<JournalStep>> {
  const known = new Map<string, Around>()
  const trees = new Map<string, number>()
  const tried = new Set<string>()
  const out: Array<JournalStep> = []
  for (const [path, { before, after, seen }] of [...steps].sort(([a], [b]) => compareUtf8(a, b))) {
    if (sameStanding(before, after)) continue
    const step = { path: path as FilePath, before, after, dress: seen.dress, implied: !named.has(path) }
    const tree = trees.get(parentOf(path))
    const top = tree === undefined ? undefined : out[tree]
    if (tree !== undefined && top !== undefined) {
      if (after?.kind === "directory") trees.set(path, tree)
      out.push({ ...step, folder: top.folder, tree })
    } else {
      const parent = nearestFolder(run, path, missing)
      if (before === null) tryNames(run, parent, path as FilePath, tried)
      const around = known.get(parent) ?? lookAround(run, parent)
      known.set(parent, around)
      const isTree = before === null && after?.kind === "directory" && around.takesWhole
      if (isTree) trees.set(path, out.length)
      out.push({ ...step, folder: around.folder as DirectoryPath, ...(isTree ? { tree: out.length } : {}) })
    }
    yield 1
  }
  return out
}

const inputsOf = ({ checks, steps }: ApplyRequest) => [
  ...checks,
  ...steps.map(({ path, before }) => ({ path, standing: before }))
]

/** Whether what is found at a path is only its twin in another case, which goes away in this very request. */
const standsForTwin = (run: Run, { steps }: ApplyRequest, path: FilePath): boolean => {
  const twin = twinOf(run, path)
  if (twin === undefined) return false
  if (steps.some((step) => step.path === twin && step.after === null)) return true
  throw nameClash(path, twin)
}

/** Looks at every input; reads each file once. @internal */
export function* examine(run: Run, request: ApplyRequest): Work<Examined> {
  const missing: Missing = new Set()
  const steps = new Map<string, Planned>()
  const stale = new Set<FilePath>()
  for (const { path, standing } of inputsOf(request)) {
    const refused = refusal(path)
    if (refused !== undefined) throw new FileProblem(path, refused.failure, refused.why)
    const known = steps.get(path)
    const seen = known?.seen ?? (yield* look(run, path, missing))
    if (sameStanding(seen.standing, standing) || (standing === null && standsForTwin(run, request, path))) {
      if (known === undefined) steps.set(path, { before: standing, after: standing, seen })
    } else stale.add(path)
  }
  if (stale.size > 0) return { stale: [...stale].sort(compareUtf8), steps: [] }
  const named = new Set<string>()
  for (const { path, after } of request.steps) {
    if (named.has(path)) throw new FileProblem(path, "unsupported", "is named by two steps")
    named.add(path)
    const step = steps.get(path)
    if (step !== undefined) step.after = after
  }
  for (const [path, step] of steps) if (sameStanding(step.before, step.after)) steps.delete(path)
  addParents(run, steps, missing)
  return { stale: [], steps: yield* number(run, steps, named, missing) }
}
