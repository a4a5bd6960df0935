/** The structure of a three-way merge of trees: which paths are settled, which ask their content, which conflict. */
import type { ConflictKind } from "../../model/Conflict.ts"
import type { FilePath, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Entry } from "../../model/Tree.ts"
import { type Decision, decide, type SameContent } from "./decide.ts"
import { noSideRenames, type SideRenames } from "./renames/detectRenames.ts"
import { directoryRenames, noDirectoryRenames } from "./renames/directoryRenames.ts"
import { placeFiles } from "./renames/placeFiles.ts"
import type { RenameOptions } from "./renames/RenameOptions.ts"
import { plainSides, type SideNames } from "./SideNames.ts"
import { type AppliedRename, type Placed, type Slot, slotOf } from "./Slot.ts"
import { type Survey, sameEntry, type TreeLookup, type Triple } from "./surveyTrees.ts"

/** A path that is settled. @public */
export interface TakeOutcome {
  readonly _tag: "Take"
  readonly side: "base" | "ours" | "theirs" | "both"
  readonly entry: Entry | null
  readonly reason: string
}

/** One path of a merge that is not simply what ours already holds. @public */
export interface MergePath extends Triple<Entry | null> {
  readonly path: FilePath
  /** The files behind the entries, with the paths that they come from. */
  readonly files: Triple<Placed | null>
  readonly outcome:
    | TakeOutcome
    | { readonly _tag: "Content"; readonly kind: "file" | "executable"; readonly modeConflict: boolean }
    | { readonly _tag: "Conflict"; readonly kind: ConflictKind; readonly reason: string }
    /** A side's file is itself a merge of three, to be made first. */
    | { readonly _tag: "Nested" }
  readonly renames: ReadonlyArray<AppliedRename>
  /** Further terms of a conflict. */
  readonly more: { readonly bases: ReadonlyArray<Placed | null>; readonly sides: ReadonlyArray<Placed | null> }
  /** Nothing stands here in the end, whatever the conflict. */
  readonly vacated: boolean
  /**
   * Of a directory in conflict with a file: what is to be merged below it, where the directory is not simply as its side
   * has it.
   */
  readonly below: ReadonlyArray<MergePath>
}

/** The paths where two or three of the trees differ, and the directories that must survive though they are empty. @public */
export interface TreeMergePlan {
  readonly paths: ReadonlyArray<MergePath>
  readonly keep: ReadonlySet<string>
  /** Trees to read before planning again. */
  readonly missing: ReadonlySet<TreeId>
}

/** What planning starts from. @public */
export interface TreeMergeFacts {
  readonly trees: TreeLookup
  readonly roots: Triple<TreeId | null>
  readonly survey: Survey
  readonly renames: { readonly ours: SideRenames; readonly theirs: SideRenames }
  readonly directories: RenameOptions["directories"]
  /** Gives a file in a directory's place a name of its own, instead of a conflict: for bases that are merged themselves. */
  readonly apart: boolean
  /** What the sides are called in reasons; by default, ours and theirs. */
  readonly names?: SideNames | undefined
}

/** The renames of a merge that looks for none. @public */
export const withoutRenames = { ours: noSideRenames, theirs: noSideRenames } as const

const sides = ["ours", "theirs"] as const

/** What stands at a path of a tree. Trees on the way that are not known are noted as missing. @internal */
export const entryAt = (
  trees: TreeLookup,
  root: TreeId | null,
  path: string,
  missing: Set<TreeId> = new Set()
): Entry | null => {
  let at = root
  const names = path.split("/")
  for (const [depth, name] of names.entries()) {
    if (at === null) return null
    const entries = trees.get(at)
    if (entries === undefined) {
      missing.add(at)
      return null
    }
    const entry = entries.find((candidate) => candidate.name === name)
    if (entry === undefined) return null
    if (depth === names.length - 1) return { kind: entry.kind, id: entry.id, size: entry.size }
    at = entry.kind === "directory" ? (entry.id as TreeId) : null
  }
  return null
}

const entryOf = (placed: Placed | null): Entry | null => placed?.entry ?? null

/** A merge that has to come first may turn out to need no looking at contents. */
const settleFirst = (placed: Placed | null, same: SameContent): Placed | null => {
  if (placed?.first === undefined) return placed
  const { base, ours, theirs } = placed.first
  const decision = decide(base.entry, ours.entry, theirs.entry, same)
  if (decision._tag !== "Take" || decision.entry === null) return placed
  return { entry: decision.entry, path: placed.path }
}

type Outcome = MergePath["outcome"]

const outcomeOf = (slot: Slot, same: SameContent, names: SideNames): Outcome => {
  const [question] = slot.questions
  if (question !== undefined) {
    return { _tag: "Conflict", kind: question.kind, reason: slot.questions.map(({ reason }) => reason).join("; ") }
  }
  const [ours, theirs] = [settleFirst(slot.ours, same), settleFirst(slot.theirs, same)]
  slot.ours = ours
  slot.theirs = theirs
  if (ours?.first !== undefined || theirs?.first !== undefined) return { _tag: "Nested" }
  if (slot.movedTo !== undefined && slot.base === null && ours === null && theirs === null) {
    return { _tag: "Take", side: "both", entry: null, reason: `it moved to ${slot.movedTo}` }
  }
  return asOutcome(decide(entryOf(slot.base), entryOf(ours), entryOf(theirs), same, names))
}

/** Files are never a matter of looking into directories. */
const asOutcome = (decision: Decision): Outcome =>
  decision._tag === "Recurse" || decision._tag === "Replace"
    ? { _tag: "Conflict", kind: "type", reason: "a directory and something else" }
    : decision

const isNothing = (outcome: Outcome): boolean => outcome._tag === "Take" && outcome.entry === null

const ancestorsOf = function* (path: string): Generator<string> {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) yield path.slice(0, at)
}

/** Nothing happens here: the slot was only looked at, or what stands here is what stood here. */
const isIdle = ({ base, movedTo, ours, path, questions, renames, theirs, whole }: Slot): boolean =>
  movedTo === undefined &&
  questions.length === 0 &&
  renames.length === 0 &&
  !whole &&
  [base, ours, theirs].every((placed) => placed === null || placed.path === path) &&
  sameEntry(entryOf(base), entryOf(ours)) &&
  sameEntry(entryOf(base), entryOf(theirs))

const noMore = { bases: [], sides: [] } as const

const pathOf = (slot: Slot, outcome: Outcome): MergePath => ({
  path: slot.path,
  base: entryOf(slot.base),
  ours: entryOf(slot.ours),
  theirs: entryOf(slot.theirs),
  files: { base: slot.base, ours: slot.ours, theirs: slot.theirs },
  outcome,
  renames: slot.renames,
  more: slot.more,
  vacated: slot.vacated,
  below: []
})

/** What becomes of a directory that was not looked into, told as the whole that stands there. */
const wholePath = (slot: Slot, outcome: Outcome): MergePath => ({
  ...pathOf(slot, outcome),
  base: slot.trees.base ?? entryOf(slot.base),
  ours: slot.trees.ours ?? entryOf(slot.ours),
  theirs: slot.trees.theirs ?? entryOf(slot.theirs),
  more: noMore
})

/** A file where a directory stays: one conflict that holds the directory and every file that wants its place. */
const directoryFile = (slot: Slot, file: Outcome, below: ReadonlyArray<MergePath>, names: SideNames): MergePath => {
  const { trees } = slot
  const displaced = sides.filter((side) => trees[side] !== null && slot[side] !== null)
  // Where neither side has a directory, one is made of what moves lead there: it stands on the side without the file.
  const made = trees.ours === null && trees.theirs === null
  const directory = (made ? slot.ours === null : trees.ours !== null) ? "ours" : "theirs"
  const other = directory === "ours" ? "theirs" : "ours"
  const native = (path: MergePath) =>
    path[other] === null && path.renames.length === 0 && path.outcome._tag !== "Nested" && path.more.sides.length === 0
  const foreign = made || below.some((path) => !isNothing(path.outcome) && !native(path))
  const why = file._tag === "Conflict" ? `; ${file.reason}` : ""
  const whole = wholePath(slot, {
    _tag: "Conflict",
    kind: "directory/file",
    reason: `${names[directory]} has a directory here and ${names[other]} a file${why}`
  })
  const bases = displaced.map(() => (trees.base === null ? null : slot.base))
  return {
    ...whole,
    more: {
      bases: [...slot.more.bases, ...bases],
      sides: [...slot.more.sides, ...displaced.map((side) => slot[side])]
    },
    below: foreign ? below : []
  }
}

/**
 * Plans the merge of three trees: follows renames, then decides every name, then what stands where a file and a
 * directory want one place.
 *
 * @public
 */
export const planTreeMerge = (facts: TreeMergeFacts, same: SameContent): TreeMergePlan => {
  const { names = plainSides, renames, roots, survey, trees } = facts
  const missing = new Set<TreeId>()
  const slots = new Map<string, Slot>()
  for (const [path, row] of survey.paths) slots.set(path, slotOf(row))
  const slotAt = (path: string): Slot => {
    const known = slots.get(path)
    if (known !== undefined) return known
    const at = (root: TreeId | null) => entryAt(trees, root, path, missing)
    const row = { base: at(roots.base), ours: at(roots.ours), theirs: at(roots.theirs) }
    const slot = slotOf({ path: path as FilePath, ...row, whole: false })
    slots.set(path, slot)
    return slot
  }
  const moved =
    facts.directories === "stay"
      ? { ours: noDirectoryRenames, theirs: noDirectoryRenames }
      : directoryRenames(renames.ours.votes, renames.theirs.votes)
  placeFiles(
    {
      ours: { survey: survey.ours, renames: renames.ours.renames, directories: moved.ours },
      theirs: { survey: survey.theirs, renames: renames.theirs.renames, directories: moved.theirs }
    },
    slotAt,
    facts.directories,
    names
  )

  const decided: Array<readonly [Slot, Outcome, Outcome | null]> = []
  const occupied = new Set<string>()
  for (const slot of slots.values()) {
    if (isIdle(slot)) continue
    const directory = slot.whole
      ? asOutcome(decide(slot.trees.base, slot.trees.ours, slot.trees.theirs, same, names))
      : null
    const file = outcomeOf(slot, same, names)
    decided.push([slot, file, directory])
    if (slot.vacated || (isNothing(file) && (directory === null || isNothing(directory)))) continue
    for (const parent of ancestorsOf(slot.path)) occupied.add(parent)
  }
  const paths: Array<MergePath> = []
  const replaced: Array<readonly [Slot, Outcome]> = []
  for (const [slot, file, directory] of decided) {
    const stays = directory === null ? occupied.has(slot.path) : !isNothing(directory)
    const nothing = isNothing(file) || slot.vacated
    if (!stays) {
      const gone = directory !== null && isNothing(file)
      paths.push(gone ? wholePath(slot, directory) : pathOf(slot, file))
    } else if (!nothing) replaced.push([slot, file])
    else if (directory !== null) paths.push(wholePath(slot, directory))
  }
  paths.sort((a, b) => compareUtf8(a.path, b.path))
  // The deepest first: a directory in conflict may be within another one.
  replaced.sort(([a], [b]) => b.path.length - a.path.length)
  for (const [slot, file] of replaced) {
    if (facts.apart) {
      const side = slot.trees.ours === null ? "ours" : "theirs"
      paths.push({ ...pathOf(slot, file), path: `${slot.path}~${side}` as FilePath })
      continue
    }
    const within = paths.filter(({ path }) => path.startsWith(`${slot.path}/`))
    const conflict = directoryFile(slot, file, within, names)
    const gone = new Set(within)
    const rest = paths.filter((path) => !gone.has(path))
    paths.splice(0, paths.length, ...rest, conflict)
  }
  return { paths, keep: survey.keep, missing }
}
