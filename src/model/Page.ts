/** Paging, the same everywhere. */
import * as Schema from "effect/Schema"

/** A cursor that no page gave. @public */
export class InvalidCursor extends Schema.TaggedError<InvalidCursor>("tidemark/model/InvalidCursor")(
  "InvalidCursor",
  { cursor: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${JSON.stringify(this.cursor)} is not a cursor that a page gave. Start again without one.`
  }
}
