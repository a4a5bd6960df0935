/** Whether decisions are taken again. */
import * as Context from "effect/Context"

/**
 * What an update does about a conflict that was resolved before: `replay` resolves it the same way, `off` leaves it open.
 *
 * @remarks
 * Only what is equal to the byte, in the same artifact, is resolved again. The plan says so at the path, with the
 * operation that it was learnt from, so nobody is surprised, and applying it can be undone. Decisions are recorded either way.
 *
 * @public
 */
export const RecordedResolutions = Context.Reference<"replay" | "off">("tidemark/core/RecordedResolutions", {
  defaultValue: () => "replay"
})
