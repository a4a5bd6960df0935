/** Combining the contents of one path: the host's drivers first, then the built-in answers for binary and text. */
import { isBinary } from "../../algo/text/isBinary.ts"
import { mergeText } from "../../algo/text/mergeText.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { MergeDriver, MergeDriverInput } from "./MergeDriver.ts"

/** What became of a content merge. @internal */
export type ContentOutcome =
  | { readonly _tag: "Merged"; readonly bytes: Uint8Array; readonly reason: string }
  | { readonly _tag: "Conflict"; readonly kind: "content" | "binary" | "add/add"; readonly reason: string }

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`

/** Merges with the first driver that does not decline. Binary content is never altered: it conflicts whole. @internal */
export const mergeContent = (
  drivers: ReadonlyArray<MergeDriver>,
  input: MergeDriverInput,
  policy: TextPolicy
): ContentOutcome => {
  const kind = input.base === null ? "add/add" : "content"
  for (const driver of drivers) {
    const result = driver.merge(input)
    if (result._tag === "Merged")
      return { _tag: "Merged", bytes: result.bytes, reason: `${driver.name}: ${result.reason}` }
    if (result._tag === "Conflicted") return { _tag: "Conflict", kind, reason: `${driver.name}: ${result.reason}` }
  }
  if (isBinary(input.ours) || isBinary(input.theirs) || (input.base !== null && isBinary(input.base))) {
    return { _tag: "Conflict", kind: "binary", reason: "both sides changed a binary file" }
  }
  const merged = mergeText(input.base ?? new Uint8Array(), input.ours, input.theirs, { textPolicy: policy })
  if (merged.conflicts > 0) {
    const what = input.base === null ? "both sides added it, differently" : "both sides changed the same lines"
    return { _tag: "Conflict", kind, reason: `${what} (${plural(merged.conflicts, "conflict")})` }
  }
  const rule = merged.rule === undefined ? "" : `; line endings kept as ${merged.rule.ending.toUpperCase()}`
  return { _tag: "Merged", bytes: merged.bytes, reason: `both sides changed it in different places${rule}` }
}
