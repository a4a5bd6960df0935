/** The one error of the storage boundary, with a reason that says what can be done about it. */
import * as Schema from "effect/Schema"

const common = { operation: Schema.String, cause: Schema.optionalKey(Schema.Defect()) }

/** The store did not answer, or was busy for too long. Trying again may help. @public */
export class StorageUnavailable extends Schema.TaggedError<StorageUnavailable>("tidemark/storage/StorageUnavailable")(
  "StorageUnavailable",
  { ...common, detail: Schema.String }
) {
  override get message(): string {
    return `The store is unavailable (${this.operation}: ${this.detail}). Try again.`
  }
}

/** There is no room left. @public */
export class StorageFull extends Schema.TaggedError<StorageFull>("tidemark/storage/StorageFull")(
  "StorageFull",
  common
) {
  override get message(): string {
    return `The store is full (${this.operation}). Make room and try again; nothing was half-written.`
  }
}

/** The store may not be written, or not be opened. @public */
export class StorageDenied extends Schema.TaggedError<StorageDenied>("tidemark/storage/StorageDenied")(
  "StorageDenied",
  {
    ...common,
    detail: Schema.String
  }
) {
  override get message(): string {
    return `The store refused ${this.operation}: ${this.detail}. Check its permissions and its path.`
  }
}

/** What is stored is not what was put there. `key` names the object, record or ref. @public */
export class StorageCorrupt extends Schema.TaggedError<StorageCorrupt>("tidemark/storage/StorageCorrupt")(
  "StorageCorrupt",
  { ...common, key: Schema.String, detail: Schema.String }
) {
  override get message(): string {
    return `The store is damaged at ${this.key} (${this.operation}): ${this.detail}. Restore it from a backup, or run verify.`
  }
}

/** The store was written by a newer Tidemark. @public */
export class StorageSchemaNewer extends Schema.TaggedError<StorageSchemaNewer>("tidemark/storage/StorageSchemaNewer")(
  "StorageSchemaNewer",
  { ...common, found: Schema.Int, supported: Schema.Int }
) {
  override get message(): string {
    return `The store has schema ${this.found}; this Tidemark knows schemas up to ${this.supported}. Upgrade tidemark.`
  }
}

/** The adapter cannot do this at all. @public */
export class StorageUnsupported extends Schema.TaggedError<StorageUnsupported>("tidemark/storage/StorageUnsupported")(
  "StorageUnsupported",
  { ...common, detail: Schema.String }
) {
  override get message(): string {
    return `The store does not support ${this.operation}: ${this.detail}.`
  }
}

/** Why a storage operation failed. @public */
export const StorageErrorReason = Schema.Union([
  StorageUnavailable,
  StorageFull,
  StorageDenied,
  StorageCorrupt,
  StorageSchemaNewer,
  StorageUnsupported
])
/** @public */
export type StorageErrorReason = typeof StorageErrorReason.Type

/** A storage operation failed; nothing of it happened. `isRetryable` says whether trying again may help. @public */
export class StorageError extends Schema.TaggedError<StorageError>("tidemark/storage/StorageError")(
  "StorageError",
  { reason: StorageErrorReason },
  { httpApiStatus: 503 }
) {
  override get message(): string {
    return this.reason.message
  }
  get isRetryable(): boolean {
    return this.reason._tag === "StorageUnavailable"
  }
}
