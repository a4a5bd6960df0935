/** Whether what is stored is made smaller. */
import * as Context from "effect/Context"

/** `auto`: zstd where the runtime has it, else deflate, else none. @public */
export type CompressionChoice = "auto" | "deflate" | "none" | "zstd"

/**
 * How new content is compressed. Each object says for itself how it was, and its id does not depend on it: a store may hold
 * objects of every kind, and the choice can change at any time.
 *
 * @public
 */
export const Compression = Context.Reference<CompressionChoice>("tidemark/core/Compression", {
  defaultValue: () => "auto"
})
