/** A priority queue of small integers for walks that only ever go down. */

/**
 * A set of numbers below `size` that gives back its largest. Everything added later must be smaller than what was last
 * taken, as parents are: then taking costs next to nothing, because the search never turns back.
 *
 * @remarks
 * Two levels of bits: one for each number, and one for each word of those. A walk of a million versions passes at most
 * a thousand words of the upper level.
 *
 * @internal
 */
export class RankQueue {
  readonly #words: Uint32Array
  readonly #summary: Uint32Array
  #cursor: number
  #length = 0

  constructor(size: number) {
    const words = Math.ceil(size / 32)
    this.#words = new Uint32Array(words)
    this.#summary = new Uint32Array(Math.ceil(words / 32))
    this.#cursor = this.#summary.length - 1
  }

  get length(): number {
    return this.#length
  }

  /** Adds a number that is not in the queue. */
  add(value: number): void {
    const word = value >>> 5
    this.#words[word] = (this.#words[word] as number) | (1 << (value & 31))
    this.#summary[word >>> 5] = (this.#summary[word >>> 5] as number) | (1 << (word & 31))
    this.#length++
  }

  /** Takes the largest number; -1 when there is none. */
  take(): number {
    if (this.#length === 0) return -1
    while (this.#summary[this.#cursor] === 0) this.#cursor--
    const word = (this.#cursor << 5) | (31 - Math.clz32(this.#summary[this.#cursor] as number))
    const bits = this.#words[word] as number
    const bit = 31 - Math.clz32(bits)
    const rest = (bits & ~(1 << bit)) >>> 0
    this.#words[word] = rest
    if (rest === 0) this.#summary[this.#cursor] = (this.#summary[this.#cursor] as number) & ~(1 << (word & 31))
    this.#length--
    return (word << 5) | bit
  }

  /** Empties the queue and forgets how far it went down. */
  clear(): void {
    while (this.#length > 0) this.take()
    this.#cursor = this.#summary.length - 1
  }
}
