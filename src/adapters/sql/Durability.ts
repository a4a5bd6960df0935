/** How much a write must have reached the disk before it returns. */
import * as Context from "effect/Context"

/**
 * What the storage asks of its client for the transaction at hand. A client that knows nothing of it keeps whatever its
 * database is set to.
 *
 * @remarks
 * - `full`: a commit is on the disk when it returns. Names move only so.
 * - `relaxed`: a commit may be lost with the machine's power, but only together with everything that came after it. That
 *   is enough for objects: the commit that first names them is `full`, comes later, and takes them along.
 *
 * @public
 */
export type Durability = "full" | "relaxed"

/** The {@link Durability} of transactions that begin while it is provided. @public */
export const CurrentDurability: Context.Reference<Durability> = Context.Reference<Durability>(
  "tidemark/adapters/sql/CurrentDurability",
  { defaultValue: () => "full" }
)
