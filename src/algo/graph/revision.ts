/** The grammar of revision expressions: how people say which version they mean. */
import { parseDate } from "./parseDate.ts"

/** A step from a version to one of its ancestors. @public */
export type RevisionStep =
  /** `~n`: along first parents, n times. */
  | { readonly kind: "firstParents"; readonly count: number }
  /** `^n`: to the n-th parent, counting from 1; `^0` stays. */
  | { readonly kind: "parent"; readonly number: number }

/** Where an expression starts. @public */
export type RevisionBase =
  /** A branch, a tag, a whole id or the beginning of one. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "branch"; readonly name: string }
  | { readonly kind: "tag"; readonly name: string }
  /** Where a branch was at a time, in milliseconds since 1970. */
  | { readonly kind: "past"; readonly name: string; readonly time: number }
  /** What stands in a project. */
  | { readonly kind: "deployed"; readonly project: string }
  /** The highest release that a range of semantic versions allows. */
  | { readonly kind: "release"; readonly range: string }

/** What an expression says. @public */
export interface Revision {
  readonly base: RevisionBase
  readonly steps: ReadonlyArray<RevisionStep>
}

/** Why, and where, a text is not of the grammar. @public */
export interface RevisionProblem {
  readonly position: number
  readonly reason: string
}

const forbidden = /[\p{Cc}\s~^:\\?*[\]{}<>|]/u

/**
 * Says why a text cannot name a branch or a tag; `undefined` when it can.
 *
 * @remarks
 * A name has at most 200 characters, no white space, no control characters, none of `~ ^ : \ ? * [ ] { } < > |`, no `..`;
 * it does not begin with `-` or `@`, and is no version id. So every name can be said in an expression and on a command line.
 *
 * @public
 */
export const nameProblem = (name: string): string | undefined => {
  if (name === "") return "it is empty"
  if (!name.isWellFormed()) return "it has a lone surrogate"
  if (name.length > 200) return "it is longer than 200 characters"
  const match = forbidden.exec(name)
  if (match !== null) return `it contains ${JSON.stringify(match[0])}`
  if (name.includes("..")) return "it contains `..`"
  if (name.startsWith("-") || name.startsWith("@")) return `it begins with \`${name[0]}\``
  if (/^[0-9a-f]{64}$/.test(name)) return "it looks like a version id"
  return undefined
}

const integer = /^\d{0,9}/

const parseSteps = (expression: string, start: number): ReadonlyArray<RevisionStep> | RevisionProblem => {
  const steps: Array<RevisionStep> = []
  for (let at = start; at < expression.length; ) {
    const sign = expression[at]
    if (sign !== "~" && sign !== "^") return { position: at, reason: "`~` or `^` must stand here" }
    const digits = integer.exec(expression.slice(at + 1))?.[0] ?? ""
    const number = digits === "" ? 1 : Number(digits)
    steps.push(sign === "~" ? { kind: "firstParents", count: number } : { kind: "parent", number })
    at += 1 + digits.length
  }
  return steps
}

/** A base and where it ends. */
type Parsed = { readonly base: RevisionBase; readonly end: number } | RevisionProblem

const parseName = (expression: string): Parsed => {
  const end = /[~^]|@\{/.exec(expression)?.index ?? expression.length
  const head = expression.slice(0, end)
  const colon = head.indexOf(":")
  const prefix = colon === -1 ? "" : head.slice(0, colon)
  const name = head.slice(colon + 1)
  if (colon !== -1 && prefix !== "branch" && prefix !== "tag") {
    return { position: 0, reason: `\`${prefix}:\` is none of \`branch:\`, \`tag:\`, \`semver:\`` }
  }
  if (name === "") return { position: colon + 1, reason: "a name must stand here" }
  if (!expression.startsWith("@{", end)) {
    return { base: { kind: prefix === "branch" || prefix === "tag" ? prefix : "name", name }, end }
  }
  const close = expression.indexOf("}", end)
  if (close === -1) return { position: expression.length, reason: "`}` is missing" }
  if (prefix === "tag") return { position: end, reason: "a tag has no past positions" }
  const time = parseDate(expression.slice(end + 2, close))
  if (time === undefined) {
    return { position: end + 2, reason: "a date must stand here, such as `2026-05-01` or `2026-05-01T12:00Z`" }
  }
  return { base: { kind: "past", name, time }, end: close + 1 }
}

const parseDeployed = (expression: string): Parsed => {
  const start = "@{deployed:".length
  const close = expression.indexOf("}", start)
  if (close === -1) return { position: expression.length, reason: "`}` is missing" }
  if (close === start) return { position: start, reason: "a project must stand here" }
  return { base: { kind: "deployed", project: expression.slice(start, close) }, end: close + 1 }
}

/**
 * Parses a revision expression.
 *
 * @remarks
 * ```text
 * expression = start { "~" [n] | "^" [n] } | range
 * start      = name | "branch:" name | "tag:" name | [ "branch:" ] name "@{" date "}" | "@{deployed:" project "}"
 * name       = a branch, a tag, a version's id, or at least four digits of one
 * range      = "semver:" range | a range of semantic versions that begins with one of ^ ~ < > =
 * ```
 *
 * A name may be anything without `~`, `^`, `:` and `@{` here: branches named after collections need not keep to
 * {@link nameProblem}.
 *
 * @public
 */
export const parseRevision = (expression: string): Revision | RevisionProblem => {
  const range = expression.startsWith("semver:") ? expression.slice(7) : /^[~^<>=]/.test(expression) ? expression : null
  if (range !== null) return { base: { kind: "release", range }, steps: [] }
  const parsed = expression.startsWith("@{deployed:") ? parseDeployed(expression) : parseName(expression)
  if ("reason" in parsed) return parsed
  const steps = parseSteps(expression, parsed.end)
  return "reason" in steps ? steps : { base: parsed.base, steps }
}
