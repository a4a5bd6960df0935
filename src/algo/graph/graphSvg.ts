/** A graph as a self-contained SVG. */
import { type LaneLayout, type LaneRow, layoutLanes } from "./lanes.ts"
import { type Picture, type PictureName, type PictureNode, parentRows, shorten } from "./Picture.ts"

/** How an SVG is drawn. @public */
export interface SvgOptions {
  /** In pixels; 960 where it is not given. What does not fit is cut, never wrapped. */
  readonly width?: number | undefined
  /** `auto` follows the reader's system; it is the default. */
  readonly theme?: "auto" | "light" | "dark" | undefined
}

const rowHeight = 30
const laneWidth = 16
const margin = 20
const radius = 4.5
/** Wider graphs are squeezed into this share of the picture. */
const laneShare = 0.4
/** What a character takes, near enough: nothing here can measure text. */
const characterWidth = 7.1
const smallWidth = 6.3
const boldWidth = 7.2

const entities = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\p{Cc}/gu, " ")

const sans = 'ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif'
const mono = "ui-monospace,SFMono-Regular,Menlo,monospace"

const light = `--bg:#ffffff;--fg:#1f2328;--muted:#6e7781;
--l0:#0969da;--l1:#1a7f37;--l2:#bf3989;--l3:#9a6700;--l4:#8250df;--l5:#cf222e;--l6:#0e7490;--l7:#57606a;
--branch:#ddf4ff;--branch-fg:#0550ae;--remote:#eaeef2;--remote-fg:#424a53;--tag:#fff8c5;
--tag-fg:#7d4e00;--deployment:#dafbe1;--deployment-fg:#116329`
const dark = `--bg:#0d1117;--fg:#e6edf3;--muted:#8b949e;
--l0:#58a6ff;--l1:#56d364;--l2:#f778ba;--l3:#e3b341;--l4:#bc8cff;--l5:#ff7b72;--l6:#39c5cf;--l7:#8b949e;
--branch:#0c2d6b;--branch-fg:#a5d6ff;--remote:#21262d;--remote-fg:#b1bac4;--tag:#3b2300;
--tag-fg:#f2cc60;--deployment:#04260f;--deployment-fg:#7ee787`
const palette = 8

/** Every rule is for pictures of this kind alone: an SVG in a page shares its styles with the page. */
const scoped = (rules: ReadonlyArray<readonly [string, string]>): string =>
  rules.map(([selector, body]) => `.tm-graph ${selector}{${body}}`).join("\n")

const style = (theme: SvgOptions["theme"]): string => {
  const themes =
    theme === "dark"
      ? `.tm-graph{${dark}}`
      : theme === "light"
        ? `.tm-graph{${light}}`
        : `.tm-graph{${light}}\n@media (prefers-color-scheme:dark){.tm-graph{${dark}}}`
  const colours = Array.from(
    { length: palette },
    (_, i): ReadonlyArray<readonly [string, string]> => [
      [`.s${i}`, `stroke:var(--l${i})`],
      [`.f${i}`, `fill:var(--l${i})`]
    ]
  )
  const kinds = ["branch", "remote", "tag", "deployment"].flatMap(
    (kind): ReadonlyArray<readonly [string, string]> => [
      [`.${kind} rect`, `fill:var(--${kind})`],
      [`.${kind} text`, `fill:var(--${kind}-fg)`]
    ]
  )
  return `${themes}\n${scoped([
    [".bg", "fill:var(--bg)"],
    ["path", "fill:none;stroke-width:2;stroke-linecap:round"],
    ["circle", "stroke:var(--bg);stroke-width:2"],
    ["text", `font:13px ${sans};fill:var(--fg)`],
    [".small", "font-size:11.5px;fill:var(--muted)"],
    [".id", `font-family:${mono}`],
    [".pill text", "font-size:11.5px;font-weight:600"],
    ...kinds,
    ...colours.flat(),
    [".merge", "fill:var(--bg);stroke-width:2.5"]
  ])}`
}

const round = (value: number): string => String(Math.round(value * 10) / 10)
const rowY = (row: number): number => margin + row * rowHeight + rowHeight / 2

/** The lines as paths, one for each run of a lane, and the colour of every version. */
const drawLines = ({ rows }: LaneLayout, laneX: (lane: number) => number) => {
  interface Run {
    readonly colour: number
    readonly path: string
    readonly begin: number
    /** Down to here the run goes straight on. */
    row: number
  }
  const paths: Array<string> = []
  const colours: Array<number> = []
  const runs = new Map<number, Run>()
  let nextColour = 0
  const begin = (lane: number, row: number, path: string): Run => {
    const run = { colour: nextColour++ % palette, path, begin: row, row }
    runs.set(lane, run)
    return run
  }
  const end = (lane: number, curved = "") => {
    const run = runs.get(lane)
    runs.delete(lane)
    if (run === undefined) return
    const straight = run.row > run.begin ? `V${round(rowY(run.row))}` : ""
    if (straight === "" && curved === "" && !run.path.includes("C")) return
    paths.push(`<path class="s${run.colour}" d="${run.path}${straight}${curved}"/>`)
  }
  const curve = (from: number, to: number, row: number): string => {
    const [x1, y1, x2, y2] = [laneX(from), rowY(row), laneX(to), rowY(row + 1)]
    const middle = round((y1 + y2) / 2)
    return `C${round(x1)} ${middle} ${round(x2)} ${middle} ${round(x2)} ${round(y2)}`
  }
  const move = (lane: number, row: number) => `M${round(laneX(lane))} ${round(rowY(row))}`

  rows.forEach((line: LaneRow, row) => {
    const { edges, lane } = line
    const own = runs.get(lane) ?? begin(lane, row, move(lane, row))
    own.row = row
    colours.push(own.colour)
    const goesOn = edges.some(({ from, to }) => from === lane && to === lane)
    const bent = edges.filter(({ from, to }) => from !== to)
    for (const { from, to } of bent) {
      if (from !== lane) {
        // A line that was there first moves over to this version's lane.
        const run = runs.get(from)
        if (run !== undefined) run.row = row
        end(from, curve(from, to, row))
      } else if (edges.some((edge) => edge.from === to && edge.to === to)) {
        const colour = goesOn ? (runs.get(to)?.colour ?? own.colour) : own.colour
        paths.push(`<path class="s${colour}" d="${move(lane, row)}${curve(lane, to, row)}"/>`)
      } else begin(to, row + 1, `${move(lane, row)}${curve(lane, to, row)}`)
    }
    if (!goesOn) end(lane)
    for (const { from, to } of edges) {
      const run = from === to ? runs.get(from) : undefined
      if (run !== undefined) run.row = row + 1
    }
  })
  for (const lane of [...runs.keys()]) end(lane)
  return { paths, colours }
}

/** Where text is written so that it stands in the middle: not every viewer knows `dominant-baseline`. */
const baseline = (middle: number): number => middle + 4

const pill = ({ kind, name }: PictureName, x: number, y: number) => {
  const text = shorten(name, 28)
  const width = Array.from(text).length * boldWidth + 14
  const box = `<rect x="${round(x)}" y="${round(y - 9)}" width="${round(width)}" height="18" rx="9"/>`
  const label = `<text x="${round(x + 7)}" y="${round(baseline(y))}">${entities(text)}</text>`
  const full = `<title>${kind} ${entities(name)}</title>`
  return { width: width + 6, svg: `<g class="pill ${kind}">${full}${box}${label}</g>` }
}

const drawNode = (node: PictureNode, y: number, start: number, width: number): string => {
  const parts: Array<string> = []
  const end = width - margin
  const detailWidth = Array.from(node.detail).length * smallWidth
  const idText = node.id.slice(0, 8)
  const idWidth = idText.length * smallWidth + 8
  // Details give way first, then names, then the title.
  const roomy = end - start > detailWidth + idWidth + 180
  let x = start
  let hidden = 0
  for (const name of node.names) {
    const drawn = pill(name, x, y)
    if (x + drawn.width > start + (end - start) * 0.55) hidden++
    else {
      parts.push(drawn.svg)
      x += drawn.width
    }
  }
  if (hidden > 0) {
    parts.push(`<text class="small" x="${round(x)}" y="${round(baseline(y))}">+${hidden}</text>`)
    x += 24
  }
  const right = roomy ? end - detailWidth - idWidth - 16 : end - idWidth
  const room = Math.floor((right - x - 4) / characterWidth)
  if (room > 1 && node.title !== "") {
    const title = shorten(node.title, room)
    const full = title === node.title ? "" : `<title>${entities(node.title)}</title>`
    parts.push(`<text x="${round(x + 2)}" y="${round(baseline(y))}">${full}${entities(title)}</text>`)
  }
  if (roomy) {
    parts.push(
      `<text class="small" x="${round(end - idWidth - 8)}" y="${round(baseline(y))}" text-anchor="end">${entities(node.detail)}</text>`
    )
  }
  parts.push(
    `<text class="small id" x="${round(end)}" y="${round(baseline(y))}" text-anchor="end">${entities(idText)}</text>`
  )
  return parts.join("")
}

/**
 * Draws a graph as one SVG without scripts, fonts or anything else from outside: lanes in colours, a filled dot for a
 * version, a ring for a merge, and branches, tags and deployments as labels beside their versions.
 *
 * @public
 */
export const renderSvg = (picture: Picture, options: SvgOptions = {}): string => {
  const { nodes } = picture
  const width = Math.max(320, options.width ?? 960)
  const height = margin * 2 + nodes.length * rowHeight
  const layout = layoutLanes(parentRows(nodes))
  const step = Math.min(laneWidth, (width * laneShare) / Math.max(1, layout.width))
  const laneX = (lane: number) => margin + lane * step + step / 2
  const { colours, paths } = drawLines(layout, laneX)
  const body = nodes.map((node, row) => {
    const line = layout.rows[row] as LaneRow
    const y = rowY(row)
    const colour = colours[row] as number
    const reach = Math.max(line.lane, ...line.above, ...line.edges.map(({ to }) => to))
    const merge = node.parents.length > 1
    const dot = `<circle class="${merge ? `merge s${colour}` : `f${colour}`}" cx="${round(laneX(line.lane))}" cy="${round(y)}" r="${merge ? radius : radius + 1}"/>`
    return dot + drawNode(node, y, laneX(reach) + laneWidth, width)
  })
  return [
    `<svg class="tm-graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${entities(picture.title)}">`,
    `<title>${entities(picture.title)}</title>`,
    `<style>${style(options.theme)}</style>`,
    `<rect class="bg" width="${width}" height="${height}" rx="8"/>`,
    ...paths,
    ...body,
    "</svg>\n"
  ].join("\n")
}
