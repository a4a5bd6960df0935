/** Where names that are not hashes come from. */
import * as Context from "effect/Context"

/** Draws a fresh name for a snapshot, a deployment or an apply. @public */
export interface IdSourceShape {
  readonly next: (kind: "snapshot" | "deployment" | "apply" | "store") => string
}

/**
 * The source of random names. The default draws 128 random bits; a test injects a counter, and the scenario replays bit
 * for bit.
 *
 * @public
 */
export const IdSource = Context.Reference<IdSourceShape>("tidemark/core/IdSource", {
  defaultValue: () => ({
    next: () => {
      const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
    }
  })
})
