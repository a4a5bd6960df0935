/** Reads beside those who prune and collect: what was taken away between two looks is no damage. */
import * as Effect from "effect/Effect"
import { StorageError, StorageUnavailable } from "../../storage/StorageError.ts"

/** So often a read is begun again that misses another thing each time. */
const rereads = 4

/** What an error says is damaged; `undefined` where it says something else. */
const damagedKey = (error: unknown): string | undefined =>
  error instanceof StorageError && error.reason._tag === "StorageCorrupt" ? error.reason.key : undefined

/**
 * Begins a read again that takes the store for damaged. Names and records are taken away before the objects that they lead to: where
 * something was collected between two looks, nothing leads there the second time, and the answer is that of a store without it.
 * What is missing twice is missing. Costs nothing where nothing is.
 *
 * For what changes nothing before it can fail so.
 *
 * @internal
 */
export const reread = <A, E, R>(read: Effect.Effect<A, E, R>): Effect.Effect<A, E | StorageError, R> => {
  const again = (missed: string | undefined, left: number): Effect.Effect<A, E | StorageError, R> =>
    Effect.catch(read, (error): Effect.Effect<A, E | StorageError, R> => {
      const key = damagedKey(error)
      if (key === undefined || key === missed) return Effect.fail(error)
      if (left > 0) return again(key, left - 1)
      const detail = `${key} is gone, and so were others before: the store is being collected meanwhile`
      return Effect.fail(new StorageError({ reason: new StorageUnavailable({ operation: "read", detail }) }))
    })
  return again(undefined, rereads)
}

/** Methods that read the store. */
type ReadsOf<S> = {
  readonly [K in keyof S]: S[K] extends (...given: never) => Effect.Effect<infer _A, infer E, infer _R>
    ? StorageError extends E
      ? K
      : never
    : never
}[keyof S]

type Read = (...given: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown, unknown>

/**
 * A service whose reads of these names begin again where they have to: see {@link reread}.
 *
 * @internal
 */
export const rereading = <S extends object>(service: S, names: ReadonlyArray<ReadsOf<S>>): S => {
  const reads = names.map((name) => {
    const read = service[name] as Read
    return [name, (...given: ReadonlyArray<unknown>) => reread(read(...given))] as const
  })
  return { ...service, ...Object.fromEntries(reads) }
}
