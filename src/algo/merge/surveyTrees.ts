/**
 * Where three trees differ, and what a search for renames would have to know: which files are gone, which are new, and
 * for which of the gone ones it matters where they went.
 */
import type { FilePath, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import type { Unread } from "./lookAhead.ts"

/** Entries of every tree that the merge looks into. Trees that all sides share need not be there. @public */
export type TreeLookup = ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>

/** The two sides of a merge. @public */
export type Side = "ours" | "theirs"

/** What base, ours and theirs hold. @public */
export interface Triple<A> {
  readonly base: A
  readonly ours: A
  readonly theirs: A
}

/** A name on which not all agree, as it stands in the trees. `whole`: directories below were not looked into. @public */
export interface SurveyedPath extends Triple<Entry | null> {
  readonly path: FilePath
  readonly whole: boolean
}

/** A file that might be one end of a rename. @public */
export interface RenameCandidate {
  readonly path: FilePath
  readonly entry: Entry
}

/** Why it matters where a file went: the other side changed it, or it tells where its directory went. @public */
export type SourceInterest = "content" | "location"

/**
 * How much it matters where a directory went: files were added to it (`self`), it is part of one of which that is true
 * (`part`), or not at all.
 *
 * @public
 */
export type DirectoryInterest = "none" | "part" | "self"

/** One side's half of the survey. @public */
export interface SideSurvey {
  /** Files of base that the side no longer has, in the order of paths. */
  readonly gone: ReadonlyArray<RenameCandidate>
  /** Files that base did not have, in the order of paths. */
  readonly fresh: ReadonlyArray<RenameCandidate>
  /** Those of `gone` for which the answer matters. */
  readonly sources: ReadonlyMap<string, SourceInterest>
  /** Directories that the side no longer has. */
  readonly removed: ReadonlyMap<string, DirectoryInterest>
}

/** How far a survey goes: how many paths one tree may name as far as it is looked into, and how deep. @public */
export interface SurveyLimits {
  readonly paths: number
  readonly depth: number
}

/** Where a survey went further than its limits: the tree, how many directories it stands below, and the paths until then. @public */
export interface BeyondLimits {
  readonly at: TreeId
  readonly depth: number
  readonly paths: number
}

/**
 * What was found. Where something is `beyond` the limits, the rest is only part of it. Otherwise, while something is
 * `unread`, read those trees and survey again.
 *
 * @public
 */
export interface Survey {
  readonly paths: ReadonlyMap<string, SurveyedPath>
  readonly ours: SideSurvey
  readonly theirs: SideSurvey
  /** Directories that both sides hold: they stay, even empty. */
  readonly keep: ReadonlySet<string>
  readonly unread: ReadonlyArray<Unread>
  readonly beyond: BeyondLimits | null
}

/** Whether two entries are the same thing. @public */
export const sameEntry = (a: Entry | null, b: Entry | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id)

const plain = (entry: TreeEntry | undefined): Entry | null =>
  entry === undefined ? null : { kind: entry.kind, id: entry.id, size: entry.size }

const isDirectory = (entry: Entry | null): boolean => entry?.kind === "directory"
const treeOf = (entry: Entry | null): TreeId | null => (isDirectory(entry) ? ((entry as Entry).id as TreeId) : null)

const sides = ["ours", "theirs"] as const
const otherSide = { ours: "theirs", theirs: "ours" } as const

/**
 * Why files of a directory might have to be followed: a side (which still has a directory that the other removed), all
 * (and it added files to it), or nothing.
 */
type Watch = Side | "all" | null

interface Postponed extends Triple<TreeId | null> {
  readonly path: FilePath
  readonly watch: Watch
  /** How many directories its own one stands below. */
  readonly depth: number
}

interface SideNotes {
  readonly gone: Array<RenameCandidate>
  readonly fresh: Array<RenameCandidate>
  readonly sources: Map<string, SourceInterest>
  readonly removed: Map<string, DirectoryInterest>
  readonly postponed: Array<Postponed>
  open: boolean
}

const notes = (): SideNotes => ({
  gone: [],
  fresh: [],
  sources: new Map(),
  removed: new Map(),
  postponed: [],
  open: false
})

/**
 * Compares three trees, level by level.
 *
 * @remarks
 * A directory that one side left alone is the other side's, whole and unread: unless that side removed a file somewhere
 * of which it matters where it went, since that may be where.
 *
 * @public
 */
export const surveyTrees = (
  trees: TreeLookup,
  roots: Triple<TreeId | null>,
  /** For each side, whether renames are looked for at all, and whether every directory that it changed is looked into. */
  look: { readonly renames: boolean; readonly into: ReadonlySet<Side> },
  limits: SurveyLimits = { paths: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY }
): Survey => {
  const paths = new Map<string, SurveyedPath>()
  const keep = new Set<string>()
  const unread: Array<Unread> = []
  const of = { ours: notes(), theirs: notes() }
  const seen = { base: 1, ours: 1, theirs: 1 }
  let beyond: BeyondLimits | null = null

  /** Counts what a directory holds in place of the directory; whether that is within the limits. */
  const count = (side: keyof typeof seen, at: TreeId | null, depth: number, size: number): boolean => {
    if (at === null) return true
    seen[side] += Math.max(0, size - 1)
    if (seen[side] <= limits.paths && depth <= limits.depth) return true
    beyond = { at, depth, paths: seen[side] }
    return false
  }

  const isKnown = (id: TreeId | null): boolean => id === null || trees.has(id)

  const entriesOf = (id: TreeId | null): ReadonlyMap<string, TreeEntry> => {
    if (id === null) return new Map()
    return new Map((trees.get(id) ?? []).map((entry) => [entry.name, entry]))
  }

  const walk = (directory: string, ids: Triple<TreeId | null>, watch: Watch, depth: number): void => {
    if (beyond !== null) return
    if (!isKnown(ids.base) || !isKnown(ids.ours) || !isKnown(ids.theirs)) {
      unread.push({ ...ids, depth, into: watch === "all" ? sides : sides.filter((side) => of[side].open) })
      return
    }
    const [middle, left, right] = [entriesOf(ids.base), entriesOf(ids.ours), entriesOf(ids.theirs)]
    if (!count("base", ids.base, depth, middle.size)) return
    if (!count("ours", ids.ours, depth, left.size)) return
    if (!count("theirs", ids.theirs, depth, right.size)) return
    const rows = [...new Set([...left.keys(), ...middle.keys(), ...right.keys()])].map((name) => ({
      path: (directory === "" ? name : `${directory}/${name}`) as FilePath,
      base: plain(middle.get(name)),
      ours: plain(left.get(name)),
      theirs: plain(right.get(name)),
      whole: false
    }))
    let watched = watch
    if (watch === "ours" || watch === "theirs") {
      const added = rows.some((row) => {
        const mine = row[watch]
        return mine !== null && !isDirectory(mine) && !isFile(row.base) && !isFile(row[otherSide[watch]])
      })
      if (added) watched = "all"
    }
    for (const row of rows) visit(directory, row, watched, depth)
  }

  const visit = (directory: string, row: SurveyedPath, inherited: Watch, depth: number): void => {
    const { base, ours, path, theirs } = row
    const [oursAsBase, theirsAsBase] = [sameEntry(base, ours), sameEntry(base, theirs)]
    if (oursAsBase && theirsAsBase) return
    const files = { base: isFile(base), ours: isFile(ours), theirs: isFile(theirs) }
    const directories = { base: treeOf(base), ours: treeOf(ours), theirs: treeOf(theirs) }
    const anyDirectory = directories.base !== null || directories.ours !== null || directories.theirs !== null
    if (files.base && files.ours && files.theirs) {
      paths.set(path, row)
      return
    }

    let watch = inherited
    if (watch !== "all" && directories.base !== null) {
      if (directories.ours !== null && directories.theirs === null) watch = "ours"
      if (directories.ours === null && directories.theirs !== null) watch = "theirs"
    }
    for (const side of sides) {
      const other = otherSide[side]
      if (directories.base !== null && directories[side] === null) {
        of[side].removed.set(path, watch === "all" ? "part" : "none")
      }
      if (watch === "all" && files[side] && !files.base && !files[other]) of[other].removed.set(directory, "self")
      if (files.base && !files[side]) {
        of[side].gone.push({ path, entry: base as Entry })
        const content = !(files[other] && sameEntry(base, row[other]))
        if (content || watch === "all") of[side].sources.set(path, content ? "content" : "location")
      }
      if (!files.base && files[side]) of[side].fresh.push({ path, entry: row[side] as Entry })
    }
    if (!anyDirectory) {
      paths.set(path, row)
      return
    }

    const onOneSide = !files.base && directories.base === null && !files.ours && !files.theirs
    let changedBy: Side | null = oursAsBase ? "theirs" : theirsAsBase ? "ours" : null
    if (onOneSide && directories.theirs === null) changedBy = "ours"
    if (onOneSide && directories.ours === null) changedBy = "theirs"
    if (watch !== "all" && changedBy !== null && !of[changedBy].open) {
      paths.set(path, { ...row, whole: true })
      of[changedBy].postponed.push({ path, ...directories, watch, depth })
      return
    }
    enter(path, row, directories, watch, depth)
  }

  const enter = (
    path: FilePath,
    row: SurveyedPath,
    directories: Triple<TreeId | null>,
    watch: Watch,
    depth: number
  ): void => {
    const isEmpty = (id: TreeId | null) => id !== null && trees.get(id)?.length === 0
    const { base, ours, theirs } = directories
    if ([base, ours, theirs].every((id) => id === null || isEmpty(id))) {
      paths.set(path, { ...row, whole: true })
      return
    }
    if (ours !== null && theirs !== null) keep.add(path)
    if (isFile(row.base) || isFile(row.ours) || isFile(row.theirs)) paths.set(path, { ...row, whole: false })
    else paths.delete(path)
    walk(path, directories, watch, depth + 1)
  }

  walk("", roots, null, 0)
  for (const side of sides) {
    const mine = of[side]
    const order = [mine.gone, mine.fresh].map((list) => sortFrom(list, 0))
    if (!look.into.has(side) && !(look.renames && mine.sources.size > 0)) continue
    mine.open = true
    for (const { depth, path, watch, ...directories } of mine.postponed.splice(0)) {
      const row = paths.get(path)
      if (row !== undefined) enter(path, row, directories, watch, depth)
    }
    // What had to be looked into for the sake of renames alone comes after what had to be anyway.
    for (const [i, list] of [mine.gone, mine.fresh].entries()) sortFrom(list, order[i] ?? 0)
  }
  return { paths, ours: of.ours, theirs: of.theirs, keep, unread, beyond }
}

/** Sorts the end of a list, from an index on, by path; returns the list's length. */
const sortFrom = (list: Array<RenameCandidate>, from: number): number => {
  list.push(...list.splice(from).sort((a, b) => compareUtf8(a.path, b.path)))
  return list.length
}

const isFile = (entry: Entry | null): entry is Entry => entry !== null && entry.kind !== "directory"
