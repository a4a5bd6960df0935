/** Which of some versions have a version in their history: one walk for all of them. */
import type * as Effect from "effect/Effect"
import { reachableWalk, type Walk } from "../../algo/graph/graphWalks.ts"
import type { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { GraphReader } from "./GraphReader.ts"

/**
 * Everything reachable from `starts` that the version at slot `wanted`, which must be known, is reachable from, itself
 * included. Looks at nothing that stands below it in the order.
 *
 * @internal
 */
export function* descendantsWalk(
  graph: PartialGraph,
  wanted: number,
  starts: ReadonlyArray<number>
): Walk<ReadonlySet<number>> {
  const end = graph.at(wanted)
  const visited: Array<number> = []
  yield* reachableWalk(graph, starts, [], (slot) => {
    if (graph.at(slot) <= end) return "skipParents"
    visited.push(slot)
    return "on"
  })
  const containing = new Set([wanted])
  // Parents were visited after their children: from the last one back, each is decided when its children ask.
  for (const slot of visited.reverse()) {
    for (let k = graph.parentCount(slot) - 1; k >= 0; k--) {
      if (containing.has(graph.parent(slot, k))) containing.add(slot)
    }
  }
  return containing
}

/** The same, driven by a reader. @internal */
export const descendantsAmong = (
  reader: GraphReader,
  wanted: number,
  starts: ReadonlyArray<number>
): Effect.Effect<ReadonlySet<number>, StorageError> => reader.drive(descendantsWalk(reader.graph, wanted, starts))
