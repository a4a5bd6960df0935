/** How an operation of a working tree ended, as data that laws compare. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** `detail`: the failure, the stale paths or the reason, whichever the error has. @internal */
export interface Outcome {
  readonly tag: string
  readonly detail: unknown
}

/** @internal */
export const outcome = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Outcome, never, R> =>
  Effect.map(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return { tag: "succeeded", detail: "" }
    const error = Cause.findErrorOption(exit.cause)
    if (error._tag === "None") return { tag: "interrupted or died", detail: "" }
    const value: object = error.value
    const detail = "failure" in value ? value.failure : "paths" in value ? value.paths : "why" in value ? value.why : ""
    return { tag: error.value._tag, detail }
  })
