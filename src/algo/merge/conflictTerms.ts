/** The terms of a path's conflict: every side's content, with the path it came from where that is another one. */
import type { Term } from "../../model/Conflict.ts"
import type { FilePath } from "../../model/Ids.ts"
import type { Entry } from "../../model/Tree.ts"
import type { Terms } from "../conflict/simplify.ts"
import type { MergePath } from "./planTreeMerge.ts"
import type { Placed } from "./Slot.ts"

/** An entry as a term. @public */
export const termOf = (entry: Entry | null, from?: FilePath, at?: FilePath): Term | null => {
  if (entry === null) return null
  const { id, kind, size } = entry
  return from === undefined || from === at ? { kind, id, size } : { kind, id, size, path: from }
}

/** Takes out pairs of "nothing there", as long as two sides are left to tell apart. */
const withoutNothing = ({ bases, sides }: Terms): Terms => {
  const [left, right] = [[...bases], [...sides]]
  while (right.length > 2) {
    const base = left.indexOf(null)
    const side = right.lastIndexOf(null)
    if (base < 0 || side < 0) break
    left.splice(base, 1)
    right.splice(side, 1)
  }
  return { bases: left, sides: right }
}

/**
 * The terms of a conflict: base first among `bases`, ours and theirs first among `sides`. A file that is itself to be
 * merged of three brings all three.
 *
 * @public
 */
export const conflictTerms = (at: MergePath): Terms => {
  const placed = (file: Placed | null) => (file === null ? null : termOf(file.entry, file.path, at.path))
  const standing = (which: "base" | "ours" | "theirs") => {
    const file = at.files[which]
    return file !== null && at[which] === file.entry ? file : undefined
  }
  const base = standing("base")
  const bases = [base === undefined ? termOf(at.base) : placed(base)]
  const sides = (["ours", "theirs"] as const).map((side) => {
    const file = standing(side)
    return file === undefined ? termOf(at[side]) : placed(file.first?.[side] ?? file)
  })
  for (const [i, side] of (["ours", "theirs"] as const).entries()) {
    const first = standing(side)?.first
    if (first === undefined) continue
    const counterpart = placed(side === "ours" ? first.theirs : first.ours)
    // Both ends of a file that the sides moved apart name the same three.
    if (sides[1 - i] === null && bases[0] === null) {
      sides[1 - i] = counterpart
      bases[0] = placed(first.base)
    } else {
      sides.push(counterpart)
      bases.push(placed(first.base))
    }
  }
  return withoutNothing({
    bases: [...bases, ...at.more.bases.map(placed)],
    sides: [...sides, ...at.more.sides.map(placed)]
  })
}
