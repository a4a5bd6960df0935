/** When versions are captured by themselves. */
import * as Context from "effect/Context"

/**
 * Whether an update or rollback whose result differs from every deployed version is captured as a version of its own
 * (origin `merge` or `rollback`). Captures of collections always append versions.
 *
 * @public
 */
export const CapturePolicy = Context.Reference<"onContentChange" | "never">("tidemark/core/CapturePolicy", {
  defaultValue: () => "onContentChange"
})
