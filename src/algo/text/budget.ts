/**
 * A count of steps that a search may still take: the bound behind every promise about time.
 *
 * Steps, not milliseconds, so that the same input gives the same answer on every machine.
 */

/**
 * A running count of steps. Where it is used up, a search settles for a coarser answer and sets `coarse`.
 *
 * @public
 */
export interface Budget {
  /** The steps that are left; below zero it is used up. */
  left: number
  /** Whether some search has been cut short. */
  coarse: boolean
}

/**
 * What any merge may take: what three unrelated texts of 10,000 repetitive lines need, and more than twenty times what
 * the costliest of 750 merges from public histories needs. Some 200 ms.
 */
const FREE_STEPS = 20_000_000
/** The costliest real merges need some 70 steps a line, most less than one. */
const STEPS_PER_LINE = 50

/**
 * Makes the budget for merging texts of so many lines altogether.
 *
 * @remarks
 * One step is about what it takes to look at one line in another place than the last. Git's own searches have no such
 * bound: the histogram's is quadratic, and Myers' grows with the root of the length for each line.
 *
 * @public
 */
export const makeBudget = (lines: number): Budget => ({ left: FREE_STEPS + STEPS_PER_LINE * lines, coarse: false })
