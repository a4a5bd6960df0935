/**
 * Questions about a graph of which only a part is known: generators that answer, and on the way ask for what they need.
 * Whoever drives one makes the versions it yields known, in whatever way, and resumes it.
 */
import type { AheadBehind } from "./dagQueries.ts"
import { Frontier, type GraphNode, type KnownNodes, type Need } from "./Frontier.ts"

/** A question under way. @public */
export type Walk<A> = Generator<Need, A, void>

const A = 1
const B = 2
const both = A | B
const stale = 4

const highest = Number.POSITIVE_INFINITY

/**
 * Finds every best common ancestor of two versions: those that no other common ancestor descends from; the highest in
 * the order first.
 *
 * @remarks
 * Goes down from both sides in the order of versions. Whatever is taken has been reached by all its descendants that
 * matter, so one taken in both colours, and not from behind another such one, is among the best. The walk ends as soon
 * as one side has nothing left that the other could still meet.
 *
 * @public
 */
export function* mergeBasesWalk(known: KnownNodes, a: string, b: string): Walk<ReadonlyArray<string>> {
  const frontier = new Frontier(known)
  const bases: Array<string> = []
  const count = (colour: number) => frontier.counts[colour] as number
  frontier.add(a, A, highest)
  frontier.add(b, B, highest)
  while (count(both) > 0 || (count(A) > 0 && count(B) > 0)) {
    yield* settle(frontier)
    const taken = frontier.take()
    if (taken === undefined) break
    if (taken.colour === both) bases.push(taken.node.id)
    reachParents(frontier, taken.node, taken.colour === both ? both | stale : taken.colour)
  }
  return bases
}

/** Counts what is reachable from `a` alone, and from `b` alone. @public */
export function* aheadBehindWalk(known: KnownNodes, a: string, b: string): Walk<AheadBehind> {
  const frontier = new Frontier(known)
  let ahead = 0
  let behind = 0
  frontier.add(a, A, highest)
  frontier.add(b, B, highest)
  while ((frontier.counts[A] as number) > 0 || (frontier.counts[B] as number) > 0) {
    yield* settle(frontier)
    const taken = frontier.take()
    if (taken === undefined) break
    if (taken.colour === A) ahead++
    else if (taken.colour === B) behind++
    reachParents(frontier, taken.node, taken.colour)
  }
  return { ahead, behind }
}

/** Whether `ancestor` is reachable from `descendant`, or is the same. Never looks below the ancestor. @public */
export function* isAncestorWalk(known: KnownNodes, ancestor: string, descendant: string): Walk<boolean> {
  if (ancestor === descendant) return true
  for (;;) {
    const end = known.get(ancestor)
    if (end === undefined) {
      yield { ids: [ancestor, descendant], below: highest }
      continue
    }
    const frontier = new Frontier(known)
    frontier.add(descendant, A, highest)
    while (frontier.size > 0) {
      yield* settle(frontier)
      const taken = frontier.take()
      if (taken === undefined) break
      if (taken.node.at <= end.at) continue
      for (const parent of taken.node.parents) {
        if (parent === ancestor) return true
        // A parent stands below its child: what cannot be above the ancestor need not be looked at.
        if (taken.node.at - 1 > end.at) frontier.add(parent, A, taken.node.at - 1)
      }
    }
    return false
  }
}

/**
 * Lists what is reachable from the starts (themselves included), the highest in the order first, until `visit` says
 * enough. Returns the ids from which the walk would go on.
 *
 * @public
 */
export function* ancestorsWalk(
  known: KnownNodes,
  starts: ReadonlyArray<string>,
  visit: (node: GraphNode) => "on" | "skipParents" | "stop"
): Walk<ReadonlyArray<string>> {
  const frontier = new Frontier(known)
  for (const start of starts) frontier.add(start, A, highest)
  while (frontier.size > 0) {
    yield* settle(frontier)
    const taken = frontier.take()
    if (taken === undefined) break
    const next = visit(taken.node)
    if (next !== "skipParents") reachParents(frontier, taken.node, A)
    if (next === "stop") break
  }
  return frontier.ids()
}

/**
 * Lists what is reachable from `include` and not from `exclude`, the highest in the order first, until `visit` says
 * enough. Returns the ids on both sides from which the walk would go on.
 *
 * @public
 */
export function* differenceWalk(
  known: KnownNodes,
  include: ReadonlyArray<string>,
  exclude: ReadonlyArray<string>,
  visit: (node: GraphNode) => "on" | "stop"
): Walk<{ readonly include: ReadonlyArray<string>; readonly exclude: ReadonlyArray<string> }> {
  const frontier = new Frontier(known)
  for (const id of include) frontier.add(id, A, highest)
  for (const id of exclude) frontier.add(id, B, highest)
  while ((frontier.counts[A] as number) > 0) {
    yield* settle(frontier)
    const taken = frontier.take()
    if (taken === undefined) break
    const next = taken.colour === A ? visit(taken.node) : "on"
    reachParents(frontier, taken.node, taken.colour)
    if (next === "stop") break
  }
  return { include: frontier.ids(A), exclude: [...frontier.ids(B), ...frontier.ids(both)] }
}

function* settle(frontier: Frontier): Walk<void> {
  for (let need = frontier.need(); need !== undefined; need = frontier.need()) yield need
}

const reachParents = (frontier: Frontier, node: GraphNode, colour: number): void => {
  for (const parent of node.parents) frontier.add(parent, colour, node.at - 1)
}
