/** Who acts. */
import * as Context from "effect/Context"

/** The name that operations and versions are recorded under. @public */
export const CurrentActor = Context.Reference<string>("tidemark/core/CurrentActor", { defaultValue: () => "unknown" })
