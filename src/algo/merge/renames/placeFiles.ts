/**
 * Moving the files of a merge to where renames lead: what one side did to a file meets what the other side did to it,
 * under the name that it has in the end.
 */
import type { FilePath } from "../../../model/Ids.ts"
import { compareUtf8 } from "../../../model/order.ts"
import type { SideNames } from "../SideNames.ts"
import type { AppliedRename, Placed, Slot } from "../Slot.ts"
import { type Side, type SideSurvey, sameEntry } from "../surveyTrees.ts"
import type { Rename } from "./detectRenames.ts"
import { type DirectoryRenames, followDirectory } from "./directoryRenames.ts"
import type { RenameOptions } from "./RenameOptions.ts"

/** One side's part: what it did, which files it moved, and which directories. @public */
export interface SideMoves {
  readonly survey: SideSurvey
  readonly renames: ReadonlyArray<Rename>
  readonly directories: DirectoryRenames
}

/** Gives the slot of a path, which is made of what stands in the trees where there is none yet. @public */
export type SlotAt = (path: string) => Slot

const otherSide = { ours: "theirs", theirs: "ours" } as const
const isRegular = ({ entry }: Placed) => entry.kind === "file" || entry.kind === "executable"

/** Takes along what one side put into a directory that the other side moved. Returns the side's renames as they are then. */
const followDirectories = (
  side: Side,
  sides: { readonly ours: SideMoves; readonly theirs: SideMoves },
  targets: { readonly [S in Side]: ReadonlyMap<string, ReadonlyArray<string>> },
  slotAt: SlotAt,
  directories: RenameOptions["directories"],
  names: SideNames
): ReadonlyArray<AppliedRename> => {
  const [here, there] = [names[side], names[otherSide[side]]]
  const [mine, other] = [sides[side], sides[otherSide[side]]]
  const destinations = new Set<string>(mine.renames.map(({ to }) => to))
  const asked = new Set<string>()
  const follow = (path: FilePath, added: boolean): FilePath => {
    const slot = slotAt(path)
    const followed = followDirectory(path, other.directories.moved)
    for (let at = path.lastIndexOf("/"); at > (followed?.from.length ?? 0); at = path.lastIndexOf("/", at - 1)) {
      const places = other.directories.split.get(path.slice(0, at))
      if (places === undefined) continue
      slot.questions.push({
        kind: "directory-rename/split",
        reason: `${there} moved the files of ${path.slice(0, at)} to ${places.join(" and ")} alike`
      })
      break
    }
    // Where the other side's own files are led to this very path, this one stays.
    if (targets[otherSide[side]].has(path)) return path
    // What this side moved away itself is no place to put its files.
    if (followed === undefined || mine.directories.moved.has(followed.to)) return path
    const to = followed.path as FilePath
    const target = slotAt(to)
    const rivals = targets[side].get(to) ?? []
    // So is a directory that this side removed and the other left alone: it was settled before anything moved.
    const occupied = target[side] !== null || target.trees[side] !== null || target.whole
    if (occupied || rivals.length > 1 || asked.has(to)) {
      asked.add(to)
      slot.questions.push({
        kind: "directory-rename/collision",
        reason: occupied
          ? `${there} moved ${followed.from} to ${followed.to}, but ${here} has something at ${to} already`
          : `${there} moved ${followed.from} to ${followed.to}, which leads ${rivals.join(" and ")} to ${to}`
      })
      return path
    }
    const moving = slot[side]
    if (moving === null) return path
    slot[side] = null
    slot.movedTo = to
    target[side] = moving
    target.questions.push(...slot.questions.splice(0))
    // What both sides removed there is not back because a new file happens to hold the same.
    const { base } = target
    if (added && base !== null && target[otherSide[side]] === null && sameEntry(base.entry, moving.entry)) {
      const reason = `${here} has ${path}, which ${there} leads here, where it removed the same content`
      target.questions.push({ kind: "modify/delete", reason })
    }
    if (directories === "conflict") {
      target.questions.push({
        kind: "directory-rename",
        reason: `${here} has ${path}, and ${there} moved ${followed.from} to ${followed.to}: it should perhaps go along`
      })
    }
    return to
  }
  const renames = mine.renames.map((rename) => ({ ...rename, side, to: follow(rename.to, false) }))
  for (const { path } of mine.survey.fresh) if (!destinations.has(path)) follow(path, true)
  return renames
}

/** Which paths the files of a side would be led to by the directories that the other side moved. */
const targetsOf = (mine: SideMoves, other: SideMoves): ReadonlyMap<string, ReadonlyArray<string>> => {
  const targets = new Map<string, Array<string>>()
  for (const { path } of mine.survey.fresh) {
    const to = followDirectory(path, other.directories.moved)?.path
    if (to === undefined) continue
    const known = targets.get(to)
    if (known === undefined) targets.set(to, [path])
    else known.push(path)
  }
  return targets
}

/** What a rename took away. What this side was led to put there meanwhile is something else, and stays. */
const clear = (slot: Slot, to: FilePath, ...taken: ReadonlyArray<Side>): void => {
  slot.base = null
  for (const side of taken) slot[side] = null
  slot.movedTo = to
}

/** Both sides moved one file. */
const meetTwo = (ours: AppliedRename, theirs: AppliedRename, slotAt: SlotAt, names: SideNames): void => {
  const from = slotAt(ours.from)
  const { base } = from
  const [left, right] = [slotAt(ours.to), slotAt(theirs.to)]
  left.renames.push(ours)
  right.renames.push(theirs)
  if (ours.to === theirs.to) {
    left.base = base
    clear(from, ours.to)
    return
  }
  const [mine, other] = [left.ours, right.theirs]
  if (base === null || mine === null || other === null) return
  const question = {
    kind: "rename/rename(1to2)" as const,
    reason: `${names.ours} moved ${ours.from} to ${ours.to}, ${names.theirs} to ${theirs.to}`
  }
  const first = { base, ours: mine, theirs: other }
  left.ours = { ...mine, first }
  right.theirs = { ...other, first }
  for (const slot of [left, right]) slot.questions.push(question)
  if (from.ours !== null || from.theirs !== null) {
    clear(from, ours.to)
    return
  }
  from.questions.push(question)
  from.ours = mine
  from.theirs = other
  from.vacated = true
}

const firstOf = (side: Side, base: Placed, moved: Placed, counterpart: Placed) =>
  side === "ours" ? { base, ours: moved, theirs: counterpart } : { base, ours: counterpart, theirs: moved }

/** One side moved a file that the other side changed, removed or left alone. */
const meetOne = (rename: AppliedRename, slotAt: SlotAt, names: SideNames): void => {
  const { side } = rename
  const other = otherSide[side]
  const [from, to] = [slotAt(rename.from), slotAt(rename.to)]
  const [base, moved, counterpart, rival] = [from.base, to[side], from[other], to[other]]
  if (base === null || moved === null) return
  to.renames.push(rename)
  const retyped = counterpart !== null && isRegular(counterpart) !== isRegular(moved)
  if (counterpart === null) {
    to.questions.push({
      kind: "rename/delete",
      reason: `${names[side]} moved ${rename.from} here and ${names[other]} removed it`
    })
    if (rival === null) to.base = base
    else {
      to.more.bases.push(base)
      to.more.sides.push(null)
    }
    clear(from, to.path, other)
    return
  }
  if (retyped) {
    // Something else stands at the old path, of another type: that stays, and is no version of the moved file.
    to.base = base
    if (rival === null) {
      to.questions.push({
        kind: "rename/delete",
        reason: `${names[side]} moved ${rename.from} here, ${names[other]} replaced it`
      })
    } else if (isRegular(rival) !== isRegular(moved)) {
      const reason = `${names[side]} moved a ${moved.entry.kind} here, and ${names[other]} has a ${rival.entry.kind}`
      to.questions.push({ kind: "type", reason })
    }
    from.base = null
    return
  }
  if (rival !== null && sameEntry(rival.entry, moved.entry)) {
    // Both sides have the same file here, so both moved it. What the other side has at the old path by now is new.
    to.base = base
    from.base = null
    if (sameEntry(counterpart.entry, base.entry)) clear(from, to.path, other)
    return
  }
  if (rival !== null) {
    to[side] = { ...moved, first: firstOf(side, base, moved, counterpart) }
  } else {
    to.base = base
    to[other] = counterpart
  }
  clear(from, to.path, other)
}

/**
 * Applies the renames of both sides to the slots.
 *
 * @public
 */
export const placeFiles = (
  sides: { readonly ours: SideMoves; readonly theirs: SideMoves },
  slotAt: SlotAt,
  directories: RenameOptions["directories"],
  names: SideNames
): void => {
  const targets = { ours: targetsOf(sides.ours, sides.theirs), theirs: targetsOf(sides.theirs, sides.ours) }
  const all = (["ours", "theirs"] as const).flatMap((side) =>
    followDirectories(side, sides, targets, slotAt, directories, names)
  )
  // A file that its directory takes back to where it was has not moved.
  const byFrom = new Map<string, Array<AppliedRename>>()
  for (const rename of all.filter(({ from, to }) => from !== to)) {
    const known = byFrom.get(rename.from)
    if (known === undefined) byFrom.set(rename.from, [rename])
    else known.push(rename)
  }
  for (const [, [one, two]] of [...byFrom].sort(([a], [b]) => compareUtf8(a, b))) {
    if (one !== undefined && two !== undefined) meetTwo(one, two, slotAt, names)
    else if (one !== undefined) meetOne(one, slotAt, names)
  }
}
