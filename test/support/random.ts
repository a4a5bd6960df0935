/** Seeded randomness, and the seed of a run. */
export { makeRandom, type Random } from "../../src/testkit/Random.ts"

/**
 * The seed of a run: `TIDEMARK_SEED` where it is set, else one from the clock. A test that uses it prints it.
 */
export const runSeed = (): number => {
  const given = Number(process.env.TIDEMARK_SEED)
  return Number.isInteger(given) && given !== 0 ? given : Date.now() % 1_000_000_007
}
