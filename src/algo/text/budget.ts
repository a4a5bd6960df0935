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
 * Makes the budget for comparing texts of so many lines altogether.
 *
 * @public
 */
export const makeBudget = (lines: number): Budget => ({ left: 60_000_000 + 400 * lines, coarse: false })
