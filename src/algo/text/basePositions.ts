/**
 * Where in the base a place inside a conflict belongs.
 *
 * Narrowing a conflict cuts it by comparing ours with theirs, without the base. This finds the base line for such a
 * cut.
 */
import type { EditScript } from "./editScript.ts"
import type { MergeBlock } from "./mergeBlocks.ts"

/** A cursor over one side's script: maps lines of that side to base lines, for places that only move forward. */
class SideCursor {
  exact = true
  private at = 0
  private readonly script: EditScript

  constructor(script: EditScript) {
    this.script = script
  }

  /** The base line for the place before `line`; `exact` tells whether it is not inside a change. */
  base(line: number): number {
    const { script } = this
    while (this.at < script.count && (script.b1[this.at] as number) < line) this.at++
    const i = this.at
    if (i === script.count || line <= (script.b0[i] as number)) {
      this.exact = true
      if (i < script.count) return (script.a0[i] as number) - (script.b0[i] as number) + line
      return i === 0 ? line : (script.a1[i - 1] as number) - (script.b1[i - 1] as number) + line
    }
    if (line === script.b1[i]) {
      this.exact = true
      return script.a1[i] as number
    }
    this.exact = false
    return Math.min((script.a0[i] as number) + line - (script.b0[i] as number), script.a1[i] as number)
  }
}

/**
 * Maps places inside conflicts, met in ascending order, to base lines that ascend too.
 *
 * @public
 */
export class BasePositions {
  private readonly ours: SideCursor
  private readonly theirs: SideCursor
  private last = 0

  constructor(ourScript: EditScript, theirScript: EditScript) {
    this.ours = new SideCursor(ourScript)
    this.theirs = new SideCursor(theirScript)
  }

  /** The base line for the place before line `ours` of ours and line `theirs` of theirs, within `block`. */
  at(block: MergeBlock, ours: number, theirs: number): number {
    const fromOurs = this.ours.base(ours)
    const fromTheirs = this.theirs.base(theirs)
    // A side that kept the lines at this place knows where they came from; a side that rewrote them can only guess.
    const base = this.ours.exact || !this.theirs.exact ? fromOurs : fromTheirs
    this.last = Math.min(Math.max(base, this.last, block.base0), block.base1)
    return this.last
  }
}
