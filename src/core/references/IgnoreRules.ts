/** What is not part of anything. */
import * as Context from "effect/Context"

/**
 * Patterns in `.gitignore` syntax, relative to the scanned root. They apply alike to capture, drift, update and rollback:
 * what they match is listed by name, never read, stored or changed.
 *
 * @public
 */
export const IgnoreRules = Context.Reference<ReadonlyArray<string>>("tidemark/core/IgnoreRules", {
  defaultValue: () => [".git", ".DS_Store", "Thumbs.db"]
})
