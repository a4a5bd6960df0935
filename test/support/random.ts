/**
 * Seeded randomness for generators: the same seed gives the same cases everywhere, so a failure can be run again.
 */

/** A source of random choices. */
export interface Random {
  /** A number in `[0, 1)`. */
  readonly next: () => number
  /** An integer in `[0, below)`. */
  readonly below: (below: number) => number
  /** An integer in `[low, high]`. */
  readonly between: (low: number, high: number) => number
  /** True with this probability. */
  readonly chance: (probability: number) => boolean
  /** One of the values, which are not empty. */
  readonly pick: <A>(values: ReadonlyArray<A>) => A
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, good enough to choose test cases with. */
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
      if (value === undefined && values.length === 0) throw new Error("nothing to pick from")
      return value as (typeof values)[number]
    }
  }
}

/**
 * The seed of a run: `TIDEMARK_SEED` where it is set, else one from the clock. A test that uses it prints it.
 */
export const runSeed = (): number => {
  const given = Number(process.env.TIDEMARK_SEED)
  return Number.isInteger(given) && given !== 0 ? given : Date.now() % 1_000_000_007
}
