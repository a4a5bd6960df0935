/** A conflict for people: its contents, its hunks, and how far they are decided. */
import * as Effect from "effect/Effect"
import { type Hunk, recogniseUse } from "../../algo/conflict/hunks.ts"
import { renderMarkers } from "../../algo/conflict/markers.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import { type MergeTextOptions, mergeText } from "../../algo/text/mergeText.ts"
import type { Conflict, SettledUse, Term } from "../../model/Conflict.ts"
import type { ArtifactId, ConflictId, DirectoryPath, FilePath, ProjectId } from "../../model/Ids.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { mergedLimit } from "../merge/ContentSource.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import { conflictLabels, readCut } from "./readCut.ts"

/** An unresolved conflict, and where it is. @public */
export interface ListedConflict {
  readonly project: ProjectId
  readonly artifact: ArtifactId
  readonly target: DirectoryPath
  readonly path: FilePath
  readonly id: ConflictId
  readonly conflict: Conflict
}

/** A hunk, and whether it is decided: by what choice, and what text stands for it then. @public */
export interface ShownHunk extends Hunk {
  readonly decided: { readonly use: SettledUse; readonly text: Uint8Array } | null
}

/**
 * A conflict with its contents. A side is `null` where there is nothing, a directory, or a
 * file of more than 64 MiB. `markers` is for texts: the usual
 * view, with what is decided as decided. `hunks` is empty for a conflict that can only be resolved whole.
 *
 * @public
 */
export interface ShownConflict extends ListedConflict {
  readonly base: Uint8Array | null
  readonly ours: Uint8Array | null
  readonly theirs: Uint8Array | null
  readonly markers: Uint8Array | null
  readonly hunks: ReadonlyArray<ShownHunk>
}

const bytesOf = Effect.fnUntraced(function* (
  objects: ObjectsService,
  term: Term | null
): Effect.fn.Return<Uint8Array | null, StorageError> {
  if (term === null || term.kind === "directory" || term.kind === "conflict" || term.size > mergedLimit) return null
  return (yield* objects.get([term.id])).get(term.id) ?? null
})

/** Shows a listed conflict. @internal */
export const showConflict = Effect.fnUntraced(function* (
  objects: ObjectsService,
  listed: ListedConflict,
  options: MergeTextOptions
): Effect.fn.Return<ShownConflict, StorageError> {
  const { bases, sides } = listed.conflict
  const base = yield* bytesOf(objects, bases[0] ?? null)
  const ours = yield* bytesOf(objects, sides[0] ?? null)
  const theirs = yield* bytesOf(objects, sides[1] ?? null)
  const textPolicy = options.textPolicy ?? (yield* TextPolicy)
  const open = yield* readCut(objects, listed.conflict, { style: options.style ?? "merge", textPolicy })
  const sound = { ...listed, base, ours, theirs }
  const labels = { ...conflictLabels, ...options.labels }
  if (open !== undefined && options.favor === undefined && options.profile === undefined) {
    const { cut, progress } = open
    const hunks = cut.hunks.map((hunk): ShownHunk => {
      const text = progress.settled.get(hunk.index)
      return { ...hunk, decided: text === undefined ? null : { use: recogniseUse(cut, hunk, text), text } }
    })
    return { ...sound, hunks, markers: renderMarkers(cut, { ...options, labels }, progress) }
  }
  if (ours === null || theirs === null || [base, ours, theirs].some((bytes) => bytes !== null && isBinary(bytes))) {
    return { ...sound, hunks: [], markers: null }
  }
  return {
    ...sound,
    hunks: [],
    markers: mergeText(base ?? new Uint8Array(), ours, theirs, { ...options, labels }).bytes
  }
})
