/**
 * Records that stand above their raw time in the order, because a clock was behind. A scan up to a date would miss them:
 * terms of their own find them.
 */

/** How far records stand above their raw time at most, in milliseconds, in groups: a minute, a day, a year, more. */
const bounds = [60_000, 86_400_000, 366 * 86_400_000, Number.POSITIVE_INFINITY]

/** The group of a record; `undefined` where it stands at its raw time, as nearly all do. @internal */
export const skewGroup = (at: number, time: number): string | undefined =>
  at === time ? undefined : `${bounds.findIndex((bound) => at - time <= bound)}`

/** For each group: where those of its records stand that are above a time, though their raw time may not be later. @internal */
export const skewRanges = (until: number) =>
  bounds.map((bound, group) => ({
    group: `${group}`,
    from: until + 1,
    to: bound === Number.POSITIVE_INFINITY ? undefined : until + bound
  }))
