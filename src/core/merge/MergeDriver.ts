/** The contract of merge drivers. */
import * as Context from "effect/Context"
import type { LossUnit } from "../../algo/merge/findLoss.ts"
import type { FilePath } from "../../model/Ids.ts"

/** Three contents of one path. `base` is absent where both sides added it. @public */
export interface MergeDriverInput {
  readonly path: FilePath
  readonly base: Uint8Array | null
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

/** What a driver made of them. `Declined` asks the next driver. @public */
export type MergeDriverResult =
  | { readonly _tag: "Merged"; readonly bytes: Uint8Array; readonly reason: string }
  | { readonly _tag: "Conflicted"; readonly conflicts: number; readonly reason: string }
  | { readonly _tag: "Declined" }

/**
 * A way to combine contents: a plain value with a pure function.
 *
 * @remarks
 * Every clean result is checked for loss before it is taken: what either side changed must be in it. A driver that lays
 * text out anew says so with `unit: "words"`. A driver that throws has declined.
 *
 * @public
 */
export interface MergeDriver {
  readonly name: string
  readonly merge: (input: MergeDriverInput) => MergeDriverResult
  readonly unit?: LossUnit | undefined
}

/** Drivers, asked in order before the built-in ones (binary, then text). @public */
export const MergeDrivers = Context.Reference<ReadonlyArray<MergeDriver>>("tidemark/core/MergeDrivers", {
  defaultValue: () => []
})
