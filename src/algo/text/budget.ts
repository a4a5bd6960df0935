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

/** What any comparison may take: more than two unrelated texts of 20,000 repetitive lines need, a fraction of a second. */
const FREE_STEPS = 24_000_000
const STEPS_PER_LINE = 200

/**
 * Makes the budget for comparing texts of so many lines altogether.
 *
 * @remarks
 * One step is about what it takes to look at one line. Git's own searches have no such bound: the histogram's is quadratic, and Myers'
 * grows with the root of the length for each line.
 *
 * @public
 */
export const makeBudget = (lines: number): Budget => ({ left: FREE_STEPS + STEPS_PER_LINE * lines, coarse: false })
