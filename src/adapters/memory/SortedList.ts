/** A sorted set in blocks: insertion and removal move a few hundred places at most, however large the whole is. */

const blockSize = 512

/** The first index of a sorted array for which `below` is false. `below` must be true, then false. */
const boundary = <A>(items: ReadonlyArray<A>, below: (item: A) => boolean): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (below(items[middle] as A)) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Items in one total order, each at most once.
 *
 * @internal
 */
export class SortedList<A> {
  readonly #compare: (a: A, b: A) => number
  /** Never holds an empty block. */
  readonly #blocks: Array<Array<A>> = []
  #size = 0

  constructor(compare: (a: A, b: A) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#size
  }

  /** Adds an item, unless its equal is there. */
  add(item: A): void {
    const below = (other: A) => this.#compare(other, item) < 0
    const at = Math.min(this.#blockOf(below), this.#blocks.length - 1)
    const block = this.#blocks[at]
    if (block === undefined) {
      this.#blocks.push([item])
      this.#size = 1
      return
    }
    const index = boundary(block, below)
    const there = block[index]
    if (there !== undefined && this.#compare(there, item) === 0) return
    block.splice(index, 0, item)
    this.#size++
    if (block.length > 2 * blockSize) this.#blocks.splice(at + 1, 0, block.splice(blockSize))
  }

  /** Takes an item's equal out. */
  delete(item: A): void {
    const below = (other: A) => this.#compare(other, item) < 0
    const at = this.#blockOf(below)
    const block = this.#blocks[at]
    if (block === undefined) return
    const index = boundary(block, below)
    const there = block[index]
    if (there === undefined || this.#compare(there, item) !== 0) return
    block.splice(index, 1)
    this.#size--
    if (block.length === 0) this.#blocks.splice(at, 1)
  }

  /** The items in order, from the first that is not `below`. */
  *ascend(below: (item: A) => boolean): Generator<A, void> {
    let at = this.#blockOf(below)
    let index = boundary(this.#blocks[at] ?? [], below)
    for (let block = this.#blocks[at]; block !== undefined; block = this.#blocks[++at]) {
      for (; index < block.length; index++) yield block[index] as A
      index = 0
    }
  }

  /** The items in reverse order, from the last that is not `above`. */
  *descend(above: (item: A) => boolean): Generator<A, void> {
    const within = (item: A) => !above(item)
    let at = Math.min(this.#blockOf(within), this.#blocks.length - 1)
    let index = boundary(this.#blocks[at] ?? [], within) - 1
    for (let block = this.#blocks[at]; block !== undefined; block = this.#blocks[--at]) {
      for (; index >= 0; index--) yield block[index] as A
      index = (this.#blocks[at - 1]?.length ?? 0) - 1
    }
  }

  /** The first block whose last item is not `below`, or one past the end. */
  #blockOf(below: (item: A) => boolean): number {
    return boundary(this.#blocks, (block) => below(block[block.length - 1] as A))
  }
}
