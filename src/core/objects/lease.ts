/** What an operation has stored or claimed, so that it can claim it again before it commits. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import { StorageError, StorageUnavailable } from "../../storage/StorageError.ts"
import { CollectGrace } from "../references/CollectGrace.ts"
import type { ObjectsService, SizedObject } from "./Objects.ts"

/** Objects that remember what was put and claimed through them. @internal */
export interface Lease {
  readonly objects: ObjectsService
  /**
   * Claims everything again, when the first of it was put or claimed longer ago than half the grace. Fails as unavailable
   * where some of it was collected already: then the operation is to be done again.
   */
  readonly renew: Effect.Effect<void, StorageError>
}

/** Begins to remember. One for each operation. @internal */
export const makeLease = Effect.fnUntraced(function* (objects: ObjectsService): Effect.fn.Return<Lease> {
  const limit = (yield* CollectGrace) / 2
  const held = new Map<ObjectId, SizedObject["size"]>()
  let since: { readonly wall: number; readonly steady: bigint } | undefined
  const read = Effect.gen(function* () {
    return { wall: yield* Clock.currentTimeMillis, steady: yield* Clock.monotonicTimeNanos }
  })
  const begin = Effect.gen(function* () {
    since ??= yield* read
  })
  /** By both clocks: one of them may have been set, the other may have slept. */
  const elapsed = Effect.gen(function* () {
    if (since === undefined) return 0
    const now = yield* read
    return Math.max(Math.abs(now.wall - since.wall), Number(now.steady - since.steady) / 1e6)
  })
  const renew = Effect.gen(function* () {
    if (held.size === 0 || (yield* elapsed) <= limit) return
    const again = yield* read
    const [missing] = yield* objects.claim([...held].map(([id, size]) => ({ id, size })))
    if (missing !== undefined) {
      const detail = `object ${missing} was collected before the operation that stored it was committed`
      return yield* Effect.fail(new StorageError({ reason: new StorageUnavailable({ operation: "commit", detail }) }))
    }
    since = again
  })
  return {
    objects: {
      ...objects,
      put: (contents) => {
        for (const { bytes, id } of contents) held.set(id, bytes.length)
        return Effect.andThen(begin, objects.put(contents))
      },
      putStream: (pieces) =>
        Effect.andThen(
          begin,
          Effect.tap(objects.putStream(pieces), (stored) => Effect.sync(() => held.set(stored.id, stored.size)))
        ),
      claim: (claims) =>
        Effect.andThen(
          begin,
          Effect.tap(objects.claim(claims), (missing) => {
            const absent = new Set(missing)
            for (const { id, size } of claims) if (!absent.has(id)) held.set(id, size)
            return Effect.void
          })
        )
    },
    renew
  }
})
