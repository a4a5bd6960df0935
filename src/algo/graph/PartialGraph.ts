/** As much of a version graph as is known so far, in typed arrays: some 60 bytes a version. */

const words = 8
const none = 0xffffffff

const grow = <A extends Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(array: A, needed: number): A => {
  if (needed <= array.length) return array
  const larger = new (array.constructor as new (length: number) => A)(Math.max(needed, array.length * 2))
  larger.set(array)
  return larger
}

/**
 * Versions by slot: a small number that stands for an id as long as the graph lives. A version gets a slot when it is
 * first named, and is known once it was {@link PartialGraph.add added}. What is known never changes.
 *
 * @remarks
 * Ids are SHA-256 in hex, kept as eight words each and found by open addressing on the first: they are random already.
 *
 * @internal
 */
export class PartialGraph {
  #size = 0
  #known = 0
  #ids = new Uint32Array(words * 64)
  #table = new Uint32Array(256).fill(none)
  #parents = new Uint32Array(64)
  #parentsEnd = 0
  /** By slot: where the parents begin in the list of all parents, and how many there are. */
  #starts = new Uint32Array(64)
  #counts = new Uint32Array(64)
  /** By slot: the place in the order; NaN while the version is not known. */
  #ats = new Float64Array(64).fill(Number.NaN)
  readonly #word = new Uint32Array(words)
  readonly #idle: Array<Uint8Array> = []

  /** How many slots there are. */
  get size(): number {
    return this.#size
  }

  /** How many versions are known. */
  get known(): number {
    return this.#known
  }

  /** The slot of an id; -1 where it has none. */
  find(id: string): number {
    this.#parse(id)
    const slot = this.#table[this.#place()] as number
    return slot === none ? -1 : slot
  }

  /** The slot of an id, which gets one if it has none. */
  slot(id: string): number {
    this.#parse(id)
    let place = this.#place()
    const known = this.#table[place] as number
    if (known !== none) return known
    const slot = this.#size++
    if (this.#size * 2 > this.#table.length) {
      this.#rehash()
      place = this.#place()
    }
    this.#table[place] = slot
    this.#ids = grow(this.#ids, this.#size * words)
    this.#ids.set(this.#word, slot * words)
    this.#starts = grow(this.#starts, this.#size)
    this.#counts = grow(this.#counts, this.#size)
    if (this.#ats.length < this.#size) {
      const from = this.#ats.length
      this.#ats = grow(this.#ats, this.#size).fill(Number.NaN, from)
    }
    return slot
  }

  /** The id of a slot. */
  id(slot: number): string {
    let id = ""
    for (let w = 0; w < words; w++) id += (this.#ids[slot * words + w] as number).toString(16).padStart(8, "0")
    return id
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
    if (a !== b) return a > b
    for (let w = 0; w < words; w++) {
      const difference = (this.#ids[slot * words + w] as number) - (this.#ids[other * words + w] as number)
      if (difference !== 0) return difference > 0
    }
    return false
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
    return scratch !== undefined && scratch.length >= this.#size ? scratch : new Uint8Array(this.#ats.length)
  }

  giveBack(scratch: Uint8Array): void {
    if (scratch.length >= this.#size && this.#idle.length < 4) this.#idle.push(scratch)
  }

  #parse(id: string): void {
    for (let w = 0; w < words; w++) {
      let word = 0
      for (let k = w * 8; k < w * 8 + 8; k++) {
        const code = id.charCodeAt(k)
        word = (word << 4) | (code < 58 ? code - 48 : code - 87)
      }
      this.#word[w] = word
    }
  }

  /** Where the parsed id stands in the table, or would. */
  #place(): number {
    const mask = this.#table.length - 1
    let place = (this.#word[0] as number) & mask
    for (;;) {
      const slot = this.#table[place] as number
      if (slot === none || this.#matches(slot)) return place
      place = (place + 1) & mask
    }
  }

  #matches(slot: number): boolean {
    for (let w = 0; w < words; w++) if (this.#ids[slot * words + w] !== this.#word[w]) return false
    return true
  }

  #rehash(): void {
    const larger = new Uint32Array(this.#table.length * 2).fill(none)
    const mask = larger.length - 1
    for (const slot of this.#table) {
      if (slot === none) continue
      let place = (this.#ids[slot * words] as number) & mask
      while (larger[place] !== none) place = (place + 1) & mask
      larger[place] = slot
    }
    this.#table = larger
  }
}
