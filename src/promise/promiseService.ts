/** Turns a service into its promised form. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { InvalidInput } from "./InvalidInput.ts"
import type { Promised, ReasonedCallOptions } from "./Promised.ts"
import type { Parameter } from "./parameter.ts"
import { checkCall, type Runner } from "./Runner.ts"

type ParametersOf<Arguments extends ReadonlyArray<unknown>> = {
  readonly [I in keyof Arguments]-?: Parameter<Arguments[I]>
}

/** How a member is reached: what its arguments must be, and whether it gives an effect, a stream, or a plain value. */
type MemberPlan<Member> =
  Member extends Effect.Effect<infer _A, infer _E, infer _R>
    ? readonly ["effect"]
    : Member extends Stream.Stream<infer _A, infer _E, infer _R>
      ? readonly ["stream"]
      : Member extends (...args: infer Arguments) => Effect.Effect<infer _A, infer _E, infer _R>
        ? readonly ["effect", ...ParametersOf<Arguments>]
        : Member extends (...args: infer Arguments) => Stream.Stream<infer _A, infer _E, infer _R>
          ? readonly ["stream", ...ParametersOf<Arguments>]
          : readonly ["plain"]

/** How every member of a service is reached; one that is forgotten does not compile. @internal */
export type ServicePlan<Service> = { readonly [K in keyof Service]: MemberPlan<Service[K]> }

type Running = Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>
type AnyParameter = Parameter<unknown>
type AnyPlan = readonly ["effect" | "stream" | "plain", ...ReadonlyArray<AnyParameter>]

/** Checks arguments, puts the call's reason into the request that has none, and calls the member. */
const called = <Result extends Running>(
  member: unknown,
  parameters: ReadonlyArray<AnyParameter>,
  args: ReadonlyArray<unknown>,
  call: ReasonedCallOptions | undefined
): Effect.Effect<Result, InvalidInput> =>
  Effect.suspend(() => {
    const reason = call?.reason
    if (reason !== undefined && !parameters.some(({ takesReason }) => takesReason)) {
      const why = "this call has no reason of its own; a plan keeps the one that it was made with"
      return Effect.fail(new InvalidInput({ field: "call.reason", reason: why }))
    }
    const given: Array<unknown> = []
    for (const [index, { check, prepare, takesReason }] of parameters.entries()) {
      const argument = args[index]
      const prepared = prepare === undefined ? argument : prepare(argument)
      const problem = check(prepared)
      if (problem !== undefined) return Effect.fail(problem)
      const own = prepared as { readonly reason?: string | undefined } | undefined
      given.push(takesReason && reason !== undefined && own?.reason === undefined ? { ...own, reason } : prepared)
    }
    const result = typeof member === "function" ? member(...given) : member
    return Effect.succeed(result as Result)
  })

const promisedMember = (member: unknown, [kind, ...parameters]: AnyPlan, runner: Runner): unknown => {
  if (kind === "plain") return member
  return (...args: ReadonlyArray<unknown>) => {
    const call = args[parameters.length] as ReasonedCallOptions | undefined
    const invalid = checkCall(call)
    // Malformed options cannot steer the call that reports them.
    const options = invalid === undefined ? call : undefined
    if (kind === "stream") {
      const stream = called<Stream.Stream<unknown, unknown>>(member, parameters, args, options)
      return runner.iterate(invalid === undefined ? Stream.unwrap(stream) : Stream.fail(invalid), options)
    }
    const effect = Effect.flatten(called<Effect.Effect<unknown, unknown>>(member, parameters, args, options))
    return runner.run(invalid === undefined ? effect : Effect.fail(invalid), options)
  }
}

/**
 * The promised form of a service.
 *
 * @internal
 */
export const promised = <Service extends object>(
  service: Service,
  plan: ServicePlan<Service>,
  runner: Runner
): Promised<Service> => {
  const entries = Object.entries<unknown>(plan).map(
    ([name, member]) => [name, promisedMember(service[name as keyof Service], member as AnyPlan, runner)] as const
  )
  return Object.fromEntries(entries) as unknown as Promised<Service>
}
