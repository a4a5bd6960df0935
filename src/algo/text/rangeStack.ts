/**
 * A stack of pairs of ranges, for divide and conquer without recursion.
 */

/**
 * Pairs of half-open ranges `[a0, a1)` and `[b0, b1)` still to be compared, with one number beside each pair.
 *
 * @public
 */
export class RangeStack {
  a0 = 0
  a1 = 0
  b0 = 0
  b1 = 0
  flag = 0
  private values = new Int32Array(5 * 64)
  private used = 0

  /** Puts a pair on top. */
  push(a0: number, a1: number, b0: number, b1: number, flag = 0): void {
    if (this.used === this.values.length) {
      const larger = new Int32Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    const at = this.used
    this.values[at] = a0
    this.values[at + 1] = a1
    this.values[at + 2] = b0
    this.values[at + 3] = b1
    this.values[at + 4] = flag
    this.used = at + 5
  }

  /** Takes the top pair into the fields; false when there is none. */
  pop(): boolean {
    if (this.used === 0) return false
    this.used -= 5
    const at = this.used
    this.a0 = this.values[at] as number
    this.a1 = this.values[at + 1] as number
    this.b0 = this.values[at + 2] as number
    this.b1 = this.values[at + 3] as number
    this.flag = this.values[at + 4] as number
    return true
  }
}
