/**
 * The point at which Myers' algorithm divides a comparison in two.
 *
 * Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), section 4b: walk the edit graph from both corners
 * at once, one edit further each round, keeping for every diagonal the furthest point reached; where the two fronts
 * meet is the middle of a shortest script.
 *
 * As in GNU diff and git, the search may give up looking for the shortest: when a long snake has been met and a front
 * has come far for its cost, or when the cost reaches a limit, the best point so far is taken.
 */
import type { Budget } from "./budget.ts"

/** A snake of more lines than this is a sign of a good place to divide. */
const GOOD_SNAKE = 20
/** Cost from which a good place is preferred over the best one. */
const GOOD_ENOUGH_COST = 256
/** A front is far enough when its progress exceeds its cost this many times. */
const PROGRESS_PER_COST = 4
/** Walking along a snake is as much cheaper than going on to another diagonal. */
const LINES_PER_STEP = 4
/** The cost limit never falls below this. @internal */
export const MIN_COST_LIMIT = 256

const UNREACHED_FORWARD = -1
const UNREACHED_BACKWARD = 0x7fffffff

/**
 * Finds points to divide at, in sequences `a` and `b`.
 *
 * @public
 */
export class MiddleSnake {
  /** The point found: a position on either side. */
  a = 0
  b = 0
  /** Whether the part before, or after, the point lies on a shortest way, so that it must be searched to the end. */
  exactBefore = true
  exactAfter = true

  private readonly left: Int32Array
  private readonly right: Int32Array
  private readonly forward: Int32Array
  private readonly backward: Int32Array
  private readonly origin: number
  private readonly costLimit: number
  private readonly budget: Budget
  /** The steps of this search so far: in round `cost` each front looks at `cost` diagonals. */
  private spent = 0

  constructor(left: Int32Array, right: Int32Array, costLimit: number, budget: Budget) {
    const diagonals = left.length + right.length + 3
    this.left = left
    this.right = right
    this.forward = new Int32Array(diagonals)
    this.backward = new Int32Array(diagonals)
    // Diagonal `d` of the edit graph, a position on the left less one on the right, is at index `origin + d`.
    this.origin = right.length + 1
    this.costLimit = costLimit
    this.budget = budget
  }

  /**
   * Finds where to divide `[a0, a1)` against `[b0, b1)`; both are non-empty and differ in their first and last lines.
   *
   * @param exact - search for the shortest script whatever it costs
   * @returns false when the budget does not suffice
   */
  find(a0: number, a1: number, b0: number, b1: number, exact: boolean): boolean {
    const { left, right, forward, backward, origin } = this
    const lowest = a0 - b1
    const highest = a1 - b0
    const startDiagonal = a0 - b0
    const endDiagonal = a1 - b1
    const odd = ((startDiagonal - endDiagonal) & 1) !== 0
    let fLow = startDiagonal
    let fHigh = startDiagonal
    let bLow = endDiagonal
    let bHigh = endDiagonal
    forward[origin + startDiagonal] = a0
    backward[origin + endDiagonal] = a1
    // The lines that were walked along on snakes; there can be many on every diagonal where lines repeat.
    let walked = 0
    for (let cost = 1; ; cost++) {
      let snake = false
      this.spent = cost * cost + walked / LINES_PER_STEP

      // A front grows by a diagonal at either end; at the border of the graph it shrinks instead, which keeps the
      // parity.
      if (fLow > lowest) forward[origin + --fLow - 1] = UNREACHED_FORWARD
      else fLow++
      if (fHigh < highest) forward[origin + ++fHigh + 1] = UNREACHED_FORWARD
      else fHigh--
      let above = forward[origin + fHigh + 1] as number
      for (let d = fHigh; d >= fLow; d -= 2) {
        const below = forward[origin + d - 1] as number
        // Without a branch, which would be mispredicted every other time.
        const from = Math.max(below + 1, above)
        above = below
        let i = from
        let j = i - d
        while (i < a1 && j < b1 && left[i] === right[j]) {
          i++
          j++
        }
        walked += i - from
        if (i - from > GOOD_SNAKE) snake = true
        forward[origin + d] = i
        if (odd && bLow <= d && d <= bHigh && (backward[origin + d] as number) <= i) {
          return this.take(i, j, true, true)
        }
      }

      if (bLow > lowest) backward[origin + --bLow - 1] = UNREACHED_BACKWARD
      else bLow++
      if (bHigh < highest) backward[origin + ++bHigh + 1] = UNREACHED_BACKWARD
      else bHigh--
      above = backward[origin + bHigh + 1] as number
      for (let d = bHigh; d >= bLow; d -= 2) {
        const below = backward[origin + d - 1] as number
        const from = Math.min(below, above - 1)
        above = below
        let i = from
        let j = i - d
        while (i > a0 && j > b0 && left[i - 1] === right[j - 1]) {
          i--
          j--
        }
        walked += from - i
        if (from - i > GOOD_SNAKE) snake = true
        backward[origin + d] = i
        if (!odd && fLow <= d && d <= fHigh && i <= (forward[origin + d] as number)) {
          return this.take(i, j, true, true)
        }
      }

      if (this.spent > this.budget.left) {
        this.budget.left -= this.spent
        return false
      }
      if (exact) continue
      if (snake && cost > GOOD_ENOUGH_COST) {
        if (this.farForward(a0, a1, b0, b1, fLow, fHigh, cost)) return true
        if (this.farBackward(a0, a1, b0, b1, bLow, bHigh, cost)) return true
      }
      if (cost >= this.costLimit) return this.furthest(a0, a1, b0, b1, fLow, fHigh, bLow, bHigh)
    }
  }

  private take(a: number, b: number, exactBefore: boolean, exactAfter: boolean): true {
    this.a = a
    this.b = b
    this.exactBefore = exactBefore
    this.exactAfter = exactAfter
    this.budget.left -= this.spent
    return true
  }

  /** Takes the point that came furthest for the cost, leaning to the middle diagonal, at the end of a good snake. */
  private farForward(a0: number, a1: number, b0: number, b1: number, low: number, high: number, cost: number): boolean {
    let best = 0
    let bestA = 0
    let bestB = 0
    for (let d = high; d >= low; d -= 2) {
      const i = this.forward[this.origin + d] as number
      const j = i - d
      const progress = i - a0 + (j - b0) - Math.abs(d - (a0 - b0))
      if (progress <= PROGRESS_PER_COST * cost || progress <= best) continue
      if (i < a0 + GOOD_SNAKE || i >= a1 || j < b0 + GOOD_SNAKE || j >= b1) continue
      if (!this.runs(i - GOOD_SNAKE, j - GOOD_SNAKE)) continue
      best = progress
      bestA = i
      bestB = j
    }
    return best > 0 && this.take(bestA, bestB, true, false)
  }

  /** The same from the other corner. */
  private farBackward(
    a0: number,
    a1: number,
    b0: number,
    b1: number,
    low: number,
    high: number,
    cost: number
  ): boolean {
    let best = 0
    let bestA = 0
    let bestB = 0
    for (let d = high; d >= low; d -= 2) {
      const i = this.backward[this.origin + d] as number
      const j = i - d
      const progress = a1 - i + (b1 - j) - Math.abs(d - (a1 - b1))
      if (progress <= PROGRESS_PER_COST * cost || progress <= best) continue
      if (i <= a0 || i > a1 - GOOD_SNAKE || j <= b0 || j > b1 - GOOD_SNAKE) continue
      if (!this.runs(i, j)) continue
      best = progress
      bestA = i
      bestB = j
    }
    return best > 0 && this.take(bestA, bestB, false, true)
  }

  private runs(i: number, j: number): boolean {
    for (let k = 0; k < GOOD_SNAKE; k++) {
      if (this.left[i + k] !== this.right[j + k]) return false
    }
    return true
  }

  /** Takes the point nearest to its goal, of either front. */
  private furthest(
    a0: number,
    a1: number,
    b0: number,
    b1: number,
    fLow: number,
    fHigh: number,
    bLow: number,
    bHigh: number
  ): true {
    let reached = -1
    let reachedA = -1
    for (let d = fHigh; d >= fLow; d -= 2) {
      // A front may have stepped over the border: it is brought back along its diagonal.
      const i = Math.min(this.forward[this.origin + d] as number, a1, b1 + d)
      if (i + (i - d) > reached) {
        reached = i + (i - d)
        reachedA = i
      }
    }
    let remaining = UNREACHED_BACKWARD
    let remainingA = UNREACHED_BACKWARD
    for (let d = bHigh; d >= bLow; d -= 2) {
      const i = Math.max(this.backward[this.origin + d] as number, a0, b0 + d)
      if (i + (i - d) < remaining) {
        remaining = i + (i - d)
        remainingA = i
      }
    }
    return a1 + b1 - remaining < reached - (a0 + b0)
      ? this.take(reachedA, reached - reachedA, true, false)
      : this.take(remainingA, remaining - remainingA, false, true)
  }
}
