/** What counts as the same text. */
import * as Context from "effect/Context"
import type { TextPolicy as Policy } from "../../algo/text/textPolicy.ts"

/**
 * The text policy for drift, updates and rollbacks. `line-endings` (the default) does not take a copy whose line endings
 * are all CRLF for a changed one; `none` compares bytes.
 *
 * @public
 */
export const TextPolicy = Context.Reference<Policy>("tidemark/core/TextPolicy", { defaultValue: () => "line-endings" })
