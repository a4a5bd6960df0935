/** Finding renames: reads the contents that the search asks for, and keeps their fingerprints alone. */
import * as Effect from "effect/Effect"
import { detectRenames, type SideRenames } from "../../algo/merge/renames/detectRenames.ts"
import type { RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import { type Fingerprint, fingerprint } from "../../algo/merge/renames/similarity.ts"
import type { Side, Survey } from "../../algo/merge/surveyTrees.ts"
import type { ObjectId } from "../../model/Ids.ts"
import { batchBySize, type ContentSource, mergedLimit } from "./ContentSource.ts"

/**
 * Carries a search out: reads what it asks for, and keeps the fingerprints of that.
 *
 * @internal
 */
export const searchRenames = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  search: ReturnType<typeof detectRenames>,
  fingerprints: Map<ObjectId, Fingerprint>
): Effect.fn.Return<SideRenames, E> {
  for (;;) {
    const step = search.next()
    if (step.done) return step.value
    const wanted = new Map(step.value.map((entry) => [entry.id, entry]))
    const unknown = [...wanted.values()].filter(({ id }) => !fingerprints.has(id))
    // What is too large to be read is found where it was moved unchanged, which ids tell.
    for (const { id, size } of unknown) if (size > mergedLimit) fingerprints.set(id, fingerprint(new Uint8Array()))
    const read = unknown.filter(({ size }) => size <= mergedLimit)
    for (const batch of batchBySize(read, ({ size }) => size)) {
      for (const [id, bytes] of yield* content.get(batch.map(({ id }) => id))) fingerprints.set(id, fingerprint(bytes))
      yield* Effect.yieldNow
    }
  }
})

/** Finds the renames of both sides. @internal */
export const findRenames = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  survey: Survey,
  options: RenameOptions
): Effect.fn.Return<{ readonly ours: SideRenames; readonly theirs: SideRenames }, E> {
  const fingerprints = new Map<ObjectId, Fingerprint>()
  const findOn = (side: Side) => {
    const moves = options.moves.filter((move) => move.side === side)
    return searchRenames(content, detectRenames(survey[side], options, moves, fingerprints), fingerprints)
  }
  return { ours: yield* findOn("ours"), theirs: yield* findOn("theirs") }
})
