/** How long collecting leaves alone what was stored or claimed lately. */
import * as Context from "effect/Context"

/**
 * For how many milliseconds an object that was stored or claimed is safe from collecting, named or not: one day by default.
 *
 * @remarks
 * Writers rely on it: whoever commits later than half of it after storing something claims everything again first. So all
 * processes that share a store must have the same value, and it must be far longer than one commit can take.
 *
 * @public
 */
export const CollectGrace = Context.Reference<number>("tidemark/core/CollectGrace", {
  defaultValue: () => 24 * 3_600_000
})
