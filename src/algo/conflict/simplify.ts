/**
 * The algebra of conflicts: a conflict is the sum of its sides minus its bases, and what stands on both counts cancels.
 * So a conflict merged again neither nests nor loses a side. (After the conflict algebra of Jujutsu, "First-class
 * conflicts".)
 */
import type { Conflict, Term } from "../../model/Conflict.ts"
import { sameTerm } from "./conflictEncoding.ts"

/** A sum of terms: sides added, bases taken away. @public */
export interface Terms {
  readonly bases: ReadonlyArray<Term | null>
  readonly sides: ReadonlyArray<Term | null>
}

/**
 * Cancels each base against one equal side. A sum that comes down to one side is that side.
 *
 * @public
 */
export const simplify = (terms: Terms): Terms => {
  const sides = [...terms.sides]
  const bases: Array<Term | null> = []
  for (const base of terms.bases) {
    const at = sides.findIndex((side) => sameTerm(side, base))
    if (at >= 0) sides.splice(at, 1)
    else bases.push(base)
  }
  return { bases, sides }
}

/**
 * The sum `ours − base + theirs`, where each of the three may itself be a conflict, flattened and simplified.
 *
 * @public
 */
export const combine = (
  base: Term | Conflict | null,
  ours: Term | Conflict | null,
  theirs: Term | Conflict | null
): Terms => {
  const sum = (x: Term | Conflict | null): Terms => (x !== null && "sides" in x ? x : { bases: [], sides: [x] })
  const [b, o, t] = [sum(base), sum(ours), sum(theirs)]
  return simplify({ sides: [...o.sides, ...t.sides, ...b.bases], bases: [...o.bases, ...b.sides, ...t.bases] })
}
