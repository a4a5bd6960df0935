/** Where the versions of a graph stand when it is drawn: one row each, in lanes that run from children to parents. */

/** A line from a lane of one row to a lane of the next. @public */
export interface LaneEdge {
  readonly from: number
  readonly to: number
}

/** One version's place. @public */
export interface LaneRow {
  readonly lane: number
  /** Nothing above leads here. */
  readonly tip: boolean
  /** Nothing leads on from here. */
  readonly root: boolean
  /** The lanes in use just above this row's version, ascending; its own among them unless it is a tip. */
  readonly above: ReadonlyArray<number>
  /** All lines from this row to the next, straight ones too, by `from`, then `to`. A bent one touches `lane`. */
  readonly edges: ReadonlyArray<LaneEdge>
}

/** A graph laid out in rows. `width` is the number of lanes. @public */
export interface LaneLayout {
  readonly rows: ReadonlyArray<LaneRow>
  readonly width: number
}

/**
 * Lays out a graph whose versions are given from top to bottom, children above their parents.
 *
 * @remarks
 * `parents[i]` holds the rows of version `i`'s parents, all greater than `i`; a number from `parents.length` on stands
 * for a version outside the picture, whose line runs out at the bottom. Lines to the same parent join as early as
 * possible and to the left, so a lane is never wider than the number of versions that are still awaited. A lane that
 * ended in a root stays empty for a row, so that nothing seems to follow it.
 *
 * @public
 */
export const layoutLanes = (parents: ReadonlyArray<ReadonlyArray<number>>): LaneLayout => {
  /** Which version each lane leads to; -1 where it is free. */
  const lanes: Array<number> = []
  const laneOf = new Map<number, number>()
  const rows: Array<LaneRow> = []
  let width = 0
  /** Lanes that nothing may begin in just now. */
  const blocked = new Set<number>()

  const free = (from: number): number => {
    for (let lane = from; ; lane++) if ((lanes[lane] ?? -1) === -1 && !blocked.has(lane)) return lane
  }
  const occupy = (lane: number, version: number) => {
    while (lanes.length <= lane) lanes.push(-1)
    lanes[lane] = version
    laneOf.set(version, lane)
    width = Math.max(width, lane + 1)
  }
  const release = (lane: number) => {
    lanes[lane] = -1
    while (lanes.at(-1) === -1) lanes.pop()
  }
  const inUse = () => lanes.flatMap((version, lane) => (version === -1 ? [] : [lane]))

  parents.forEach((given, version) => {
    const known = laneOf.get(version)
    const above = inUse()
    const lane = known ?? free(0)
    if (known === undefined) occupy(lane, version)
    laneOf.delete(version)
    release(lane)
    blocked.clear()

    const straight = above.filter((other) => other !== lane)
    const bent: Array<LaneEdge> = []
    const unique = [...new Set(given)]
    unique.forEach((parent, k) => {
      const awaited = laneOf.get(parent)
      if (awaited === undefined) {
        const to = k === 0 ? lane : free(lane + 1)
        occupy(to, parent)
        bent.push({ from: lane, to })
      } else if (k === 0 && awaited > lane) {
        // The line that was there first moves over here. Another one in its lane would seem to be it.
        straight.splice(straight.indexOf(awaited), 1)
        release(awaited)
        blocked.add(awaited)
        occupy(lane, parent)
        bent.push({ from: lane, to: lane }, { from: awaited, to: lane })
      } else bent.push({ from: lane, to: awaited })
    })
    blocked.clear()
    if (unique.length === 0) blocked.add(lane)
    const edges = [...straight.map((other) => ({ from: other, to: other })), ...bent]
    edges.sort((x, y) => x.from - y.from || x.to - y.to)
    rows.push({ lane, tip: known === undefined, root: unique.length === 0, above, edges })
  })
  return { rows, width }
}
