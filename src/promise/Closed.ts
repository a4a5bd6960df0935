/** The engine is not there any more. */
import * as Schema from "effect/Schema"

/** The engine was closed before the call. Nothing was read or written; open another one. @public */
export class Closed extends Schema.TaggedError<Closed>("tidemark/promise/Closed")(
  "Closed",
  {},
  { httpApiStatus: 409 }
) {
  override get message(): string {
    return "This engine is closed. Open another one."
  }
}
