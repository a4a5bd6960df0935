/** Conflict markers: one view of a conflict, for people and their editors. */

import { joinBytes } from "../../model/joinBytes.ts"
import type { ConflictStyle } from "../text/mergeRegions.ts"
import { type MergeLabels, renderRegions } from "../text/renderRegions.ts"
import { assemble, type CutConflict, type Hunk, type HunkProgress, noProgress } from "./hunks.ts"

/** How markers are written. @public */
export interface MarkerOptions {
  /** Whether the base is shown; by default as the conflict was cut. */
  readonly style?: ConflictStyle | undefined
  /** What stands behind the markers. Where there are several hunks, each is numbered behind the first and last label. */
  readonly labels?: MergeLabels | undefined
  /** The least length of the markers; by default seven. Longer where the text has lines that look like markers. */
  readonly markerSize?: number | undefined
}

const NEWLINE = 0x0a
const SHORTEST = 7
const LONGEST = 65_536
/** The characters that markers are made of. @internal */
export const markerBytes: ReadonlySet<number> = new Set(
  ["<", "=", ">", "|"].map((character) => character.charCodeAt(0))
)

/** The longest run of one marker character at the start of a line. */
const longestRun = (bytes: Uint8Array): number => {
  let longest = 0
  for (let start = 0; start < bytes.length; ) {
    const first = bytes[start] as number
    if (markerBytes.has(first)) {
      let end = start + 1
      while (bytes[end] === first) end++
      longest = Math.max(longest, end - start)
    }
    const newline = bytes.indexOf(NEWLINE, start)
    start = newline < 0 ? bytes.length : newline + 1
  }
  return longest
}

/** The length of the markers that cannot be mistaken for a line of these texts. @public */
export const markerSizeFor = (texts: Iterable<Uint8Array>, least: number = SHORTEST): number => {
  let size = Math.min(Math.max(1, Math.floor(least)), LONGEST)
  for (const text of texts) size = Math.max(size, longestRun(text) + 1)
  return size
}

const sizeOf = (cut: CutConflict, options: MarkerOptions, progress: HunkProgress): number =>
  markerSizeFor(
    [cut.base.bytes, cut.ours.bytes, cut.theirs.bytes, ...progress.settled.values(), ...progress.edits.values()],
    options.markerSize
  )

/** Writes the markers of one hunk, whatever stands around it. @internal */
export const markerBlocks = (
  cut: CutConflict,
  options: MarkerOptions,
  progress: HunkProgress
): ((hunk: Hunk) => Uint8Array) => {
  const { base, hunks, ours, theirs } = cut
  const { labels = {}, style = cut.style } = options
  const markerSize = sizeOf(cut, options, progress)
  const numbered = (label: string | undefined, { index }: Hunk): string | undefined => {
    // A number tells hunks apart that look alike, whatever is done to the text around them.
    if (hunks.length === 1) return label
    const number = `(${index + 1}/${hunks.length})`
    return label === undefined || label === "" ? number : `${label} ${number}`
  }
  return (hunk) =>
    renderRegions(base, ours, theirs, [{ ...hunk, _tag: "Conflict" }], {
      style,
      favor: undefined,
      labels: { ...labels, ours: numbered(labels.ours, hunk), theirs: numbered(labels.theirs, hunk) },
      markerSize
    })
}

/**
 * Writes a conflict as text with markers around what is still open; what is decided stands as decided.
 *
 * @public
 */
export const renderMarkers = (
  cut: CutConflict,
  options: MarkerOptions = {},
  progress: HunkProgress = noProgress
): Uint8Array => joinBytes(assemble(cut, progress, markerBlocks(cut, options, progress)))
