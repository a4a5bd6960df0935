/** Which operations were committed, whatever becomes of the call that made them. */
import * as Context from "effect/Context"
import type { OperationId } from "../../model/Ids.ts"

/**
 * Told of each operation once it is committed. A call that is interrupted after that has no result, but it was done: one
 * that told of no operation has changed nothing. Must return quickly and must not throw.
 *
 * @public
 */
export const Committed = Context.Reference<(operation: OperationId) => void>("tidemark/core/Committed", {
  defaultValue: () => () => {}
})
