/** Runs effects as promises and streams as async iterables, until it is closed. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Committed } from "../core/references/Committed.ts"
import { CurrentActor } from "../core/references/CurrentActor.ts"
import { Progress, type ProgressEvent } from "../core/references/Progress.ts"
import { Actor, type OperationId, Text } from "../model/Ids.ts"
import { Closed } from "./Closed.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { ReasonedCallOptions } from "./Promised.ts"
import { request } from "./parameter.ts"

/** @internal */
export interface Runner {
  readonly run: <A, E>(effect: Effect.Effect<A, E>, call?: ReasonedCallOptions) => Promise<A>
  readonly iterate: <A, E>(stream: Stream.Stream<A, E>, call?: ReasonedCallOptions) => AsyncIterable<A>
  readonly close: () => Promise<void>
}

const Signal = Schema.declare(
  (value): value is AbortSignal =>
    typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value,
  { message: "must be an AbortSignal" }
)

const callback = <A>() =>
  Schema.declare((value): value is (told: A) => void => typeof value === "function", { message: "must be a function" })

const callOptions = request<ReasonedCallOptions | undefined>("optional")(
  {
    signal: Schema.optional(Signal),
    onProgress: Schema.optional(callback<ProgressEvent>()),
    onCommitted: Schema.optional(callback<OperationId>()),
    actor: Schema.optional(Actor),
    reason: Schema.optional(Text)
  },
  { name: "call" }
)

/** What is wrong with a call's own options. @internal */
export const checkCall = (call: ReasonedCallOptions | undefined): InvalidInput | undefined => callOptions.check(call)

/** What an aborted call rejects with: the signal's reason where that is an error that says so, as `fetch` does. */
const aborted = (signal: AbortSignal): unknown =>
  signal.reason instanceof DOMException
    ? signal.reason
    : new DOMException("The call was aborted", { name: "AbortError", cause: signal.reason })

/** Tells the host of something. Its exception ends the call instead of the engine. */
const guarded = <A>(tell: (told: A) => void, failed: (error: unknown) => void) => {
  let silent = false
  return (told: A) => {
    if (silent) return
    try {
      tell(told)
    } catch (error) {
      silent = true
      failed(error)
    }
  }
}

/**
 * Makes the runner of an engine. Closing waits for the calls that are under way and ends the iterations.
 *
 * @internal
 */
export const makeRunner = (runtime: ManagedRuntime.ManagedRuntime<never, unknown>): Runner => {
  const running = new Set<Promise<unknown>>()
  const iterations = new Set<() => Promise<unknown>>()
  let closing: Promise<void> | undefined

  const start = <A, E>(effect: Effect.Effect<A, E>, call: ReasonedCallOptions): Promise<A> =>
    new Promise((resolve, reject) => {
      const { actor, onCommitted, onProgress, signal } = call
      if (signal?.aborted === true) return reject(aborted(signal))
      let thrown: { readonly error: unknown } | undefined
      let ignore = () => {}
      const begun = Effect.withFiber<A, E>((fiber) => {
        const stop = () => fiber.interruptUnsafe()
        // Not left to `runFork`: it listens only once the fiber has paused for the first time.
        signal?.addEventListener("abort", stop, { once: true })
        ignore = () => signal?.removeEventListener("abort", stop)
        const failed = (error: unknown) => {
          thrown ??= { error }
          stop()
        }
        let told = effect
        if (onProgress !== undefined) told = Effect.provideService(told, Progress, guarded(onProgress, failed))
        if (onCommitted !== undefined) told = Effect.provideService(told, Committed, guarded(onCommitted, failed))
        return told
      })
      const acting = actor === undefined ? begun : Effect.provideService(begun, CurrentActor, actor)
      runtime.runFork(acting).addObserver((exit) => {
        ignore()
        if (Exit.isSuccess(exit)) return resolve(exit.value)
        if (!Cause.hasInterruptsOnly(exit.cause)) return reject(Cause.squash(exit.cause))
        if (thrown !== undefined) return reject(thrown.error)
        reject(signal?.aborted === true ? aborted(signal) : new Closed({}))
      })
    })

  const run = <A, E>(effect: Effect.Effect<A, E>, call: ReasonedCallOptions = {}): Promise<A> => {
    if (closing !== undefined) return Promise.reject(new Closed({}))
    const promise = start(effect, call)
    const forget = () => {
      running.delete(promise)
    }
    running.add(promise)
    promise.then(forget, forget)
    return promise
  }

  const iterator = <A, E>(stream: Stream.Stream<A, E>, call: ReasonedCallOptions | undefined): AsyncIterator<A> => {
    const scope = Scope.makeUnsafe()
    let pull: Pull.Pull<ReadonlyArray<A>, E> | undefined
    let batch: ReadonlyArray<A> = []
    let position = 0
    let ended = false
    let last: Promise<unknown> = Promise.resolve()

    const finish = (): Promise<void> => {
      ended = true
      iterations.delete(finish)
      return Effect.runPromise(Scope.close(scope, Exit.void))
    }
    iterations.add(finish)

    const pulled = Effect.gen(function* () {
      pull ??= yield* Stream.toPull(stream).pipe(Scope.provide(scope))
      return yield* Pull.matchEffect(pull, {
        onSuccess: (values) => Effect.succeed(Option.some(values)),
        onFailure: (cause) => Effect.failCause(cause),
        onDone: () => Effect.succeed(Option.none<ReadonlyArray<A>>())
      })
    })
    const advance = async (): Promise<IteratorResult<A>> => {
      if (closing !== undefined) throw new Closed({})
      while (position >= batch.length) {
        if (ended) return { done: true, value: undefined }
        const next = await run(pulled, call).catch(async (error: unknown) => {
          await finish()
          throw error
        })
        if (Option.isNone(next)) await finish()
        else [batch, position] = [next.value, 0]
      }
      const value = batch[position++] as A
      return { done: false, value }
    }
    return {
      next: () => {
        const result = last.then(advance)
        last = result.catch(() => {})
        return result
      },
      return: async () => {
        batch = []
        await finish()
        return { done: true, value: undefined }
      }
    }
  }

  const end = async () => {
    await Promise.allSettled(running)
    await Promise.all([...iterations].map((finish) => finish()))
    await runtime.dispose()
  }

  return {
    run,
    iterate: (stream, call) => ({ [Symbol.asyncIterator]: () => iterator(stream, call) }),
    close: () => {
      closing ??= end()
      return closing
    }
  }
}
