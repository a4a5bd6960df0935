/**
 * From regions to bytes: the merged text, with conflicts between markers or settled by a preference.
 */
import type { MergeRegion } from "./mergeRegion.ts"
import type { ConflictStyle } from "./mergeRegions.ts"
import { Output } from "./output.ts"
import { endsInNewline, type TextLines } from "./textLines.ts"

/**
 * Which side a conflict is settled in favour of; `"union"` takes ours and then theirs.
 *
 * @public
 */
export type MergeFavor = "ours" | "theirs" | "union"

/**
 * What stands behind the markers of a conflict; a side without a label has a bare marker.
 *
 * @public
 */
export interface MergeLabels {
  readonly ours?: string | undefined
  readonly base?: string | undefined
  readonly theirs?: string | undefined
}

/**
 * How conflicts are written.
 *
 * @public
 */
export interface RenderOptions {
  readonly style: ConflictStyle
  readonly favor: MergeFavor | undefined
  readonly labels: MergeLabels
  readonly markerSize: number
}

/**
 * The line ending that line `line` of a text shows: true for CRLF, false for LF, undefined where there is none to see.
 */
const isCrlf = (lines: TextLines, line: number): boolean | undefined => {
  if (lines.count === 0) return undefined
  let shown = line
  if (!endsInNewline(lines, shown)) {
    // Only the last line can lack one; then the line before it tells.
    if (shown === 0) return undefined
    shown--
  }
  const start = lines.starts[shown] as number
  const end = lines.starts[shown + 1] as number
  return end - start > 1 && lines.bytes[end - 2] === 0x0d
}

/**
 * Whether the markers of a conflict end in CRLF: when the line before it (or the first one) does so in ours and in
 * theirs, and the base's first line does; a text that shows no ending has no say.
 */
const needsCr = (base: TextLines, ours: TextLines, theirs: TextLines, region: MergeRegion): boolean => {
  let cr = isCrlf(ours, Math.max(0, region.ours.start - 1))
  if (cr !== false) cr = isCrlf(theirs, Math.max(0, region.theirs.start - 1))
  if (cr !== false) cr = isCrlf(base, 0)
  return cr ?? false
}

/**
 * Writes the result of a merge.
 *
 * @public
 */
export const renderRegions = (
  base: TextLines,
  ours: TextLines,
  theirs: TextLines,
  regions: ReadonlyArray<MergeRegion>,
  options: RenderOptions
): Uint8Array => {
  const out = new Output()
  const encoder = new TextEncoder()
  const marker = (character: string, label: string | undefined, cr: boolean): void => {
    const text = character.repeat(options.markerSize) + (label === undefined ? "" : ` ${label}`) + (cr ? "\r\n" : "\n")
    out.bytes(encoder.encode(text))
  }
  const closed = (lines: TextLines, start: number, end: number, cr: boolean): void => {
    out.lines(lines, start, end)
    if (end > start && !endsInNewline(lines, end - 1)) out.bytes(encoder.encode(cr ? "\r\n" : "\n"))
  }
  for (const region of regions) {
    if (region._tag === "Changed" && region.by === "theirs") {
      out.lines(theirs, region.theirs.start, region.theirs.end)
    } else if (region._tag !== "Conflict" || options.favor === "ours") {
      out.lines(ours, region.ours.start, region.ours.end)
    } else if (options.favor === "theirs") {
      out.lines(theirs, region.theirs.start, region.theirs.end)
    } else {
      const cr = needsCr(base, ours, theirs, region)
      if (options.favor === "union") {
        closed(ours, region.ours.start, region.ours.end, cr)
        out.lines(theirs, region.theirs.start, region.theirs.end)
        continue
      }
      marker("<", options.labels.ours, cr)
      closed(ours, region.ours.start, region.ours.end, cr)
      if (options.style !== "merge") {
        marker("|", options.labels.base, cr)
        closed(base, region.base.start, region.base.end, cr)
      }
      marker("=", undefined, cr)
      closed(theirs, region.theirs.start, region.theirs.end, cr)
      marker(">", options.labels.theirs, cr)
    }
  }
  return out.finish()
}
