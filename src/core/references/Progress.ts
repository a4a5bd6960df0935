/** How far a long operation is. */
import * as Context from "effect/Context"

/** One step of a long operation; `total` is 0 while it is not known. @public */
export interface ProgressEvent {
  readonly phase: string
  readonly done: number
  readonly total: number
}

/** Told after each batch of a long operation. Must return quickly and must not throw. @public */
export const Progress = Context.Reference<(event: ProgressEvent) => void>("tidemark/core/Progress", {
  defaultValue: () => () => {}
})
