/** Questions about a whole graph in memory: common ancestors, distances, ancestry. */
import type { Dag } from "./Dag.ts"
import { RankQueue } from "./RankQueue.ts"

/** How many versions each of two has that the other has not. @public */
export interface AheadBehind {
  readonly ahead: number
  readonly behind: number
}

/** Questions that can be put to a {@link Dag}. Answers are synchronous; one question is answered at a time. @public */
export interface DagQueries {
  /** Every best common ancestor: those that no other common ancestor descends from. Highest number first. */
  readonly mergeBases: (a: number, b: number) => ReadonlyArray<number>
  /** How many versions are reachable from `a` alone (`ahead`), and from `b` alone (`behind`). */
  readonly aheadBehind: (a: number, b: number) => AheadBehind
  /** Whether `ancestor` is reachable from `descendant`. A version is its own ancestor. */
  readonly isAncestor: (ancestor: number, descendant: number) => boolean
  /** Of each of `candidates`: whether it has `ancestor` in its history. One pass for all of them. */
  readonly descendants: (ancestor: number, candidates: ReadonlyArray<number>) => ReadonlyArray<boolean>
}

const A = 1
const B = 2
const both = A | B
const stale = 4

/**
 * Prepares questions about a graph: one byte and one bit of scratch space per version, used again by every question.
 *
 * @remarks
 * Versions are taken from the highest number down, carrying the colours of the sides they were reached from. Parents
 * have lower numbers, so whatever is taken has all its colours: a version that is taken with both colours, and is not
 * behind an earlier such one, is a best common ancestor, and no clean-up pass is needed. (git paints by date and has to
 * reduce the result afterwards, because dates may lie: commit-reach.c, `paint_down_to_common`.)
 *
 * @public
 */
export const makeDagQueries = (dag: Dag): DagQueries => {
  const { offsets, parents } = dag
  const colours = new Uint8Array(dag.size)
  const queue = new RankQueue(dag.size)
  // How many queued versions have which colours: a walk ends when what is left cannot matter.
  const counts = new Int32Array(8)

  const add = (index: number, colour: number) => {
    const before = colours[index] as number
    const after = before | colour
    if (after === before) return
    if (before === 0) queue.add(index)
    else counts[before] = (counts[before] as number) - 1
    counts[after] = (counts[after] as number) + 1
    colours[index] = after
  }

  // The colours of what was last taken.
  let taken = 0
  const take = (): number => {
    const index = queue.take()
    const colour = colours[index] as number
    counts[colour] = (counts[colour] as number) - 1
    // Nothing that comes later can reach this version again, so its byte is free for the next question.
    colours[index] = 0
    taken = colour
    return index
  }
  const addParents = (index: number, colour: number) => {
    const end = offsets[index + 1] as number
    for (let k = offsets[index] as number; k < end; k++) add(parents[k] as number, colour)
  }

  const finish = () => {
    while (queue.length > 0) colours[queue.take()] = 0
    queue.clear()
    counts.fill(0)
  }

  const check = (...indices: ReadonlyArray<number>) => {
    for (const index of indices) {
      if (!Number.isInteger(index) || index < 0 || index >= dag.size) throw new RangeError(`No version ${index}`)
    }
  }

  const mergeBases = (a: number, b: number) => {
    check(a, b)
    const bases: Array<number> = []
    add(a, A)
    add(b, B)
    while ((counts[both] as number) > 0 || ((counts[A] as number) > 0 && (counts[B] as number) > 0)) {
      const index = take()
      if (taken === both) bases.push(index)
      addParents(index, taken === both ? both | stale : taken)
    }
    finish()
    return bases
  }

  const aheadBehind = (a: number, b: number) => {
    check(a, b)
    let ahead = 0
    let behind = 0
    add(a, A)
    add(b, B)
    while ((counts[A] as number) > 0 || (counts[B] as number) > 0) {
      const index = take()
      if (taken === A) ahead++
      else if (taken === B) behind++
      addParents(index, taken)
    }
    finish()
    return { ahead, behind }
  }

  const isAncestor = (ancestor: number, descendant: number) => {
    check(ancestor, descendant)
    let found = ancestor === descendant
    if (ancestor < descendant) add(descendant, A)
    while (!found && queue.length > 0) {
      const index = take()
      const end = offsets[index + 1] as number
      for (let k = offsets[index] as number; k < end; k++) {
        const parent = parents[k] as number
        if (parent === ancestor) found = true
        else if (parent > ancestor) add(parent, A)
      }
    }
    finish()
    return found
  }

  const descendants = (ancestor: number, candidates: ReadonlyArray<number>) => {
    check(ancestor, ...candidates)
    const highest = candidates.reduce((a, b) => Math.max(a, b), ancestor)
    colours[ancestor] = A
    for (let index = ancestor + 1; index <= highest; index++) {
      const end = offsets[index + 1] as number
      for (let k = offsets[index] as number; k < end; k++) {
        if (colours[parents[k] as number] !== 0) {
          colours[index] = A
          break
        }
      }
    }
    const found = candidates.map((candidate) => colours[candidate] !== 0)
    colours.fill(0, ancestor, highest + 1)
    return found
  }

  return { mergeBases, aheadBehind, isAncestor, descendants }
}
