/** As much of a version graph as is known so far, in typed arrays: some 60 bytes a version. */

import { grow, IdTable } from "./IdTable.ts"

/**
 * Versions by slot: a small number that stands for an id as long as the graph lives. A version gets a slot when it is
 * first named, and is known once it was {@link PartialGraph.add added}. What is known never changes.
 *
 * @internal
 */
export class PartialGraph {
  #known = 0
  readonly #ids = new IdTable()
  #parents = new Uint32Array(64)
  #parentsEnd = 0
  /** By slot: where the parents begin in the list of all parents, and how many there are. */
  #starts = new Uint32Array(64)
  #counts = new Uint32Array(64)
  /** By slot: the place in the order; NaN while the version is not known. */
  #ats = new Float64Array(64).fill(Number.NaN)
  readonly #idle: Array<Uint8Array> = []

  /** How many slots there are. */
  get size(): number {
    return this.#ids.size
  }

  /** How many versions are known. */
  get known(): number {
    return this.#known
  }

  /** The slot of an id; -1 where it has none. */
  find(id: string): number {
    return this.#ids.find(id)
  }

  /** The slot of an id, which gets one if it has none. */
  slot(id: string): number {
    const slot = this.#ids.add(id)
    const size = this.#ids.size
    if (size <= this.#ats.length) return slot
    // All columns are as long as the one that is filled.
    this.#starts = grow(this.#starts, size)
    this.#counts = grow(this.#counts, size)
    const from = this.#ats.length
    this.#ats = grow(this.#ats, size).fill(Number.NaN, from)
    return slot
  }

  /** The id of a slot. */
  id(slot: number): string {
    return this.#ids.id(slot)
  }

  isKnown(slot: number): boolean {
    return !Number.isNaN(this.#ats[slot] as number)
  }

  /** The place in the order of a known version. */
  at(slot: number): number {
    return this.#ats[slot] as number
  }

  /** Whether one known version stands above another in the order, which is that of (at, id). */
  isAbove(slot: number, other: number): boolean {
    const a = this.#ats[slot] as number
    const b = this.#ats[other] as number
    return a === b ? this.#ids.compare(slot, other) > 0 : a > b
  }

  /** Makes a version known. */
  add(id: string, at: number, parents: ReadonlyArray<string>): number {
    const slot = this.slot(id)
    if (this.isKnown(slot)) return slot
    const start = this.#parentsEnd
    this.#parents = grow(this.#parents, start + parents.length)
    for (const parent of parents) this.#parents[this.#parentsEnd++] = this.slot(parent)
    this.#starts[slot] = start
    this.#counts[slot] = parents.length
    this.#ats[slot] = at
    this.#known++
    return slot
  }

  parentCount(slot: number): number {
    return this.#counts[slot] as number
  }

  /** One of a version's parents, as a slot. */
  parent(slot: number, index: number): number {
    return this.#parents[(this.#starts[slot] as number) + index] as number
  }

  /** A byte for each slot, all 0. Given back with {@link giveBack}, all 0 again, it serves the next one who asks. */
  takeScratch(): Uint8Array {
    const scratch = this.#idle.pop()
    return scratch !== undefined && scratch.length >= this.size ? scratch : new Uint8Array(this.#ats.length)
  }

  giveBack(scratch: Uint8Array): void {
    if (scratch.length >= this.size && this.#idle.length < 4) this.#idle.push(scratch)
  }
}
