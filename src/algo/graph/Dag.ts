/** A whole version graph in typed arrays: versions are numbers, and every parent has a lower number than its child. */

/**
 * A directed acyclic graph. The parents of `i` are `parents[offsets[i]]` up to `parents[offsets[i + 1] - 1]`, the first
 * parent first. Numbers are a topological order, so they serve as generations too.
 *
 * @public
 */
export interface Dag {
  readonly size: number
  readonly offsets: Uint32Array
  readonly parents: Uint32Array
}

const grown = (array: Uint32Array<ArrayBuffer>, needed: number): Uint32Array<ArrayBuffer> => {
  if (needed <= array.length) return array
  const larger = new Uint32Array(Math.max(needed, array.length * 2))
  larger.set(array)
  return larger
}

/**
 * Collects versions, parents before children, into a {@link Dag}.
 *
 * @public
 */
export class DagBuilder {
  #size = 0
  #offsets = new Uint32Array(1024)
  #parents = new Uint32Array(1024)

  /** How many versions were added: also the number that the next one gets. */
  get size(): number {
    return this.#size
  }

  /** Adds a version and returns its number. Misuse (a parent that was not added before) throws a `RangeError`. */
  add(parents: ArrayLike<number>): number {
    const index = this.#size
    const start = this.#offsets[index] ?? 0
    this.#parents = grown(this.#parents, start + parents.length)
    for (let k = 0; k < parents.length; k++) {
      const parent = parents[k] ?? -1
      if (!Number.isInteger(parent) || parent < 0 || parent >= index) {
        throw new RangeError(`Parent ${parent} of ${index} was not added before it`)
      }
      this.#parents[start + k] = parent
    }
    this.#offsets = grown(this.#offsets, index + 2)
    this.#offsets[index + 1] = start + parents.length
    this.#size = index + 1
    return index
  }

  /** What was added so far. Adding more does not change it. */
  build(): Dag {
    const offsets = this.#offsets.slice(0, this.#size + 1)
    return { size: this.#size, offsets, parents: this.#parents.slice(0, offsets[this.#size] ?? 0) }
  }
}

/** Makes a {@link Dag} of lists of parents. Misuse (a parent that does not come first) throws. @public */
export const makeDag = (parents: ReadonlyArray<ArrayLike<number>>): Dag => {
  const builder = new DagBuilder()
  for (const list of parents) builder.add(list)
  return builder.build()
}

/** The parents of one version, first parent first. @public */
export const parentsOf = (dag: Dag, index: number): Uint32Array =>
  dag.parents.subarray(dag.offsets[index] ?? 0, dag.offsets[index + 1] ?? 0)
