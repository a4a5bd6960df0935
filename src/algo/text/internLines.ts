/**
 * Cutting texts into lines and naming equal lines alike, in one pass over the bytes.
 *
 * The table is open addressing over typed arrays: no string, no object and no closure per line.
 */
import type { TextLines } from "./textLines.ts"

/**
 * Several texts whose line names are comparable with each other.
 *
 * @public
 */
export interface InternedTexts {
  readonly texts: ReadonlyArray<TextLines>
  /** The number of different lines over all texts; ids are below it. */
  readonly distinct: number
}

const NEWLINE = 0x0a

/** The names given so far, with what is needed to recognise each line again. */
class LineNames {
  count = 0
  private slots = new Int32Array(1024).fill(-1)
  private mask = 1023
  private hashes = new Int32Array(512)
  private owner = new Int32Array(512)
  private from = new Uint32Array(512)
  private to = new Uint32Array(512)
  private readonly sources: ReadonlyArray<Uint8Array>

  constructor(sources: ReadonlyArray<Uint8Array>) {
    this.sources = sources
  }

  /** The id of the line `[start, end)` of source `which`, a new one if it has not been seen. */
  name(which: number, start: number, end: number, hash: number): number {
    let slot = hash & this.mask
    for (;;) {
      const id = this.slots[slot] as number
      if (id < 0) break
      if (this.hashes[id] === hash && this.matches(id, which, start, end)) return id
      slot = (slot + 1) & this.mask
    }
    const id = this.count++
    if (id === this.hashes.length) this.growNames()
    this.hashes[id] = hash
    this.owner[id] = which
    this.from[id] = start
    this.to[id] = end
    this.slots[slot] = id
    if (this.count * 2 > this.mask) this.growSlots()
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
    this.hashes = copied(new Int32Array(size), this.hashes)
    this.owner = copied(new Int32Array(size), this.owner)
    this.from = copied(new Uint32Array(size), this.from)
    this.to = copied(new Uint32Array(size), this.to)
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

const copied = <A extends Int32Array | Uint32Array>(target: A, source: A): A => {
  target.set(source)
  return target
}

const cut = (names: LineNames, bytes: Uint8Array, which: number): TextLines => {
  const length = bytes.length
  let starts = new Uint32Array(Math.max(16, (length >>> 5) + 2))
  let ids = new Int32Array(starts.length)
  let count = 0
  let at = 0
  while (at < length) {
    const start = at
    let hash = 0x811c9dc5
    while (at < length) {
      const byte = bytes[at++] as number
      hash = Math.imul(hash ^ byte, 0x01000193)
      if (byte === NEWLINE) break
    }
    hash ^= hash >>> 15
    hash = Math.imul(hash, 0x2c1b3c6d)
    hash ^= hash >>> 13
    if (count + 1 >= starts.length) {
      starts = copied(new Uint32Array(starts.length * 2), starts)
      ids = copied(new Int32Array(starts.length), ids)
    }
    starts[count] = start
    ids[count++] = names.name(which, start, at, hash)
  }
  starts[count] = length
  return { bytes, starts: starts.subarray(0, count + 1), ids: ids.subarray(0, count), count }
}

/**
 * Cuts each source into lines and names equal lines with equal integers across all of them.
 *
 * @remarks
 * Linear in the bytes. Ids are given in order of first appearance, so the outcome is a function of the input alone.
 *
 * @public
 */
export const internLines = (sources: ReadonlyArray<Uint8Array>): InternedTexts => {
  const names = new LineNames(sources)
  const texts = sources.map((bytes, which) => cut(names, bytes, which))
  return { texts, distinct: names.count }
}
