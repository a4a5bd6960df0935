/** Which trees a survey is going to ask for next, so that it need not begin again for each level. */
import type { TreeId } from "../../model/Ids.ts"
import type { TreeEntry } from "../../model/Tree.ts"
import { type Side, sameEntry, type TreeLookup, type Triple } from "./surveyTrees.ts"

/** Three directories at one place that a survey could not look into. @internal */
export interface Unread extends Triple<TreeId | null> {
  /** How many directories they stand below. */
  readonly depth: number
  /** Whose directories are looked into even where that side alone changed them. */
  readonly into: ReadonlyArray<Side>
}

const none: ReadonlyMap<string, TreeEntry> = new Map()
const directoryOf = (entry: TreeEntry | undefined): TreeId | null =>
  entry?.kind === "directory" ? (entry.id as TreeId) : null

/**
 * The directories below that a survey looks into too, as far as names and ids tell. Those that it looks into for the sake of
 * renames alone are left to it. Trees that are not known have nothing below them.
 *
 * @internal
 */
export const lookAhead = (trees: TreeLookup, { depth, into, ...at }: Unread): Array<Unread> => {
  const entriesOf = (id: TreeId | null) =>
    id === null ? none : new Map((trees.get(id) ?? []).map((entry) => [entry.name, entry]))
  const [base, ours, theirs] = [entriesOf(at.base), entriesOf(at.ours), entriesOf(at.theirs)]
  const below: Array<Unread> = []
  for (const name of new Set([...ours.keys(), ...base.keys(), ...theirs.keys()])) {
    const [middle, left, right] = [base.get(name) ?? null, ours.get(name) ?? null, theirs.get(name) ?? null]
    const [oursAsBase, theirsAsBase] = [sameEntry(middle, left), sameEntry(middle, right)]
    if (oursAsBase && theirsAsBase) continue
    const ids = {
      base: directoryOf(base.get(name)),
      ours: directoryOf(left ?? undefined),
      theirs: directoryOf(right ?? undefined)
    }
    if (ids.base === null && ids.ours === null && ids.theirs === null) continue
    const changedBy: Side | null = oursAsBase ? "theirs" : theirsAsBase ? "ours" : null
    if (changedBy === null || into.includes(changedBy)) below.push({ ...ids, depth: depth + 1, into })
  }
  return below
}
