/** How branches here and in another store stand to each other. */
import * as Effect from "effect/Effect"
import { aheadBehindWalk, mergeBasesWalk } from "../../algo/graph/graphWalks.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { VersionOutline } from "../../model/Exchange.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { makeGraphReader } from "../graph/GraphReader.ts"
import { parentsText } from "../graph/recordParents.ts"

/**
 * A branch here and there.
 *
 * - `same`: at the same version
 * - `ahead`: theirs is an ancestor of ours; `behind`: ours of theirs
 * - `diverged`: both have versions that the other lacks. `mergeBases` are their best common ancestors; empty where the two
 *   share no history
 * - `ours-only`, `theirs-only`: one side has no branch of that name; nothing is counted then
 *
 * `ahead` counts the versions reachable from ours alone, `behind` those from theirs alone.
 *
 * @public
 */
export interface BranchComparison {
  readonly artifact: ArtifactId
  readonly branch: string
  readonly ours: VersionId | null
  readonly theirs: VersionId | null
  readonly relation: "same" | "ahead" | "behind" | "diverged" | "ours-only" | "theirs-only"
  readonly ahead: number
  readonly behind: number
  readonly mergeBases: ReadonlyArray<VersionId>
}

/** Shows outlines as if their versions were stored. Their place follows from the clock and the parents, as always. */
const withOutlines = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  outlines: ReadonlyArray<VersionOutline>
): Effect.fn.Return<CatalogStorageService, StorageError> {
  const own = new Set(outlines.map(({ id }) => id))
  const outside = new Set(outlines.flatMap(({ parents }) => parents.filter((parent) => !own.has(parent))))
  const places = new Map<string, number>()
  const wanted = [...outside]
  for (let i = 0; i < wanted.length; i += 1000) {
    for (const [id, { at }] of yield* catalog.records("version", wanted.slice(i, i + 1000))) places.set(id, at)
  }
  const shown = new Map<string, StoredRecord>()
  for (const { id, parents, time } of outlines) {
    const at = parents.reduce((place, parent) => Math.max(place, (places.get(parent) ?? place) + 1), time)
    places.set(id, at)
    // What a walk reads of a version: its place, and the parents that its body ends in.
    shown.set(id, { kind: "version", id, at, terms: [], body: parentsText(parents) })
  }
  return {
    ...catalog,
    records: (kind, ids) => {
      const hidden = ids.filter((id) => !shown.has(id))
      const seen = ids.flatMap((id) => {
        const record = shown.get(id)
        return record === undefined ? [] : [[id, record] as const]
      })
      return hidden.length === 0
        ? Effect.succeed(new Map(seen))
        : Effect.map(catalog.records(kind, hidden), (found) => new Map([...found, ...seen]))
    }
  }
})

/** Compares pairs of branches. `outlines` are the versions of theirs that are not stored here, parents first. @internal */
export const compareBranches = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  outlines: ReadonlyArray<VersionOutline>,
  pairs: ReadonlyArray<Pick<BranchComparison, "artifact" | "branch" | "ours" | "theirs">>
): Effect.fn.Return<ReadonlyArray<BranchComparison>, StorageError> {
  const overlaid = yield* withOutlines(catalog, outlines)
  // A graph of its own: what is not stored here must not be remembered as known.
  const graph = new PartialGraph()
  const compared: Array<BranchComparison> = []
  for (const pair of pairs) {
    const { ours, theirs } = pair
    const result = (
      relation: BranchComparison["relation"],
      ahead = 0,
      behind = 0,
      mergeBases: ReadonlyArray<VersionId> = []
    ) => compared.push({ ...pair, relation, ahead, behind, mergeBases })
    if (theirs === null) result("ours-only")
    else if (ours === null) result("theirs-only")
    else if (ours === theirs) result("same", 0, 0, [ours])
    else {
      const reader = makeGraphReader(overlaid, graph)
      const [left = -1, right = -1] = yield* Effect.catchTag(
        reader.require([ours, theirs]),
        "VersionNotFound",
        Effect.die
      )
      const { ahead, behind } = yield* reader.drive(aheadBehindWalk(graph, left, right))
      if (behind === 0) result("ahead", ahead, 0, [theirs])
      else if (ahead === 0) result("behind", 0, behind, [ours])
      else {
        const bases = yield* reader.drive(mergeBasesWalk(graph, left, right))
        result(
          "diverged",
          ahead,
          behind,
          bases.map((slot) => graph.id(slot) as VersionId)
        )
      }
    }
  }
  return compared
})
