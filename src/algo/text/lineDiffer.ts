/**
 * The line diff: which lines of one text became which lines of another.
 */
import type { Budget } from "./budget.ts"
import type { ChangedLines } from "./changedLines.ts"
import { type EditScript, editScriptOf } from "./editScript.ts"
import { histogramDiff } from "./histogram.ts"
import { HistogramIndex } from "./histogramIndex.ts"
import { myersDiff } from "./myers.ts"
import { slideGroups } from "./slideGroups.ts"

/**
 * How changes are searched for: git's default algorithm, or the one that it merges trees with.
 *
 * @public
 */
export type DiffAlgorithm = "myers" | "histogram"

/**
 * Compares sequences of line names that were interned together.
 *
 * @remarks
 * A merge compares many small ranges beside two whole texts; what is as long as the number of names is allocated once.
 *
 * @public
 */
export class LineDiffer {
  private readonly budget: Budget
  private readonly occurrences: Int32Array
  private readonly histogram: HistogramIndex | undefined

  /**
   * @param distinct - all names are below it
   */
  constructor(distinct: number, algorithm: DiffAlgorithm, budget: Budget) {
    this.budget = budget
    this.occurrences = new Int32Array(distinct)
    this.histogram = algorithm === "histogram" ? new HistogramIndex(this.occurrences, budget) : undefined
  }

  /** The changes that turn `a` into `b`. */
  diff(a: Int32Array, b: Int32Array): EditScript {
    const { budget, histogram, occurrences } = this
    const changed: ChangedLines = { a: new Uint8Array(a.length), b: new Uint8Array(b.length) }
    const myers = (a0: number, a1: number, b0: number, b1: number): void =>
      myersDiff(a, a0, a1, b, b0, b1, occurrences, changed, budget)
    if (histogram === undefined) myers(0, a.length, 0, b.length)
    else histogramDiff(a, b, histogram, changed, budget, myers)
    slideGroups(a, changed.a, changed.b, budget)
    slideGroups(b, changed.b, changed.a, budget)
    return editScriptOf(changed)
  }
}
