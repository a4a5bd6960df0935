/** Combining the contents of one path: rules first, then the host's drivers, then the built-in answers. */
import { findLoss } from "../../algo/merge/findLoss.ts"
import { plainSides, type SideNames } from "../../algo/merge/SideNames.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import { mergeText } from "../../algo/text/mergeText.ts"
import { canonicalBytes, type TextPolicy } from "../../algo/text/textPolicy.ts"
import type { MergeDriver, MergeDriverInput, MergeDriverResult } from "./MergeDriver.ts"
import type { MergeRule } from "./MergeRules.ts"

/** What became of a content merge. `rule` names what decided: a strategy, a driver, or a built-in. @internal */
export type ContentOutcome =
  | { readonly _tag: "Merged"; readonly bytes: Uint8Array; readonly reason: string; readonly rule: string }
  | {
      readonly _tag: "Conflict"
      readonly kind: "content" | "binary" | "add/add" | "rejected"
      readonly reason: string
      readonly rule: string
    }

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`

const anyBinary = ({ base, ours, theirs }: MergeDriverInput): boolean =>
  isBinary(ours) || isBinary(theirs) || (base !== null && isBinary(base))

/** The answer of a strategy that needs no combining; `undefined` for the one that does. */
const settled = (
  strategy: MergeRule["strategy"],
  input: MergeDriverInput,
  kind: "content" | "add/add",
  names: SideNames
): ContentOutcome | undefined => {
  const rule = `strategy ${strategy}`
  const take = (bytes: Uint8Array, reason: string): ContentOutcome => ({ _tag: "Merged", bytes, reason, rule })
  if (strategy === "ours") return take(input.ours, `a rule says that ${names.ours} stands here`)
  if (strategy === "theirs") return take(input.theirs, `a rule says that ${names.theirs} stands here`)
  if (strategy === "base" && input.base !== null) return take(input.base, "a rule says that the base stands here")
  if (strategy === "manual" || strategy === "base") {
    return { _tag: "Conflict", kind, reason: "a rule leaves this path to people", rule }
  }
  return undefined
}

/** A driver that throws has declined: nothing of a third party's may break a merge. */
const ask = (driver: MergeDriver, input: MergeDriverInput): MergeDriverResult => {
  try {
    return driver.merge(input)
  } catch {
    return { _tag: "Declined" }
  }
}

/** Refuses a clean result that lost something, or that the rule's check refuses. */
const checked = (
  outcome: ContentOutcome & { readonly _tag: "Merged" },
  input: MergeDriverInput,
  options: {
    readonly policy: TextPolicy
    readonly rule: MergeRule | undefined
    readonly unit: MergeDriver["unit"]
    readonly names: SideNames
  }
): ContentOutcome => {
  const { names, policy, rule, unit } = options
  const canonical = (bytes: Uint8Array) => canonicalBytes(bytes, policy)
  const reject = (reason: string): ContentOutcome => ({
    _tag: "Conflict",
    kind: "rejected",
    reason,
    rule: outcome.rule
  })
  const texts = [input.base ?? new Uint8Array(), input.ours, input.theirs, outcome.bytes].map(canonical)
  const [base, ours, theirs, output] = texts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const [loss] = findLoss(base, ours, theirs, output, unit)
  if (loss !== undefined) {
    const what =
      loss.what === "added" ? `lost what ${names[loss.side]} had` : `brought back what ${names[loss.side]} had removed`
    return reject(`${outcome.rule} ${what}: ${JSON.stringify(loss.sample)}`)
  }
  const refused = rule?.check?.(outcome.bytes, input.path)
  return refused === undefined ? outcome : reject(`the check refused the result of ${outcome.rule}: ${refused}`)
}

/** Merges with the first driver that does not decline. Binary content is never altered: it conflicts whole. @internal */
export const mergeContent = (
  drivers: ReadonlyArray<MergeDriver>,
  input: MergeDriverInput,
  policy: TextPolicy,
  rule?: MergeRule | undefined,
  names: SideNames = plainSides
): ContentOutcome => {
  const kind = input.base === null ? "add/add" : "content"
  const answer = settled(rule?.strategy, input, kind, names)
  if (answer !== undefined) return answer
  const first = drivers.filter(({ name }) => name === rule?.driver)
  const asked = [...first, ...drivers.filter((driver) => !first.includes(driver))]
  for (const driver of asked) {
    const result = ask(driver, input)
    const by = `driver ${driver.name}`
    if (result._tag === "Merged") {
      return checked(
        { _tag: "Merged", bytes: result.bytes, reason: `${driver.name}: ${result.reason}`, rule: by },
        input,
        {
          policy,
          rule,
          unit: driver.unit,
          names
        }
      )
    }
    if (result._tag === "Conflicted") {
      return { _tag: "Conflict", kind, reason: `${driver.name}: ${result.reason}`, rule: by }
    }
  }
  if (anyBinary(input)) {
    return { _tag: "Conflict", kind: "binary", reason: "both sides changed a binary file", rule: "binary" }
  }
  const union = rule?.strategy === "union"
  const merged = mergeText(input.base ?? new Uint8Array(), input.ours, input.theirs, {
    textPolicy: policy,
    ...(union ? { favor: "union" as const } : {})
  })
  const by = union ? "strategy union" : "text"
  if (merged.conflicts > 0) {
    const what = input.base === null ? "both sides added it, differently" : "both sides changed the same lines"
    return { _tag: "Conflict", kind, reason: `${what} (${plural(merged.conflicts, "conflict")})`, rule: by }
  }
  const endings = merged.rule === undefined ? "" : `; line endings kept as ${merged.rule.ending.toUpperCase()}`
  const reason = `both sides changed it in different places${endings}`
  return checked({ _tag: "Merged", bytes: merged.bytes, reason, rule: by }, input, {
    policy,
    rule,
    unit: "lines",
    names
  })
}
