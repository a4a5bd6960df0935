/** What a caller gave could not be meant. */
import * as Schema from "effect/Schema"

/**
 * An argument is malformed: an id that no id can be, an absolute path, a missing property. `field` says where, with dots
 * between the names (`resolutions.0.path`, `call.signal`). Nothing was read or written.
 *
 * @public
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("tidemark/promise/InvalidInput")(
  "InvalidInput",
  { field: Schema.String, reason: Schema.String },
  { httpApiStatus: 422 }
) {
  override get message(): string {
    return `${this.field} cannot be used: ${this.reason}.`
  }
}
