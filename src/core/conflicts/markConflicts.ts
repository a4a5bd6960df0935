/** Files in place of conflict entries, where markers are asked for. */
import * as Effect from "effect/Effect"
import { renderMarkers } from "../../algo/conflict/markers.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import { UnresolvedConflicts, type UnresolvedPath } from "../../model/Plan.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { readConflict } from "../merge/treeMerge.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import { ConflictMarkers, type ConflictMarkersChoice } from "./ConflictMarkers.ts"
import { conflictLabels, mergedKind, readCut, textTerms } from "./readCut.ts"

/** A tree's paths with views in place of conflicts, and the conflicts that may not or cannot be shown so. @internal */
export interface MarkedTree {
  readonly flat: ReadonlyMap<FilePath, FlatEntry>
  readonly unresolved: ReadonlyArray<UnresolvedPath>
}

/** Replaces conflicts by their views, which are stored, as far as `ConflictMarkers` asks for them. @internal */
export const viewConflicts = Effect.fnUntraced(function* (
  objects: ObjectsService,
  flat: ReadonlyMap<FilePath, FlatEntry>
): Effect.fn.Return<MarkedTree, StorageError> {
  const conflicted = [...flat].filter(([, entry]) => entry.kind === "conflict")
  if (conflicted.length === 0) return { flat, unresolved: [] }
  const style = yield* ConflictMarkers
  const textPolicy = yield* TextPolicy
  const written = new Map(flat)
  const unresolved: Array<UnresolvedPath> = []
  for (const [path, entry] of conflicted) {
    if (entry.kind !== "conflict") continue
    const conflict = yield* readConflict(objects, entry.id)
    const terms = style === "refuse" ? undefined : textTerms(conflict)
    const open =
      terms === undefined || style === "refuse" ? undefined : yield* readCut(objects, conflict, { style, textPolicy })
    if (terms === undefined || open === undefined || style === "refuse") {
      unresolved.push({ path, kind: conflict.kind })
      continue
    }
    const bytes = renderMarkers(open.cut, { labels: conflictLabels, style }, open.progress)
    const id = objects.identify(bytes)
    yield* objects.put([{ id, bytes }])
    written.set(path, { kind: mergedKind(terms), id, size: bytes.length })
  }
  return { flat: written, unresolved: unresolved.sort((a, b) => compareUtf8(a.path, b.path)) }
})

/** The same, but fails where a conflict is left. @internal */
export const markConflicts = Effect.fnUntraced(function* (
  objects: ObjectsService,
  tree: ReadonlyMap<FilePath, FlatEntry>
): Effect.fn.Return<ReadonlyMap<FilePath, FlatEntry>, StorageError | UnresolvedConflicts> {
  const { flat, unresolved } = yield* viewConflicts(objects, tree)
  return unresolved.length === 0 ? flat : yield* Effect.fail(new UnresolvedConflicts({ conflicts: unresolved }))
})

/** Lets a call's own choice stand for {@link ConflictMarkers}. @internal */
export const choosingMarkers =
  (choice: ConflictMarkersChoice | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    choice === undefined ? effect : Effect.provideService(effect, ConflictMarkers, choice)
