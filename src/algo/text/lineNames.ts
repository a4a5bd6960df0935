/**
 * The table behind line names: open addressing over typed arrays, without a string or an object per line.
 */

/** Probes that a good hash would never need; beyond them the lines have been made to collide. */
const PROBES_PER_NAME = 16
const FREE_PROBES = 4096

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
  private slots = new Int32Array(1024).fill(-1)
  private mask = 1023
  private hashes = new Int32Array(512)
  private owner = new Uint8Array(512)
  private from = new Uint32Array(512)
  private to = new Uint32Array(512)
  private probes = 0
  private readonly sources: ReadonlyArray<Uint8Array>

  /**
   * @param sources - the bytes that lines will be found in, at most 255 of them
   */
  constructor(sources: ReadonlyArray<Uint8Array>) {
    this.sources = sources
  }

  /** The name of the line `[start, end)` of source `which`; a new one if no equal line has been named. */
  name(which: number, start: number, end: number, hash: number): number {
    let slot = hash & this.mask
    for (;;) {
      const id = this.slots[slot] as number
      if (id < 0) break
      if (this.hashes[id] === hash && this.matches(id, which, start, end)) return id
      slot = (slot + 1) & this.mask
      this.probes++
    }
    const id = this.count++
    if (id === this.hashes.length) this.growNames()
    this.hashes[id] = hash
    this.owner[id] = which
    this.from[id] = start
    this.to[id] = end
    this.slots[slot] = id
    if (this.count * 2 > this.mask) this.growSlots()
    this.flooded = this.probes > PROBES_PER_NAME * this.count + FREE_PROBES
    return id
  }

  private matches(id: number, which: number, start: number, end: number): boolean {
    let p = this.from[id] as number
    if ((this.to[id] as number) - p !== end - start) return false
    const known = this.sources[this.owner[id] as number] as Uint8Array
    const bytes = this.sources[which] as Uint8Array
    for (let q = start; q < end; q++, p++) {
      if (known[p] !== bytes[q]) return false
    }
    return true
  }

  private growNames(): void {
    const size = this.hashes.length * 2
    const owner = new Uint8Array(size)
    owner.set(this.owner)
    this.owner = owner
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
