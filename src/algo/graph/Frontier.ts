/** The edge of a walk down a graph of which only a part is known yet. */
import type { PartialGraph } from "./PartialGraph.ts"

/** What a walk needs before it can go on. @internal */
export interface Need {
  /** These versions. */
  readonly ids: ReadonlyArray<string>
  /** None of which stands above this in the order. */
  readonly below: number
  /** How many versions the walk has been through so far. */
  readonly visited: number
}

/**
 * Versions reached but not taken yet, with the colours they were reached in. Versions are taken from the highest in
 * the order down, so whatever is taken has all its colours; versions not known yet are asked for no sooner than a taken
 * one could depend on them, so that several are asked for at once.
 *
 * @internal
 */
export class Frontier {
  readonly #graph: PartialGraph
  readonly #heap: Array<number> = []
  #colours: Uint8Array
  #waiting: Array<number> = []
  /** By place in `waiting`: above what the version cannot stand. */
  #bounds: Array<number> = []
  #below = Number.NEGATIVE_INFINITY
  #visited = 0
  /** How many reached versions have exactly which colours. */
  readonly counts = new Int32Array(8)
  /** The colours of what was last taken. */
  colour = 0

  constructor(graph: PartialGraph) {
    this.#graph = graph
    this.#colours = graph.takeScratch()
  }

  get isEmpty(): boolean {
    return this.#heap.length === 0 && this.#waiting.length === 0
  }

  /** What is reached and not taken: all of it, or what has exactly these colours. */
  slots(colour?: number): ReadonlyArray<number> {
    const all = [...this.#heap, ...this.#waiting]
    return colour === undefined ? all : all.filter((slot) => this.#colours[slot] === colour)
  }

  /** Reaches a version in a colour; it stands at `below` at most. */
  add(slot: number, colour: number, below: number): void {
    // The graph grows while others walk it, too.
    if (slot >= this.#colours.length) this.#grow(slot)
    const before = this.#colours[slot] as number
    const after = before | colour
    if (after === before) return
    this.#colours[slot] = after
    this.#count(after, 1)
    if (before !== 0) this.#count(before, -1)
    else if (this.#graph.isKnown(slot)) this.#push(slot)
    else {
      this.#waiting.push(slot)
      this.#bounds.push(below)
      this.#below = Math.max(this.#below, below)
    }
  }

  /** Reaches the parents of a version in a colour. */
  addParents(slot: number, colour: number): void {
    const below = this.#graph.at(slot) - 1
    const count = this.#graph.parentCount(slot)
    for (let k = 0; k < count; k++) this.add(this.#graph.parent(slot, k), colour, below)
  }

  /** What must become known before the next can be taken; `undefined` when it can be. */
  need(): Need | undefined {
    if (this.#waiting.length === 0 || this.#decided()) return undefined
    this.#settle()
    if (this.#waiting.length === 0 || this.#decided()) return undefined
    return { ids: this.#waiting.map((slot) => this.#graph.id(slot)), below: this.#below, visited: this.#visited }
  }

  /** Takes the highest version, and sets `colour`. Only after {@link need} had nothing to ask. -1 where none is left. */
  take(): number {
    const slot = this.#pop()
    if (slot === -1) return -1
    this.#visited++
    this.colour = this.#colours[slot] as number
    // Whatever comes later stands below: nothing can reach this version again.
    this.#colours[slot] = 0
    this.#count(this.colour, -1)
    return slot
  }

  /** Ends the walk. */
  close(): void {
    for (const slot of this.#heap) this.#colours[slot] = 0
    for (const slot of this.#waiting) this.#colours[slot] = 0
    this.#graph.giveBack(this.#colours)
  }

  /** Whether nothing that is not known yet can stand above the highest that is. */
  #decided(): boolean {
    const top = this.#heap[0]
    return top !== undefined && this.#graph.at(top) > this.#below
  }

  /** Moves versions that have become known meanwhile into the order. */
  #settle(): void {
    const waiting = this.#waiting
    const bounds = this.#bounds
    this.#waiting = []
    this.#bounds = []
    this.#below = Number.NEGATIVE_INFINITY
    waiting.forEach((slot, k) => {
      const bound = bounds[k] as number
      if (this.#graph.isKnown(slot)) this.#push(slot)
      else {
        this.#waiting.push(slot)
        this.#bounds.push(bound)
        this.#below = Math.max(this.#below, bound)
      }
    })
  }

  #grow(slot: number): void {
    const larger = new Uint8Array(Math.max(slot + 1, this.#colours.length * 2, this.#graph.size))
    larger.set(this.#colours)
    this.#colours = larger
  }

  #count(colour: number, change: number): void {
    this.counts[colour] = (this.counts[colour] as number) + change
  }

  #push(slot: number): void {
    const heap = this.#heap
    const graph = this.#graph
    let i = heap.length
    while (i > 0) {
      const up = (i - 1) >> 1
      const parent = heap[up] as number
      if (!graph.isAbove(slot, parent)) break
      heap[i] = parent
      i = up
    }
    heap[i] = slot
  }

  #pop(): number {
    const heap = this.#heap
    const graph = this.#graph
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined) return -1
    if (heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      let lower = heap[child] as number
      const other = heap[child + 1]
      if (other !== undefined && graph.isAbove(other, lower)) {
        lower = other
        child++
      }
      if (!graph.isAbove(lower, last)) break
      heap[i] = lower
      i = child
    }
    heap[i] = last
    return top
  }
}
