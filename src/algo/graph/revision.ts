/** The grammar of revision expressions: how people say which version they mean. */

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

/**
 * Parses a revision expression: a name, a whole id, or at least four digits of one, `branch:name` or `tag:name`; then
 * any number of `~`, `~n`, `^`, `^n`.
 *
 * @remarks
 * A name may be anything without `~`, `^` and `:` here: branches named after collections need not keep to
 * {@link nameProblem}.
 *
 * @public
 */
export const parseRevision = (expression: string): Revision | RevisionProblem => {
  const end = expression.search(/[~^]/)
  const head = end === -1 ? expression : expression.slice(0, end)
  const colon = head.indexOf(":")
  const kind = colon === -1 ? "name" : head.slice(0, colon)
  const name = head.slice(colon + 1)
  if (kind !== "branch" && kind !== "tag" && colon !== -1) {
    return { position: 0, reason: `\`${kind}:\` is neither \`branch:\` nor \`tag:\`` }
  }
  if (name === "") return { position: colon + 1, reason: "a name must stand here" }
  const steps: Array<RevisionStep> = []
  for (let at = head.length; at < expression.length; ) {
    const sign = expression[at]
    if (sign !== "~" && sign !== "^") return { position: at, reason: "`~` or `^` must stand here" }
    const digits = integer.exec(expression.slice(at + 1))?.[0] ?? ""
    const number = digits === "" ? 1 : Number(digits)
    steps.push(sign === "~" ? { kind: "firstParents", count: number } : { kind: "parent", number })
    at += 1 + digits.length
  }
  return { base: { kind: kind === "branch" || kind === "tag" ? kind : "name", name }, steps }
}
