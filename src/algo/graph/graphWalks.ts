/**
 * Questions about a graph of which only a part is known: generators that answer, and on the way ask for what they need.
 * Whoever drives one makes the versions it yields known, in whatever way, and resumes it. Versions are slots.
 */
import type { AheadBehind } from "./dagQueries.ts"
import { Frontier, type Need } from "./Frontier.ts"
import type { PartialGraph } from "./PartialGraph.ts"

/** A question under way. @internal */
export type Walk<A> = Generator<Need, A, void>

const A = 1
const B = 2
const both = A | B
const stale = 4

const highest = Number.POSITIVE_INFINITY

function* settle(frontier: Frontier): Walk<void> {
  for (let need = frontier.need(); need !== undefined; need = frontier.need()) yield need
}

/**
 * Finds every best common ancestor of two versions: those that no other common ancestor descends from; the highest in
 * the order first.
 *
 * @remarks
 * Goes down from both sides in the order of versions. Whatever is taken has been reached by all its descendants that
 * matter, so one taken in both colours, and not from behind another such one, is among the best. The walk ends as soon
 * as one side has nothing left that the other could still meet.
 *
 * @internal
 */
export function* mergeBasesWalk(graph: PartialGraph, a: number, b: number): Walk<ReadonlyArray<number>> {
  const frontier = new Frontier(graph)
  const { counts } = frontier
  const bases: Array<number> = []
  frontier.add(a, A, highest)
  frontier.add(b, B, highest)
  while ((counts[both] as number) > 0 || ((counts[A] as number) > 0 && (counts[B] as number) > 0)) {
    yield* settle(frontier)
    const slot = frontier.take()
    if (frontier.colour === both) bases.push(slot)
    frontier.addParents(slot, frontier.colour === both ? both | stale : frontier.colour)
  }
  frontier.close()
  return bases
}

/** Counts what is reachable from `a` alone, and from `b` alone. @internal */
export function* aheadBehindWalk(graph: PartialGraph, a: number, b: number): Walk<AheadBehind> {
  const frontier = new Frontier(graph)
  const { counts } = frontier
  let ahead = 0
  let behind = 0
  frontier.add(a, A, highest)
  frontier.add(b, B, highest)
  while ((counts[A] as number) > 0 || (counts[B] as number) > 0) {
    yield* settle(frontier)
    const slot = frontier.take()
    if (frontier.colour === A) ahead++
    else if (frontier.colour === B) behind++
    frontier.addParents(slot, frontier.colour)
  }
  frontier.close()
  return { ahead, behind }
}

/** Whether `ancestor`, which must be known, is reachable from `descendant`. Never looks below the ancestor. @internal */
export function* isAncestorWalk(graph: PartialGraph, ancestor: number, descendant: number): Walk<boolean> {
  if (ancestor === descendant) return true
  const end = graph.at(ancestor)
  const frontier = new Frontier(graph)
  frontier.add(descendant, A, highest)
  let found = false
  while (!found && !frontier.isEmpty) {
    yield* settle(frontier)
    const slot = frontier.take()
    const below = graph.at(slot) - 1
    const count = graph.parentCount(slot)
    for (let k = 0; k < count && !found; k++) {
      const parent = graph.parent(slot, k)
      if (parent === ancestor) found = true
      // What cannot stand above the ancestor need not be looked at.
      else if (below > end) frontier.add(parent, A, below)
    }
  }
  frontier.close()
  return found
}

/** Where a walk that was stopped would go on. @internal */
export interface WalkEnds {
  readonly include: ReadonlyArray<number>
  readonly exclude: ReadonlyArray<number>
}

/**
 * Lists what is reachable from `include` (which belongs to it) and not from `exclude`, the highest in the order first,
 * until `visit` says enough.
 *
 * @internal
 */
export function* reachableWalk(
  graph: PartialGraph,
  include: ReadonlyArray<number>,
  exclude: ReadonlyArray<number>,
  visit: (slot: number) => "on" | "skipParents" | "stop"
): Walk<WalkEnds> {
  const frontier = new Frontier(graph)
  const { counts } = frontier
  for (const slot of include) frontier.add(slot, A, highest)
  for (const slot of exclude) frontier.add(slot, B, highest)
  while ((counts[A] as number) > 0) {
    yield* settle(frontier)
    const slot = frontier.take()
    const { colour } = frontier
    const next = colour === A ? visit(slot) : "on"
    if (next !== "skipParents") frontier.addParents(slot, colour)
    if (next === "stop") break
  }
  const ends = { include: frontier.slots(A), exclude: [...frontier.slots(B), ...frontier.slots(both)] }
  frontier.close()
  return ends
}
