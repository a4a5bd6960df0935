/** Which paths of a collection form which artifact. */
import * as Context from "effect/Context"
import { defaultLayout, type Layout } from "../../algo/layout/Layout.ts"

/** The layout that captures divide collections by. @public */
export const ArtifactLayout = Context.Reference<Layout>("tidemark/core/ArtifactLayout", {
  defaultValue: () => defaultLayout
})
