/** Items in one total order, for many additions at the end and few elsewhere. */

/** As many are put in their places one by one; of more, everything is sorted anew. */
const fewItems = 32

/** @internal */
export class SortedItems<A> {
  readonly #compare: (a: A, b: A) => number
  #items: Array<A> = []
  /** Added, and not yet in their places: nobody may ever ask. */
  #fresh: Array<A> = []

  constructor(compare: (a: A, b: A) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length + this.#fresh.length
  }

  /** Adds an item whose equal is not there. */
  add(item: A): void {
    const last = this.#items.at(-1)
    const isLast = this.#fresh.length === 0 && (last === undefined || this.#compare(last, item) < 0)
    if (isLast) this.#items.push(item)
    else this.#fresh.push(item)
  }

  /** Takes out an item's equal. */
  delete(item: A): void {
    const items = this.all()
    const at = this.boundary((other) => this.#compare(other, item) < 0)
    const there = items[at]
    if (there !== undefined && this.#compare(there, item) === 0) this.#items.splice(at, 1)
  }

  /** All items in their order. */
  all(): ReadonlyArray<A> {
    if (this.#fresh.length > fewItems) {
      this.#items = this.#items.concat(this.#fresh).sort(this.#compare)
    } else {
      for (const item of this.#fresh)
        this.#items.splice(
          this.#place((other) => this.#compare(other, item) < 0),
          0,
          item
        )
    }
    if (this.#fresh.length > 0) this.#fresh = []
    return this.#items
  }

  /** The first place of {@link all} for which `below` is false. `below` must be true, then false. */
  boundary(below: (item: A) => boolean): number {
    this.all()
    return this.#place(below)
  }

  #place(below: (item: A) => boolean): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (below(this.#items[middle] as A)) low = middle + 1
      else high = middle
    }
    return low
  }
}
