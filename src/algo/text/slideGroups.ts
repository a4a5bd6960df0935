/**
 * Where a group of changed lines can stand in several places, putting it where a reader expects it.
 *
 * A group that starts with a copy of the line after it may stand one line lower without the diff being less true;
 * likewise upwards. Groups that touch while sliding become one. Then a group stands beside a change of the other
 * side if it can, and otherwise as low as it can. This is git's compaction without the indent heuristic, which git
 * does not use when it merges.
 */
import type { Budget } from "./budget.ts"

/** A maximal, possibly empty, run of changed lines; there is one before each unchanged line and one at the end. */
class Group {
  start = 0
  end = 0
  private readonly ids: Int32Array
  private readonly changed: Uint8Array
  /** From the end up to here no line is changed; out of date where it is not below the end. */
  private nextChanged = -1

  constructor(ids: Int32Array, changed: Uint8Array) {
    this.ids = ids
    this.changed = changed
    this.absorbBelow()
  }

  get isEmpty(): boolean {
    return this.start === this.end
  }

  /** Moves to the next group, which the caller knows to exist. */
  next(): void {
    this.start = ++this.end
    this.absorbBelow()
  }

  /** The number of unchanged lines before the next group that is not empty, or before the end. */
  unchangedBelow(): number {
    if (this.nextChanged <= this.end) this.nextChanged = this.findChanged()
    return this.nextChanged - this.end
  }

  /** Moves over so many unchanged lines, one group for each, to the group behind the last of them. */
  skip(lines: number): void {
    let left = lines
    while (left > 0) {
      const step = Math.min(left, this.unchangedBelow())
      left -= step
      this.end += step
      this.start = this.end
      this.absorbBelow()
    }
  }

  /** Moves to the previous group, which the caller knows to exist. */
  previous(): void {
    if (!this.isEmpty) this.nextChanged = this.start
    this.end = --this.start
    this.absorbAbove()
  }

  /** Slides the group up by a line, if the line above it equals its last. */
  slideUp(): boolean {
    if (this.start === 0 || this.ids[this.start - 1] !== this.ids[this.end - 1]) return false
    this.changed[--this.start] = 1
    this.changed[--this.end] = 0
    this.absorbAbove()
    return true
  }

  /** Slides the group down by a line, if the line below it equals its first. */
  slideDown(): boolean {
    if (this.end >= this.changed.length || this.ids[this.start] !== this.ids[this.end]) return false
    this.changed[this.start++] = 0
    this.changed[this.end++] = 1
    this.absorbBelow()
    return true
  }

  private findChanged(): number {
    const at = this.changed.indexOf(1, this.end)
    return at < 0 ? this.changed.length : at
  }

  private absorbAbove(): void {
    while (this.start > 0 && this.changed[this.start - 1] === 1) this.start--
  }

  private absorbBelow(): void {
    while (this.end < this.changed.length && this.changed[this.end] === 1) this.end++
  }
}

/**
 * Slides the groups of `changed` to their final places; `others` are the flags of the opposite side, not modified.
 *
 * @public
 */
export const slideGroups = (ids: Int32Array, changed: Uint8Array, others: Uint8Array, budget: Budget): void => {
  const group = new Group(ids, changed)
  // The group of the other side between the same two unchanged lines; it is moved along with `group`.
  const other = new Group(ids, others)
  for (;;) {
    if (!group.isEmpty) {
      if (budget.left > 0) settle(group, other, budget)
      else budget.coarse = true
    }
    const unchanged = group.unchangedBelow()
    if (unchanged === 0) return
    group.skip(unchanged)
    other.skip(unchanged)
  }
}

const settle = (group: Group, other: Group, budget: Budget): void => {
  let highest: number
  let beside: boolean
  let size: number
  do {
    size = group.end - group.start
    beside = false
    while (group.slideUp()) other.previous()
    highest = group.end
    if (!other.isEmpty) beside = true
    while (group.slideDown()) {
      other.next()
      if (!other.isEmpty) beside = true
    }
    budget.left -= group.end - highest
    // A group that has grown may slide further than before.
  } while (group.end - group.start !== size && budget.left > 0)
  if (group.end === highest || !beside) return
  while (other.isEmpty && group.slideUp()) other.previous()
}
