/**
 * Merging without a store: pure functions.
 *
 * @packageDocumentation
 */
export {
  type CutConflict,
  cutConflict,
  type Hunk,
  type HunkChoice,
  type HunkProgress,
  type HunkUse,
  hunkText,
  noProgress,
  recogniseUse,
  resolvedText,
  settleHunks
} from "./algo/conflict/hunks.ts"
export { type MarkerOptions, markerSizeFor, renderMarkers } from "./algo/conflict/markers.ts"
export { type ParsedMarkers, parseMarkers } from "./algo/conflict/parseMarkers.ts"
export { chooseStrategy, type StrategyChoice, type StrategyFacts } from "./algo/merge/chooseStrategy.ts"
export { findLoss, type Loss, type LossUnit } from "./algo/merge/findLoss.ts"
export { isBinary } from "./algo/text/isBinary.ts"
export type {
  ChangedRegion,
  ConflictRegion,
  LineRange,
  MergeRegion,
  ThreeRanges,
  UnchangedRegion
} from "./algo/text/mergeRegion.ts"
export type { ConflictStyle, MergeProfile } from "./algo/text/mergeRegions.ts"
export { type MergeTextOptions, type MergeTextResult, mergeText } from "./algo/text/mergeText.ts"
export type { MergeFavor, MergeLabels } from "./algo/text/renderRegions.ts"
export type { TextLines } from "./algo/text/textLines.ts"
export type { LineEnding, TextPolicy, TextPolicyRule } from "./algo/text/textPolicy.ts"
export { canonicalBytes, lineEnding, sameText, toEnding } from "./algo/text/textPolicy.ts"
export type { MergeDriver, MergeDriverInput, MergeDriverResult } from "./core/merge/MergeDriver.ts"
export type { MergeRule, MergeStrategy } from "./core/merge/MergeRules.ts"
export { binaryDriver } from "./drivers/binary.ts"
export { textDriver } from "./drivers/text.ts"
export { unionDriver } from "./drivers/union.ts"
