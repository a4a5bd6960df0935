/** Which of some versions have a version in their history: one walk for all of them. */
import * as Effect from "effect/Effect"
import { reachableWalk } from "../../algo/graph/graphWalks.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { GraphReader } from "./GraphReader.ts"

/**
 * Everything reachable from `starts` that the version at slot `wanted` is reachable from, itself included. Looks at nothing
 * that stands below it in the order.
 *
 * @internal
 */
export const descendantsAmong = Effect.fnUntraced(function* (
  reader: GraphReader,
  wanted: number,
  starts: ReadonlyArray<number>
): Effect.fn.Return<ReadonlySet<number>, StorageError> {
  const { graph } = reader
  const end = graph.at(wanted)
  const visited: Array<number> = []
  const walk = reachableWalk(graph, starts, [], (slot) => {
    if (graph.at(slot) <= end) return "skipParents"
    visited.push(slot)
    return "on"
  })
  yield* reader.drive(walk)
  const containing = new Set([wanted])
  // Parents were visited after their children: from the last one back, each is decided when its children ask.
  for (const slot of visited.reverse()) {
    for (let k = graph.parentCount(slot) - 1; k >= 0; k--) {
      if (containing.has(graph.parent(slot, k))) containing.add(slot)
    }
  }
  return containing
})
