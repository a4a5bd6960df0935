/** A service's interface as hosts without Effect see it: derived from the service, so the two cannot differ. */
import type * as Brand from "effect/Brand"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ProgressEvent } from "../core/references/Progress.ts"
import type { OperationId } from "../model/Ids.ts"

/** What every call takes as its last argument. @public */
export interface CallOptions {
  /**
   * Ends the call. It then rejects with the signal's reason, a `DOMException` named `AbortError` unless the host chose
   * another, once everything half-done is put back; so it may take a moment.
   */
  readonly signal?: AbortSignal | undefined
  /** Told after each batch of a long operation. What it throws ends the call. */
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined
  /**
   * Told of each operation, by its id, once it is committed, whatever becomes of the call after that: an aborted call that told
   * of none has changed nothing, but for a repair, whose operation comes last. What it throws ends the call, and takes nothing back.
   */
  readonly onCommitted?: ((operation: OperationId) => void) | undefined
  /** Who acts, where it is somebody else than the engine's `actor`. */
  readonly actor?: string | undefined
}

/** The call options of what takes a reason: `reason` is for requests that do not give one themselves. @public */
export interface ReasonedCallOptions extends CallOptions {
  /** Why; kept in the ledger. */
  readonly reason?: string | undefined
}

/** A type with plain text where the model has branded text: what a caller may give for it. @public */
export type Unbranded<T> = T extends string
  ? T extends Brand.Brand<infer _Name>
    ? string
    : T
  : T extends ((...args: never) => unknown) | Uint8Array | ReadonlyMap<never, unknown> | ReadonlySet<never>
    ? T
    : T extends ReadonlyArray<unknown>
      ? { readonly [I in keyof T]: Unbranded<T[I]> }
      : T extends Iterable<infer Item>
        ? Iterable<Unbranded<Item>>
        : T extends object
          ? { readonly [K in keyof T]: Unbranded<T[K]> }
          : T

/** `true` for an argument with an optional reason in words. @public */
export type TakesReason<Argument> = Argument extends { readonly reason?: infer Reason }
  ? "reason" extends keyof Argument
    ? undefined extends Reason
      ? string extends Reason
        ? true
        : never
      : never
    : never
  : never

/** The call options that fit a method's arguments. @public */
export type CallOptionsOf<Arguments extends ReadonlyArray<unknown>> =
  true extends TakesReason<NonNullable<Arguments[number]>> ? ReasonedCallOptions : CallOptions

/** One member of a service, with promises and async iterables for effects and streams. @public */
export type PromisedMember<Member> =
  Member extends Effect.Effect<infer A, infer _E, infer _R>
    ? (call?: CallOptions) => Promise<A>
    : Member extends Stream.Stream<infer A, infer _E, infer _R>
      ? (call?: CallOptions) => AsyncIterable<A>
      : Member extends (...args: infer Arguments) => Effect.Effect<infer A, infer _E, infer _R>
        ? (...args: [...args: Unbranded<Arguments>, call?: CallOptionsOf<Arguments>]) => Promise<A>
        : Member extends (...args: infer Arguments) => Stream.Stream<infer A, infer _E, infer _R>
          ? (...args: [...args: Unbranded<Arguments>, call?: CallOptions]) => AsyncIterable<A>
          : Member

/**
 * A service for hosts without Effect: the same methods with the same documentation. A method that gives an effect gives a
 * promise, a stream is an async iterable, and what is pure stays as it is. Ids and paths are plain text going in.
 *
 * @public
 */
export type Promised<Service> = { readonly [K in keyof Service]: PromisedMember<Service[K]> }
