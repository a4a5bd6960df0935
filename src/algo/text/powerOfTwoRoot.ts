/**
 * A cheap square root, for limits that should grow with the input but need not be exact.
 */

/**
 * A power of two near the square root of `n`: 2 to the half of the number of bits of `n`, rounded up.
 *
 * @public
 */
export const powerOfTwoRoot = (n: number): number => 1 << Math.ceil((32 - Math.clz32(n)) / 2)
