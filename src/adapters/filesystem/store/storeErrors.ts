/** What the operating system says, as storage errors. */
import * as Effect from "effect/Effect"
import {
  StorageCorrupt,
  StorageDenied,
  StorageError,
  type StorageErrorReason,
  StorageFull,
  StorageUnavailable,
  StorageUnsupported
} from "../../../storage/StorageError.ts"
import { codeOf } from "../failures.ts"

/** What is stored is not what was written; thrown by synchronous code, and never seen outside this room. @internal */
export class Damaged extends Error {
  readonly key: string
  constructor(key: string, detail: string) {
    super(detail)
    this.key = key
  }
}

/** A reason that synchronous code knows already. @internal */
export class Refused extends Error {
  readonly reason: StorageErrorReason
  constructor(reason: StorageErrorReason) {
    super(reason.message)
    this.reason = reason
  }
}

const full = ["ENOSPC", "EDQUOT", "EFBIG"]
const denied = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"]
const unsupported = ["ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"]

const detailOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** @internal */
export const toStorageError = (operation: string, error: unknown): StorageError => {
  if (error instanceof StorageError) return error
  if (error instanceof Refused) return new StorageError({ reason: error.reason })
  const common = { operation, cause: error }
  const detail = detailOf(error)
  if (error instanceof Damaged) {
    return new StorageError({ reason: new StorageCorrupt({ operation, key: error.key, detail }) })
  }
  const code = codeOf(error)
  if (full.includes(code)) return new StorageError({ reason: new StorageFull(common) })
  if (denied.includes(code)) return new StorageError({ reason: new StorageDenied({ ...common, detail }) })
  if (unsupported.includes(code)) return new StorageError({ reason: new StorageUnsupported({ ...common, detail }) })
  return new StorageError({ reason: new StorageUnavailable({ ...common, detail }) })
}

/** Runs synchronous code that may throw. @internal */
export const attempt = <A>(operation: string, f: () => A): Effect.Effect<A, StorageError> =>
  Effect.try({ try: f, catch: (error) => toStorageError(operation, error) })
