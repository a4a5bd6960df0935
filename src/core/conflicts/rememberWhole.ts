/** What is to be remembered of a conflict that was resolved as a whole. */
import * as Effect from "effect/Effect"
import { conflictKeyBytes } from "../../algo/conflict/conflictKeys.ts"
import { noProgress } from "../../algo/conflict/hunks.ts"
import { parseMarkers } from "../../algo/conflict/parseMarkers.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { Conflict } from "../../model/Conflict.ts"
import type { PlannedMemory } from "../../model/Plan.ts"
import type { Standing } from "../../model/Standing.ts"
import type { ContentSource } from "../merge/ContentSource.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import { readCut } from "./readCut.ts"
import { rememberHunks } from "./settleConflict.ts"

/**
 * Remembers the outcome of the whole conflict; and where a text was given that differs from the merge in its hunks alone,
 * what it says of each hunk.
 *
 * @internal
 */
export const rememberWhole = Effect.fnUntraced(function* <E>(
  objects: ObjectsService,
  content: ContentSource<E>,
  conflict: Conflict,
  resolution: { readonly use: string; readonly bytes?: Uint8Array },
  outcome: Standing | null,
  textPolicy: TextPolicy
): Effect.fn.Return<
  { readonly remembers: ReadonlyArray<PlannedMemory>; readonly contents: ReadonlyArray<Content> },
  E
> {
  const directories = [...conflict.bases, ...conflict.sides].some((term) => term?.kind === "directory")
  if (directories || outcome?.kind === "directory") return { remembers: [], contents: [] }
  const key = objects.identify(conflictKeyBytes(conflict))
  const whole: PlannedMemory = { key, of: "file", use: resolution.use, outcome }
  const { bytes } = resolution
  if (bytes === undefined) return { remembers: [whole], contents: [] }
  const { settled: _, ...fresh } = conflict
  const open = yield* readCut(content, fresh, { style: "merge", textPolicy })
  if (open === undefined) return { remembers: [whole], contents: [] }
  const parsed = parseMarkers(open.cut, bytes)
  if (parsed._tag === "Malformed" || parsed.open.length > 0 || parsed.progress.edits.size > 0) {
    return { remembers: [whole], contents: [] }
  }
  const hunks = rememberHunks(objects, { cut: open.cut, progress: parsed.progress }, noProgress)
  return { remembers: [...hunks.remembers, whole], contents: hunks.contents }
})
