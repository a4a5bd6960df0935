/** Sets of SHA-256 ids without an object for each. */

const words = 8

/**
 * A growing set of ids of 64 hex digits, in one typed array with open addressing: a million ids take 64 MB, and nothing of
 * it is the garbage collector's to walk.
 *
 * @internal
 */
export class IdSet {
  #slots = 1024
  #table = new Uint32Array(this.#slots * words)
  #size = 0
  /** All zeros marks a free slot, so the id of zeros is kept apart. */
  #zero = false
  readonly #key = new Uint32Array(words)

  /** How many ids are in it. */
  get size(): number {
    return this.#size + (this.#zero ? 1 : 0)
  }

  /** Adds an id; `false` when it was there. */
  add(id: string): boolean {
    if (!this.#read(id)) {
      const fresh = !this.#zero
      this.#zero = true
      return fresh
    }
    const at = this.#find(this.#key, 0)
    if (at < 0) return false
    this.#table.set(this.#key, at)
    this.#size += 1
    if (this.#size * 3 > this.#slots * 2) this.#grow()
    return true
  }

  /** Whether an id is in it. */
  has(id: string): boolean {
    return this.#read(id) ? this.#find(this.#key, 0) < 0 : this.#zero
  }

  /** Reads an id into the key; `false` where it is all zeros. */
  #read(id: string): boolean {
    let any = 0
    for (let i = 0; i < words; i++) {
      const word = Number.parseInt(id.slice(i * 8, i * 8 + 8), 16)
      this.#key[i] = word
      any |= word
    }
    return any !== 0
  }

  /** The free slot for a key, or -1 where the key is there. Ids are hashes: their own first word spreads them. */
  #find(key: Uint32Array, from: number): number {
    const mask = this.#slots - 1
    for (let slot = (key[from] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words
      let free = 0
      let same = true
      for (let i = 0; i < words; i++) {
        const word = this.#table[at + i] ?? 0
        free |= word
        if (word !== key[from + i]) same = false
      }
      if (same) return -1
      if (free === 0) return at
    }
  }

  #grow(): void {
    const old = this.#table
    this.#slots *= 2
    this.#table = new Uint32Array(this.#slots * words)
    for (let at = 0; at < old.length; at += words) {
      let any = 0
      for (let i = 0; i < words; i++) any |= old[at + i] ?? 0
      if (any === 0) continue
      this.#table.set(old.subarray(at, at + words), this.#find(old, at))
    }
  }
}
