/** Ids as small numbers, in the order they were added: some 50 bytes an id. */

const words = 8
const none = 0xffffffff

/** The same array, or a larger one with its content; `factor` is how much larger. @internal */
export const grow = <A extends Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  array: A,
  needed: number,
  factor = 2
): A => {
  if (needed <= array.length) return array
  const larger = new (array.constructor as new (length: number) => A)(
    Math.max(needed, Math.ceil(array.length * factor))
  )
  larger.set(array)
  return larger
}

/**
 * Numbers for ids. Ids are SHA-256 in hex, kept as eight words each and found by open addressing on the first: they are
 * random already.
 *
 * @internal
 */
export class IdTable {
  #size = 0
  #ids: Uint32Array<ArrayBuffer> = new Uint32Array(words * 64)
  #table = new Uint32Array(256).fill(none)
  readonly #word = new Uint32Array(words)
  readonly #factor: number

  /** @param factor - how much room is made when there is none: less for tables that are loaded whole */
  constructor(factor = 2) {
    this.#factor = factor
  }

  /** A table of ids given as words, eight each; it may share them. */
  static of(ids: Uint32Array<ArrayBuffer>, factor?: number): IdTable {
    const made = new IdTable(factor)
    made.#ids = ids
    made.#size = ids.length / words
    let length = 256
    while (length < made.#size * 2) length *= 2
    made.#hash(length)
    return made
  }

  /** How many ids there are; their numbers are below it. */
  get size(): number {
    return this.#size
  }

  /** All ids as words, eight each; a view. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#ids.subarray(0, this.#size * words)
  }

  /** The number of an id; -1 where it has none. */
  find(id: string): number {
    this.#parse(id)
    const number = this.#table[this.#place()] as number
    return number === none ? -1 : number
  }

  /** The number of an id, which gets the next one if it has none. */
  add(id: string): number {
    this.#parse(id)
    let place = this.#place()
    const known = this.#table[place] as number
    if (known !== none) return known
    if ((this.#size + 1) * 2 > this.#table.length) {
      this.#hash(this.#table.length * 2)
      place = this.#place()
    }
    const number = this.#size++
    this.#table[place] = number
    this.#ids = grow(this.#ids, this.#size * words, this.#factor)
    this.#ids.set(this.#word, number * words)
    return number
  }

  /** The id with a number. */
  id(number: number): string {
    let id = ""
    for (let w = 0; w < words; w++) id += (this.#ids[number * words + w] as number).toString(16).padStart(8, "0")
    return id
  }

  /** Orders two numbers by their ids. */
  compare(a: number, b: number): number {
    for (let w = 0; w < words; w++) {
      const difference = (this.#ids[a * words + w] as number) - (this.#ids[b * words + w] as number)
      if (difference !== 0) return difference
    }
    return 0
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
      const number = this.#table[place] as number
      if (number === none || this.#matches(number)) return place
      place = (place + 1) & mask
    }
  }

  #matches(number: number): boolean {
    for (let w = 0; w < words; w++) if (this.#ids[number * words + w] !== this.#word[w]) return false
    return true
  }

  #hash(length: number): void {
    const table = new Uint32Array(length).fill(none)
    const mask = length - 1
    for (let number = 0; number < this.#size; number++) {
      let place = (this.#ids[number * words] as number) & mask
      while (table[place] !== none) place = (place + 1) & mask
      table[place] = number
    }
    this.#table = table
  }
}
