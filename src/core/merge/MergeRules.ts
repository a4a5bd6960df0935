/** Which paths are merged how. */
import * as Context from "effect/Context"
import ignore from "ignore"
import type { FilePath } from "../../model/Ids.ts"

/**
 * What to do where both sides changed a path: combine their contents, take one side whole, keep the base, take the lines
 * of both, or leave it to people.
 *
 * @public
 */
export type MergeStrategy = "merge" | "ours" | "theirs" | "base" | "union" | "manual"

/**
 * One rule. `pattern` is in `.gitignore` syntax. `driver` names one of `MergeDrivers` to ask before the others. `check`
 * looks at a clean result and may refuse it with a reason: the path becomes a conflict then.
 *
 * @public
 */
export interface MergeRule {
  readonly pattern: string
  readonly strategy?: MergeStrategy | undefined
  readonly driver?: string | undefined
  readonly check?: ((merged: Uint8Array, path: FilePath) => string | undefined) | undefined
}

/** The rules of path merges; the first whose pattern fits a path holds for it. By default there are none. @public */
export const MergeRules = Context.Reference<ReadonlyArray<MergeRule>>("tidemark/core/MergeRules", {
  defaultValue: () => []
})

/** Compiles rules into a function that finds a path's rule. @internal */
export const compileRules = (rules: ReadonlyArray<MergeRule>): ((path: FilePath) => MergeRule | undefined) => {
  const compiled = rules.map((rule) => ({ rule, matcher: ignore().add(rule.pattern) }))
  return (path) => compiled.find(({ matcher }) => matcher.ignores(path))?.rule
}
