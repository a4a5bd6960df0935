/** Data that stands beside a checkout and is too large, or not ours, to be part of it. */
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

/** The part of vitest's test context that skipping needs; `@effect/vitest` hands the same one to its tests. */
export interface SkippableContext {
  readonly skip: (note?: string) => never
}

/**
 * The folder that `TIDEMARK_SHARED` names, if it does. A group of tests that cannot do without is declared with
 * `describe.skipIf(sharedFolder === undefined)`; a single one asks {@link sharedPath}.
 */
export const sharedFolder: string | undefined =
  process.env.TIDEMARK_SHARED === undefined ? undefined : resolve(process.env.TIDEMARK_SHARED)

/**
 * Gives the path of `part` of the shared data, or skips the test with a reason where there is none. A folder that is
 * named but lacks the part is an error, not a reason to skip.
 */
export const sharedPath = (context: SkippableContext, part: string): string => {
  if (sharedFolder === undefined) return context.skip("needs shared data: set TIDEMARK_SHARED to its folder")
  const path = join(sharedFolder, part)
  if (!existsSync(path)) throw new Error(`TIDEMARK_SHARED is set to ${sharedFolder}, but there is no ${part} in it`)
  return path
}
