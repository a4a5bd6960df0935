/** Seeded randomness for generators: the same seed gives the same cases everywhere, so a failure can be run again. */

/** A source of random choices. @public */
export interface Random {
  /** A number in `[0, 1)`. */
  readonly next: () => number
  /** An integer in `[0, below)`. */
  readonly below: (below: number) => number
  /** An integer in `[low, high]`. */
  readonly between: (low: number, high: number) => number
  /** True with this probability. */
  readonly chance: (probability: number) => boolean
  /** One of the values. To pick from none is a defect. */
  readonly pick: <A>(values: ReadonlyArray<A>) => A
}

/**
 * Makes a source of choices that a seed decides.
 *
 * @remarks
 * Mulberry32 (Tommy Ettinger): 32 bits of state, good enough to choose test cases with, and for nothing that must not be
 * guessed.
 *
 * @public
 */
export const makeRandom = (seed: number): Random => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => next() < probability,
    pick: (values) => {
      const value = values[below(values.length)]
      if (value === undefined && values.length === 0) throw new TypeError("There is nothing to pick from.")
      return value as (typeof values)[number]
    }
  }
}
