/** A laid out graph as lines of text. */
import type { LaneLayout, LaneRow } from "./lanes.ts"

/** What the lines are drawn with. `box[i]`: bit 1 up, 2 down, 4 left, 8 right. @public */
export interface GraphGlyphs {
  readonly version: string
  readonly root: string
  readonly box: ReadonlyArray<string>
}

/** Box-drawing characters. @public */
export const unicodeGlyphs: GraphGlyphs = {
  version: "●",
  root: "○",
  box: [" ", "╵", "╷", "│", "╴", "╯", "╮", "┤", "╶", "╰", "╭", "├", "─", "┴", "┬", "┼"]
}

/** Nothing but ASCII. @public */
export const asciiGlyphs: GraphGlyphs = {
  version: "*",
  root: "o",
  box: [" ", "'", ".", "|", "-", "'", ".", "+", "-", "'", ".", "+", "-", "+", "+", "+"]
}

/** How a graph becomes text. @public */
export interface GraphTextOptions {
  /** The text beside a version, in one line or several. `row` counts from the top. */
  readonly label: (row: number) => string | ReadonlyArray<string>
  readonly glyphs?: GraphGlyphs | undefined
}

const up = 1
const down = 2
const left = 4
const right = 8

/**
 * Draws a graph with one line per version, and one more where lines branch or join. A line that crosses a lane without
 * joining it passes behind: `─│─`.
 *
 * @public
 */
export const renderGraphText = (layout: LaneLayout, options: GraphTextOptions): ReadonlyArray<string> => {
  const glyphs = options.glyphs ?? unicodeGlyphs
  const lines: Array<string> = []
  layout.rows.forEach((row, index) => {
    const given = options.label(index)
    const label = typeof given === "string" ? given.split("\n") : given
    const bars = [versionLine(row, glyphs)]
    if (row.edges.some(({ from, to }) => from !== to)) bars.push(linkLine(row, glyphs))
    const rest = plainLine(row, glyphs)
    const indent = Math.max(...bars.map((bar) => bar.length), label.length > bars.length ? rest.length : 0)
    for (let k = 0; k < Math.max(bars.length, label.length); k++) {
      const text = label[k] ?? ""
      const bar = bars[k] ?? rest
      lines.push((text === "" ? bar : `${bar.padEnd(indent)}  ${text}`).trimEnd())
    }
  })
  return lines
}

/** One character per lane and one between: `cell(lane)` in a lane, `gap(lane)` to its right. */
const draw = (lanes: number, cell: (lane: number) => string, gap: (lane: number) => string): string => {
  let line = ""
  for (let lane = 0; lane < lanes; lane++) line += cell(lane) + (lane + 1 < lanes ? gap(lane) : "")
  return line
}

const blank = () => " "

const versionLine = (row: LaneRow, { box, root, version }: GraphGlyphs): string => {
  const passing = new Set(row.above)
  const lanes = Math.max(row.lane, ...row.above) + 1
  const dot = row.root ? root : version
  return draw(lanes, (lane) => (lane === row.lane ? dot : glyph(box, passing.has(lane) ? up | down : 0)), blank)
}

const plainLine = (row: LaneRow, { box }: GraphGlyphs): string => {
  const below = new Set(row.edges.map(({ to }) => to))
  return draw(Math.max(-1, ...below) + 1, (lane) => glyph(box, below.has(lane) ? up | down : 0), blank)
}

const linkLine = (row: LaneRow, { box }: GraphGlyphs): string => {
  const bent = row.edges.filter(({ from, to }) => from !== to)
  const above = new Set([...row.above, row.lane])
  const below = new Set(row.edges.map(({ to }) => to))
  const joined = new Set(bent.flatMap(({ from, to }) => [from, to]))
  const low = Math.min(...joined)
  const high = Math.max(...joined)
  const cell = (lane: number): string => {
    const vertical = (above.has(lane) ? up : 0) | (below.has(lane) ? down : 0)
    const crossed = lane > low && lane < high
    if (!joined.has(lane)) return glyph(box, vertical === 0 && crossed ? left | right : vertical)
    return glyph(box, vertical | (lane > low ? left : 0) | (lane < high ? right : 0))
  }
  const gap = (lane: number): string => glyph(box, lane >= low && lane < high ? left | right : 0)
  return draw(Math.max(...above, ...below) + 1, cell, gap)
}

const glyph = (box: ReadonlyArray<string>, bits: number): string => box[bits] ?? " "
