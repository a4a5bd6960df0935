/**
 * The table behind line names: open addressing over typed arrays, without a string or an object per line.
 */

/** Probes that a good hash would never need; beyond them the lines have been made to collide. */
const PROBES_PER_NAME = 16
const FREE_PROBES = 4096
/** The guess is not trusted beyond this. */
const MAX_FIRST_SLOTS = 1 << 22

const grown = <A extends Int32Array | Uint32Array>(target: A, source: A): A => {
  target.set(source)
  return target
}

/**
 * The names given so far, with what is needed to recognise each line again.
 *
 * @public
 */
export class LineNames {
  /** The number of names. */
  count = 0
  /** Whether so many lines collided that the table is no longer fast: the caller should name them in another way. */
  flooded = false
  private slots: Int32Array
  private mask: number
  private hashes: Int32Array
  private from: Uint32Array
  private to: Uint32Array
  private probes = 0
  private readonly sources: ReadonlyArray<Uint8Array>
  /** The source that lines are named in now, and for each earlier one the first name that was not given in it. */
  private bytes: Uint8Array
  private readonly limits: Array<number> = []

  /**
   * @param sources - the bytes that lines will be found in, one after the other
   * @param guess - about how many names there will be
   */
  constructor(sources: ReadonlyArray<Uint8Array>, guess: number) {
    let slots = 1024
    while (slots < 2 * guess && slots < MAX_FIRST_SLOTS) slots *= 2
    this.slots = new Int32Array(slots).fill(-1)
    this.mask = slots - 1
    this.hashes = new Int32Array(slots / 2)
    this.from = new Uint32Array(slots / 2)
    this.to = new Uint32Array(slots / 2)
    this.sources = sources
    this.bytes = sources[0] ?? new Uint8Array(0)
  }

  /** Goes on to the lines of the next source. */
  nextSource(): void {
    this.limits.push(this.count)
    this.bytes = this.sources[this.limits.length] as Uint8Array
  }

  /** The name of the line `[start, end)`; a new one if no equal line has been named. */
  name(start: number, end: number, hash: number): number {
    let slot = hash & this.mask
    for (;;) {
      const id = this.slots[slot] as number
      if (id < 0) break
      if (this.hashes[id] === hash && this.matches(id, start, end)) return id
      slot = (slot + 1) & this.mask
      this.probes++
    }
    const id = this.count++
    if (id === this.hashes.length) this.growNames()
    this.hashes[id] = hash
    this.from[id] = start
    this.to[id] = end
    this.slots[slot] = id
    if (this.count * 2 > this.mask) this.growSlots()
    this.flooded = this.probes > PROBES_PER_NAME * this.count + FREE_PROBES
    return id
  }

  private matches(id: number, start: number, end: number): boolean {
    let p = this.from[id] as number
    if ((this.to[id] as number) - p !== end - start) return false
    let owner = 0
    while (owner < this.limits.length && id >= (this.limits[owner] as number)) owner++
    const known = this.sources[owner] as Uint8Array
    const { bytes } = this
    for (let q = start; q < end; q++, p++) {
      if (known[p] !== bytes[q]) return false
    }
    return true
  }

  private growNames(): void {
    const size = this.hashes.length * 2
    this.hashes = grown(new Int32Array(size), this.hashes)
    this.from = grown(new Uint32Array(size), this.from)
    this.to = grown(new Uint32Array(size), this.to)
  }

  private growSlots(): void {
    const size = (this.mask + 1) * 2
    this.slots = new Int32Array(size).fill(-1)
    this.mask = size - 1
    for (let id = 0; id < this.count; id++) {
      let slot = (this.hashes[id] as number) & this.mask
      while ((this.slots[slot] as number) >= 0) slot = (slot + 1) & this.mask
      this.slots[slot] = id
    }
  }
}
