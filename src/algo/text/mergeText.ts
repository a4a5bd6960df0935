/**
 * The three-way merge of texts, line by line, on bytes.
 */
import { makeBudget } from "./budget.ts"
import { internLines } from "./internLines.ts"
import type { MergeRegion } from "./mergeRegion.ts"
import { type ConflictStyle, type MergeProfile, mergeRegions } from "./mergeRegions.ts"
import { type MergeFavor, type MergeLabels, renderRegions } from "./renderRegions.ts"
import type { TextLines } from "./textLines.ts"
import { applyTextPolicy, type TextPolicy, type TextPolicyRule } from "./textPolicy.ts"

/**
 * How to merge, and how to write what could not be merged.
 *
 * @public
 */
export interface MergeTextOptions {
  /** Whose answers to give; by default those of git's tree merges. */
  readonly profile?: MergeProfile | undefined
  /** How conflicts are shown; by default with two sides. */
  readonly style?: ConflictStyle | undefined
  /** Settles conflicts instead of marking them. */
  readonly favor?: MergeFavor | undefined
  /** What stands behind the markers. */
  readonly labels?: MergeLabels | undefined
  /** The length of the markers; by default, and for anything below one, seven. */
  readonly markerSize?: number | undefined
  /** Which texts count as equal although their bytes differ; by default none. */
  readonly textPolicy?: TextPolicy | undefined
}

/**
 * What a merge gives.
 *
 * @public
 */
export interface MergeTextResult {
  /** The merged text; an array of its own. */
  readonly bytes: Uint8Array
  /** The number of conflicts that are marked in `bytes`; those settled by `favor` are not counted. */
  readonly conflicts: number
  /** The structure behind the bytes. Its line numbers are those of the inputs. */
  readonly regions: ReadonlyArray<MergeRegion>
  /** Whether a search was cut short by its bound, so that changes may be larger than they had to be. */
  readonly coarse: boolean
  /** The rule of the text policy that was applied before merging, if one was. */
  readonly rule: TextPolicyRule | undefined
}

const DEFAULT_MARKER_SIZE = 7
/** A marker is for people; this only keeps a senseless size from exhausting memory. */
const MAX_MARKER_SIZE = 65_536

const bytesOf = (text: Uint8Array | string): Uint8Array =>
  typeof text === "string" ? new TextEncoder().encode(text) : text

const markerSizeOf = (size: number | undefined): number =>
  size !== undefined && size >= 1 ? Math.min(Math.floor(size), MAX_MARKER_SIZE) : DEFAULT_MARKER_SIZE

/**
 * Merges two texts that were both made from `base`.
 *
 * @remarks
 * Works on lines of bytes and decodes nothing: invalid UTF-8, NUL, CR and a missing last newline come out as they went
 * in. Strings are taken as their UTF-8 bytes. Never throws. Linear in memory; a search that would cost too much is cut
 * short, and `coarse` says so.
 *
 * @example A change on either side
 * ```ts
 * const merged = mergeText("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n")
 * new TextDecoder().decode(merged.bytes) // => "A\nb\nC\n"
 * merged.conflicts // => 0
 * ```
 *
 * @public
 */
export const mergeText = (
  base: Uint8Array | string,
  ours: Uint8Array | string,
  theirs: Uint8Array | string,
  options: MergeTextOptions = {}
): MergeTextResult => {
  const { favor, profile = "git-ort", style = "merge", textPolicy = "none" } = options
  const inputs = applyTextPolicy(bytesOf(base), bytesOf(ours), bytesOf(theirs), textPolicy)
  const interned = internLines([inputs.base, inputs.ours, inputs.theirs])
  const [baseLines, ourLines, theirLines] = interned.texts as readonly [TextLines, TextLines, TextLines]
  const budget = makeBudget(baseLines.count + ourLines.count + theirLines.count)
  const regions = mergeRegions(interned, profile, style, budget)
  const bytes = renderRegions(baseLines, ourLines, theirLines, regions, {
    style,
    favor,
    labels: options.labels ?? {},
    markerSize: markerSizeOf(options.markerSize)
  })
  let conflicts = 0
  if (favor === undefined) {
    for (const region of regions) if (region._tag === "Conflict") conflicts++
  }
  return { bytes, conflicts, regions, coarse: budget.coarse, rule: inputs.rule }
}
