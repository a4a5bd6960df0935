/** Files in place of conflict entries, where markers are asked for. */
import * as Effect from "effect/Effect"
import { renderMarkers } from "../../algo/conflict/markers.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { FilePath } from "../../model/Ids.ts"
import { UnresolvedConflicts } from "../../model/Plan.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { readConflict } from "../merge/treeMerge.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import { ConflictMarkers } from "./ConflictMarkers.ts"
import { conflictLabels, mergedKind, readCut, textTerms } from "./readCut.ts"

/** Replaces conflicts by their views, which are stored; fails naming those that may not or cannot be shown so. @internal */
export const markConflicts = Effect.fnUntraced(function* (
  objects: ObjectsService,
  flat: ReadonlyMap<FilePath, FlatEntry>
): Effect.fn.Return<ReadonlyMap<FilePath, FlatEntry>, StorageError | UnresolvedConflicts> {
  const style = yield* ConflictMarkers
  const textPolicy = yield* TextPolicy
  const written = new Map(flat)
  const unresolved: Array<FilePath> = []
  for (const [path, entry] of flat) {
    if (entry.kind !== "conflict") continue
    const conflict = style === "refuse" ? undefined : yield* readConflict(objects, entry.id)
    const terms = conflict === undefined ? undefined : textTerms(conflict)
    if (conflict === undefined || terms === undefined || style === "refuse") {
      unresolved.push(path)
      continue
    }
    const open = yield* readCut(objects, conflict, { style, textPolicy })
    if (open === undefined) {
      unresolved.push(path)
      continue
    }
    const bytes = renderMarkers(open.cut, { labels: conflictLabels, style }, open.progress)
    const id = objects.identify(bytes)
    yield* objects.put([{ id, bytes }])
    written.set(path, { kind: mergedKind(terms), id, size: bytes.length })
  }
  return unresolved.length === 0 ? written : yield* Effect.fail(new UnresolvedConflicts({ paths: unresolved }))
})
