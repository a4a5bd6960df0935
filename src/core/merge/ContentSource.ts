/** Where the bytes of blobs come from while something is computed: the store, or files that are not in it. */
import * as Effect from "effect/Effect"
import { canonicalBytes, type TextPolicy } from "../../algo/text/textPolicy.ts"
import type { BlobId, ObjectId } from "../../model/Ids.ts"
import type { Entry } from "../../model/Tree.ts"
import type { ObjectsService } from "../objects/Objects.ts"

/** Reads blobs in batches. Every id asked for is in the answer. @internal */
export interface ContentSource<E> {
  readonly get: (ids: ReadonlyArray<ObjectId>) => Effect.Effect<ReadonlyMap<ObjectId, Uint8Array>, E>
}

/** A batch of content ends at this many bytes: what is held in memory at once stays bounded. @internal */
export const contentBatchBytes = 32 * 1024 * 1024

/** Splits work into batches whose sizes add up to at most {@link contentBatchBytes} (a larger item is alone). @internal */
export const batchBySize = <A>(
  items: ReadonlyArray<A>,
  sizeOf: (item: A) => number
): ReadonlyArray<ReadonlyArray<A>> => {
  const batches: Array<Array<A>> = []
  let batch: Array<A> = []
  let size = 0
  for (const item of items) {
    const next = sizeOf(item)
    if (batch.length > 0 && (size + next > contentBatchBytes || batch.length >= 1000)) {
      batches.push(batch)
      batch = []
      size = 0
    }
    batch.push(item)
    size += next
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** Those that pass a test, and those that do not, in order. @internal */
export const partition = <A>(
  items: ReadonlyArray<A>,
  test: (item: A) => boolean
): readonly [ReadonlyArray<A>, ReadonlyArray<A>] => {
  const passed: Array<A> = []
  const others: Array<A> = []
  for (const item of items) (test(item) ? passed : others).push(item)
  return [passed, others]
}

/**
 * A file above this many bytes is never read to be merged: it is moved, kept and replaced as a whole, and conflicts where
 * both sides changed it.
 *
 * @internal
 */
export const mergedLimit = 64 * 1024 * 1024

/** A pair of files whose bytes differ. @internal */
export type EntryPair = readonly [Entry, Entry]

/** Only texts up to this size are compared under a policy; a larger file that differs in bytes differs. */
const comparedLimit = 16 * 1024 * 1024

/**
 * Computes, for pairs that differ in bytes, which are the same text under a policy. Reads each blob once; with the
 * policy `none` it reads nothing.
 *
 * @internal
 */
export const sameTexts = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  identify: ObjectsService["identify"],
  pairs: ReadonlyArray<EntryPair>,
  policy: TextPolicy
): Effect.fn.Return<(a: Entry, b: Entry) => boolean, E> {
  if (policy === "none") return () => false
  const sizes = new Map<ObjectId, number>()
  for (const [a, b] of pairs) {
    // A conversion adds one byte a line at most, so a text can double, never more.
    if (Math.max(a.size, b.size) > 2 * Math.min(a.size, b.size) || Math.max(a.size, b.size) > comparedLimit) continue
    sizes.set(a.id, a.size)
    sizes.set(b.id, b.size)
  }
  const canonical = new Map<ObjectId, BlobId>()
  for (const batch of batchBySize([...sizes], ([, size]) => size)) {
    const found = yield* content.get(batch.map(([id]) => id))
    for (const [id, bytes] of found) canonical.set(id, identify(canonicalBytes(bytes, policy)))
  }
  return (a, b) => {
    const left = canonical.get(a.id)
    return left !== undefined && left === canonical.get(b.id)
  }
})
