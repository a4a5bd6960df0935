/** Real merges that stand beside the checkout; they are not part of it. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type SkippableContext, sharedFolder } from "../../support/shared.ts"
import { projectRoot } from "../../support/sourceFiles.ts"

/** The path of a part of the shared data, in `$TIDEMARK_SHARED` or in `../shared`; without it the test is skipped. */
export const sharedData = (context: SkippableContext, part: string): string => {
  const path = join(sharedFolder ?? join(projectRoot, "..", "shared"), part)
  if (existsSync(path)) return path
  if (sharedFolder !== undefined)
    throw new Error(`TIDEMARK_SHARED is set to ${sharedFolder}, but there is no ${part} in it`)
  return context.skip(`needs shared data: ${part} is neither in $TIDEMARK_SHARED nor in ../shared`)
}
