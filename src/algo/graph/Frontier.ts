/** The edge of a walk down a graph of which only a part is known yet. */
import { compareUtf8 } from "../../model/order.ts"

/** What a walk has to know about a version: where it stands in the order, and its parents. @public */
export interface GraphNode {
  readonly id: string
  /** Greater than each parent's. (at, id) is a topological order. */
  readonly at: number
  readonly parents: ReadonlyArray<string>
}

/** The versions that are known so far. @public */
export interface KnownNodes {
  readonly get: (id: string) => GraphNode | undefined
}

/** What a walk needs before it can go on: these versions, none of which stands above `below` in the order. @public */
export interface Need {
  readonly ids: ReadonlyArray<string>
  readonly below: number
}

/** Compares by the one order of versions. @public */
export const compareNodes = (
  a: { readonly at: number; readonly id: string },
  b: { readonly at: number; readonly id: string }
): number => a.at - b.at || compareUtf8(a.id, b.id)

interface Reached {
  colour: number
  /** The greatest `at` that the version may have. */
  readonly below: number
}

/**
 * Versions reached but not taken yet, with the colours they were reached in. Versions are taken from the highest in
 * the order down, so whatever is taken has all its colours; versions not known yet are asked for no sooner than a taken
 * one could depend on them, so that several are asked for at once.
 *
 * @internal
 */
export class Frontier {
  readonly #known: KnownNodes
  readonly #reached = new Map<string, Reached>()
  readonly #heap: Array<GraphNode> = []
  #waiting: Array<string> = []
  #waitingBelow = Number.NEGATIVE_INFINITY
  /** How many reached versions have exactly which colours. */
  readonly counts = new Int32Array(8)

  constructor(known: KnownNodes) {
    this.#known = known
  }

  get size(): number {
    return this.#reached.size
  }

  /** The ids of what is reached and not taken: all of it, or what has exactly these colours. */
  ids(colour?: number): ReadonlyArray<string> {
    const ids: Array<string> = []
    for (const [id, reached] of this.#reached) if (colour === undefined || reached.colour === colour) ids.push(id)
    return ids
  }

  /** Reaches a version in a colour; its `at` is known to be `below` at most. */
  add(id: string, colour: number, below: number): void {
    const reached = this.#reached.get(id)
    if (reached !== undefined) {
      const after = reached.colour | colour
      if (after === reached.colour) return
      this.#count(reached.colour, -1)
      this.#count(after, 1)
      reached.colour = after
      return
    }
    const node = this.#known.get(id)
    this.#reached.set(id, { colour, below })
    this.#count(colour, 1)
    if (node === undefined) {
      this.#waiting.push(id)
      this.#waitingBelow = Math.max(this.#waitingBelow, below)
    } else this.#push(node)
  }

  /** What must become known before the next can be taken; `undefined` when it can be. */
  need(): Need | undefined {
    if (this.#waiting.length === 0) return undefined
    const top = this.#heap[0]
    // Equal places cannot be each other's ancestors, so a tie need not be decided.
    if (top !== undefined && top.at >= this.#waitingBelow) return undefined
    this.#settle()
    return this.#waiting.length === 0 ? undefined : { ids: this.#waiting, below: this.#waitingBelow }
  }

  /** Takes the highest version and says its colours. Only after {@link need} had nothing to ask. */
  take(): { readonly node: GraphNode; readonly colour: number } | undefined {
    const node = this.#pop()
    if (node === undefined) return undefined
    const colour = this.#reached.get(node.id)?.colour ?? 0
    this.#reached.delete(node.id)
    this.#count(colour, -1)
    return { node, colour }
  }

  /** Moves versions that have become known meanwhile into the order. */
  #settle(): void {
    const waiting: Array<string> = []
    let below = Number.NEGATIVE_INFINITY
    for (const id of this.#waiting) {
      const reached = this.#reached.get(id)
      const node = this.#known.get(id)
      if (reached === undefined) continue
      if (node === undefined) {
        waiting.push(id)
        below = Math.max(below, reached.below)
      } else this.#push(node)
    }
    this.#waiting = waiting
    this.#waitingBelow = below
  }

  #count(colour: number, change: number): void {
    this.counts[colour] = (this.counts[colour] as number) + change
  }

  #push(node: GraphNode): void {
    const heap = this.#heap
    let i = heap.length
    while (i > 0) {
      const up = (i - 1) >> 1
      const parent = heap[up] as GraphNode
      if (compareNodes(parent, node) >= 0) break
      heap[i] = parent
      i = up
    }
    heap[i] = node
  }

  #pop(): GraphNode | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && compareNodes(heap[child + 1] as GraphNode, heap[child] as GraphNode) > 0) child++
      const lower = heap[child] as GraphNode
      if (compareNodes(last, lower) >= 0) break
      heap[i] = lower
      i = child
    }
    heap[i] = last
    return top
  }
}
