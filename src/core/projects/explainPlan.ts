/** A plan in sentences for people. */
import type { Plan, PlannedPath, PlannedRegion } from "../../model/Plan.ts"

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`

const actions = {
  write: "is written",
  remove: "is removed",
  keep: "is kept",
  conflict: "is left in conflict, and keeps its bytes",
  none: "stays as it is"
}

const origins: { readonly [from in PlannedRegion["from"]]: string } = {
  ours: "of your own",
  theirs: "from upstream",
  both: "that both sides made",
  recorded: "resolved as before",
  rule: "made by a rule",
  driver: "made by a driver",
  conflict: "still to decide"
}

/** Lines as people count them: from one, with the last. */
const linesOf = ({ from, ours, theirs }: PlannedRegion): string => {
  const [side, { end, start }] = from === "theirs" ? ["upstream's", theirs] : ["local", ours]
  if (start === end) return `at ${side} line ${start + 1}`
  return end - start === 1 ? `${side} line ${end}` : `${side} lines ${start + 1} to ${end}`
}

const merged = ({ regions }: PlannedPath): string => {
  if (regions === undefined) return ""
  const kinds = Map.groupBy(regions.shown, ({ from }) => from)
  const counts = [...kinds].map(([from, some]) => `${plural(some.length, "change")} ${origins[from]}`)
  const open = (kinds.get("conflict") ?? []).slice(0, 3).map(linesOf)
  const rest = regions.total - regions.shown.length
  const where = open.length === 0 ? "" : `: ${open.join(", ")}${(kinds.get("conflict")?.length ?? 0) > 3 ? ", …" : ""}`
  return ` It has ${counts.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}${where}.`
}

/**
 * Says what a plan will do, a sentence for the whole and one or two for each path that something happens to. Depends on the
 * plan alone.
 *
 * @public
 */
export const explainPlan = (plan: Plan): ReadonlyArray<string> => {
  const counts = Map.groupBy(plan.paths, ({ action }) => action)
  const count = (action: PlannedPath["action"], what: string) => {
    const number = counts.get(action)?.length ?? 0
    return number === 0 ? [] : [`${what} ${number}`]
  }
  const parts = [
    ...count("write", "writes"),
    ...count("remove", "removes"),
    ...count("conflict", "leaves in conflict"),
    ...count("keep", "keeps")
  ]
  const told = plan.paths.filter(
    ({ action, recalled, regions }) => action !== "none" && (action !== "keep" || regions !== undefined || recalled)
  )
  return [
    `This ${plan.kind} is about ${plural(plan.paths.length, "path")}${parts.length === 0 ? " and changes none of them" : `: it ${parts.join(", ")}`}.`,
    ...told.map((path) => `${path.path} ${actions[path.action]}: ${path.reason}.${merged(path)}`),
    ...plan.notes
  ]
}
